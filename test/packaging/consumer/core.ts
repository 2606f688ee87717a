/**
 * Uses each name of `secevent` as its documentation says. Some exports have inferred types, as in a library that builds
 * on it.
 */
import {
  type AliasesSubject,
  audiences,
  type BodySource,
  type ClaimRule,
  type ComplexSubject,
  createRemoteJwks,
  createVerifier,
  decodeBase64url,
  type DecodedSet,
  type DecodeOptions,
  decodeSet,
  defineEvent,
  encodeBase64url,
  type EventDefinition,
  type EventOf,
  type FetchInit,
  type FetchLike,
  type FetchOptions,
  type FetchResponse,
  type FetchSignal,
  type IdTokenClaimsSubject,
  importSpki,
  type IpAddressesSubject,
  isSetError,
  type JsonObject,
  type JsonWebKey,
  type JsonWebKeySet,
  type JwksCache,
  type JwksCacheEntry,
  type JwksOptions,
  type KeyResolver,
  type Keys,
  type KeySource,
  type OAuthTokenSubject,
  occurredAt,
  type OpenValue,
  parseSubject,
  type PayloadOf,
  type PublicCryptoKey,
  readEvent,
  readEvents,
  type RemoteJwks,
  type RemoteJwksOptions,
  type SchemaIssue,
  type SchemaPath,
  type SchemaResult,
  SetError,
  type SetErrorCode,
  type SetErrorOptions,
  type SetHeader,
  type SetPayload,
  type SetVerifier,
  type SignatureAlgorithm,
  type SimpleSubject,
  splitJws,
  type StandardSchemaV1,
  type SubjectIdentifier,
  subjectOf,
  type TextSubject,
  toDate,
  type UnknownEvent,
  type UnknownFormat,
  type UnknownSubject,
  type VerifiedJws,
  type VerifiedSet,
  verifyJws,
  type VerifyJwsOptions,
  type VerifyOptions,
  verifySet,
} from 'secevent';

// Decoding.
const options: DecodeOptions = { maxTokenLength: 10_000 };
export const set = decodeSet('token', options);
export const parts = splitJws('token');
export const list = audiences(set);
export const dates: Date[] = [occurredAt(set), toDate(set.payload.iat)];
export const text: string = parts.signingInput + encodeBase64url(decodeBase64url(parts.payload)) + list.join();

export function show({ header, payload, signature }: DecodedSet): string {
  const { alg, kid = 'no key' }: SetHeader = header;
  const { iss, jti, events, sub_id }: SetPayload = payload;
  const subject: JsonObject = sub_id ?? {};
  const other: unknown = payload['captureClientId'];
  return [alg, kid, iss, jti, ...Object.keys(events), subject['format'], other, signature.length].join();
}

// Verifying.
const rule: ClaimRule = 'forbid';
export const policy: VerifyOptions = {
  issuer: ['a', 'b'],
  audience: null,
  algorithms: ['RS256'],
  typ: null,
  exp: rule,
  sub: 'allow',
};
const jwk: JsonWebKey = { kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: '1', use: 'sig', key_ops: ['verify'] };
export const jwks: JsonWebKeySet = { keys: [jwk] };
export const algorithm: SignatureAlgorithm = 'Ed25519';
const anyOf: VerifyJwsOptions = { algorithms: [algorithm] };
export const jws: Promise<VerifiedJws> = verifyJws('token', jwks, anyOf);
export const octets = jws.then(({ payload }) => payload.length);

export function importKey(): Promise<PublicCryptoKey> {
  return importSpki('-----BEGIN PUBLIC KEY-----', 'ES256');
}

const entries = new Map<string, JwksCacheEntry>();
const cache: JwksCache = { get: (url) => entries.get(url), set: (url, entry) => entries.set(url, entry) };
const source: BodySource = {
  body: { getReader: () => ({ read: async () => ({ done: true }) }) },
  text: async () => '',
};
const notFound: FetchResponse = { ...source, status: 404 };
const aborted = (signal: FetchSignal): boolean => signal.aborted;
export const foreignFetch: FetchLike = async (url: string, { method, signal }: FetchInit) =>
  aborted(signal) ? { status: 503, body: null } : { ...notFound, url, method };
