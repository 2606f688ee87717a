/**
 * The entry `secevent/ssf`: the OpenID Shared Signals Framework 1.0, its own two events and the rules that it adds to a
 * SET.
 *
 * The events that it transmits are in `secevent/caep` and `secevent/risc`. Leaves out streams and how a receiver
 * manages them.
 */
import { SetError } from '../errors.js';
import { describeEvent } from '../events/define.js';
import { string } from '../events/schema.js';
import { fetchJson, readUrl } from '../http.js';
import { createCachedJwks } from '../jwks/cached.js';
import type { FetchOptions, JwksOptions } from '../jwks/remote-options.js';
import { requireObject, wrongOption } from '../options.js';
import type { VerifyOptions } from '../policy.js';
import { createVerifier, type SetVerifier } from '../verify.js';

/**
 * A test of a stream. The subject is the ID of the stream.
 *
 * - `state`: the value from the receiver's request, absent if the transmitter started the test itself.
 *
 * @see OpenID SSF 1.0 section 8.1.4
 */
export const verification = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/ssf/event-type/verification',
  {
    'state?': string,
  },
);

/**
 * The transmitter changed the status of a stream. The subject is the ID of the stream.
 *
 * - `status`: the new status.
 * - `reason`: why it changed, for people.
 *
 * @see OpenID SSF 1.0 section 8.1.5
 */
export const streamUpdated = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/ssf/event-type/stream-updated',
  {
    status: ['enabled', 'paused', 'disabled'],
    'reason?': string,
  },
);

/** The two events of SSF 1.0, for `readEvents`. */
export const ssfEvents = [verification, streamUpdated] as const;

/** The issuer and the audience, and the other options of verifiers and remote key sets. */
export interface SsfVerifierOptions
  extends Omit<VerifyOptions, 'issuer' | 'typ' | 'exp' | 'sub'>, Omit<FetchOptions, 'headers'> {
  /** The issuer of the transmitter, exactly as in `iss`: an https URL, or http on a loopback host. */
  readonly issuer: string;
  /** How the fetched configuration and keys are kept. */
  readonly jwks?: JwksOptions;
}

/**
 * Creates a verifier for the SETs of one Shared Signals transmitter. It discovers the configuration of the transmitter
 * from the issuer, and the keys from the configuration.
 *
 * `typ` must be `secevent+jwt`, and `exp` and `sub` are forbidden. Nothing is fetched before the first token.
 * Configuration and keys are fetched together, once for all waiting callers, and cached as `createRemoteJwks` caches
 * keys.
 *
 * @returns a verifier that rejects as `verifySet` does, and with SetError `ERR_SET_JWKS` when the configuration or the
 * keys cannot be fetched or are wrong, such as those of another issuer. The token may be valid then
 * @throws TypeError for a mistake in the options
 * @see OpenID SSF 1.0 sections 4.1 and 7.2
 */
export function createSsfVerifier(options: SsfVerifierOptions): SetVerifier {
  requireObject('options', options);
  const { issuer } = options;
  const url = configurationUrl(issuer);
  const keys = createCachedJwks(
    // Issuers with and without a trailing slash share the URL, but are two issuers.
    `${url}#${issuer}`,
    async (limits) =>
      fetchJson(readKeysUrl(await fetchJson(url, 'ERR_SET_JWKS', limits), issuer), 'ERR_SET_JWKS', limits),
    // Headers may contain secrets for one host, and jwks_uri may name another.
    { ...options, headers: {} },
    options.jwks,
  );
  return createVerifier(keys, { ...options, typ: 'secevent+jwt', exp: 'forbid', sub: 'forbid' });
}

/** Inserts the well-known path between host and path, and drops a trailing slash (OpenID SSF 1.0 section 7.2.1). */
function configurationUrl(issuer: string): string {
  if (typeof issuer !== 'string' || issuer === '')
    throw wrongOption('issuer', issuer, 'the https URL of the transmitter');
  const { origin, pathname, search, hash } = new URL(readUrl(issuer, false, 'issuer'));
  // A URL parser would change white space, upper case in the host, and dots in the path.
  if (search || hash || ![issuer, `${issuer}/`].includes(origin + pathname)) {
    throw new TypeError('issuer must be a URL in its plain form, without a query and a fragment');
  }
  return `${origin}/.well-known/ssf-configuration${pathname.replace(/\/$/, '')}`;
}

/** Reads `jwks_uri` from the configuration of exactly this issuer (OpenID SSF 1.0 sections 4.1.6 and 7.2.4). */
function readKeysUrl(configuration: unknown, issuer: string): string {
  const { issuer: named, jwks_uri: uri } = Object(configuration) as {
    readonly issuer?: unknown;
    readonly jwks_uri?: unknown;
  };
  if (typeof named !== 'string' || typeof uri !== 'string') {
    throw new SetError(
      'ERR_SET_JWKS',
      'The response is not a transmitter configuration: it lacks an issuer or a jwks_uri',
    );
  }
  // Not the fault of a SET: it may be valid, and will be redelivered.
  if (named !== issuer)
    throw new SetError('ERR_SET_JWKS', `The transmitter configuration names another issuer: it must be "${issuer}"`);
  try {
    const url = readUrl(uri);
    // Plain http, on a loopback host, is only for an issuer that uses it too.
    if (url.startsWith('https:') || issuer.startsWith('http:')) return url;
  } catch {
    // Rejected below.
  }
  throw new SetError('ERR_SET_JWKS', 'The jwks_uri in the transmitter configuration is not an https URL');
}
