/**
 * Keys: which ones may check a token (RFC 7515 appendix D, RFC 7517 section 4), and how WebCrypto gets them.
 *
 * A key comes from the caller and never from a token's header: `jwk`, `jku`, `x5c` and `x5u` there are not looked at. One that does
 * not state its purpose well, or is weak, is no key: nothing is guessed. Leaves out where keys are fetched: see jwks/.
 */
import { type Algorithm, algorithmOf, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { decodeBytes } from './base64url.js';
import { isSetError, SetError } from './errors.js';
import type { SetHeader } from './jws.js';

/**
 * A key of WebCrypto: the platform's own `CryptoKey` type where it is declared, and otherwise what the library needs of it.
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
 * Finds the keys for a token by its header, which nobody has verified yet: `kid` is text that anyone can have written.
 *
 * What it throws, unless that is a SetError, becomes the `cause` of an `ERR_SET_KEY_NOT_FOUND`.
 */
export type KeyResolver = (header: SetHeader) => Keys | Promise<Keys>;

/** A key, a set of keys, or a function that finds them. Never a string. */
export type KeySource = Keys | KeyResolver;

/** A key that states to be fit; only the import tells whether it is. */
export type Candidate = CryptoKey | JsonWebKey;

/** How many keys one token may try: each costs a check of the signature. */
export const MAX_TRIES = 16;
const MIN_RSA_BITS = 2048;
const MIN_RSA_EXPONENT = 65_537;

/**
 * Checks that a key source can be one.
 *
 * @throws TypeError
 */
export function checkKeySource(keys: unknown): void {
  // A promise is what a call without `await` leaves.
  if (typeof keys === 'function' || (isObject(keys) && typeof keys.then !== 'function')) return;
  throw new TypeError('keys must be a CryptoKey, a JWK, a JWK Set or a function');
}

/**
 * Selects the keys to try, in turn: those of the header's `kid`, or else those without one. Without `kid` it is all that fit.
 *
 * @throws SetError `ERR_SET_KEY_NOT_FOUND`, or `ERR_SET_KEY_INVALID` when there is a single key and it cannot serve
 */
export function selectKeys(keys: unknown, algorithm: Algorithm, kid: string | undefined): readonly Candidate[] {
  const named: Candidate[] = [];
  const unnamed: Candidate[] = [];
  try {
    if (!isKeySet(keys) && !isFit(keys, algorithm)) throw unfit(algorithm);
    for (const key of isKeySet(keys) ? keys.keys : [keys]) {
      if (!isObject(key)) continue;
      const isNamed = kid === undefined || key.kid === kid;
      if ((isNamed || key.kid === undefined) && isFit(key, algorithm)) (isNamed ? named : unnamed).push(key);
    }
  } catch (error) {
    // An odd object from a resolver may throw on being looked at.
    throw isSetError(error) ? error : unfit(algorithm, error);
  }
  const found = named.length ? named : unnamed;
  if (!found.length) throw noKeyLeft({ keys: [] }, algorithm);
  return found;
}

/** The refusal when no key could be tried: of a set its keys, of a single one this. */
export function noKeyLeft(keys: unknown, algorithm: Algorithm, cause?: unknown): SetError {
  return isKeySet(keys) ? new SetError('ERR_SET_KEY_NOT_FOUND', 'No key fits the kid and the alg of the header', { cause }) : unfit(algorithm, cause);
}

function unfit({ kty, namedCurve }: Algorithm, cause?: unknown): SetError {
  const size = namedCurve ?? `${MIN_RSA_BITS} bits, e of ${MIN_RSA_EXPONENT}, or more`;
  return new SetError('ERR_SET_KEY_INVALID', `The alg of the header takes a public ${kty} key (${size}) for signatures`, { cause });
}

/** Whether a value has the form of a key set. What its entries are is another question. */
export function isKeySet(keys: unknown): keys is { readonly keys: readonly unknown[] } {
  return isObject(keys) && Array.isArray(keys.keys);
}

function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCryptoKey(key: object): key is CryptoKey {
  // Not instanceof: the key may come from another realm or from a polyfill.
  return Object.prototype.toString.call(key) === '[object CryptoKey]';
}

/** Whether a key says of itself that it is for this algorithm and for verifying. */
function isFit(key: unknown, algorithm: Algorithm): key is Candidate {
  if (!isObject(key)) return false;
  if (isCryptoKey(key)) return canServe(key, algorithm);
  const { kty, crv, alg, use, key_ops: operations } = key;
  return (
    kty === algorithm.kty &&
    (!algorithm.namedCurve || crv === algorithm.namedCurve) &&
    (alg === undefined || algorithmOf(alg) === algorithm) &&
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify') && new Set(operations).size === operations.length))
  );
}

/** Whether a key of WebCrypto is public, strong enough, and made for this algorithm alone (RFC 7518 section 3.3, RFC 8725 section 3.1). */
function canServe(key: CryptoKey, { kty, name, hash, namedCurve }: Algorithm): boolean {
  const its = key.algorithm as RsaHashedKeyAlgorithm & EcKeyAlgorithm;
  if (key.type !== 'public' || its.name !== name || !key.usages.includes('verify')) return false;
  if (kty !== 'RSA') return kty !== 'EC' || its.namedCurve === namedCurve;
  const exponent = its.publicExponent;
  const size = exponent.reduce((value, octet) => value * 256 + octet, 0);
  return its.hash.name === hash && its.modulusLength >= MIN_RSA_BITS && size >= MIN_RSA_EXPONENT && (exponent.at(-1)! & 1) === 1;
}

/**
 * The platform's cryptography.
 *
 * @throws SetError `ERR_SET_WEBCRYPTO`
 */
export function webCrypto(): SubtleCrypto {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!subtle) throw new SetError('ERR_SET_WEBCRYPTO', 'crypto.subtle is missing: browsers have it only in pages from https or localhost');
  return subtle;
}

