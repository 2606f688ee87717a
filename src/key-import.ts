/**
 * Keys as WebCrypto takes them: the import of JWKs (RFC 7517) and of PEM (RFC 7468). The only call of importKey.
 *
 * Leaves out which key may check a token: see keys.ts.
 */
import { type Algorithm, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { decodeBytes } from './base64url.js';
import { SetError } from './errors.js';
import {
  type Candidate,
  canServe,
  isCryptoKey,
  type JsonWebKey,
  MIN_RSA_BITS,
  type PublicCryptoKey,
  unfit,
} from './keys.js';

/**
 * The platform's cryptography.
 *
 * @throws SetError `ERR_SET_WEBCRYPTO`
 */
export function webCrypto(): SubtleCrypto {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!subtle)
    throw new SetError(
      'ERR_SET_WEBCRYPTO',
      'crypto.subtle is missing: browsers have it only in pages from https or localhost',
    );
  return subtle;
}

/**
 * The error for an algorithm that this runtime lacks, if that is what WebCrypto says: no fault of the token or the key.
 */
export function unsupportedAs({ name }: Algorithm, error: unknown): SetError | undefined {
  const { name: kind, code } = Object(error) as { readonly name?: unknown; readonly code?: unknown };
  if (code === 'ERR_SET_WEBCRYPTO') return error as SetError;
  return kind === 'NotSupportedError'
    ? new SetError('ERR_SET_WEBCRYPTO', `This runtime does not support ${name}`, { cause: error })
    : undefined;
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
 * The key as WebCrypto takes it. Each JWK object is imported once for an algorithm, and again only when its material
 * changes.
 *
 * The result is no promise once the import is done, so that a check can begin at once.
 *
 * @throws SetError `ERR_SET_KEY_INVALID`, or `ERR_SET_WEBCRYPTO` when this runtime lacks the algorithm; as rejections
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
    const started: Import = {
      material,
      pending: importJwk(material, algorithm).then((imported) => (started.key = imported)),
    };
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
 * The size of a Base64urlUInt. Some libraries write an octet of zero in front (RFC 7518 section 6.3.1.1): of the
 * engines, some refuse that, some count it as a part of the size, and some count no more than whole octets.
 */
function bitLength(n: string): number {
  const octets = decodeBytes(n, 'modulus');
  const significant = octets.subarray(octets.findIndex(Boolean));
  return significant.length * 8 - Math.clz32(significant[0]!) + 24;
}

/** Imports a key, and refuses it in one way whatever is wrong with it, unless the runtime lacks the algorithm. */
async function importPublic(
  algorithm: Algorithm,
  start: (subtle: SubtleCrypto) => Promise<CryptoKey>,
): Promise<CryptoKey> {
  const subtle = webCrypto();
  let cause: unknown;
  try {
    const key = await start(subtle);
    if (canServe(key, algorithm)) return key;
  } catch (error) {
    cause = error;
  }
  throw unsupportedAs(algorithm, cause) ?? unfit(algorithm, cause);
}

/**
 * Imports a public key from PEM (`-----BEGIN PUBLIC KEY-----`, the SubjectPublicKeyInfo of RFC 5280 section 4.1.2.7).
 *
 * @param pem the text of one key, with nothing but white space around it
 * @param algorithm the one algorithm for which the key will serve
 * @throws SetError `ERR_SET_KEY_INVALID` when it is no such PEM or no key for the algorithm, `ERR_SET_WEBCRYPTO`; as
 * rejections
 * @throws TypeError when the algorithm is not known; as a rejection
 * @see RFC 7468 section 13
 */
export async function importSpki(pem: string, algorithm: SignatureAlgorithm): Promise<PublicCryptoKey> {
  const wanted = readAlgorithms([algorithm])[0]!;
  const key = await importPublic(wanted, async (subtle) => {
    const body =
      typeof pem === 'string' &&
      /^\s*-----BEGIN PUBLIC KEY-----([\w+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
    if (!body) throw new TypeError('not one PEM block that begins with -----BEGIN PUBLIC KEY-----');
    const segment = body
      .replace(/\s+/g, '')
      .replace(/={1,2}$/, '')
      .replace(/\+/g, '-')
      .replace(/\//g, '_');
    const imported = await subtle.importKey('spki', decodeBytes(segment, 'PEM') as BufferSource, wanted, true, [
      'verify',
    ]);
    // Only the JWK tells the size of a modulus in every engine.
    const { kty, n, e, crv, x, y } = (await subtle.exportKey('jwk', imported)) as JsonWebKey;
    return importJwk({ kty, n, e, crv, x, y } as Material, wanted);
  });
  return key;
}
