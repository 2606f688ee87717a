/**
 * Keys: which ones may check a token (RFC 7515 appendix D, RFC 7517 section 4).
 *
 * A key comes from the caller and never from a token's header: `jwk`, `jku`, `x5c` and `x5u` there are not looked at. A
 * key that declares another purpose, or is weak, does not count: nothing is guessed. Leaves out how keys are imported
 * (key-import.ts) and fetched (jwks/).
 */
import { type Algorithm, algorithmOf } from './algorithms.js';
import { SetError } from './errors.js';
import type { SetHeader } from './model.js';

/**
 * A key of WebCrypto: the platform's own `CryptoKey` type where it is declared, and otherwise what the library needs of
 * it.
 */
export type PublicCryptoKey = typeof globalThis extends { CryptoKey: { prototype: infer Key } }
  ? Key
  : { readonly type: string; readonly usages: readonly string[]; readonly algorithm: { readonly name: string } };

/**
 * A public key as JSON. Other members may be there, as in a private key, and are not looked at.
 *
 * @see RFC 7517 section 4, RFC 7518 section 6
 */
export interface JsonWebKey {
  /** The type of the key: `RSA`, `EC` or `OKP`. */
  readonly kty?: string;
  /** The ID by which a token's header names the key. */
  readonly kid?: string;
  /** The algorithm, where the key is for one alone. */
  readonly alg?: string;
  /** The purpose: only a key for `sig`, or one that does not say, is used. */
  readonly use?: string;
  /** The operations: where given, `verify` has to be among them. */
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
  /** Not looked at, as the other members about certificates. */
  readonly x5c?: unknown;
  readonly x5t?: unknown;
  readonly 'x5t#S256'?: unknown;
  readonly x5u?: unknown;
  readonly ext?: unknown;
}

/**
 * A set of public keys. Entries that cannot serve are skipped.
 *
 * @see RFC 7517 section 5
 */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** Where a verification takes its keys from. */
export type Keys = PublicCryptoKey | JsonWebKey | JsonWebKeySet;

/**
 * Finds the keys for a token by its header, which is not verified yet: anyone can have written its `kid`.
 *
 * What it throws, unless that is a SetError, becomes the `cause` of an `ERR_SET_KEY_NOT_FOUND` that a receiver answers
 * with 503: the lookup failed, which is not the token's fault. For a key that does not exist, return `{ keys: [] }`.
 */
export type KeyResolver = (header: SetHeader) => Keys | Promise<Keys>;

/** Under this symbol a resolver whose keys age offers newer ones. */
export const RENEW = /* @__PURE__ */ Symbol('renew');

/** A resolver whose keys age. */
export interface AgingKeys {
  /**
   * Looks for newer keys after a signature matched none of those that were tried.
   *
   * @param header the very object that the resolver was called with
   * @returns newer keys, or nothing when those tried are what the signature must match: the token named one by its
   * `kid`, or they were fetched after the token arrived
   * @throws SetError `ERR_SET_JWKS` when newer keys cannot be fetched now; as a rejection
   */
  [RENEW](header: SetHeader, tried: Keys): Promise<Keys | undefined>;
}

/** A key, a set of keys, or a function that finds them. Never a string. */
export type KeySource = Keys | KeyResolver;

/** A key that states to be fit; only the import tells whether it is. */
export type Candidate = CryptoKey | JsonWebKey;

/** How many keys one token may try: each costs a check of the signature. */
export const MAX_TRIES = 16;
/** The least size of an RSA key (RFC 7518 sections 3.3 and 3.5). */
export const MIN_RSA_BITS = 2048;
const MIN_RSA_EXPONENT = 65_537;

/**
 * Checks that a key source can ever verify something: a function may, and a key or a key set needs one usable key.
 *
 * @throws TypeError that says what to pass instead
 */
export function checkKeySource(keys: unknown, algorithms: readonly Algorithm[]): void {
  if (typeof keys === 'function' || hasUsableKey(keys, algorithms)) return;
  throw new TypeError(
    'keys has no public key for an allowed algorithm: pass a CryptoKey (importSpki reads PEM), a JWK, a JWK Set or createRemoteJwks(url)',
  );
}

/** Reports whether a key, or one of a set, could ever verify one of the algorithms, as far as its form shows. */
export function hasUsableKey(source: unknown, algorithms: readonly Algorithm[]): boolean {
  try {
    const keys = isKeySet(source) ? source.keys : [source];
    return keys.some((key) => algorithms.some((algorithm) => isUsable(key, algorithm)));
  } catch {
    // An odd object may throw when it is looked at.
    return false;
  }
}

/** The keys of a set, or a single one, that are for an algorithm and may be meant by a `kid`. */
export interface MatchingKeys {
  /** Those of the `kid`. Without one in the header it is all. */
  readonly named: readonly Candidate[];
  /** Those without a `kid`. */
  readonly unnamed: readonly Candidate[];
}