const fetchOptions: FetchOptions = { fetch: foreignFetch };
const jwksOptions: JwksOptions = { cache, maxAgeMs: 1 };
const remoteOptions: RemoteJwksOptions = { ...jwksOptions, ...fetchOptions };
export const remote: RemoteJwks = createRemoteJwks('https://a.example', remoteOptions);
export const resolver: KeyResolver = async ({ kid }): Promise<Keys> => (kid === undefined ? jwk : jwks);
export const sources: KeySource[] = [jwk, jwks, remote, resolver];
export const verifier: SetVerifier = createVerifier(remote, policy);
export const verified: Promise<VerifiedSet> = importKey().then((key) => verifySet('token', key, policy));
export const plain: Promise<DecodedSet> = verified;

// Events.
const validate = (value: unknown): SchemaResult<{ readonly n: number }> =>
  Object(value).n === 1 ? { value: { n: 1 } } : { issues: [issue] };
const path: SchemaPath = ['n', { key: 0 }];
const issue: SchemaIssue = { message: 'must be 1', path };
const counting: StandardSchemaV1<unknown, { readonly n: number }> = {
  '~standard': { version: 1, vendor: 'me', validate },
};
export const counted = defineEvent('counted', counting);
export const count: number | undefined = readEvent(set, counted)?.n;
export const definitions: readonly EventDefinition[] = [counted];
export const counts = readEvents(set, [counted]);
export type Counted = PayloadOf<typeof counted>;

export function summarize(event: EventOf<typeof counted> | UnknownEvent): string {
  switch (event.type) {
    case 'counted':
      return event.payload.n.toFixed();
    case 'unknown':
      return event.name + Object.keys(event.payload).join();
    default: {
      const none: never = event;
      return none;
    }
  }
}

export const open: OpenValue<'user'>[] = ['user', 'a later type'];

// Subjects.
export const subject = subjectOf(set);
const email: SimpleSubject = { format: 'email', email: 'a@a.example' };
const addresses: IpAddressesSubject = { format: 'ip-addresses', 'ip-addresses': ['192.0.2.1'] };
export const complex: ComplexSubject = { format: 'complex', user: email };
const token: OAuthTokenSubject = {
  format: 'oauth_token',
  token_type: 'refresh_token',
  token_identifier_alg: 'hash_sha3',
  token: 'bGF0ZXI',
};
const claims: IdTokenClaimsSubject = { format: 'id_token_claims', iss: 'https://a.example', sub: '1' };
export const aliases: AliasesSubject = { format: 'aliases', identifiers: [email, addresses, token, claims] };
const odd: UnknownSubject = parseSubject({ format: 'catalog_item' }) as UnknownSubject;
export const format: UnknownFormat = odd.format;
export const isEmail = (of: SubjectIdentifier): of is TextSubject => of.format === 'email';

export function name(of: SubjectIdentifier): string {
  switch (of.format) {
    case 'email':
      return of.email;
    case 'oauth_token':
      return of.token_identifier_alg === 'plain' ? of.token : of.token_type;
    case 'id_token_claims':
      return of.sub ?? of.email ?? of.phone_number ?? '';
    case 'complex':
      return of.user?.format === 'iss_sub' ? of.user.sub : '';
    case 'aliases':
      return of.identifiers.map((each) => each.format).join();
    default: {
      const other: string = parseSubject(of).format;
      return other === 'catalog_item' ? String(of['catalog_id']) : other;
    }
  }
}

// Errors.
const details: SetErrorOptions = { claim: 'iss', cause: undefined, status: 503, retryAfterSeconds: 5, set };
export const error: Error = new SetError('ERR_SET_INPUT', 'No token', details);

export function codeOf(thrown: unknown): SetErrorCode | undefined {
  if (isSetError(thrown)) return thrown.claim === undefined ? thrown.code : undefined;
  return thrown instanceof SetError ? thrown.code : undefined;
}
