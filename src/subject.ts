/**
 * Subject identifiers: the formats of RFC 9493 and those that OpenID SSF 1.0 and SCIM add, and where a set names its
 * subject.
 *
 * Checked is that the members of a format are there and no empty texts. Whether an email address or a phone number is a
 * good one is not: published examples have `+1 206 555 0123`. Members besides and unknown formats are kept.
 */
import { SetError } from './errors.js';
import { typeOf } from './json.js';
import type { JsonObject, SetPayload } from './model.js';

/** The formats that consist of texts, with the members that they require. */
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

/** A subject that one or more texts identify, by its format: see {@link SubjectIdentifier}. */
export type TextSubject = {
  readonly [Format in keyof TextFormats]: { readonly format: Format } & {
    readonly [Member in TextFormats[Format][number]]: string;
  } & JsonObject;
}[keyof TextFormats];

/** A subject by the IP addresses that are known of it (OpenID SSF 1.0 section 3.5.3). */
export interface IpAddressesSubject extends JsonObject {
  readonly format: 'ip-addresses';
  readonly 'ip-addresses': readonly string[];
}

/** One subject by several identifiers, none of which is such a list itself (RFC 9493 section 3.2.8). */
export interface AliasesSubject extends JsonObject {
  readonly format: 'aliases';
  readonly identifiers: readonly (TextSubject | IpAddressesSubject | ComplexSubject | UnknownSubject)[];
}

/** A subject that is no complex one. */
export type SimpleSubject = TextSubject | IpAddressesSubject | AliasesSubject | UnknownSubject;

/**
 * One principal by several things, at least one, each of which is a simple subject (OpenID SSF 1.0 section 3.3).
 *
 * Those that the standard names are checked, and of other members those that are objects.
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
 * The name of a format that this library does not know: any text.
 *
 * Of a type of its own, so that `switch (subject.format)` narrows to the known ones. To compare it with a name of your
 * own, read it as a string: `const format: string = subject.format`.
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
 * Reads a subject identifier.
 *
 * The value is kept as it is, but for two older ways of writing: `subject_type` (Google, and drafts) becomes `format`,
 * with underscores for its hyphens, and an object without either whose members are subjects gets the format `complex`.
 *
 * @throws SetError `ERR_SET_SUBJECT` with the path, when it is no object, has no format, or lacks what its format
 * requires
 * @see RFC 9493 section 3, OpenID SSF 1.0 sections 3.2 to 3.5
 */
export function parseSubject(value: unknown): SubjectIdentifier {
  return readSubject(value, 'subject');
}

/**
 * Finds the subject of a set: its `sub_id`, or else what an event in it names, or else `sub` together with `iss`.
 *
 * An event names it by `subject`; with Akamai by `globalSub`, which becomes `{ format: 'uri', uri }`; or by `sub`, of
 * the issuer that the event or else the set names, which becomes `{ format: 'iss_sub', iss, sub }`. Of several events
 * the first that names one counts, in the order of the object's members.
 *
 * @returns nothing when the set names none, as a logout token may name a session only
 * @throws SetError `ERR_SET_SUBJECT` when the subject is malformed
 * @see RFC 9493 section 4.1, OpenID SSF 1.0 section 3.1
 */
export function subjectOf(set: { readonly payload: SetPayload }): SubjectIdentifier | undefined {
  const { sub_id, events, iss, sub } = set.payload;
  if (sub_id) return readSubject(sub_id, 'sub_id');
  for (const event of Object.values(events)) {
    if (isObject(event.subject)) return readSubject(event.subject, 'subject');
    if (isText(event.globalSub)) return { format: 'uri', uri: event.globalSub };
    if (isText(event.sub)) return { format: 'iss_sub', iss: isText(event.iss) ? event.iss : iss, sub: event.sub };
  }
  return isText(sub) ? { format: 'iss_sub', iss, sub } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The members of a complex subject that the standard names. */
const COMPLEX_MEMBERS = ['user', 'device', 'session', 'application', 'tenant', 'org_unit', 'group'];

/**
 * Reads a subject that stands alone or within others.
 *
 * @param around the formats of the subjects around it: neither `complex` nor `aliases` holds its like, at any depth,
 * and this is what bounds the depth
 */
function readSubject(value: unknown, path: string, around: readonly string[] = []): SubjectIdentifier {
  if (!isObject(value)) throw malformed(path, 'must be an object');
  const subject = withFormat(value);
  const { format } = subject;
  if (!isText(format)) throw malformed(path, 'has no format');
  // What is refused is one of the two formats that are noted, and so no text of the sender's.
  if (around.includes(format)) throw malformed(path, `must not be ${format} here`);
  const within = (member: unknown, place: string): SubjectIdentifier =>
    readSubject(member, `${path}.${place}`, [...around, format]);

  if (format === 'complex') {
    const isSubject = (name: string, member: unknown): boolean =>
      name !== 'format' && (isObject(member) || COMPLEX_MEMBERS.includes(name));
    const members = Object.entries(subject);
    if (!members.some(([name, member]) => isSubject(name, member))) throw malformed(path, 'has no members');
    const read = members.map(([name, member]) => [
      name,
      isSubject(name, member) ? within(member, COMPLEX_MEMBERS.includes(name) ? name : '…') : member,
    ]);
    return Object.fromEntries(read) as ComplexSubject;
  }
  if (format === 'aliases') {
    const { identifiers } = subject;
    if (!isList(identifiers)) throw malformed(`${path}.identifiers`, 'must be a list, not empty');
    return {
      ...subject,
      format,
      identifiers: identifiers.map((each, index) => within(each, `identifiers.${index}`)),
    } as AliasesSubject;
  }
  if (format === 'ip-addresses') {
    const addresses = subject[format];
    if (!isList(addresses) || !addresses.every(isText))
      throw malformed(`${path}.${format}`, 'must be a list of texts, not empty');
  }
  if (Object.hasOwn(TEXT_FORMATS, format)) {
    for (const name of TEXT_FORMATS[format as keyof TextFormats]) {
      if (!isText(subject[name])) throw malformed(`${path}.${name}`, 'must be a text, not empty');
    }
  }
  return subject as unknown as SubjectIdentifier;
}

/** Puts a format in where an older way of writing has none, if that is one. */
function withFormat(value: JsonObject): JsonObject {
  if (value.format !== undefined) return value;
  const { subject_type: type, ...members } = value;
  // Of all formats this one alone is written with a hyphen.
  if (isText(type)) return { format: type === 'ip-addresses' ? type : type.replace(/-/g, '_'), ...members };
  const values = Object.values(value);
  return values.length && values.every(isObject) ? { format: 'complex', ...value } : value;
}

function isObject(value: unknown): value is JsonObject {
  return typeOf(value) === 'object';
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function malformed(path: string, reason: string): SetError {
  return new SetError('ERR_SET_SUBJECT', `${path} ${reason}`);
}
