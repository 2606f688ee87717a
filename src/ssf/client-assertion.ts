/**
 * The assertion with which a client authenticates at a token endpoint: a JWT that it signs with its private key (RFC 7523
 * section 3, the method `private_key_jwt`).
 */
import { type Algorithm, allAlgorithms } from '../algorithms.js';
import { encodeBase64url } from '../base64url.js';
import { SetError } from '../errors.js';
import { encodeUtf8 } from '../json.js';
import { webCrypto } from '../key-import.js';
import { isCryptoKey, type PublicCryptoKey } from '../keys.js';
import { wrongOption } from '../options.js';
import { clock } from '../time.js';
import { createUnguessable } from './state-store.js';

/** A private WebCrypto key for signing: the platform's `CryptoKey` type where it is declared. */
export type PrivateCryptoKey = PublicCryptoKey;

/** How long an assertion is valid. Authorization servers refuse a long time. */
const LIFETIME_SECONDS = 60;

/**
 * Creates a function that signs an assertion for an audience.
 *
 * @returns a function that rejects with SetError `ERR_SET_STREAM` when the key cannot sign, and `ERR_SET_WEBCRYPTO`
 * when this runtime has no `crypto.subtle`
 * @throws TypeError when the key cannot sign by its form
 */
export function createAssertionSigner(
  clientId: string,
  privateKey: PrivateCryptoKey,
  keyId?: string,
): (audience: string) => Promise<string> {
  const algorithm = algorithmFor(privateKey);
  if (!algorithm) throw wrongOption('privateKey', privateKey, 'a private CryptoKey with the usage sign');
  return async (audience) => {
    const iat = Math.floor(clock() / 1000);
    const header = { alg: algorithm.alg, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) };
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: audience,
      jti: createUnguessable(),
      iat,
      exp: iat + LIFETIME_SECONDS,
    };
    const signingInput = [header, claims].map((part) => encodeBase64url(encodeUtf8(JSON.stringify(part)))).join('.');
    const subtle = webCrypto();
    try {
      const signature = await subtle.sign(algorithm, privateKey as CryptoKey, encodeUtf8(signingInput));
      return `${signingInput}.${encodeBase64url(new Uint8Array(signature))}`;
    } catch (cause) {
      throw new SetError('ERR_SET_STREAM', 'privateKey failed to sign', { cause });
    }
  };
}

/** Returns the algorithm that a key was made for. */
function algorithmFor(key: PrivateCryptoKey): Algorithm | undefined {
  // Only private and secret keys can sign, and no secret key has one of these algorithms.
  if (!isCryptoKey(Object(key) as object) || !key.usages.includes('sign')) return undefined;
  const its = key.algorithm as Partial<RsaHashedKeyAlgorithm & EcKeyAlgorithm>;
  return allAlgorithms().find(
    ({ name, kty, hash, namedCurve }) =>
      name === its.name &&
      (kty !== 'RSA' || hash === its.hash?.name) &&
      (kty !== 'EC' || namedCurve === its.namedCurve),
  );
}
