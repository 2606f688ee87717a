/** The keys of a call: at a URL, in a file with a JWK Set or a JWK, or in PEM; and what to do when they are none. */
import { algorithmOf, readAlgorithms, type SignatureAlgorithm } from '../algorithms.js';
import { isSetError } from '../errors.js';
import { escapeControls } from '../text/controls.js';
import { createRemoteJwks } from '../jwks/remote.js';
import { importSpki, toCryptoKey } from '../key-import.js';
import { hasUsableKey, isKeySet, type JsonWebKey, type JsonWebKeySet, type KeySource, selectKeys } from '../keys.js';
import { readInput } from './input.js';
import { algorithmsOf, type Trust } from './trust.js';

const IN_JWKS = 'a URL with https://, or a file with a JWK Set as JSON, {"keys":[...]}, or one JWK';
const IN_KEY = 'a file with a public key in PEM (BEGIN PUBLIC KEY), or one JWK as JSON';

/** Gives the keys, or says what is wrong with where they are. Which key fits a token is decided later. */
export async function readKeys(values: Trust): Promise<KeySource | string> {
  const { jwks: [place] = [], key: [keyFile] = [] } = values;
  if (place !== undefined && isUrl(place)) return readRemote(place);
  const [option, file, expected] = place !== undefined ? ['--jwks', place, IN_JWKS] : ['--key', keyFile!, IN_KEY];
  if (file === '-') return `${option} takes a file or a URL, and not standard input`;
  if (isUrl(file)) return 'a URL belongs to --jwks; --key takes a file';
  const name = nameOf(file);
  const wrong = (fault: string): string => `${name} ${fault}: ${option} takes ${expected}`;

  let text: string | undefined;
  try {
    text = await readInput(file, '');
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    return wrong(`cannot be read (${code})`);
  }
  if (text === undefined) return wrong('is too large');
  if (text.includes('-----BEGIN '))
    return option === '--key' ? readPem(text, name, values) : wrong('holds PEM, which belongs to --key');
  const keys = parseKeys(text);
  if (keys === undefined) return wrong('holds something else');
  if (!isKeySet(keys)) return checkJwk(keys, name, values);
  if (option !== '--jwks') return wrong('holds a JWK Set, which belongs to --jwks');
  return hasUsableKey(keys, readAlgorithms(algorithmsOf(values))) ? keys : unfit(name, values);
}

function readRemote(url: string): KeySource | string {
  try {
    return createRemoteJwks(url);
  } catch (error) {
    // Its message may repeat the URL, and with it a password.
    if (error instanceof TypeError)
      return '--jwks takes a URL with https (http only on this machine) and without a password, or a file';
    throw error;
  }
}

/** Gives what a text holds as JSON, when that is a key or a set of keys. */
function parseKeys(text: string): JsonWebKey | JsonWebKeySet | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own message quotes the text.
    return undefined;
  }
  if (isKeySet(value)) return value as JsonWebKeySet;
  return typeof (value as JsonWebKey | null)?.kty === 'string' ? (value as JsonWebKey) : undefined;
}

async function readPem(pem: string, name: string, values: Trust): Promise<KeySource | string> {
  if (pem.includes('PRIVATE KEY-----'))
    return `${name} holds a private key: --key takes the public one, as openssl pkey -pubout makes it`;
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    return `${name} holds PEM of another kind: --key takes BEGIN PUBLIC KEY, as openssl x509 -pubkey -noout makes it from a certificate`;
  }
  // The verifier has found the alg among those that are allowed before it asks for a key.
  const resolver = ({ alg }: { readonly alg: string }): ReturnType<typeof importSpki> =>
    importSpki(pem, alg as SignatureAlgorithm);
  return (await servesAny(values, (alg) => resolver({ alg }))) ? resolver : unfit(name, values);
}

async function checkJwk(key: JsonWebKey, name: string, values: Trust): Promise<KeySource | string> {
  if (key.kty === 'oct')
    return `${name} holds a secret key: give a public one, since whoever can verify with a secret can forge with it`;
  const isFit = await servesAny(values, async (alg) => {
    const algorithm = algorithmOf(alg)!;
    for (const candidate of selectKeys(key, algorithm, undefined)) await toCryptoKey(candidate, algorithm);
  });
  return isFit ? key : unfit(name, values);
}

function unfit(name: string, values: Trust): string {
  const algorithms = algorithmsOf(values).join(' or ');
  return `${name} holds no public key that can serve ${algorithms} (RSA from 2048 bits): name the key's own algorithm with --algorithm`;
}

/** Whether a key can be imported for one of the algorithms that are allowed. */
async function servesAny(values: Trust, load: (algorithm: SignatureAlgorithm) => Promise<unknown>): Promise<boolean> {
  for (const algorithm of algorithmsOf(values)) {
    try {
      await load(algorithm);
      return true;
    } catch (error) {
      if (!isSetError(error)) throw error;
    }
  }
  return false;
}

/** Where the keys came from, for a message. */
export function sourceOf({ akamai, jwks: [place] = [], key: [file] = [] }: Trust): string {
  if (akamai !== undefined) return `${akamai} at Akamai`;
  if (place === undefined || !isUrl(place)) return nameOf(place ?? file!);
  // A query may hold a secret, and what is printed gets passed on.
  const { origin, pathname } = new URL(place);
  return `${origin}${pathname}`;
}

function isUrl(place: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(place);
}

/**
 * The name of a file for a message. What was put in its place by mistake may be a token or a key, and is not repeated.
 */
function nameOf(file: string): string {
  return /^(?!.*eyJ)[^\x00-\x1f{]{1,200}$/.test(file) ? escapeControls(file) : 'what was given as a file';
}
