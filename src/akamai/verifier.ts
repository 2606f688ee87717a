/**
 * A verifier for Akamai Identity Cloud (Webhooks v3): issuer and key URL follow from the host and the customer ID.
 *
 * The `jku` in the header of Akamai's tokens names the same URL. It is ignored all the same: anyone who forges a token
 * writes that too.
 */
import { createRemoteJwks, type RemoteJwksOptions } from '../jwks/remote.js';
import { requireObject, wrongOption } from '../options.js';
import type { VerifyOptions } from '../policy.js';
import { createVerifier, type SetVerifier } from '../verify.js';

/**
 * What {@link createAkamaiVerifier} takes: the tenant, the audience, and what else verifiers and remote key sets take.
 */
export interface AkamaiVerifierOptions
  extends Omit<VerifyOptions, 'issuer' | 'algorithms'>, Omit<RemoteJwksOptions, 'now' | 'allowInsecureHttp'> {
  /** The host of the Identity Cloud API, such as `v1.api.us.janrain.com`, as it stands in the `iss` of your tokens. */
  readonly host: string;
  /** The customer ID, a UUID. */
  readonly customerId: string;
}

/**
 * Makes a verifier for the SETs of one Akamai Identity Cloud customer.
 *
 * The issuer is `https://{host}/{customerId}/webhooks`, the keys come from `https://{host}/{customerId}/login/jwk`, and
 * the algorithm is RS256. Tokens from 2020 have no `typ`: give `typ: null` to accept those.
 *
 * @throws TypeError for a mistake in the options
 * @see Akamai Identity Cloud, Webhooks v3: JSON web keys
 */
export function createAkamaiVerifier(options: AkamaiVerifierOptions): SetVerifier {
  requireObject('options', options);
  const { host, customerId, ...rest } = options;
  if (typeof host !== 'string')
    throw wrongOption('host', host, "the tenant's host name, such as v1.api.us.janrain.com");
  if (typeof customerId !== 'string') throw wrongOption('customerId', customerId, 'the customer ID, such as a UUID');
  const base = `https://${host}/${customerId}`;
  // Compared with what a URL makes of it: upper case, a scheme, a path or a user name do not survive.
  if (hostOf(base) !== host)
    throw new TypeError('host must be a host name in lower case, without https:// and without a path');
  if (!/^[\w-]+$/.test(customerId)) throw new TypeError('customerId must be the ID alone, such as a UUID');
  return createVerifier(createRemoteJwks(`${base}/login/jwk`, rest), {
    ...rest,
    issuer: `${base}/webhooks`,
    algorithms: ['RS256'],
  });
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).host;
  } catch {
    // Not a URL, and so not a host name: refused by the caller.
    return undefined;
  }
}
