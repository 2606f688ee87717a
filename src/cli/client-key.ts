/** The private key of an OAuth client: from a file with a JWK, or with PEM (PKCS#8, RFC 5958). */
import { createPrivateKey } from 'node:crypto';
import { algorithmOf, allAlgorithms, type Algorithm } from '../algorithms.js';
import { parseText } from '../json.js';
import { webCrypto } from '../key-import.js';
import type { JsonWebKey } from '../keys.js';
import type { PrivateCryptoKey } from '../ssf/client-assertion.js';
import { readFile } from './secret.js';

/** A private key that can sign, and its `kid` if it has one. */
export interface ClientKey {
  readonly privateKey: PrivateCryptoKey;
  readonly keyId?: string;
}

/** Says what the option takes. */
const EXPECTED = '--client-key takes a file with a private key: a JWK as JSON, or PEM (BEGIN PRIVATE KEY)';

/** Reads the key of a client. Returns it, or what is wrong with the file. The file is not named: it may be the key. */
export async function readClientKey(file: string): Promise<ClientKey | string> {
  if (/[{\n]|-----BEGIN/.test(file))
    return `${EXPECTED}, not the key itself: an argument ends up in the shell history and the process list`;
  // The prefix that the options for secrets require.
  const text = await readFile(file.replace(/^file:/, ''));
  if (text === undefined) return `${EXPECTED}. This one cannot be read`;
  if (/-----BEGIN [^]*ENCRYPTED/.test(text))
    return `${EXPECTED}. This one is encrypted: decrypt it with openssl pkcs8 -topk8 -nocrypt`;
  const jwk = text.includes('-----BEGIN ') ? jwkFromPem(text) : jwkFromJson(text);
  if (jwk?.kty === 'oct') return `${EXPECTED}. This one is a shared secret: use --client-secret`;
  if (jwk && !('d' in jwk || 'priv' in jwk)) return `${EXPECTED}. This one is a public key`;
  const algorithm = jwk && algorithmFor(jwk);
  const privateKey = algorithm && (await importPrivateKey(jwk, algorithm));
  if (!privateKey) return `${EXPECTED}, for RS256, ES256 or another algorithm for signing. This one is something else`;
  return { privateKey, ...(typeof jwk.kid === 'string' && { keyId: jwk.kid }) };
}

function jwkFromPem(pem: string): JsonWebKey | undefined {
  try {
    return createPrivateKey(pem).export({ format: 'jwk' }) as JsonWebKey;
  } catch {
    // Reported by the caller: whatever is wrong with the text, the advice is the same.
    return undefined;
  }
}

function jwkFromJson(text: string): JsonWebKey | undefined {
  try {
    const value = parseText(text, 'The key') as JsonWebKey | null;
    return typeof value?.kty === 'string' ? value : undefined;
  } catch {
    // Reported by the caller, as for PEM.
    return undefined;
  }
}

/** Returns the algorithm that a key names, or else the usual one for its type. */
function algorithmFor({ alg, kty, crv }: JsonWebKey): Algorithm | undefined {
  if (alg !== undefined) return algorithmOf(alg);
  return allAlgorithms().find(
    (each) => each.kty === kty && kty !== 'AKP' && (kty === 'RSA' || each.namedCurve === crv),
  );
}

async function importPrivateKey(jwk: JsonWebKey, algorithm: Algorithm): Promise<PrivateCryptoKey | undefined> {
  // These members may contradict the use as a signing key, which the caller has decided.
  const { alg: _, use: __, key_ops: ___, ext: ____, ...material } = jwk;
  try {
    return await webCrypto().importKey('jwk', material as globalThis.JsonWebKey, algorithm, false, ['sign']);
  } catch {
    // Reported by the caller. The platform's message may quote the key.
    return undefined;
  }
}
