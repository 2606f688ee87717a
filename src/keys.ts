/**
 * Keys: which ones may verify a token (RFC 7515 appendix D, RFC 7517 section 4).
 *
 * A key comes from the caller and never from a token's header: its `jwk`, `jku`, `x5c` and `x5u` are ignored. So are
 * keys that declare another purpose or are weak. Leaves out how keys are imported (key-import.ts) and fetched (jwks/).
 */
import { type Algorithm, algorithmOf } from './algorithms.js';
import { SetError } from './errors.js';
import { isJsonObject } from './json.js';
import type { SetHeader } from './model.js';

/** A WebCrypto key: the platform's `CryptoKey` type where it is declared, and otherwise the members that are used. */
export type PublicCryptoKey = typeof globalThis extends { CryptoKey: { prototype: infer Key } }
  ? Key
  : { readonly type: string; readonly usages: readonly string[]; readonly algorithm: { readonly name: string } };

/**
 * A public key as JSON. Other members, such as those of a private key, are ignored.
 *
 * @see RFC 7517 section 4, RFC 7518 section 6
 */
export interface JsonWebKey {
  /** The key type: `RSA`, `EC` or `OKP`. */
  readonly kty?: string;
  /** The ID by which a token's header names the key. */
  readonly kid?: string;
  /** The algorithm, if the key is for only one. */
  readonly alg?: string;
  /** The purpose: keys for anything but `sig` are skipped. */
  readonly use?: string;
  /** The operations: if present, they must include `verify`. */
  readonly key_ops?: readonly string[] | string[];
  /** The modulus of an RSA key. */
  readonly n?: string;
  /** The exponent of an RSA key. */
  readonly e?: string;
  /** The curve of an EC or OKP key. */
  readonly crv?: string;
  /** The x coordinate, or the public key of an OKP key. */
  readonly x?: string;
  /** The y coordinate of an EC key. */
  readonly y?: string;
  /** Ignored, like all members about certificates. */
  readonly x5c?: unknown;
  readonly x5t?: unknown;
  readonly 'x5t#S256'?: unknown;
  readonly x5u?: unknown;
  readonly ext?: unknown;
}

/**
 * A set of public keys. Unusable entries are skipped.
 *
 * @see RFC 7517 section 5
 */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** The keys to verify with. */
export type Keys = PublicCryptoKey | JsonWebKey | JsonWebKeySet;

/**
 * Finds the keys for a token by its header, which is not verified yet: anyone may have written its `kid`.
 *
 * If it throws something other than a SetError, that becomes the `cause` of an `ERR_SET_KEY_NOT_FOUND`, and a receiver
 * responds with 503: the lookup failed, which is not the token's fault. For a key that does not exist, return
 * `{ keys: [] }`.
 */
export type KeyResolver = (header: SetHeader) => Keys | Promise<Keys>;

/** The symbol under which a resolver offers newer keys. */
export const RENEW = /* @__PURE__ */ Symbol('renew');

/** A resolver that can look for newer keys. */
export interface AgingKeys {
  /**
   * Looks for newer keys after the signature matched none of those that were tried.
   *
   * @param header the object that the resolver was called with
   * @returns newer keys, or undefined when the result is final: the token named a key by its `kid`, or the keys were
   * fetched after the token arrived
   * @throws SetError `ERR_SET_JWKS` when newer keys cannot be fetched now; as a rejection
   */
  [RENEW](header: SetHeader, tried: Keys): Promise<Keys | undefined>;
}

/** A key, a set of keys, or a function that finds them. Never a string. */
export type KeySource = Keys | KeyResolver;

/** A key that may verify a token, as far as its form shows. */
export type Candidate = CryptoKey | JsonWebKey;

/** How many keys are tried per token: each costs one check of the signature. */
export const MAX_TRIES = 16;
/** The smallest RSA key (RFC 7518 sections 3.3 and 3.5). */
export const MIN_RSA_BITS = 2048;
const MIN_RSA_EXPONENT = 65_537;
/** The length of the shortest RSA modulus as base64url, without leading zeros. */
const MIN_RSA_CHARACTERS = 342;

/**
 * Checks that a key source could verify something: a function always could, and a key or key set needs a usable key.
 *
 * @throws TypeError that says what to pass instead
 */
export function checkKeySource(keys: unknown, algorithms: readonly Algorithm[]): void {
  if (typeof keys === 'function' || hasUsableKey(keys, algorithms)) return;
  throw new TypeError(
    'keys has no public key for an allowed algorithm: pass a JWK, a JWK Set, importSpki(pem) or createRemoteJwks(url)',
  );
}

/** Reports whether a key, or one of a set, could ever verify one of the algorithms, as far as its form shows. */
export function hasUsableKey(source: unknown, algorithms: readonly Algorithm[]): boolean {
  try {
    return keysOf(source).some((key) => algorithms.some((algorithm) => isUsable(key, algorithm)));
  } catch {
    // Reading the members of a hostile object may throw.
    return false;
  }
}

