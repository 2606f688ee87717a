/**
 * A key pair for signing, and the public key as a transmitter publishes it (RFC 7517 section 4).
 */
import { type Algorithm, readAlgorithms, type SignatureAlgorithm } from '../algorithms.js';
import { encodeBase64url } from '../base64url.js';
import { encodeUtf8 } from '../json.js';
import { unsupportedAlgorithm, webCrypto } from '../key-import.js';
import type { JsonWebKey } from '../keys.js';

/** A private key, with its public key. */
export interface SigningKey {
  readonly kid: string;
  readonly jwk: JsonWebKey;
  /** Signs a text and returns the signature in base64url. */
  sign(text: string): Promise<string>;
}

/**
 * Creates a key pair with a new `kid`.
 *
 * @throws SetError `ERR_SET_WEBCRYPTO` when this runtime has no WebCrypto, or lacks the algorithm; as a rejection
 * @throws TypeError when the algorithm is unknown; as a rejection
 */
export async function createSigningKey(alg: SignatureAlgorithm): Promise<SigningKey> {
  const [algorithm] = readAlgorithms([alg]);
  const subtle = webCrypto();
  const { privateKey, publicKey } = await generateKeys(subtle, algorithm!);
  // Transmitters do not publish the key_ops and ext that WebCrypto exports. Some engines also export the members of
  // other key types, as undefined.
  const { key_ops: _, ext: __, ...exported } = await subtle.exportKey('jwk', publicKey);
  const members = Object.fromEntries(Object.entries(exported).filter(([, member]) => member !== undefined));
  const kid = crypto.randomUUID();
  return {
    kid,
    jwk: { ...(members as JsonWebKey), use: 'sig', kid, alg },
    async sign(text) {
      return encodeBase64url(new Uint8Array(await subtle.sign(algorithm!, privateKey, encodeUtf8(text))));
    },
  };
}

async function generateKeys(subtle: SubtleCrypto, algorithm: Algorithm): Promise<CryptoKeyPair> {
  const size = algorithm.kty === 'RSA' ? { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) } : {};
  try {
    return (await subtle.generateKey({ ...algorithm, ...size }, true, ['sign', 'verify'])) as CryptoKeyPair;
  } catch (error) {
    throw unsupportedAlgorithm(algorithm, error) ?? error;
  }
}
