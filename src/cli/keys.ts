/** Reads the keys of a call: a URL, a file with a JWK Set or a JWK, or a file with PEM. */
import { algorithmOf, readAlgorithms, type SignatureAlgorithm } from '../algorithms.js';
import { isSetError } from '../errors.js';
import { escapeControls } from '../text/controls.js';
import { createRemoteJwks } from '../jwks/remote.js';
import { importKey, importSpki } from '../key-import.js';
import { hasUsableKey, isKeySet, type JsonWebKey, type JsonWebKeySet, type KeySource, selectKeys } from '../keys.js';
import { readInput } from './input.js';
import { allowedAlgorithms, type VerificationValues } from './trust.js';

const JWKS_VALUE = 'an https:// URL, or a file with a JWK Set as JSON, {"keys":[...]}, or one JWK';
const KEY_VALUE = 'a file with a public key in PEM (BEGIN PUBLIC KEY) or one JWK as JSON';

/** Returns the keys, or what is wrong with their source. The verifier selects the key that fits a token. */
export async function readKeys(values: VerificationValues): Promise<KeySource | string> {
  const { jwks: [place] = [], key: [keyFile] = [] } = values;
  if (place !== undefined && isUrl(place)) return remoteKeys(place);
  const [option, file, expected] = place !== undefined ? ['--jwks', place, JWKS_VALUE] : ['--key', keyFile!, KEY_VALUE];
  if (file === '-') return `${option} takes ${expected}, not standard input`;
  if (isUrl(file)) return '--key takes a file; use --jwks for a URL';
  const name = displayName(file);
  const unexpected = (fault: string): string => `${name} ${fault}: ${option} takes ${expected}`;

  let text: string | undefined;
  try {
    text = await readInput(file, '');
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    return unexpected(`cannot be read (${code})`);
  }
  if (text === undefined) return unexpected('is too large');
  if (text.includes('-----BEGIN '))
    return option === '--key' ? readPem(text, name, values) : `${name} is PEM; use --key for it`;
  const keys = keysFromJson(text);
  if (keys === undefined) return unexpected('is neither a key nor a key set');
  if (!isKeySet(keys)) return readJwk(keys, name, values);
  if (option !== '--jwks') return `${name} is a JWK Set; use --jwks for it`;
  return hasUsableKey(keys, readAlgorithms(allowedAlgorithms(values))) ? keys : describeUnusable(name, values);
}

function remoteKeys(url: string): KeySource | string {
  try {
    return createRemoteJwks(url);
  } catch (error) {
    // The error's message may repeat the URL, including a password.
    if (error instanceof TypeError)
      return '--jwks takes an https URL (http only on this machine) without a user name or password, or a file';
    throw error;
  }
}

/** Returns the key or the key set of a JSON text, or undefined if it is neither. */
function keysFromJson(text: string): JsonWebKey | JsonWebKeySet | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not reported: the engine's message quotes the text, which may be secret.
    return undefined;
  }
  if (isKeySet(value)) return value as JsonWebKeySet;
  return typeof (value as JsonWebKey | null)?.kty === 'string' ? (value as JsonWebKey) : undefined;
}

async function readPem(pem: string, name: string, values: VerificationValues): Promise<KeySource | string> {
  if (pem.includes('PRIVATE KEY-----'))
    return `${name} contains a private key: use the public key instead, from openssl pkey -pubout`;
  if (!pem.includes('-----BEGIN PUBLIC KEY-----'))
    return `${name} has no BEGIN PUBLIC KEY block: to get one from a certificate, run openssl x509 -pubkey -noout`;
  // The verifier checks that the alg is allowed before it asks for a key.
  const resolveKey = ({ alg }: { readonly alg: string }): ReturnType<typeof importSpki> =>
    importSpki(pem, alg as SignatureAlgorithm);
  return (await isImportable(values, (alg) => resolveKey({ alg }))) ? resolveKey : describeUnusable(name, values);
}

async function readJwk(key: JsonWebKey, name: string, values: VerificationValues): Promise<KeySource | string> {
  if (key.kty === 'oct') return `${name} is a shared secret, which can also forge tokens: use a public key instead`;
  const isUsable = await isImportable(values, async (alg) => {
    const algorithm = algorithmOf(alg)!;
    for (const candidate of selectKeys(key, algorithm, undefined)) await importKey(candidate, algorithm);
  });
  return isUsable ? key : describeUnusable(name, values);
}

function describeUnusable(name: string, values: VerificationValues): string {
  const algorithms = allowedAlgorithms(values).join(' or ');
  const advice = "allow the key's own algorithm with --algorithm";
  return `${name} has no public key for ${algorithms} (RSA needs 2048 bits or more): ${advice}`;
}

/** Reports whether a key can be imported for one of the allowed algorithms. */
async function isImportable(
  values: VerificationValues,
  load: (algorithm: SignatureAlgorithm) => Promise<unknown>,
): Promise<boolean> {
  for (const algorithm of allowedAlgorithms(values)) {
    try {
      await load(algorithm);
      return true;
    } catch (error) {
      if (!isSetError(error)) throw error;
    }
  }
  return false;
}

/** Describes in a message where the keys come from. */
export function describeKeySource(values: VerificationValues): string {
  const { akamai, ssf, apple, google, jwks: [place] = [], key: [file] = [] } = values;
  if (akamai !== undefined) return `${akamai} at Akamai`;
  if (ssf !== undefined || apple || google) return ssf ?? (apple ? 'Apple' : 'Google');
  if (place === undefined || !isUrl(place)) return displayName(place ?? file!);
  // Output gets shared, and a query may contain a secret.
  const { origin, pathname } = new URL(place);
  return `${origin}${pathname}`;
}

function isUrl(place: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(place);
}

/** Returns a file's name for a message, unless it looks like a token or a key that was given by mistake. */
function displayName(file: string): string {
  return /^(?!.*eyJ)[^\x00-\x1f{]{1,200}$/.test(file) ? escapeControls(file) : 'the given file';
}
