/**
 * Subject identifiers: the formats of RFC 9493, OpenID SSF 1.0, SCIM and Google, and the places where a set names its
 * subject.
 *
 * Each format's required members must be present and non-empty strings. In a known format, a member that is null counts
 * as absent. Other extra members and unknown formats are preserved. Leaves out whether an email address or a phone
 * number is well-formed: the phone numbers of published examples contain spaces.
 */
import { SetError } from './errors.js';
import type { OpenValue } from './events/schema.js';
import { isJsonObject } from './json.js';
import type { JsonObject, SetPayload } from './model.js';

/** The known formats, each with the names of its required members that are strings. */
const FORMATS = {
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
  oauth_token: ['token_type', 'token_identifier_alg', 'token'],
  id_token_claims: [],
  'ip-addresses': [],
  aliases: [],
  complex: [],
} as const;

type TextFormats = Omit<typeof FORMATS, 'oauth_token' | 'id_token_claims' | 'ip-addresses' | 'aliases' | 'complex'>;

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

/**
 * A subject that is an OAuth token, as Google sends it for `token-revoked`.
 *
 * @see OAuth Event Types 1.0 (draft 01) section 2.1, Google Cross-Account Protection: OAuth token identifiers
 */
export interface OAuthTokenSubject extends JsonObject {
  readonly format: 'oauth_token';
  /** The kind of the token. Google reports only refresh tokens. */
  readonly token_type: OpenValue<'access_token' | 'authorization_code' | 'refresh_token'>;
  /**
   * How `token` identifies the token. `plain`: it is the token itself. `prefix`: the beginning of the token, 16
   * characters from Google. `hash_base64_sha512_sha512` (Google): the base64 of SHA-512 of SHA-512 of the token. Other
   * transmitters may use other hashes.
   */
  readonly token_identifier_alg: OpenValue<'plain' | 'prefix' | 'hash_base64_sha512_sha512'>;
  /** The token, its beginning or its hash. */
  readonly token: string;
}

/**
 * A subject identified by claims of its ID token, as Google sends it. At least one of `sub`, `email` and `phone_number`
 * is a non-empty string.
 *
 * @see draft-backman-secevent-subject-identifiers-00 section 3.4, Google Cross-Account Protection: handle security
 * events
 */
export interface IdTokenClaimsSubject extends JsonObject {
  readonly format: 'id_token_claims';
  /** The issuer of the ID token. The draft requires it next to `sub`. */
  readonly iss?: string;
  /** The ID of the user at the issuer. */
  readonly sub?: string;
  /** The email address of the user. It may change, or pass to another user. */
  readonly email?: string;
  /** The phone number of the user. Google does not document it. */
  readonly phone_number?: string;
}

/** One subject with several identifiers, which cannot be aliases themselves (RFC 9493 section 3.2.8). */
export interface AliasesSubject extends JsonObject {
  readonly format: 'aliases';
  readonly identifiers: readonly (
    TextSubject | IpAddressesSubject | OAuthTokenSubject | IdTokenClaimsSubject | ComplexSubject | UnknownSubject
  )[];
}

/** Any subject that is not complex. */
export type SimpleSubject =
  TextSubject | IpAddressesSubject | OAuthTokenSubject | IdTokenClaimsSubject | AliasesSubject | UnknownSubject;

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
 * @see RFC 9493 section 3.2; OpenID SSF 1.0 sections 3.3 and 3.5; RFC 9967 section 2.1; Google Cross-Account Protection
 */
export type SubjectIdentifier = SimpleSubject | ComplexSubject;

/**
 * Parses a subject identifier.
 *
 * The value is returned as it is, except for nulls and two older forms. In a known format, a member that is null counts
 * as absent, and the result lacks it. `subject_type` (Google, and drafts of the standards) becomes `format`, with
 * underscores instead of hyphens. A non-empty object with neither of the two gets the format `complex` if all its
 * members are objects.
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
 * `sub`, which becomes `{ format: 'iss_sub', iss, sub }` with the `iss` of the event or else of the set. Members of
 * `events` that are not objects are skipped.
 *
 * @returns undefined when the set names no subject, such as a logout token that only names a session
 * @throws SetError `ERR_SET_SUBJECT` when the subject is malformed
 * @see RFC 9493 section 4.1, OpenID SSF 1.0 section 3.1
 */
