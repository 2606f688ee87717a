/**
 * The verifier for the SETs of a Shared Signals transmitter: it discovers the keys from the issuer, and applies the
 * rules that OpenID SSF 1.0 adds to a SET (section 4.1).
 */
import { fetchJson, type FetchLimits } from '../http.js';
import { createCachedJwks } from '../jwks/cached.js';
import type { FetchOptions, JwksOptions } from '../jwks/remote-options.js';
import { requireObject } from '../options.js';
import type { ClaimRule, VerifyOptions } from '../policy.js';
import { createVerifier, type SetVerifier } from '../verify.js';
import { fetchConfiguration, headersFor, locateConfiguration, readEndpoint } from './discovery.js';

/** The issuer and the audience, the other options of verifiers, and how configuration and keys are fetched and kept. */
export interface SsfVerifierOptions extends Omit<VerifyOptions, 'issuer'>, FetchOptions {
  /**
   * The issuer of the transmitter, exactly as in `iss`: an https URL, or http on a loopback host. Several are accepted
   * alike, such as one with and one without a trailing slash; the configuration of the first is fetched.
   */
  readonly issuer: string | readonly string[];
  /**
   * The URL of the transmitter's configuration. Default: `/.well-known/ssf-configuration`, inserted before the path of
   * the issuer, or after a 404 `/.well-known/risc-configuration`. An issuer whose path contains `/.well-known/` is
   * itself the URL. Keycloak appends the path to the issuer instead.
   */
  readonly configurationUrl?: string | { readonly href: string };
  /** Whether `exp` may be present. Default `forbid` (OpenID SSF 1.0 section 4.1.7). */
  readonly exp?: ClaimRule | 'ignore';
  /** Whether `sub` may be present. Default `forbid` (OpenID SSF 1.0 section 4.1.2). */
  readonly sub?: ClaimRule;
  /** Additional headers for the configuration, and for the keys if they are on the same origin. */
  readonly headers?: Record<string, string>;
  /** How the fetched configuration and keys are kept. */
  readonly jwks?: JwksOptions;
}

/**
 * Creates a verifier for the SETs of one Shared Signals transmitter. It discovers the configuration of the transmitter
 * from the issuer, and the keys from the configuration.
 *
 * By default, `typ` must be `secevent+jwt`, and `exp` and `sub` are forbidden. Nothing is fetched before the first
 * token. Configuration and keys are fetched together, once for all waiting callers, and cached as `createRemoteJwks`
 * caches keys.
 *
 * @returns a verifier that rejects as `verifySet` does, and with SetError `ERR_SET_JWKS` when the configuration or the
 * keys cannot be fetched or are wrong, such as those of another issuer. The token may be valid then
 * @throws TypeError for a mistake in the options
 * @see OpenID SSF 1.0 sections 4.1 and 7.2
 * @example
 * ```ts
 * const verify = createSsfVerifier({
 *   issuer: 'https://keycloak.example/realms/prod',
 *   configurationUrl: 'https://keycloak.example/realms/prod/.well-known/ssf-configuration',
 *   audience: 'https://rx.example/',
 * });
 * ```
 */
export function createSsfVerifier(options: SsfVerifierOptions): SetVerifier {
  requireObject('options', options);
  const { issuer, configurationUrl, exp = 'forbid', sub = 'forbid', headers, jwks, ...rest } = options;
  const place = locateConfiguration(issuer, configurationUrl);
  const load = async (limits: FetchLimits): Promise<unknown> => {
    const keysUrl = readEndpoint(await fetchConfiguration(place, limits), 'jwks_uri', place);
    return fetchJson(keysUrl, 'ERR_SET_JWKS', { ...limits, headers: headersFor(keysUrl, place, limits.headers) });
  };
  // Issuers with and without a trailing slash share the URL, but are two issuers.
  const keys = createCachedJwks(`${place.urls[0]}#${place.issuers.join('#')}`, load, options, jwks);
  return createVerifier(keys, { ...rest, issuer: place.issuers, exp, sub });
}
