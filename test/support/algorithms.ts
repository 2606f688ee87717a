/** The signature algorithms that tests try one by one. */
import type { SignatureAlgorithm } from '../../src/algorithms.js';

/** The algorithms that every supported runtime has. */
export const ALGORITHMS_EVERYWHERE = [
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
  'Ed25519',
] as const satisfies readonly SignatureAlgorithm[];

/** The algorithms that only some runtimes have. */
export const ML_DSA_ALGORITHMS = [
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
] as const satisfies readonly SignatureAlgorithm[];
