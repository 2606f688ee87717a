/**
 * Keys: which ones may verify a token (RFC 7515 appendix D, RFC 7517 section 4).
 *
 * A key comes from the caller and never from a token's header: its `jwk`, `jku`, `x5c` and `x5u` are ignored. So are
 * keys that declare another purpose or are weak. Leaves out how keys are imported (key-import.ts) and fetched (jwks/).
 */
import { type Algorithm, algorithmOf } from './algorithms.js';
import { decodeOctets } from './base64url.js';
import { SetError } from './errors.js';
import { isJsonObject } from './json.js';
import type { SetHeader } from './model.js';

/**
 * A WebCrypto key: the platform's `CryptoKey` type where `typeof globalThis` shows it, and otherwise its members. In
 * Cloudflare's workers-types, `CryptoKey` is a class that has these members and no others.
 */
export type PublicCryptoKey = typeof globalThis extends { CryptoKey: { prototype: infer Key } }
  ? Key
  : typeof globalThis extends { crypto: { subtle: { importKey(...args: never): Promise<infer Key> } } }
    ? Key
    : {
        readonly type: string;
        readonly extractable: boolean;
        readonly algorithm: { readonly name: string };
        readonly usages: string[];
      };

/**
 * A public key as JSON. Other members, such as those of a private key, are ignored.
 *
 * @see RFC 7517 section 4, RFC 7518 section 6, RFC 9964 section 3
 */
export interface JsonWebKey {
  /** The key type: `RSA`, `EC`, `OKP` or `AKP`. */
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
  /** The public key of an AKP key, which must also have an `alg`. */
  readonly pub?: string;
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

/** The smallest RSA key (RFC 7518 sections 3.3 and 3.5). */
const MIN_RSA_BITS = 2048;

/**
 * The members of a JWK that make up a public key, besides `kty`, by key type. Private members and metadata are never
 * imported.
 */
export const MATERIAL = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  // The alg names the key's parameter set (RFC 9964 section 3).
  AKP: ['alg', 'pub'],
} as const;

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
  return keysOf(source).some((key) => algorithms.some((algorithm) => isUsable(key, algorithm)));
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
    // The cheap check comes first.
    const own = kidOf(key);
    const isNamed = kid === undefined || own === kid;
    if ((isNamed || own === undefined) && isUsable(key, algorithm)) (isNamed ? named : unnamed).push(key);
  }
  return { named, unnamed };
}

/**
 * Selects the keys to try: those with the header's `kid`, or else those without one.
 *
 * @throws SetError `ERR_SET_KEY_INVALID` for a single key that is not usable
 */
export function selectKeys(keys: unknown, algorithm: Algorithm, kid: string | undefined): readonly Candidate[] {
  if (!isKeySet(keys) && !isUsable(keys, algorithm)) throw keyInvalid(algorithm);
  const { named, unnamed } = matchKeys(keys, algorithm, kid);
  return named.length ? named : unnamed;
}

/** Creates the error for a token that no key could verify. It has no cause: the lookup worked. */
export function keyNotFound(keys: unknown, { alg }: Algorithm, kid: string | undefined): SetError {
  const all = keysOf(keys);
  const named = all.filter((key) => kidOf(key) === kid).length;
  const match = kid === undefined ? 'the token has no kid' : `${named} with the token's kid`;
  return new SetError('ERR_SET_KEY_NOT_FOUND', `No usable ${alg} key among ${all.length}: ${match}`);
}

/** Creates the error for a single key that is not usable. */
export function keyInvalid({ alg, kty }: Algorithm, cause?: unknown): SetError {
  const minimum = kty === 'RSA' ? ' of 2048 bits, with an e of 65537, or more' : '';
  return new SetError('ERR_SET_KEY_INVALID', `${alg} requires a public ${kty} key${minimum}`, { cause });
}

/** Reports whether a value has the form of a key set, whatever its entries are. */
export function isKeySet(keys: unknown): keys is { readonly keys: readonly unknown[] } {
  return !!readGuarded(() => isJsonObject(keys) && Array.isArray(keys.keys));
}

function keysOf(source: unknown): readonly unknown[] {
  return isKeySet(source) ? source.keys : [source];
}

/** Returns the `kid` of an entry. A CryptoKey has none. */
function kidOf(key: unknown): unknown {
  return readGuarded(() => (key as JsonWebKey).kid);
}

/** Reads members of what a caller or a resolver passed, which may be anything: one that throws counts as missing. */
function readGuarded<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Reports whether a key is a WebCrypto key. */
export function isCryptoKey(key: object): key is CryptoKey {
  // instanceof fails for another realm or a polyfill, and workerd sets no tag before compatibility date 2024-09-26.
  return (
    Object.prototype.toString.call(key) === '[object CryptoKey]' ||
    (typeof CryptoKey === 'function' && key instanceof CryptoKey)
  );
}

/**
 * Reports whether a key is for an algorithm and for verifying, has the members that an import needs, and is long
 * enough. The import checks the rest.
 */
export function isUsable(key: unknown, algorithm: Algorithm): key is Candidate {
  return !!readGuarded(() => {
    if (!isJsonObject(key)) return false;
    if (isCryptoKey(key)) return isStrong(key, algorithm);
    const { kty, crv, alg, use, key_ops: operations, n } = key;
    return (
      kty === algorithm.kty &&
      (!algorithm.namedCurve || crv === algorithm.namedCurve) &&
      (alg === undefined || algorithmOf(alg) === algorithm) &&
      (use === undefined || use === 'sig') &&
      (operations === undefined ||
        (Array.isArray(operations) &&
          operations.includes('verify') &&
          new Set(operations).size === operations.length)) &&
      MATERIAL[algorithm.kty].every((name) => typeof key[name] === 'string') &&
      (kty !== 'RSA' || bitLength(n as string) >= MIN_RSA_BITS)
    );
  });
}

/**
 * Returns the number of significant bits of a Base64urlUInt. Engines do not agree on it: some count whole octets only,
 * and some count the leading zero octet that some libraries write (RFC 7518 section 6.3.1.1).
 *
 * @throws SetError `ERR_SET_BASE64URL`, since some engines ignore what is not base64url
 */
function bitLength(text: string): number {
  const significant = decodeOctets(text, 'modulus').replace(/^\0+/, '');
  return significant.length * 8 + 24 - Math.clz32(significant.charCodeAt(0));
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
  return (
    its.hash.name === hash &&
    its.modulusLength >= MIN_RSA_BITS &&
    // Odd, and with a bit set above the lowest two octets: 65537 or more.
    exponent.slice(0, -2).some(Boolean) &&
    (exponent[exponent.length - 1]! & 1) === 1
  );
}
