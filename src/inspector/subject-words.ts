/** Subjects in words: who or what an event is about (RFC 9493, OpenID SSF 1.0, Akamai's globalSub). */
import { parseGlobalSub } from '../akamai/global-sub.js';
import { isSetError } from '../errors.js';
import { compactJson } from '../text/layout.js';
import type { SetPayload } from '../model.js';
import { type IdTokenClaimsSubject, subjectOf, type SubjectIdentifier } from '../subject.js';

/** A subject as the page shows it, on one line. */
export interface SubjectView {
  readonly words: string;
  /** The name of the subject identifier format. */
  readonly format: string;
}

/**
 * Returns the subject of a set, or undefined when the set does not name one.
 *
 * @throws SetError `ERR_SET_SUBJECT` when the subject is malformed
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
    case 'oauth_token':
      return `${subject.token_type} ${subject.token} (${subject.token_identifier_alg})`;
    case 'id_token_claims':
      return idTokenWords(subject);
    case 'ip-addresses':
      return subject['ip-addresses'].join(', ');
    case 'aliases':
      return subject.identifiers.map((each) => subjectWords(each)).join(' = ');
    case 'complex':
      return Object.entries(subject)
        .filter(([name]) => name !== 'format')
        .map(([name, member]) => `${name}: ${isMemberSubject(member) ? subjectWords(member) : jsonWords(member)}`)
        .join('; ');
    default:
      return jsonWords(subject);
  }
}

/** Each claim alone identifies the user, so they are listed as aliases are. */
function idTokenWords({ iss, sub, email, phone_number }: IdTokenClaimsSubject): string {
  const user = sub && iss ? `${sub} at ${iss}` : sub;
  return [user, email, phone_number].filter((claim) => claim).join(' = ');
}

/** About as many characters as a person would read. */
const MAX_LENGTH = 1_000;

/** Returns a value as JSON on one line, cut off at {@link MAX_LENGTH}. */
function jsonWords(value: unknown): string {
  const line = compactJson(value);
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}

/** Recognizes a subject among the members of a complex subject, which have been checked before. */
function isMemberSubject(member: unknown): member is SubjectIdentifier {
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
