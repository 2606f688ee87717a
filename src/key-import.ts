/**
 * Importing keys into WebCrypto: JWKs (RFC 7517) and PEM (RFC 7468). The only call of importKey.
 *
 * Leaves out which key may verify a token: see keys.ts.
 */
import { type Algorithm, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { decodeBytes } from './base64url.js';
import { SetError } from './errors.js';
import {
  type Candidate,
  isCryptoKey,
  isStrong,
  type JsonWebKey,
  keyInvalid,
  MIN_RSA_BITS,
  type PublicCryptoKey,
} from './keys.js';

/**
 * Returns the platform's cryptography.
 *
 * @throws SetError `ERR_SET_WEBCRYPTO`
 */
export function webCrypto(): SubtleCrypto {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle) return subtle;
  throw new SetError('ERR_SET_WEBCRYPTO', 'crypto.subtle is missing: in a browser, use https or localhost');
}

/**
 * Returns the error for an algorithm that this runtime lacks, if a WebCrypto error says so: neither the token nor the
 * key is at fault.
 */
export function unsupportedAlgorithm({ name }: Algorithm, error: unknown): SetError | undefined {
  const { name: kind, code } = Object(error) as { readonly name?: unknown; readonly code?: unknown };
  if (code === 'ERR_SET_WEBCRYPTO') return error as SetError;
  return kind === 'NotSupportedError'
    ? new SetError('ERR_SET_WEBCRYPTO', `This runtime does not support ${name}`, { cause: error })
    : undefined;
}

/** The members of a JWK that are imported: private members and metadata are not. */
const MEMBERS = ['kty', 'n', 'e', 'crv', 'x', 'y'] as const;
type Material = Pick<JsonWebKey, (typeof MEMBERS)[number]>;

function materialOf(key: JsonWebKey): Material {
  return Object.fromEntries(MEMBERS.map((name) => [name, key[name]]));
}

interface Import {
  readonly material: Material;
  readonly pending: Promise<CryptoKey>;
  key?: CryptoKey;
}

let imports: WeakMap<object, Map<Algorithm, Import>> | undefined;

/**
 * Returns a key for WebCrypto. Each JWK object is imported once per algorithm, and again only when its material
 * changes.
 *
 * Once the import is done, the result is not a promise, so that the signature check can begin immediately.
 *
 * @throws SetError `ERR_SET_KEY_INVALID`, or `ERR_SET_WEBCRYPTO` when this runtime lacks the algorithm; as rejections
 */
export function toCryptoKey(key: Candidate, algorithm: Algorithm): CryptoKey | Promise<CryptoKey> {
  if (isCryptoKey(key)) return key;
  imports ??= new WeakMap();
  let ofKey = imports.get(key);
  if (!ofKey) imports.set(key, (ofKey = new Map<Algorithm, Import>()));
  let entry = ofKey.get(algorithm);
  if (!entry || MEMBERS.some((name) => entry!.material[name] !== key[name])) {
    const material = materialOf(key);
    const started: Import = {
      material,
      pending: importJwk(material, algorithm).then((imported) => (started.key = imported)),
    };
    ofKey.set(algorithm, (entry = started));
  }
  return entry.key ?? entry.pending;
}

function importJwk(material: Material, algorithm: Algorithm): Promise<CryptoKey> {
  return importPublic(algorithm, (subtle) => {
    // WebCrypto would convert any other value to a string.
    const isText = Object.values(material).every((member) => member === undefined || typeof member === 'string');
    if (!isText || (algorithm.kty === 'RSA' && bitLength(material.n!) < MIN_RSA_BITS)) throw keyInvalid(algorithm);
    return subtle.importKey('jwk', material as globalThis.JsonWebKey, algorithm, false, ['verify']);
  });
}

/**
 * Returns the size of a Base64urlUInt. Some libraries write a leading zero octet (RFC 7518 section 6.3.1.1), which some
 * engines reject and others count; some count whole octets only.
 */
function bitLength(n: string): number {
  const octets = decodeBytes(n, 'modulus');
  const significant = octets.subarray(octets.findIndex(Boolean));
  return significant.length * 8 - Math.clz32(significant[0]!) + 24;
}

/** Imports a key. Whatever is wrong with it, the error is the same, unless the runtime lacks the algorithm. */
async function importPublic(
  algorithm: Algorithm,
  start: (subtle: SubtleCrypto) => Promise<CryptoKey>,
): Promise<CryptoKey> {
  const subtle = webCrypto();
  let cause: unknown;
  try {
    const key = await start(subtle);
    if (isStrong(key, algorithm)) return key;
  } catch (error) {
    cause = error;
  }
  throw unsupportedAlgorithm(algorithm, cause) ?? keyInvalid(algorithm, cause);
}

/**
 * Imports a public key from PEM (`-----BEGIN PUBLIC KEY-----`, the SubjectPublicKeyInfo of RFC 5280 section 4.1.2.7).
 *
 * @param pem one key, surrounded by nothing but white space
 * @param algorithm the only algorithm that the key will verify
 * @throws SetError `ERR_SET_KEY_INVALID` when it is not PEM of a public key for the algorithm, `ERR_SET_WEBCRYPTO`; as
 * rejections
 * @throws TypeError when the algorithm is unknown; as a rejection
 * @see RFC 7468 section 13
 */
export async function importSpki(pem: string, algorithm: SignatureAlgorithm): Promise<PublicCryptoKey> {
  const wanted = readAlgorithms([algorithm])[0]!;
  const key = await importPublic(wanted, async (subtle) => {
    const body =
      typeof pem === 'string' &&
      /^\s*-----BEGIN PUBLIC KEY-----([\w+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
    if (!body) throw new TypeError('pem must be one block that begins with -----BEGIN PUBLIC KEY-----');
    const segment = body
      .replace(/\s+/g, '')
      .replace(/={1,2}$/, '')
      .replace(/\+/g, '-')
      .replace(/\//g, '_');
    const imported = await subtle.importKey('spki', decodeBytes(segment, 'PEM') as BufferSource, wanted, true, [
      'verify',
    ]);
    // Only the JWK shows the size of a modulus in every engine.
    return importJwk(materialOf((await subtle.exportKey('jwk', imported)) as JsonWebKey), wanted);
  });
  return key;
}
