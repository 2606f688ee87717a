/**
 * Subject identifiers: the formats of RFC 9493, OpenID SSF 1.0 and SCIM, and the places where a set names its subject.
 *
 * Each format's required members must be present and non-empty strings. Extra members and unknown formats are
 * preserved. Leaves out whether an email address or a phone number is well-formed: the phone numbers of published
 * examples contain spaces.
 */
import { SetError } from './errors.js';
import { isJsonObject } from './json.js';
import type { JsonObject, SetPayload } from './model.js';

/** The formats whose required members are strings, with the names of those members. */
const TEXT_FORMATS = {
  account: ['uri'],
  email: ['email'],
  iss_sub: ['iss', 'sub'],
  opaque: ['id'],
  phone_number: ['phone_number'],
  did: ['url'],
  uri: ['uri'],
  jwt_id: ['iss', 'jti'],
  saml_assertion_id: ['issuer', 'assertion_id'],
  scim: ['uri'],
} as const;

type TextFormats = typeof TEXT_FORMATS;

/** A subject identified by one or two strings, depending on its format: see {@link SubjectIdentifier}. */
export type TextSubject = {
  readonly [Format in keyof TextFormats]: { readonly format: Format } & {
    readonly [Member in TextFormats[Format][number]]: string;
  } & JsonObject;
}[keyof TextFormats];

/** A subject identified by its known IP addresses (OpenID SSF 1.0 section 3.5.3). */
export interface IpAddressesSubject extends JsonObject {
  readonly format: 'ip-addresses';
  readonly 'ip-addresses': readonly string[];
}

/** One subject with several identifiers, which cannot be aliases themselves (RFC 9493 section 3.2.8). */
export interface AliasesSubject extends JsonObject {
  readonly format: 'aliases';
  readonly identifiers: readonly (TextSubject | IpAddressesSubject | ComplexSubject | UnknownSubject)[];
}

/** Any subject that is not complex. */
export type SimpleSubject = TextSubject | IpAddressesSubject | AliasesSubject | UnknownSubject;

/**
 * A subject identified by several simple subjects together, at least one (OpenID SSF 1.0 section 3.3).
 *
 * The members that the standard names must be subjects, and so must all other members that are objects.
 */
export interface ComplexSubject extends JsonObject {
  readonly format: 'complex';
  readonly user?: SimpleSubject;
  readonly device?: SimpleSubject;
  readonly session?: SimpleSubject;
  readonly application?: SimpleSubject;
  readonly tenant?: SimpleSubject;
  readonly org_unit?: SimpleSubject;
  readonly group?: SimpleSubject;
}

declare const unknownFormat: unique symbol;

/**
 * The name of a format that this library does not know: any string.
 *
 * It has a type of its own, so that `switch (subject.format)` narrows to the known formats. To compare it with the name
 * of a custom format, read it as a string: `const format: string = subject.format`.
 */
export type UnknownFormat = '(a format that this library does not know)' & { readonly [unknownFormat]: true };

/** A subject in a format that this library does not know, as it was sent. */
export interface UnknownSubject extends JsonObject {
  readonly format: UnknownFormat;
}

/**
 * Who or what an event is about. `switch (subject.format)` narrows it.
 *
 * @see RFC 9493 section 3.2; OpenID SSF 1.0 sections 3.3 and 3.5; RFC 9967 section 2.1
 */
export type SubjectIdentifier = SimpleSubject | ComplexSubject;

/**
 * Parses a subject identifier.
 *
 * The value is returned as it is, except for two older forms. `subject_type` (Google, and drafts of the standards)
 * becomes `format`, with underscores instead of hyphens. A non-empty object with neither of the two gets the format
 * `complex` if all its members are objects.
 *
 * @throws SetError `ERR_SET_SUBJECT` with the path, when the value is not an object, has no format, or lacks a member
 * that its format requires
 * @see RFC 9493 section 3, OpenID SSF 1.0 sections 3.2 to 3.5
 */
export function parseSubject(value: unknown): SubjectIdentifier {
  return parseSubjectAt('subject', value);
}

/**
 * Returns the subject of a set: its `sub_id`, else the subject of the first event that names one, else `sub` of the set
 * with its `iss`.
 *
 * An event names its subject by `subject`, by Akamai's `globalSub`, which becomes `{ format: 'uri', uri }`, or by
 * `sub`, which becomes `{ format: 'iss_sub', iss, sub }` with the `iss` of the event or else of the set.
 *
 * @returns undefined when the set names no subject, such as a logout token that only names a session
 * @throws SetError `ERR_SET_SUBJECT` when the subject is malformed
 * @see RFC 9493 section 4.1, OpenID SSF 1.0 section 3.1
 */
