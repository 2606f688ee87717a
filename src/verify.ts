/**
 * Verification: first the signature (RFC 7515 section 5.2), and only then what the token claims.
 *
 * The order of the checks: size, split, header, algorithm, key, signature; then `typ`, the envelope, and the caller's
 * policy. A result is never remembered: a token that was valid a minute ago may have expired, and its key may be gone.
 */
import { type Algorithm, algorithmOf, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { decodeBytes, decodeOctets } from './base64url.js';
import { checkEnvelope } from './envelope.js';
import { attachSet, isSetError, SetError } from './errors.js';
import { checkDuplicates, encodeUtf8, parseOctets } from './json.js';
import { checkHeaderForVerification, type JwsSegments, readHeader, splitToken } from './jws.js';
import { toCryptoKey, unsupportedAlgorithm, webCrypto } from './key-import.js';
import {
  type AgingKeys,
  checkKeySource,
  isCryptoKey,
  isKeySet,
  keyInvalid,
  keyNotFound,
  type KeyResolver,
  type Keys,
  type KeySource,
  RENEW,
  selectKeys,
} from './keys.js';
import type { DecodedSet, JsonObject, SetHeader, SetPayload } from './model.js';
import { requireObject } from './options.js';
import { checkClaims, checkTyp, describeMismatch, type Policy, readPolicy, type VerifyOptions } from './policy.js';
import { createSet, type VerifiedSet } from './set.js';

/** Verifies a token. It rejects with the errors of {@link verifySet}. */
export type SetVerifier = (token: string) => Promise<VerifiedSet>;

/** The result of {@link verifyJws}. */
export interface VerifiedJws {
  /** The header of the token. */
  readonly header: SetHeader;
  /** The octets of the payload, whatever they are. */
  readonly payload: Uint8Array;
  /** The octets of the signature. */
  readonly signature: Uint8Array;
}

/** The options of {@link verifyJws}. */
export interface VerifyJwsOptions {
  /** The signature algorithms to allow. Default `['RS256']`. */
  readonly algorithms?: readonly SignatureAlgorithm[];
}

/**
 * Verifies a Security Event Token: its signature, and then that its claims satisfy the caller's options.
 *
 * A key in the token's own header is never used and never fetched. Claims are reported only if the signature is valid.
 *
 * @param token the token in compact serialization, as {@link decodeSet} takes it
 * @param keys a key, a key set, or a function such as `createRemoteJwks` returns
 * @param options `issuer` and `audience` are required
 * @throws SetError with any of its codes, as a rejection; with the decoded `set` when the signature is valid and the
 * claims are rejected. With `ERR_SET_JWKS`, `ERR_SET_WEBCRYPTO`, or a `retryAfterSeconds`, the token may be valid: try
 * again later
 * @throws TypeError for a mistake in the keys or the options; as a rejection
 * @see RFC 8417 section 4, RFC 7515 section 5.2, RFC 8725 section 3
 * @example
 * ```ts
 * const set = await verifySet(token, keys, { issuer: 'https://transmitter.example/', audience: null });
 * console.log(set.payload.jti);
 * ```
 */
export async function verifySet(token: string, keys: KeySource, options: VerifyOptions): Promise<VerifiedSet> {
  return createVerifier(keys, options)(token);
}

/**
 * Creates a function that verifies tokens as {@link verifySet} does. Keys and options are checked once, here.
 *
 * @throws TypeError for a mistake in the keys or the options
 * @see RFC 8417 section 4
 * @example
 * ```ts
 * const verify = createVerifier(keys, { issuer: 'https://transmitter.example/', audience: 'https://rx.example/' });
 * const set = await verify(token);
 * ```
 */
export function createVerifier(keys: KeySource, options: VerifyOptions): SetVerifier {
  return createProfileVerifier(keys, options, (claims) => {
    checkEnvelope(claims);
    return claims;
  });
}

/**
 * Reads the claims of a token in which no object contains a duplicate member.
 *
 * @throws SetError when they are not those of a SET
 */
export type ClaimsReader = (claims: JsonObject) => SetPayload;

/**
 * Creates a verifier for a profile whose claims differ from the envelope of RFC 8417.
 *
 * @throws TypeError for a mistake in the keys or the options
 */
export function createProfileVerifier(keys: KeySource, options: VerifyOptions, readClaims: ClaimsReader): SetVerifier {
  const policy = readPolicy(options);
  checkKeySource(keys, policy.algorithms);
  return async (token) => {
    const jws = openJws(token, policy.algorithms, policy.maxTokenLength);
    const signed = checkSignature(jws, keys);
    // Engines check a signature on another thread, so reading the claims meanwhile takes no extra time. Errors in
    // them are reported only if the signature is valid. Large claims wait for it: parsing a megabyte of nested JSON
    // takes longer than everything else.
    const maxEarlyBytes = 65_536;
    const early = jws.payload.length > maxEarlyBytes ? undefined : readSet(jws, readClaims);
    await signed;
    return applyPolicy(early ?? readSet(jws, readClaims), jws.header, policy);
  };
}

/**
 * Verifies the signature of a compact JWS and nothing else: the payload can be anything, meant for anyone.
 *
 * @throws SetError `ERR_SET_INPUT`, `ERR_SET_TOO_LARGE`, `ERR_SET_FORMAT`, `ERR_SET_BASE64URL`, `ERR_SET_JSON`,
 * `ERR_SET_DUPLICATE_MEMBER`, `ERR_SET_HEADER`, `ERR_SET_ALGORITHM`, `ERR_SET_WEBCRYPTO`, `ERR_SET_KEY_NOT_FOUND`,
 * `ERR_SET_KEY_INVALID`, `ERR_SET_SIGNATURE`, and what a key resolver throws; as rejections
 * @throws TypeError for a mistake in the keys or the options; as a rejection
 * @see RFC 7515 section 5.2
 */
export async function verifyJws(token: string, keys: KeySource, options?: VerifyJwsOptions): Promise<VerifiedJws> {
  if (options !== undefined) requireObject('options', options);
  const algorithms = readAlgorithms(options?.algorithms);
  checkKeySource(keys, algorithms);
  const jws = openJws(token, algorithms);
  await checkSignature(jws, keys);
  return { header: jws.header, payload: decodeBytes(jws.segments[1], 'payload'), signature: jws.signature };
}

/** A token with a valid form and a valid header. */
interface Jws {
  readonly token: string;
  readonly segments: JwsSegments;
  readonly header: SetHeader;
  readonly algorithm: Algorithm;
  /** The payload as an octet string. */
  readonly payload: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

function openJws(token: string, algorithms: readonly Algorithm[], maxTokenLength?: number): Jws {
  const segments = splitToken(token, maxTokenLength);
  // Room for a chain of certificates (`x5c`), which is ignored.
  const maxHeaderLength = 16_384;
  if (segments[0].length > maxHeaderLength) {
    throw new SetError('ERR_SET_TOO_LARGE', `The header is longer than ${maxHeaderLength} characters`);
  }
  const header = readHeader(segments[0], checkHeaderForVerification);
  const payload = decodeOctets(segments[1], 'payload');
  const signature = decodeBytes(segments[2], 'signature');
  const algorithm = algorithmOf(header.alg);
  if (!algorithm || !algorithms.includes(algorithm)) {
    const expected = algorithms.map(({ alg }) => alg);
    throw new SetError('ERR_SET_ALGORITHM', `"alg" ${describeMismatch(header.alg, expected)}`);
  }
  return { token, segments, header, algorithm, payload, signature };
}

/** The outcome of reading a set. An error waits here until the signature is known to be valid. */
interface Reading {
  readonly set?: DecodedSet;
  readonly error?: unknown;
}

function readSet({ payload, header, segments }: Jws, readClaims: ClaimsReader): Reading {
  try {
    const claims = parseOctets(payload, 'payload');
    checkDuplicates(payload, claims, 'payload');
    return { set: createSet(header, readClaims(claims), segments[2]) };
  } catch (error) {
    return { error };
  }
}

/** Checks the caller's policy on a token with a valid signature. An error carries the set, if it could be read. */
function applyPolicy({ set, error: readError }: Reading, header: SetHeader, policy: Policy): VerifiedSet {
  try {
    checkTyp(header, policy);
    if (!set) throw readError;
    checkClaims(set.payload, policy);
    return set as VerifiedSet;
  } catch (error) {
    if (set && isSetError(error)) attachSet(error, set);
    throw error;
  }
}

async function checkSignature(jws: Jws, keys: KeySource): Promise<void> {
  const subtle = webCrypto();
  if (typeof keys !== 'function') return tryKeys(subtle, jws, keys);
  const { [RENEW]: renew } = keys as KeyResolver & Partial<AgingKeys>;
  // A copy, so that a resolver cannot change the alg, kid or typ that is checked.
  const header = { ...jws.header };
  let tried: Keys | undefined;
  try {
    tried = await keys(header);
  } catch (error) {
    if (isSetError(error)) throw error;
    // The resolver does not say when to try again.
    const retryAfterSeconds = 5;
    throw new SetError('ERR_SET_KEY_NOT_FOUND', 'The key lookup failed', { cause: error, retryAfterSeconds });
  }
  for (;;) {
    try {
      return await tryKeys(subtle, jws, tried);
    } catch (error) {
      const mayHaveNewKey = /_(?:SIGNATURE|KEY_NOT_FOUND)$/.test((error as SetError).code);
      tried = mayHaveNewKey ? await renew?.(header, tried) : undefined;
      if (!tried) throw error;
    }
  }
}

async function tryKeys(subtle: SubtleCrypto, { token, header, algorithm, signature }: Jws, keys: Keys): Promise<void> {
  const signingInput = encodeUtf8(token.slice(0, token.lastIndexOf('.')));
  // Each try costs one check of the signature.
  const maxTries = 16;
  let tries = 0;
  let cause: unknown;
  for (const candidate of selectKeys(keys, algorithm, header.kid)) {
    try {
      const key = toCryptoKey(candidate, algorithm);
      // An unnecessary await would delay the check by a turn.
      if (await subtle.verify(algorithm, isCryptoKey(key) ? key : await key, signature, signingInput)) return;
      if (++tries === maxTries) break;
    } catch (error) {
      // Another key for the same algorithm would not help. Some runtimes also throw for a malformed signature or key.
      const unsupported = unsupportedAlgorithm(algorithm, error);
      if (unsupported) throw unsupported;
      cause = error;
    }
  }
  if (tries) throw new SetError('ERR_SET_SIGNATURE', 'The signature does not match');
  throw isKeySet(keys) || !cause ? keyNotFound(keys, algorithm, header.kid) : keyInvalid(algorithm, cause);
}
