/**
 * The signature algorithms (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1, RFC 9864) as WebCrypto and JWKs name
 * them.
 *
 * Asymmetric ones only: with HS256 and its like, whoever can verify can forge, and `none` is no signature.
 */
import { wrongOption } from './options.js';

/** A signature algorithm that can be allowed. `EdDSA` and `Ed25519` are two names of one. */
export type SignatureAlgorithm =
  'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519';

/** What an algorithm asks of a key, in one object that WebCrypto takes for importing and for verifying alike. */
export interface Algorithm {
  /** The type of its keys as JWKs (RFC 7518 section 6.1). */
  readonly kty: 'RSA' | 'EC' | 'OKP';
  /** The name in WebCrypto. */
  readonly name: string;
  readonly hash?: string;
  /** For PSS: as long as the hash, in octets. */
  readonly saltLength?: number;
  /** Also the `crv` of a JWK. */
  readonly namedCurve?: string;
}

const PKCS1 = 'RSASSA-PKCS1-v1_5';
const PSS = 'RSA-PSS';
const ED25519: Algorithm = { kty: 'OKP', name: 'Ed25519', namedCurve: 'Ed25519' };

const ALGORITHMS: { readonly [name: string]: Algorithm } = {
  RS256: { kty: 'RSA', name: PKCS1, hash: 'SHA-256' },
  RS384: { kty: 'RSA', name: PKCS1, hash: 'SHA-384' },
  RS512: { kty: 'RSA', name: PKCS1, hash: 'SHA-512' },
  PS256: { kty: 'RSA', name: PSS, hash: 'SHA-256', saltLength: 32 },
  PS384: { kty: 'RSA', name: PSS, hash: 'SHA-384', saltLength: 48 },
  PS512: { kty: 'RSA', name: PSS, hash: 'SHA-512', saltLength: 64 },
  ES256: { kty: 'EC', name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' },
  ES384: { kty: 'EC', name: 'ECDSA', hash: 'SHA-384', namedCurve: 'P-384' },
  ES512: { kty: 'EC', name: 'ECDSA', hash: 'SHA-512', namedCurve: 'P-521' },
  EdDSA: ED25519,
  Ed25519: ED25519,
};

/** Every algorithm that there is. */
export function allAlgorithms(): readonly Algorithm[] {
  return Object.values(ALGORITHMS);
}

/** Finds an algorithm by its exact name; `EdDSA` and `Ed25519` give the same one. */
export function algorithmOf(name: unknown): Algorithm | undefined {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
}

/**
 * Reads a list of algorithms that a caller allows.
 *
 * @throws TypeError when it is empty or names an algorithm that is not known, such as `none` or `HS256`
 */
export function readAlgorithms(names: readonly SignatureAlgorithm[] = ['RS256']): readonly Algorithm[] {
  const algorithms = Array.isArray(names) ? names.map(algorithmOf) : [];
  if (!algorithms.length || algorithms.includes(undefined)) {
    throw wrongOption('algorithms', names, 'a list of algorithms such as RS256, never none or HS256');
  }
  return algorithms as readonly Algorithm[];
}
