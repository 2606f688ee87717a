/**
 * The verifier for Akamai Identity Cloud, Webhooks v3. It derives the issuer and the key URL from the host and the
 * customer ID.
 *
 * The `jku` in the header of Akamai's tokens names the same key URL. It is ignored, because a forged token can name
 * any.
 */
import { fetchJson } from '../http.js';
import { createCachedJwks } from '../jwks/cached.js';
import type { FetchOptions, JwksOptions } from '../jwks/remote-options.js';
import { requireObject, wrongOption } from '../options.js';
import type { VerifyOptions } from '../policy.js';
import { createVerifier, type SetVerifier } from '../verify.js';

/** The tenant and the audience, the other options of verifiers, and how keys are fetched and kept. */
export interface AkamaiVerifierOptions extends Omit<VerifyOptions, 'issuer' | 'algorithms'>, FetchOptions {
  /** The host of the Identity Cloud API as in the `iss` of your tokens, such as `v1.api.us.janrain.com`. */
  readonly host: string;
  /** The customer ID, a UUID. */
  readonly customerId: string;
  /** How fetched keys are kept. */
  readonly jwks?: JwksOptions;
}

/**
 * Creates a verifier for the SETs of one Akamai Identity Cloud customer.
 *
 * The issuer is `https://{host}/{customerId}/webhooks`, the keys come from `https://{host}/{customerId}/login/jwk`, and
 * the only algorithm is RS256. Tokens from 2020 have no `typ`: `typ: null` accepts them.
 *
 * @throws TypeError for a mistake in the options
 * @see Akamai Identity Cloud, Webhooks v3: JSON web keys
 */
export function createAkamaiVerifier(options: AkamaiVerifierOptions): SetVerifier {
  requireObject('options', options);
  const { host, customerId, jwks, ...rest } = options;
  if (typeof host !== 'string')
    throw wrongOption('host', host, "the tenant's host name, such as v1.api.us.janrain.com");
  if (typeof customerId !== 'string') throw wrongOption('customerId', customerId, 'the customer ID, such as a UUID');
  const base = `https://${host}/${customerId}`;
  // A URL parser would change a host with upper case, a scheme, a path or a user name.
  if (hostOf(base) !== host)
    throw new TypeError('host must be a host name in lower case, without https:// and without a path');
  if (!/^[\w-]+$/.test(customerId)) throw new TypeError('customerId must be the ID alone, such as a UUID');
  const url = `${base}/login/jwk`;
  const keys = createCachedJwks(url, (limits) => fetchJson(url, 'ERR_SET_JWKS', limits), rest, jwks);
  return createVerifier(keys, { ...rest, issuer: `${base}/webhooks`, algorithms: ['RS256'] });
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).host;
  } catch {
    // Not a URL, so not a host name: the caller rejects it.
    return undefined;
  }
}
