/** Verifies a token with the key and the options that a user enters, and puts the result into words. */
import type { SignatureAlgorithm } from '../algorithms.js';
import { isSetError } from '../errors.js';
import { parseText } from '../json.js';
import { importSpki } from '../key-import.js';
import { isKeySet, type JsonWebKey, type JsonWebKeySet, type KeyResolver } from '../keys.js';
import type { SetHeader } from '../model.js';
import { verifySet } from '../verify.js';

/** The values of the form. */
export interface TrustForm {
  /** A JWK, a JWK Set or a PEM. */
  readonly key: string;
  readonly issuer: string;
  /** Undefined accepts any audience. */
  readonly audience: string | undefined;
  readonly algorithm: SignatureAlgorithm;
  /** Undefined accepts any type, or none. */
  readonly typ: string | undefined;
}

/** The result of a verification. */
export type Verdict =
  | { readonly isVerified: true; readonly words: string }
  | { readonly isVerified: false; readonly words: string; readonly code?: string };

/** Verifies a token with the values of the form. */
export async function verifyWithForm(token: string, header: SetHeader, form: TrustForm): Promise<Verdict> {
  const { issuer, audience, algorithm, typ } = form;
  const keys = readPastedKey(form.key);
  if ('fault' in keys) return unverified(keys.fault);
  if (issuer === '') return unverified('Enter the expected issuer.');
  if (audience === '') return unverified('Enter the expected audience, or accept any audience.');
  try {
    await verifySet(token, keys.source, {
      issuer,
      audience: audience ?? null,
      algorithms: [algorithm],
      typ: typ ?? null,
    });
    const recipient = audience === undefined ? 'audience not checked' : `for ${audience}`;
    return {
      isVerified: true,
      words: `Signed with ${keys.nameFor(header)} (${algorithm}), issued by ${issuer}, ${recipient}.`,
    };
  } catch (error) {
    if (!isSetError(error)) throw error;
    return { isVerified: false, words: error.message, code: error.code };
  }
}

function unverified(words: string): Verdict {
  return { isVerified: false, words };
}

/** A pasted key or key set. */
interface PastedKey {
  /** A resolver, since a static key that cannot be used would be a TypeError and not a verdict. */
  readonly source: KeyResolver;
  /** Returns how to refer to the key that a header selects. */
  nameFor(header: SetHeader): string;
}

/** Reads a pasted key, or returns what is wrong with it. The fault never quotes the text, which may be secret. */
export function readPastedKey(text: string): PastedKey | { readonly fault: string } {
  if (text.trim() === '') return { fault: 'Paste a public key: a JWK, a JWK Set or a PEM.' };
  if (text.includes('PRIVATE KEY-----'))
    return {
      fault: 'This is a private key: paste the public key instead. If you have shared the private key, replace it.',
    };
  if (text.includes('-----BEGIN ')) return readPastedPem(text);
  let value: unknown;
  try {
    value = parseText(text, 'The key');
  } catch (error) {
    if (!isSetError(error)) throw error;
    return {
      fault: 'This is neither JSON nor PEM. Paste a JWK, a JWK Set or a PEM with -----BEGIN PUBLIC KEY-----.',
    };
  }
  if (isKeySet(value)) return readKeySet(value as JsonWebKeySet);
  const { kty, d } = Object(value) as { readonly kty?: unknown; readonly d?: unknown };
  if (typeof kty !== 'string') return { fault: 'This JSON is not a key: a JWK has "kty", a JWK Set has "keys".' };
  if (kty === 'oct')
    return { fault: 'This is a shared secret, which can also forge tokens. Paste a public key instead.' };
  const key = value as JsonWebKey;
  const part = d === undefined ? '' : 'the public part of ';
  return {
    source: () => key,
    nameFor: () => `${part}the pasted JWK${typeof key.kid === 'string' ? ` “${key.kid}”` : ''}`,
  };
}

function readPastedPem(pem: string): PastedKey | { readonly fault: string } {
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    return {
      fault:
        'This PEM is not a BEGIN PUBLIC KEY block. To get one from a certificate, run openssl x509 -pubkey -noout.',
    };
  }
  // The verifier checks that the alg is allowed before it requests a key.
  return { source: ({ alg }) => importSpki(pem, alg as SignatureAlgorithm), nameFor: () => 'the pasted PEM key' };
}

function readKeySet(set: JsonWebKeySet): PastedKey {
  const isNamed = (kid: string): boolean => set.keys.some((key) => (Object(key) as { kid?: unknown }).kid === kid);
  return {
    source: () => set,
    nameFor: ({ kid }) => {
      const count = set.keys.length;
      const isSelected = kid !== undefined && isNamed(kid);
      if (count === 1) return isSelected ? `the pasted key “${kid}”` : 'the pasted key';
      return isSelected ? `key “${kid}” of the ${count} pasted keys` : `one of the ${count} pasted keys`;
    },
  };
}