export function subjectOf(set: { readonly payload: SetPayload }): SubjectIdentifier | undefined {
  const { sub_id, events, iss, sub } = set.payload;
  if (sub_id) return parseSubjectAt('sub_id', sub_id);
  for (const type of Object.keys(events)) {
    const event = events[type];
    if (!isJsonObject(event)) continue;
    if (isJsonObject(event.subject)) return parseSubjectAt('subject', event.subject);
    if (isNonEmptyString(event.globalSub)) return { format: 'uri', uri: event.globalSub };
    if (isNonEmptyString(event.sub))
      return { format: 'iss_sub', iss: isNonEmptyString(event.iss) ? event.iss : iss, sub: event.sub };
  }
  return isNonEmptyString(sub) ? { format: 'iss_sub', iss, sub } : undefined;
}

/** The members of a complex subject that the standard names. */
const COMPLEX_MEMBERS = ['user', 'device', 'session', 'application', 'tenant', 'org_unit', 'group'];

/** The claims of an ID token that identify its user. One of them is enough. */
const IDENTIFYING_CLAIMS = ['sub', 'email', 'phone_number'];

type ParseInner = (name: string, value: unknown) => SubjectIdentifier;

/**
 * Parses a subject, alone or within another one.
 *
 * @param outer the formats of the subjects around it. Neither `complex` nor `aliases` may contain its own format, at
 * any depth: this also limits the depth
 */
function parseSubjectAt(path: string, value: unknown, outer: readonly string[] = []): SubjectIdentifier {
  if (!isJsonObject(value)) throw malformed(path, 'must be an object');
  const named = withFormat(value);
  const { format } = named;
  if (!isNonEmptyString(format)) throw malformed(`${path}.format`, 'must be a non-empty string');
  // The message quotes `complex` or `aliases`, never the sender's text.
  if (outer.includes(format)) throw malformed(path, `must not be a nested ${format} subject`);
  // Own members only: the sender may have chosen the name of an inherited one.
  if (!Object.prototype.hasOwnProperty.call(FORMATS, format)) return named as UnknownSubject;

  const subject = withoutNulls(named);
  for (const name of FORMATS[format as keyof typeof FORMATS]) {
    if (!isNonEmptyString(subject[name])) throw malformed(`${path}.${name}`, 'must be a non-empty string');
  }
  const parseInner: ParseInner = (name, inner) => parseSubjectAt(`${path}.${name}`, inner, [...outer, format]);
  if (format === 'complex') return parseComplex(path, subject, parseInner);
  if (format === 'aliases') return parseAliases(path, subject, parseInner);
  if (format === 'ip-addresses') checkIpAddresses(path, subject);
  if (format === 'id_token_claims') checkIdTokenClaims(path, subject);
  return subject as unknown as SubjectIdentifier;
}

function parseComplex(path: string, subject: JsonObject, parseInner: ParseInner): ComplexSubject {
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

function parseAliases(path: string, subject: JsonObject, parseInner: ParseInner): AliasesSubject {
  const { identifiers } = subject;
  if (!isNonEmptyArray(identifiers)) throw malformed(`${path}.identifiers`, 'must be a non-empty array');
  return {
    ...subject,
    identifiers: identifiers.map((each, index) => parseInner(`identifiers.${index}`, each)),
  } as unknown as AliasesSubject;
}

function checkIpAddresses(path: string, { 'ip-addresses': addresses }: JsonObject): void {
  if (!isNonEmptyArray(addresses) || !addresses.every(isNonEmptyString))
    throw malformed(`${path}.ip-addresses`, 'must be a non-empty array of non-empty strings');
}

function checkIdTokenClaims(path: string, subject: JsonObject): void {
  for (const name of ['iss', ...IDENTIFYING_CLAIMS]) {
    if (!['string', 'undefined'].includes(typeof subject[name])) throw malformed(`${path}.${name}`, 'must be a string');
  }
  if (!IDENTIFYING_CLAIMS.some((name) => isNonEmptyString(subject[name])))
    throw malformed(path, 'must contain a sub, an email or a phone_number');
}

/** Adds the format to a subject in one of the older forms. Returns any other value unchanged. */
function withFormat(value: JsonObject): JsonObject {
  if (value.format !== undefined && value.format !== null) return value;
  const { format: _, subject_type: type, ...members } = value;
  // Only this format has a hyphen in its name.
  if (isNonEmptyString(type)) return { format: type === 'ip-addresses' ? type : type.replace(/-/g, '_'), ...members };
  const present = withoutNulls(value);
  const values = Object.values(present);
  return values.length && values.every(isJsonObject) ? { format: 'complex', ...present } : value;
}

/** Returns a copy without the members that are null, or the value itself if none is. */
function withoutNulls(value: JsonObject): JsonObject {
  if (!Object.keys(value).some((name) => value[name] === null)) return value;
  // Object.fromEntries defines members, so that one called __proto__ stays a member.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
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
