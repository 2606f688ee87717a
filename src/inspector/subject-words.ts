/** Subjects in words: whom or what an event is about (RFC 9493, OpenID SSF 1.0, Akamai's globalSub). */
import { parseGlobalSub } from '../akamai/global-sub.js';
import { isSetError } from '../errors.js';
import { onOneLine } from '../text/layout.js';
import type { SetPayload } from '../model.js';
import { subjectOf, type SubjectIdentifier } from '../subject.js';

/** A subject as one line, and what is known of its form. */
export interface SubjectView {
  readonly words: string;
  /** The name of its format. */
  readonly format: string;
}

/**
 * The subject of a set, if it names one.
 *
 * @throws SetError `ERR_SET_SUBJECT` when it is malformed
 */
export function viewSubject(payload: SetPayload): SubjectView | undefined {
  const subject = subjectOf({ payload });
  return subject && { words: subjectWords(subject), format: subject.format };
}

function subjectWords(subject: SubjectIdentifier): string {
  switch (subject.format) {
    case 'account':
    case 'scim':
      return subject.uri;
    case 'uri':
      return uriWords(subject.uri);
    case 'email':
      return subject.email;
    case 'phone_number':
      return subject.phone_number;
    case 'iss_sub':
      return `${subject.sub} at ${subject.iss}`;
    case 'opaque':
      return subject.id;
    case 'did':
      return subject.url;
    case 'jwt_id':
      return `token ${subject.jti} of ${subject.iss}`;
    case 'saml_assertion_id':
      return `assertion ${subject.assertion_id} of ${subject.issuer}`;
    case 'ip-addresses':
      return subject['ip-addresses'].join(', ');
    case 'aliases':
      return subject.identifiers.map((each) => subjectWords(each)).join(' = ');
    case 'complex':
      return Object.entries(subject)
        .filter(([name]) => name !== 'format')
        .map(([name, member]) => `${name}: ${isSubject(member) ? subjectWords(member) : jsonWords(member)}`)
        .join('; ');
    default:
      return jsonWords(subject);
  }
}

/** A value on a line, cut where it is longer than a person would read. */
function jsonWords(value: unknown): string {
  const line = onOneLine(value);
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line;
}

const MAX_WORDS = 1_000;

/** Within a complex subject that was read, each member that is an object is a subject. */
function isSubject(member: unknown): member is SubjectIdentifier {
  return typeof member === 'object' && member !== null && 'format' in member;
}

function uriWords(uri: string): string {
  if (!uri.startsWith('capture-v1:')) return uri;
  try {
    const { uuid, entityType, captureApplicationId, captureHost } = parseGlobalSub(uri);
    return `${entityType} ${uuid} in ${captureApplicationId} at ${captureHost}`;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return uri;
  }
}
