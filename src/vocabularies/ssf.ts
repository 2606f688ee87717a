/**
 * The entry `secevent/ssf`: the OpenID Shared Signals Framework 1.0, its own two events and the rules that it adds to a
 * SET.
 *
 * The events that it carries are those of `secevent/caep` and `secevent/risc`. Leaves out streams: how a receiver sets
 * them up.
 */
import { SetError } from '../errors.js';
import { describeEvent } from '../events/define.js';
import { string } from '../events/schema.js';
import { fetchJson, readUrl } from '../http.js';
import { keepJwks, type RemoteJwksOptions } from '../jwks/remote.js';
import { requireObject, wrongOption } from '../options.js';
import type { VerifyOptions } from '../policy.js';
import { createVerifier, type SetVerifier } from '../verify.js';

/**
 * A test of the stream, whose ID is the subject. `state` is what the receiver asked for the test with; where the
 * transmitter tests by itself there is none.
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
 * The transmitter changed the status of the stream, whose ID is the subject.
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

/** Both events of SSF 1.0 itself, for `readEvents`. */
export const ssfEvents = [verification, streamUpdated] as const;

/** What {@link createSsfVerifier} takes: the issuer, the audience, and what else verifiers and remote key sets take. */
export interface SsfVerifierOptions
  extends
    Omit<VerifyOptions, 'issuer' | 'typ' | 'exp' | 'sub'>,
    Omit<RemoteJwksOptions, 'now' | 'headers' | 'allowInsecureHttp'> {
  /** The issuer of the transmitter, an https URL (http on a loopback host), exactly as it stands in `iss`. */
  readonly issuer: string;
}

/**
 * Makes a verifier for the SETs of one Shared Signals transmitter: its configuration is discovered from the issuer, and
 * names the keys.
 *
 * `typ` has to be `secevent+jwt`, and `exp` and `sub` are forbidden. Nothing is fetched before the first token.
 * Configuration and keys are fetched together, once for all that wait, and kept as `createRemoteJwks` keeps keys.
 *
 * @returns a verifier that rejects with what `verifySet` rejects with; with SetError `ERR_SET_JWKS` when configuration
 * or keys cannot be had or are wrong, such as another issuer's: then the token may be valid
 * @throws TypeError for a mistake in the options
 * @see OpenID SSF 1.0 sections 4.1 and 7.2
 */
export function createSsfVerifier(options: SsfVerifierOptions): SetVerifier {
  requireObject('options', options);
  const { issuer } = options;
  const url = configurationUrl(issuer);
  const keys = keepJwks(
    // The issuers with and without a slash at their end have one URL, and are two.
    `${url}#${issuer}`,
    async (limits) =>
      fetchJson(readKeysUrl(await fetchJson(url, 'ERR_SET_JWKS', limits), issuer), 'ERR_SET_JWKS', limits),
    // What is secret between a caller and one host is not for the host that jwks_uri names.
    { ...options, headers: {} },
  );
  return createVerifier(keys, { ...options, typ: 'secevent+jwt', exp: 'forbid', sub: 'forbid' });
}

/** The well-known path stands between host and path, and a slash at the end goes (OpenID SSF 1.0 section 7.2.1). */
function configurationUrl(issuer: string): string {
  if (typeof issuer !== 'string' || issuer === '')
    throw wrongOption('issuer', issuer, 'the https URL of the transmitter');
  const { origin, pathname, search, hash } = new URL(readUrl(issuer, false, 'issuer'));
  // Compared with what a URL makes of it: white space, upper case in the host, dots in the path do not survive.
  if (search || hash || ![issuer, `${issuer}/`].includes(origin + pathname)) {
    throw new TypeError('issuer must be a URL in its plain form, without a query and a fragment');
  }
  return `${origin}/.well-known/ssf-configuration${pathname.replace(/\/$/, '')}`;
}

/** Whoever answers at that URL has to be the issuer that was asked for (OpenID SSF 1.0 sections 4.1.6 and 7.2.4). */
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
  // Not the fault of any SET: it may be valid, and is to be delivered again once the document is right.
  if (named !== issuer)
    throw new SetError('ERR_SET_JWKS', `The transmitter configuration names another issuer: it must be "${issuer}"`);
  try {
    const url = readUrl(uri);
    // Plain http to this machine is for issuers on this machine.
    if (url.startsWith('https:') || issuer.startsWith('http:')) return url;
  } catch {
    // Refused below.
  }
  throw new SetError('ERR_SET_JWKS', 'The jwks_uri in the transmitter configuration is not an https URL');
}