/** Finds the keys that a header may mean. One without a `kid` counts only if it is usable: it was not named. */
export function matchKeys(
  keys: readonly unknown[],
  algorithm: Algorithm,
  kid: string | undefined,
  isMeant = isUsable,
): MatchingKeys {
  const named: Candidate[] = [];
  const unnamed: Candidate[] = [];
  for (const key of keys) {
    if (!isObject(key)) continue;
    const isNamed = kid === undefined || key.kid === kid;
    if (isNamed ? isFit(key, algorithm) : key.kid === undefined && isMeant(key, algorithm))
      (isNamed ? named : unnamed).push(key);
  }
  return { named, unnamed };
}

/**
 * Selects the keys to try, in turn: those of the header's `kid`, or else those without one. Without `kid` it is all
 * that fit.
 *
 * @throws SetError `ERR_SET_KEY_NOT_FOUND`, or `ERR_SET_KEY_INVALID` when there is a single key and it cannot serve
 */
export function selectKeys(keys: unknown, algorithm: Algorithm, kid: string | undefined): readonly Candidate[] {
  let found: MatchingKeys | undefined;
  let cause: unknown;
  try {
    if (isKeySet(keys)) found = matchKeys(keys.keys, algorithm, kid);
    else if (isFit(keys, algorithm)) found = matchKeys([keys], algorithm, kid, isFit);
  } catch (error) {
    // An odd object from a resolver may throw when it is looked at.
    cause = error;
  }
  if (!found) throw unfit(algorithm, cause);
  const chosen = found.named.length ? found.named : found.unnamed;
  if (!chosen.length) throw noKeyFound();
  return chosen;
}

/**
 * The refusal when no key could be tried. Without a cause for a set: the lookup worked, and what it found cannot serve.
 */
export function noKeyLeft(keys: unknown, algorithm: Algorithm, cause?: unknown): SetError {
  return isKeySet(keys) ? noKeyFound() : unfit(algorithm, cause);
}

function noKeyFound(): SetError {
  return new SetError('ERR_SET_KEY_NOT_FOUND', 'No key fits the kid and the alg of the header');
}

/** The refusal of a single key. */
export function unfit({ kty, namedCurve }: Algorithm, cause?: unknown): SetError {
  const size = namedCurve ?? `${MIN_RSA_BITS} bits, e of ${MIN_RSA_EXPONENT}, or more`;
  return new SetError(
    'ERR_SET_KEY_INVALID',
    `The alg of the header takes a public ${kty} key (${size}) for signatures`,
    { cause },
  );
}

/** Reports whether a value has the form of a key set, whatever its entries are. */
export function isKeySet(keys: unknown): keys is { readonly keys: readonly unknown[] } {
  return isObject(keys) && Array.isArray(keys.keys);
}

function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reports whether a key is one of WebCrypto's. */
export function isCryptoKey(key: object): key is CryptoKey {
  // Not instanceof: the key may come from another realm or from a polyfill.
  return Object.prototype.toString.call(key) === '[object CryptoKey]';
}

/** The members that hold the public key of a JWK. */
const MATERIAL = { RSA: ['n', 'e'], EC: ['x', 'y'], OKP: ['x'] } as const;

/** The shortest base64url of an RSA modulus of 2048 bits, without zeros in front. */
const MIN_RSA_CHARACTERS = 342;

/** Reports whether a key is for an algorithm and has what an import needs first. Only the import tells the rest. */
function isUsable(key: unknown, algorithm: Algorithm): key is Candidate {
  if (!isFit(key, algorithm)) return false;
  if (isCryptoKey(key)) return true;
  const { kty } = algorithm;
  return (
    MATERIAL[kty].every((member) => typeof key[member] === 'string') &&
    (kty !== 'RSA' || key.n!.replace(/^A+/, '').length >= MIN_RSA_CHARACTERS)
  );
}

/** Reports whether a key declares that it is for this algorithm and for verifying. */
function isFit(key: unknown, algorithm: Algorithm): key is Candidate {
  if (!isObject(key)) return false;
  if (isCryptoKey(key)) return canServe(key, algorithm);
  const { kty, crv, alg, use, key_ops: operations } = key;
  return (
    kty === algorithm.kty &&
    (!algorithm.namedCurve || crv === algorithm.namedCurve) &&
    (alg === undefined || algorithmOf(alg) === algorithm) &&
    (use === undefined || use === 'sig') &&
    (operations === undefined ||
      (Array.isArray(operations) && operations.includes('verify') && new Set(operations).size === operations.length))
  );
}

/**
 * Reports whether a key of WebCrypto is public, strong enough, and made for this algorithm alone (RFC 7518 section 3.3,
 * RFC 8725 section 3.1).
 */
export function canServe(key: CryptoKey, { kty, name, hash, namedCurve }: Algorithm): boolean {
  const its = key.algorithm as RsaHashedKeyAlgorithm & EcKeyAlgorithm;
  if (key.type !== 'public' || its.name !== name || !key.usages.includes('verify')) return false;
  if (kty !== 'RSA') return kty !== 'EC' || its.namedCurve === namedCurve;
  // An ArrayBuffer in workerd with an older compatibility date.
  const exponent = new Uint8Array(its.publicExponent);
  const size = exponent.reduce((value, octet) => value * 256 + octet, 0);
  return (
    its.hash.name === hash &&
    its.modulusLength >= MIN_RSA_BITS &&
    size >= MIN_RSA_EXPONENT &&
    (exponent.at(-1)! & 1) === 1
  );
}
