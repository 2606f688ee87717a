/**
 * The signature algorithms (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1, RFC 9864) as WebCrypto and JWKs name
 * them.
 *
 * Asymmetric algorithms only: with HS256, everyone who can verify can also forge, and `none` is not a signature.
 */
import { wrongOption } from './options.js';

/** A signature algorithm that can be allowed. `EdDSA` and `Ed25519` are two names for one. */
export type SignatureAlgorithm =
  'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519';

/** What an algorithm requires of a key. WebCrypto accepts the object both for importing and for verifying. */
export interface Algorithm {
  /** The key type in a JWK (RFC 7518 section 6.1). */
  readonly kty: 'RSA' | 'EC' | 'OKP';
  /** The name in WebCrypto. */
  readonly name: string;
  readonly hash?: string;
  /** The length of the salt of RSA-PSS, in octets: that of the hash. */
  readonly saltLength?: number;
  /** The curve, also the `crv` of a JWK. */
  readonly namedCurve?: string;
}

let algorithms: Map<unknown, Algorithm> | undefined;

/** Every supported algorithm, by its exact name. Created on first use. */
function allByName(): ReadonlyMap<unknown, Algorithm> {
  if (!algorithms) {
    const ed25519: Algorithm = { kty: 'OKP', name: 'Ed25519', namedCurve: 'Ed25519' };
    algorithms = new Map([
      ['EdDSA', ed25519],
      ['Ed25519', ed25519],
    ]);
    for (const bits of [256, 384, 512]) {
      const hash = `SHA-${bits}`;
      algorithms.set(`RS${bits}`, { kty: 'RSA', name: 'RSASSA-PKCS1-v1_5', hash });
      algorithms.set(`PS${bits}`, { kty: 'RSA', name: 'RSA-PSS', hash, saltLength: bits / 8 });
      // The curve of ES512 has 521 bits.
      algorithms.set(`ES${bits}`, { kty: 'EC', name: 'ECDSA', hash, namedCurve: `P-${bits === 512 ? 521 : bits}` });
    }
  }
  return algorithms;
}

/** Returns every supported algorithm. */
export function allAlgorithms(): readonly Algorithm[] {
  return [...allByName().values()];
}

/** Finds an algorithm by its exact name. `EdDSA` and `Ed25519` find the same one. */
export function algorithmOf(name: unknown): Algorithm | undefined {
  return allByName().get(name);
}

/**
 * Reads the list of algorithms that a caller allows.
 *
 * @throws TypeError when it is empty or names an unknown algorithm, such as `none` or `HS256`
 */
export function readAlgorithms(names: readonly SignatureAlgorithm[] = ['RS256']): readonly Algorithm[] {
  const found = Array.isArray(names) ? names.map(algorithmOf) : [];
  if (!found.length || found.includes(undefined)) {
    throw wrongOption('algorithms', names, "a list such as ['RS256'], never none or HS256");
  }
  return found as readonly Algorithm[];
}
