/**
 * Importing keys into WebCrypto: JWKs (RFC 7517) and PEM (RFC 7468). The only call of importKey.
 *
 * Leaves out which key may verify a token: see keys.ts.
 */
import { type Algorithm, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { decodeBytes } from './base64url.js';
import { isSetError, SetError } from './errors.js';
import {
  type Candidate,
  isCryptoKey,
  isStrong,
  isUsable,
  type JsonWebKey,
  keyInvalid,
  MATERIAL,
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
  throw new SetError('ERR_SET_WEBCRYPTO', 'crypto.subtle is missing: browsers need https');
}

/**
 * Returns the error for an algorithm that this runtime lacks, if a WebCrypto error says so: neither the token nor the
 * key is at fault.
 */
export function unsupportedAlgorithm({ name }: Algorithm, error: unknown): SetError | undefined {
  const known = error as Partial<SetError> | null | undefined;
  if (known?.code === 'ERR_SET_WEBCRYPTO') return error as SetError;
  return (known?.name as string) === 'NotSupportedError'
    ? new SetError('ERR_SET_WEBCRYPTO', `This runtime does not support ${name}`, { cause: error })
    : undefined;
}

interface Import {
  readonly material: JsonWebKey;
  /** The key once its import is done: then a signature check can begin immediately. */
  key?: CryptoKey | Promise<CryptoKey>;
}

let imports: WeakMap<object, Map<Algorithm, Import>> | undefined;

/**
 * Returns a key for WebCrypto. Each JWK object is imported once per algorithm, and again only when its material
 * changes.
 *
 * Once the import is done, the result is not a promise, so that the signature check can begin immediately.
 *
 * @throws SetError `ERR_SET_KEY_INVALID`, or what WebCrypto throws, as a rejection: see {@link unsupportedAlgorithm}
 */
export function toCryptoKey(key: Candidate, algorithm: Algorithm): CryptoKey | Promise<CryptoKey> {
  if (isCryptoKey(key)) return key;
  imports ??= new WeakMap();
  let ofKey = imports.get(key);
  if (!ofKey) imports.set(key, (ofKey = new Map<Algorithm, Import>()));
  let entry = ofKey.get(algorithm);
  if (!entry || MATERIAL[algorithm.kty].some((name) => entry!.material[name] !== key[name])) {
    const started: Import = { material: materialOf(key, algorithm) };
    started.key = importJwk(started.material, algorithm).then((imported) => (started.key = imported));
    ofKey.set(algorithm, (entry = started));
  }
  return entry.key!;
}

function materialOf(key: JsonWebKey, { kty }: Algorithm): JsonWebKey {
  return { kty, ...Object.fromEntries(MATERIAL[kty].map((name) => [name, key[name]])) };
}

/**
 * Imports a key. Whatever is wrong with it, the error is the same, unless the runtime lacks the algorithm.
 *
 * @throws SetError `ERR_SET_KEY_INVALID`, `ERR_SET_WEBCRYPTO`; as rejections
 */
export async function importKey(key: Candidate, algorithm: Algorithm): Promise<CryptoKey> {
  try {
    return await toCryptoKey(key, algorithm);
  } catch (error) {
    throw importFailed(algorithm, error);
  }
}

function importFailed(algorithm: Algorithm, cause: unknown): SetError {
  return unsupportedAlgorithm(algorithm, cause) ?? keyInvalid(algorithm, cause);
}

/** Imports a JWK. Rejects with what WebCrypto throws, or with `ERR_SET_KEY_INVALID`. */
async function importJwk(material: JsonWebKey, algorithm: Algorithm): Promise<CryptoKey> {
  // Checked again: members of an object from a resolver may have changed, and those of a PEM key were not checked.
  if (isUsable(material, algorithm)) {
    const key = await webCrypto().importKey('jwk', material as globalThis.JsonWebKey, algorithm, false, ['verify']);
    if (isStrong(key, algorithm)) return key;
  }
  throw keyInvalid(algorithm);
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
  try {
    const body =
      typeof pem === 'string' &&
      /^\s*-----BEGIN PUBLIC KEY-----([\w+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
    if (!body) throw new TypeError('pem must be one block that begins with -----BEGIN PUBLIC KEY-----');
    const segment = body
      .replace(/\s+/g, '')
      .replace(/={1,2}$/, '')
      .replace(/\+/g, '-')
      .replace(/\//g, '_');
    const octets = decodeBytes(segment, 'PEM');
    const subtle = webCrypto();
    const key = await subtle.importKey('spki', octets, wanted, true, ['verify']);
    // Only the JWK shows the size of a modulus in every engine.
    return await importKey((await subtle.exportKey('jwk', key)) as JsonWebKey, wanted);
  } catch (error) {
    throw isSetError(error) ? error : importFailed(wanted, error);
  }
}