export function subjectOf(set: { readonly payload: SetPayload }): SubjectIdentifier | undefined {
  const { sub_id, events, iss, sub } = set.payload;
  if (sub_id) return parseSubjectAt('sub_id', sub_id);
  for (const event of Object.values(events)) {
    if (isJsonObject(event.subject)) return parseSubjectAt('subject', event.subject);
    if (isNonEmptyString(event.globalSub)) return { format: 'uri', uri: event.globalSub };
    if (isNonEmptyString(event.sub))
      return { format: 'iss_sub', iss: isNonEmptyString(event.iss) ? event.iss : iss, sub: event.sub };
  }
  return isNonEmptyString(sub) ? { format: 'iss_sub', iss, sub } : undefined;
}

/** The members of a complex subject that the standard names. */
const COMPLEX_MEMBERS = ['user', 'device', 'session', 'application', 'tenant', 'org_unit', 'group'];

/**
 * Parses a subject, alone or within another one.
 *
 * @param outer the formats of the subjects around it. Neither `complex` nor `aliases` may contain its own format, at
 * any depth: this also limits the depth
 */
function parseSubjectAt(path: string, value: unknown, outer: readonly string[] = []): SubjectIdentifier {
  if (!isJsonObject(value)) throw malformed(path, 'must be an object');
  const subject = withFormat(value);
  const { format } = subject;
  if (!isNonEmptyString(format)) throw malformed(`${path}.format`, 'must be a non-empty string');
  // The message quotes `complex` or `aliases`, never the sender's text.
  if (outer.includes(format)) throw malformed(path, `must not be a nested ${format} subject`);
  const parseInner = (name: string, inner: unknown): SubjectIdentifier =>
    parseSubjectAt(`${path}.${name}`, inner, [...outer, format]);

  if (format === 'complex') {
    const members = Object.entries(subject);
    const mustBeSubject = (name: string, member: unknown): boolean =>
      name !== 'format' && (isJsonObject(member) || COMPLEX_MEMBERS.includes(name));
    if (!members.some(([name, member]) => mustBeSubject(name, member)))
      throw malformed(path, 'must contain at least one subject');
    const parsed = members.map(([name, member]) => [
      name,
      mustBeSubject(name, member) ? parseInner(COMPLEX_MEMBERS.includes(name) ? name : '…', member) : member,
    ]);
    return Object.fromEntries(parsed) as ComplexSubject;
  }
  if (format === 'aliases') {
    const { identifiers } = subject;
    if (!isNonEmptyArray(identifiers)) throw malformed(`${path}.identifiers`, 'must be a non-empty array');
    return {
      ...subject,
      format,
      identifiers: identifiers.map((each, index) => parseInner(`identifiers.${index}`, each)),
    } as AliasesSubject;
  }
  if (format === 'ip-addresses') {
    const addresses = subject[format];
    if (!isNonEmptyArray(addresses) || !addresses.every(isNonEmptyString))
      throw malformed(`${path}.${format}`, 'must be a non-empty array of non-empty strings');
  }
  if (Object.hasOwn(TEXT_FORMATS, format)) {
    for (const name of TEXT_FORMATS[format as keyof TextFormats]) {
      if (!isNonEmptyString(subject[name])) throw malformed(`${path}.${name}`, 'must be a non-empty string');
    }
  }
  return subject as unknown as SubjectIdentifier;
}

/** Adds the format to a subject in one of the older forms. Returns any other value unchanged. */
function withFormat(value: JsonObject): JsonObject {
  if (value.format !== undefined) return value;
  const { subject_type: type, ...members } = value;
  // Only this format has a hyphen in its name.
  if (isNonEmptyString(type)) return { format: type === 'ip-addresses' ? type : type.replace(/-/g, '_'), ...members };
  const values = Object.values(value);
  return values.length && values.every(isJsonObject) ? { format: 'complex', ...value } : value;
}

function isNonEmptyString(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNonEmptyArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function malformed(path: string, reason: string): SetError {
  return new SetError('ERR_SET_SUBJECT', `${path} ${reason}`);
}
