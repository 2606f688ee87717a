/**
 * The signature algorithms (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1, RFC 9864, RFC 9964) as WebCrypto and
 * JWKs name them.
 *
 * Asymmetric algorithms only: with HS256, everyone who can verify can also forge, and `none` is not a signature.
 */
import { wrongOption } from './options.js';

/**
 * A signature algorithm that can be allowed. `EdDSA` and `Ed25519` are two names for one. ML-DSA needs a runtime that has
 * it, such as Node 24, Deno or Bun; elsewhere tokens signed with it are rejected with `ERR_SET_WEBCRYPTO`.
 */
export type SignatureAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87';

/** What an algorithm requires of a key. WebCrypto accepts the object both for importing and for verifying. */
export interface Algorithm {
  /** The name in a token's header, for messages. */
  readonly alg: SignatureAlgorithm;
  /** The key type in a JWK (RFC 7518 section 6.1, RFC 9964 section 3). */
  readonly kty: 'RSA' | 'EC' | 'OKP' | 'AKP';
  /** The name in WebCrypto. */
  readonly name: string;
  readonly hash?: string;
  /** The length of the salt of RSA-PSS, in octets: that of the hash. */
  readonly saltLength?: number;
  /** The curve, also the `crv` of a JWK. */
  readonly namedCurve?: string;
}

let algorithms: readonly Algorithm[] | undefined;

/** Returns every supported algorithm. Created on first use. */
export function allAlgorithms(): readonly Algorithm[] {
  return (algorithms ??= [
    ...([256, 384, 512] as const).flatMap((bits): Algorithm[] => {
      const hash = `SHA-${bits}`;
      return [
        { alg: `RS${bits}`, kty: 'RSA', name: 'RSASSA-PKCS1-v1_5', hash },
        { alg: `PS${bits}`, kty: 'RSA', name: 'RSA-PSS', hash, saltLength: bits / 8 },
        // The curve of ES512 has 521 bits.
        { alg: `ES${bits}`, kty: 'EC', name: 'ECDSA', hash, namedCurve: `P-${bits === 512 ? 521 : bits}` },
      ];
    }),
    { alg: 'EdDSA', kty: 'OKP', name: 'Ed25519', namedCurve: 'Ed25519' },
    ...(['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const).map((name): Algorithm => ({ alg: name, kty: 'AKP', name })),
  ]);
}

/** Finds an algorithm by its exact name. `EdDSA` and `Ed25519` find the same one. */
export function algorithmOf(name: unknown): Algorithm | undefined {
  return allAlgorithms().find(({ alg }) => alg === (name === 'Ed25519' ? 'EdDSA' : name));
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