/** The members of a JWK that are imported: what is private in it, or a remark, stays out. */
type Material = Pick<JsonWebKey, 'kty' | 'n' | 'e' | 'crv' | 'x' | 'y'>;

interface Import {
  readonly material: Material;
  readonly pending: Promise<CryptoKey>;
  key?: CryptoKey;
}

let imports: WeakMap<object, Map<Algorithm, Import>> | undefined;

/**
 * The key as WebCrypto takes it. Each JWK object is imported once for an algorithm, and again only when its material changes.
 *
 * The result is no promise once the import is done, so that a check can begin at once.
 *
 * @throws SetError `ERR_SET_KEY_INVALID`, as a rejection
 */
export function toCryptoKey(key: Candidate, algorithm: Algorithm): CryptoKey | Promise<CryptoKey> {
  if (isCryptoKey(key)) return key;
  imports ??= new WeakMap();
  let ofKey = imports.get(key);
  if (!ofKey) imports.set(key, (ofKey = new Map()));
  let entry = ofKey.get(algorithm);
  if (!entry || !isSame(entry.material, key)) {
    const { kty, n, e, crv, x, y } = key;
    const material = { kty, n, e, crv, x, y } as Material;
    const started: Import = { material, pending: importJwk(material, algorithm).then((imported) => (started.key = imported)) };
    ofKey.set(algorithm, (entry = started));
  }
  return entry.key ?? entry.pending;
}

function isSame(a: Material, b: Material): boolean {
  return a.n === b.n && a.e === b.e && a.x === b.x && a.y === b.y && a.crv === b.crv && a.kty === b.kty;
}

function importJwk(material: Material, algorithm: Algorithm): Promise<CryptoKey> {
  return importPublic(algorithm, (subtle) => {
    // WebCrypto would make a string of whatever else is there.
    const isText = Object.values(material).every((member) => member === undefined || typeof member === 'string');
    if (!isText || (algorithm.kty === 'RSA' && bitLength(material.n ?? '') < MIN_RSA_BITS)) throw unfit(algorithm);
    return subtle.importKey('jwk', material as globalThis.JsonWebKey, algorithm, false, ['verify']);
  });
}

/**
 * The size of a Base64urlUInt. Some libraries write an octet of zero in front (RFC 7518 section 6.3.1.1): of the engines, some refuse
 * that, some count it as a part of the size, and some count no more than whole octets.
 */
function bitLength(n: string): number {
  const octets = decodeBytes(n, 'modulus');
  const significant = octets.subarray(octets.findIndex(Boolean));
  return significant.length * 8 - Math.clz32(significant[0]!) + 24;
}

/** Imports a key, and refuses it in one way whatever is wrong with it. */
async function importPublic(algorithm: Algorithm, start: (subtle: SubtleCrypto) => Promise<CryptoKey>): Promise<CryptoKey> {
  const subtle = webCrypto();
  let cause: unknown;
  try {
    const key = await start(subtle);
    if (canServe(key, algorithm)) return key;
  } catch (error) {
    cause = error;
  }
  throw unfit(algorithm, cause);
}

/**
 * Imports a public key from PEM (`-----BEGIN PUBLIC KEY-----`, the SubjectPublicKeyInfo of RFC 5280 section 4.1.2.7).
 *
 * @param pem the text of one key, with nothing but white space around it
 * @param algorithm the one algorithm for which the key will serve
 * @throws SetError `ERR_SET_KEY_INVALID` when it is no such PEM or no key for the algorithm, `ERR_SET_WEBCRYPTO`; as rejections
 * @throws TypeError when the algorithm is not known; as a rejection
 * @see RFC 7468 section 13
 */
export async function importSpki(pem: string, algorithm: SignatureAlgorithm): Promise<PublicCryptoKey> {
  const wanted = readAlgorithms([algorithm])[0]!;
  const key = await importPublic(wanted, async (subtle) => {
    const body = typeof pem === 'string' && /^\s*-----BEGIN PUBLIC KEY-----([\w+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
    if (!body) throw new TypeError('not one PEM block that begins with -----BEGIN PUBLIC KEY-----');
    const segment = body.replace(/\s+/g, '').replace(/={1,2}$/, '').replace(/\+/g, '-').replace(/\//g, '_');
    const imported = await subtle.importKey('spki', decodeBytes(segment, 'PEM') as BufferSource, wanted, true, ['verify']);
    // Only the JWK tells the size of a modulus in every engine.
    const { kty, n, e, crv, x, y } = (await subtle.exportKey('jwk', imported)) as JsonWebKey;
    return importJwk({ kty, n, e, crv, x, y } as Material, wanted);
  });
  return key;
}
