/**
 * Verification: the signature first (RFC 7515 section 5.2), and what a token claims only once that holds.
 *
 * The order of the checks: size, split, header, algorithm, key, signature; then `typ`, the envelope, and the caller's
 * policy. A result is never remembered: what held a minute ago may have expired, and its key may be gone.
 */
import { type Algorithm, algorithmOf, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { checkBase64url, decodeBytes, decodeOctets } from './base64url.js';
import { checkEnvelope } from './envelope.js';
import { attachSet, isSetError, SetError } from './errors.js';
import { checkDuplicates, encodeUtf8, parseOctets } from './json.js';
import { checkStrictly, cutToken, type JwsSegments, readHeader } from './jws.js';
import { toCryptoKey, unsupportedAs, webCrypto } from './key-import.js';
import {
  type AgingKeys,
  checkKeySource,
  type KeyResolver,
  type Keys,
  type KeySource,
  MAX_TRIES,
  noKeyLeft,
  RENEW,
  selectKeys,
} from './keys.js';
import type { DecodedSet, SetHeader } from './model.js';
import { requireObject } from './options.js';
import { checkClaims, checkTyp, type Policy, readPolicy, type VerifyOptions } from './policy.js';
import { makeSet, type VerifiedSet } from './set.js';

/** Verifies a token. It rejects with what {@link verifySet} rejects with. */
export type SetVerifier = (token: string) => Promise<VerifiedSet>;

/** What {@link verifyJws} gives. */
export interface VerifiedJws {
  /** The header of the token. */
  readonly header: SetHeader;
  /** The octets of the payload, whatever they are. */
  readonly payload: Uint8Array;
  /** The octets of the signature. */
  readonly signature: Uint8Array;
}

/** How {@link verifyJws} verifies. */
export interface VerifyJwsOptions {
  /** The signature algorithms to allow. Default `['RS256']`. */
  readonly algorithms?: readonly SignatureAlgorithm[];
}

/**
 * Verifies a Security Event Token: its signature, and then that it is meant for the caller.
 *
 * A key in the token's own header is never used and never fetched. Nothing is said about claims unless the signature
 * holds.
 *
 * @param token the token in compact serialization, as {@link decodeSet} takes it
 * @param keys a key, a key set, or a function such as `createRemoteJwks` gives
 * @param options `issuer` and `audience` are required
 * @throws SetError with any of its codes, as a rejection; with the decoded `set` when the signature is valid and the
 * claims are rejected. With `ERR_SET_JWKS`, `ERR_SET_WEBCRYPTO`, or a `retryAfterSeconds`, the token may be valid: try
 * again later
 * @throws TypeError for a mistake in the keys or the options; as a rejection
 * @see RFC 8417 section 4, RFC 7515 section 5.2, RFC 8725 section 3
 */
export function verifySet(token: string, keys: KeySource, options: VerifyOptions): Promise<VerifiedSet> {
  try {
    return createVerifier(keys, options)(token);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Makes a function that verifies tokens as {@link verifySet} does, with keys and options that are checked once, here.
 *
 * @throws TypeError for a mistake in the keys or the options
 * @see RFC 8417 section 4
 */
export function createVerifier(keys: KeySource, options: VerifyOptions): SetVerifier {
  const policy = readPolicy(options);
  checkKeySource(keys, policy.algorithms);
  return (token) => {
    try {
      const jws = openJws(token, policy.algorithms, policy.maxTokenLength);
      const signed = checkSignature(jws, keys);
      // Engines check a signature on another thread, and reading the claims meanwhile costs no time. Errors in them are
      // reported only if the signature is valid. Large claims wait for it: parsing a megabyte of nested JSON takes
      // longer than all else.
      const early = jws.payload === undefined ? undefined : readSet(jws);
      return signed.then(() => accept(early ?? readSet(jws), jws.header, policy));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/**
 * Verifies the signature of a compact JWS and nothing else: the payload can be anything, and says nothing about who may
 * use it.
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

/** A token whose form and header are sound. */
interface Jws {
  readonly token: string;
  readonly segments: JwsSegments;
  readonly header: SetHeader;
  readonly algorithm: Algorithm;
  /** As an octet string; undefined for a large one, which is decoded once its signature is known to be valid. */
  readonly payload: string | undefined;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * The longest header, in characters, that is read for verification: room for a chain of certificates (`x5c`), which is
 * not used.
 */
const MAX_HEADER_LENGTH = 16_384;

function openJws(token: string, algorithms: readonly Algorithm[], maxTokenLength?: number): Jws {
  const segments = cutToken(token, maxTokenLength);
  if (segments[0].length > MAX_HEADER_LENGTH)
    throw new SetError('ERR_SET_TOO_LARGE', `The header is longer than ${MAX_HEADER_LENGTH} characters`);
  const header = readHeader(segments[0], checkStrictly);
  const isLarge = segments[1].length > MAX_EARLY_LENGTH;
  if (isLarge) checkBase64url(segments[1], 'payload');
  const payload = isLarge ? undefined : decodeOctets(segments[1], 'payload');
  const signature = decodeBytes(segments[2], 'signature');
  const algorithm = algorithmOf(header.alg);
  if (!algorithm || !algorithms.includes(algorithm))
    throw new SetError('ERR_SET_ALGORITHM', '"alg" is not among the allowed algorithms');
  return { token, segments, header, algorithm, payload, signature };
}

/**
 * The longest payload, in characters (64 kB of claims), that is decoded and parsed before its signature is known to be
 * valid.
 */
const MAX_EARLY_LENGTH = 87_382;

/** What came of reading a set: an error waits here until the signature is known to be valid. */
interface Reading {
  readonly set?: DecodedSet;
  readonly error?: unknown;
}

function readSet({ payload: octets, header, segments }: Jws): Reading {
  try {
    const payload = octets ?? decodeOctets(segments[1], 'payload');
    const claims = parseOctets(payload, 'payload');
    checkDuplicates(payload, claims, 'payload');
    checkEnvelope(claims);
    return { set: makeSet(header, claims, segments[2]) };
  } catch (error) {
    return { error };
  }
}

/** Checks what the caller demands of a token with a valid signature. An error carries the set, if it could be read. */
function accept({ set, error: fault }: Reading, header: SetHeader, policy: Policy): VerifiedSet {
  try {
    checkTyp(header, policy);
    if (!set) throw fault;
    checkClaims(set.payload, policy);
    return set as VerifiedSet;
  } catch (error) {
    if (set && isSetError(error)) attachSet(error, set);
    throw error;
  }
}

/** How long to wait before a lookup is tried again that failed without saying how long. */
const LOOKUP_RETRY_SECONDS = 5;

function checkSignature(jws: Jws, keys: KeySource): Promise<void> {
  const subtle = webCrypto();
  return typeof keys === 'function' ? resolveAndTry(subtle, jws, keys) : tryKeys(subtle, jws, keys);
}

async function resolveAndTry(subtle: SubtleCrypto, jws: Jws, keys: KeyResolver & Partial<AgingKeys>): Promise<void> {
  // A copy, so that another alg, kid or typ that the resolver sets changes nothing here.
  const header = { ...jws.header };
  let tried: Keys;
  try {
    tried = await keys(header);
  } catch (error) {
    if (isSetError(error)) throw error;
    throw new SetError('ERR_SET_KEY_NOT_FOUND', 'The key lookup failed', {
      cause: error,
      retryAfterSeconds: LOOKUP_RETRY_SECONDS,
    });
  }
  for (;;) {
    try {
      return await tryKeys(subtle, jws, tried);
    } catch (error) {
      const mayPass = /_(?:SIGNATURE|KEY_NOT_FOUND)$/.test((error as SetError).code);
      const renewed = mayPass && (await keys[RENEW]?.(header, tried));
      if (!renewed) throw error;
      tried = renewed;
    }
  }
}

function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as Partial<Promise<Value>> | undefined)?.then === 'function';
}

async function tryKeys(subtle: SubtleCrypto, { token, header, algorithm, signature }: Jws, keys: Keys): Promise<void> {
  const signingInput = encodeUtf8(token.slice(0, token.lastIndexOf('.')));
  let tries = 0;
  let cause: unknown;
  for (const candidate of selectKeys(keys, algorithm, header.kid)) {
    try {
      const key = toCryptoKey(candidate, algorithm);
      // An await without need would let a turn pass before the check begins.
      if (await subtle.verify(algorithm, isPromise(key) ? await key : key, signature, signingInput)) return;
      if (++tries === MAX_TRIES) break;
    } catch (error) {
      // Another key of the same algorithm would fare no better. Some runtimes also throw for a signature or a key that
      // is malformed.
      const lack = unsupportedAs(algorithm, error);
      if (lack) throw lack;
      cause = error;
    }
  }
  throw tries ? new SetError('ERR_SET_SIGNATURE', 'The signature does not match') : noKeyLeft(keys, algorithm, cause);
}
