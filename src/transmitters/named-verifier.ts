/** What the verifiers of named transmitters have in common: their options, apart from the issuer and its keys. */
import type { FetchOptions, JwksOptions } from '../jwks/remote-options.js';
import type { VerifyOptions } from '../policy.js';

/** The client IDs, the other options of verifiers, and how keys are fetched and kept. */
export interface NamedVerifierOptions
  extends
    FetchOptions,
    Pick<VerifyOptions, 'typ' | 'clockToleranceSeconds' | 'maxAgeSeconds' | 'maxTokenLength' | 'now'> {
  /** The IDs of your app or website at the transmitter, as in `aud`: any match passes. */
  readonly clientIds: string | readonly string[];
  /** The expected `typ`, or several. Default `null`: any, or none. */
  readonly typ?: string | readonly string[] | null;
  /**
   * The maximum age since `iat`, in seconds. `exp` is ignored, so set it below the `ttlSeconds` of the replay store, for
   * example to 8 days, 691,200. Default: any age.
   */
  readonly maxAgeSeconds?: number;
  /** How fetched keys are kept. */
  readonly jwks?: JwksOptions;
}
