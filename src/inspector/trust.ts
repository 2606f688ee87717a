/** Verifying in the page: what a person pastes and chooses, made into keys and options; and in words what came out. */
import { algorithmOf, type SignatureAlgorithm } from '../algorithms.js';
import { isSetError } from '../errors.js';
import { parseText } from '../json.js';
import { importSpki } from '../key-import.js';
import { isKeySet, type JsonWebKey, type JsonWebKeySet, type KeyResolver } from '../keys.js';
import type { SetHeader } from '../model.js';
import { verifySet } from '../verify.js';

/** What the form holds. */
export interface TrustForm {
  /** A JWK, a JWK Set or a PEM. */
  readonly key: string;
  readonly issuer: string;
  /** Nothing when any is accepted. */
  readonly audience: string | undefined;
  readonly algorithm: SignatureAlgorithm;
  /** Nothing when any is accepted. */
  readonly typ: string | undefined;
}

/** What came out of a verification. */
export type Verdict =
  | { readonly isVerified: true; readonly words: string }
  | { readonly isVerified: false; readonly words: string; readonly code?: string };

/** The names of the algorithms that can be chosen. `EdDSA` and `Ed25519` are one. */
export const ALGORITHMS: readonly SignatureAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** The algorithm to offer besides the default, when the header names one that can be verified. */
export function offeredAlgorithm(alg: string): SignatureAlgorithm | undefined {
  return algorithmOf(alg) ? ALGORITHMS.find((name) => algorithmOf(name) === algorithmOf(alg)) : undefined;
}

/** Verifies a token by what the form holds. */
export async function verify(token: string, header: SetHeader, form: TrustForm): Promise<Verdict> {
  const { issuer, audience, algorithm, typ } = form;
  const keys = readKeys(form.key);
  if ('fault' in keys) return refusal(keys.fault);
  if (issuer === '') return refusal('Say which issuer you expect.');
  if (audience === '') return refusal('Say which audience you expect.');
  try {
    await verifySet(token, keys.source, {
      issuer,
      audience: audience ?? null,
      algorithms: [algorithm],
      typ: typ ?? null,
    });
    const whom = audience === undefined ? 'for any audience' : `for ${audience}`;
    return {
      isVerified: true,
      words: `Signed with ${keys.nameFor(header)} (${algorithm}), issued by ${issuer}, ${whom}.`,
    };
  } catch (error) {
    if (!isSetError(error)) throw error;
    return { isVerified: false, words: error.message, code: error.code };
  }
}

function refusal(words: string): Verdict {
  return { isVerified: false, words };
}

/**
 * Keys, and what to call the one that a header names. From a function, so that a key that cannot serve is a verdict
 * about it.
 */
interface PastedKeys {
  readonly source: KeyResolver;
  nameFor(header: SetHeader): string;
}

/** Reads a key that was pasted, or says what is wrong with it. Nothing of it is repeated. */
export function readKeys(text: string): PastedKeys | { readonly fault: string } {
  if (text.trim() === '') return { fault: 'Paste a key: a JWK, a JWK Set or a PEM.' };
  if (text.includes('PRIVATE KEY-----'))
    return {
      fault:
        'This is a private key. Paste the public one, and treat the private one as leaked if it was pasted elsewhere too.',
    };
  if (text.includes('-----BEGIN ')) return readPem(text);
  let value: unknown;
  try {
    value = parseText(text, 'The key');
  } catch (error) {
    if (!isSetError(error)) throw error;
    return {
      fault: 'This is neither JSON nor PEM. A key is a JWK, a JWK Set, or begins with -----BEGIN PUBLIC KEY-----.',
    };
  }
  if (isKeySet(value)) return ofSet(value as JsonWebKeySet);
  const { kty, d } = Object(value) as { readonly kty?: unknown; readonly d?: unknown };
  if (typeof kty !== 'string') return { fault: 'This JSON is no key: a JWK has "kty", a JWK Set has "keys".' };
  if (kty === 'oct')
    return { fault: 'This is a shared secret: whoever can verify with it can forge with it. Paste a public key.' };
  const key = value as JsonWebKey;
  const secret = d === undefined ? '' : ', whose private part was left aside';
  return {
    source: () => key,
    nameFor: () => `the pasted JWK${typeof key.kid === 'string' ? ` “${key.kid}”` : ''}${secret}`,
  };
}

function readPem(pem: string): PastedKeys | { readonly fault: string } {
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    return {
      fault:
        'This PEM is no public key of the form BEGIN PUBLIC KEY. From a certificate, openssl x509 -pubkey -noout makes one.',
    };
  }
  // The verifier has found the alg among those that are allowed before it asks for a key.
  return { source: ({ alg }) => importSpki(pem, alg as SignatureAlgorithm), nameFor: () => 'the pasted PEM key' };
}

function ofSet(set: JsonWebKeySet): PastedKeys {
  const count = `${set.keys.length} pasted key${set.keys.length === 1 ? '' : 's'}`;
  const isNamed = (kid: string): boolean => set.keys.some((key) => Object(key).kid === kid);
  return {
    source: () => set,
    nameFor: ({ kid }) => (kid !== undefined && isNamed(kid) ? `the key “${kid}” of ${count}` : `one of ${count}`),
  };
}