/** The usable keys for an algorithm. */
export interface MatchingKeys {
  /** Those with the `kid` of the header; all of them if the header has none. */
  readonly named: readonly Candidate[];
  /** Those without a `kid`. */
  readonly unnamed: readonly Candidate[];
}

/** Finds the usable keys that a header may refer to. */
export function matchKeys(source: unknown, algorithm: Algorithm, kid: string | undefined): MatchingKeys {
  const named: Candidate[] = [];
  const unnamed: Candidate[] = [];
  for (const key of keysOf(source)) {
    // The cheap check comes first. A CryptoKey has no `kid`.
    const own: unknown = (key as JsonWebKey | null | undefined)?.kid;
    const isNamed = kid === undefined || own === kid;
    if ((isNamed || own === undefined) && isUsable(key, algorithm)) (isNamed ? named : unnamed).push(key);
  }
  return { named, unnamed };
}

/**
 * Selects the keys to try, in this order: those with the header's `kid`, or else those without one.
 *
 * @throws SetError `ERR_SET_KEY_NOT_FOUND`, or `ERR_SET_KEY_INVALID` for a single key that is not usable
 */
export function selectKeys(keys: unknown, algorithm: Algorithm, kid: string | undefined): readonly Candidate[] {
  let found: MatchingKeys | undefined;
  let cause: unknown;
  try {
    if (isKeySet(keys) || isUsable(keys, algorithm)) found = matchKeys(keys, algorithm, kid);
  } catch (error) {
    // Reading the members of an object from a resolver may throw.
    cause = error;
  }
  if (!found) throw keyInvalid(algorithm, cause);
  const chosen = found.named.length ? found.named : found.unnamed;
  if (!chosen.length) throw keyNotFound();
  return chosen;
}

/** Creates the error for a token that no key could verify. It has no cause: the lookup worked. */
export function keyNotFound(): SetError {
  return new SetError('ERR_SET_KEY_NOT_FOUND', 'No key matches the kid and alg');
}

/** Creates the error for a single key that is not usable. */
export function keyInvalid({ kty, namedCurve }: Algorithm, cause?: unknown): SetError {
  const requirement = namedCurve ?? '2048 bits, e of 65537, or more';
  return new SetError('ERR_SET_KEY_INVALID', `The alg requires a public ${kty} key (${requirement})`, { cause });
}

/** Reports whether a value has the form of a key set, whatever its entries are. */
export function isKeySet(keys: unknown): keys is { readonly keys: readonly unknown[] } {
  return isJsonObject(keys) && Array.isArray(keys.keys);
}

function keysOf(source: unknown): readonly unknown[] {
  return isKeySet(source) ? source.keys : [source];
}

/** Reports whether a key is a WebCrypto key. */
export function isCryptoKey(key: object): key is CryptoKey {
  // Not instanceof: the key may come from another realm or from a polyfill.
  return Object.prototype.toString.call(key) === '[object CryptoKey]';
}

/**
 * Reports whether a key is for an algorithm and for verifying, and has the members that an import needs. The
 * import checks the rest.
 */
function isUsable(key: unknown, algorithm: Algorithm): key is Candidate {
  if (!isJsonObject(key)) return false;
  if (isCryptoKey(key)) return isStrong(key, algorithm);
  const { kty, crv, alg, use, key_ops: operations, n, e, x, y } = key;
  const isRsa = kty === 'RSA';
  return (
    kty === algorithm.kty &&
    (!algorithm.namedCurve || crv === algorithm.namedCurve) &&
    (alg === undefined || algorithmOf(alg) === algorithm) &&
    (use === undefined || use === 'sig') &&
    (operations === undefined ||
      (Array.isArray(operations) && operations.includes('verify') && new Set(operations).size === operations.length)) &&
    [isRsa ? n : x, isRsa ? e : kty === 'EC' ? y : ''].every((member) => typeof member === 'string') &&
    (!isRsa || (n as string).replace(/^A+/, '').length >= MIN_RSA_CHARACTERS)
  );
}

/**
 * Reports whether a WebCrypto key is public, strong enough, and made for this algorithm only (RFC 7518 section 3.3, RFC
 * 8725 section 3.1).
 */
export function isStrong(key: CryptoKey, { kty, name, hash, namedCurve }: Algorithm): boolean {
  const its = key.algorithm as RsaHashedKeyAlgorithm & EcKeyAlgorithm;
  if (key.type !== 'public' || its.name !== name || !key.usages.includes('verify')) return false;
  if (kty !== 'RSA') return kty !== 'EC' || its.namedCurve === namedCurve;
  // `publicExponent` is an ArrayBuffer in workerd with an older compatibility date.
  const exponent = new Uint8Array(its.publicExponent);
  const exponentValue = exponent.reduce((value, octet) => value * 256 + octet, 0);
  return (
    its.hash.name === hash &&
    its.modulusLength >= MIN_RSA_BITS &&
    exponentValue >= MIN_RSA_EXPONENT &&
    (exponent.at(-1)! & 1) === 1
  );
}
