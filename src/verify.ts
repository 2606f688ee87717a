/**
 * Verification: the signature first (RFC 7515 section 5.2), and what a token claims only once that holds.
 *
 * The order of the checks: size, split, header, algorithm, key, signature; then `typ`, the envelope, and the caller's policy. A result
 * is never remembered: what held a minute ago may have expired, and its key may be gone.
 */
import { type Algorithm, algorithmOf, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { decodeBytes, decodeOctets } from './base64url.js';
import { checkEnvelope, type SetPayload } from './claims.js';
import { isSetError, SetError } from './errors.js';
import { checkDuplicates, encodeUtf8, parseOctets } from './json.js';
import { checkStrictly, cutToken, type JwsSegments, readHeader, type SetHeader } from './jws.js';
import { checkKeySource, type KeyResolver, type Keys, type KeySource, MAX_TRIES, noKeyLeft, selectKeys, toCryptoKey, webCrypto } from './keys.js';
import { checkClaims, checkTyp, readPolicy, type VerifyOptions } from './policy.js';
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
 * A key in the token's own header is never used and never fetched. Nothing is said about claims unless the signature holds.
 *
 * @param token the token in compact serialization, as {@link decodeSet} takes it
 * @param keys a key, a key set, or a function such as `createRemoteJwks` gives
 * @param options `issuer` and `audience` are required
 * @throws SetError with any of its codes; as a rejection. `ERR_SET_JWKS` and `ERR_SET_WEBCRYPTO` are no fault of the token: it may be
 * good, and should be tried again later
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
  checkKeySource(keys);
  const policy = readPolicy(options);
  return (token) => {
    try {
      const jws = openJws(token, policy.algorithms, policy.maxTokenLength);
      const signed = checkSignature(jws, keys);
      // Engines check a signature on another thread, and reading the claims meanwhile costs no time. What is wrong with them is said
      // only once the signature holds.
      const claims = attempt(() => readClaims(jws.payload));
      return signed.then(() => {
        checkTyp(jws.header, policy);
        const payload = claims();
        checkClaims(payload, policy);
        return makeSet(jws.header, payload, jws.segments[2]) as VerifiedSet;
      });
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/**
 * Verifies the signature of a compact JWS and nothing else: the payload can be anything, and says nothing about who may use it.
 *
 * @throws SetError `ERR_SET_INPUT`, `ERR_SET_TOO_LARGE`, `ERR_SET_FORMAT`, `ERR_SET_BASE64URL`, `ERR_SET_JSON`,
 * `ERR_SET_DUPLICATE_MEMBER`, `ERR_SET_HEADER`, `ERR_SET_ALGORITHM`, `ERR_SET_WEBCRYPTO`, `ERR_SET_KEY_NOT_FOUND`,
 * `ERR_SET_KEY_INVALID`, `ERR_SET_SIGNATURE`, and what a key resolver throws; as rejections
 * @throws TypeError for a mistake in the keys or the options; as a rejection
 * @see RFC 7515 section 5.2
 */
export async function verifyJws(token: string, keys: KeySource, options?: VerifyJwsOptions): Promise<VerifiedJws> {
  checkKeySource(keys);
  const jws = openJws(token, readAlgorithms(options?.algorithms));
  await checkSignature(jws, keys);
  return { header: jws.header, payload: decodeBytes(jws.segments[1], 'payload'), signature: jws.signature };
}

/** A token whose form and header are sound. */
interface Jws {
  readonly token: string;
  readonly segments: JwsSegments;
  readonly header: SetHeader;
  readonly algorithm: Algorithm;
  /** As an octet string. */
  readonly payload: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

function openJws(token: string, algorithms: readonly Algorithm[], maxTokenLength?: number): Jws {
  const segments = cutToken(token, maxTokenLength);
  const header = readHeader(segments[0], checkStrictly);
  const payload = decodeOctets(segments[1], 'payload');
  const signature = decodeBytes(segments[2], 'signature');
  const algorithm = algorithmOf(header.alg);
  if (!algorithm || !algorithms.includes(algorithm)) throw new SetError('ERR_SET_ALGORITHM', '"alg" is not among the allowed algorithms');
  return { token, segments, header, algorithm, payload, signature };
}

function readClaims(octets: string): SetPayload {
  const claims = parseOctets(octets, 'payload');
  checkDuplicates(octets, claims, 'payload');
  checkEnvelope(claims);
  return claims;
}

/** Runs a function now, and gives one that returns its result or throws its error. */
function attempt<Result>(run: () => Result): () => Result {
  try {
    const result = run();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function checkSignature(jws: Jws, keys: KeySource): Promise<void> {
  const subtle = webCrypto();
  const found = typeof keys === 'function' ? resolveKeys(keys, jws.header) : keys;
  return isPromise(found) ? found.then((resolved) => tryKeys(subtle, jws, resolved)) : tryKeys(subtle, jws, found);
}

function resolveKeys(resolver: KeyResolver, header: SetHeader): Keys | Promise<Keys> {
  const refuse = (error: unknown): never => {
    throw isSetError(error) ? error : new SetError('ERR_SET_KEY_NOT_FOUND', 'The keys could not be looked up', { cause: error });
  };
  try {
    // A copy, so that another alg, kid or typ that the resolver sets changes nothing here.
    const found = resolver({ ...header });
    return isPromise(found) ? Promise.resolve(found).catch(refuse) : found;
  } catch (error) {
    return refuse(error);
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
      cause = error;
    }
  }
  throw tries ? new SetError('ERR_SET_SIGNATURE', 'The signature does not match') : noKeyLeft(keys, algorithm, cause);
}
