/**
 * Access tokens of OAuth 2.0 by client credentials (RFC 6749 section 4.4), which the CAEP interoperability profile
 * requires of receivers.
 *
 * Leaves out every other grant, and tokens that are bound to a key.
 */
import { type FetchLimits, readUrl } from '../http.js';
import type { FetchOptions } from '../jwks/remote-options.js';
import { requireObject } from '../options.js';
import { clock } from '../time.js';
import { type ClientAuthenticationOptions, createClientAuthentication } from './client-authentication.js';
import { readFetchLimits, requireText } from './client-options.js';
import { type ConfigurationPlace, fetchConfiguration, headersFor, readEndpoint, splitIssuer } from './discovery.js';
import { type AccessToken, requestToken } from './token-request.js';

/** The options of {@link createClientCredentials}. */
export interface ClientCredentialsOptions extends ClientAuthenticationOptions, FetchOptions {
  /**
   * The issuer of the authorization server. Its metadata names the token endpoint, unless `tokenEndpoint` is given. It
   * is the audience of assertions.
   */
  readonly issuer?: string;
  /** The URL of the token endpoint: https, or http on a loopback host. Without an `issuer`, the audience of assertions. */
  readonly tokenEndpoint?: string | { readonly href: string };
  /** The scopes to request, separated by spaces, such as `ssf.manage`. null requests none. */
  readonly scope: string | null;
  /** Additional parameters of the request, such as `resource` or `audience`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Additional headers for the metadata, and for the token endpoint if it is on the same origin. */
  readonly headers?: Record<string, string>;
}

/** A token is replaced this long before it expires, or after half of its lifetime if that is later. */
const RENEWAL_SECONDS = 60;

/**
 * Creates a function that returns the value of the header `Authorization` with an access token: for `authorization` of
 * `createStreamClient`, and for the headers of `pollSets`.
 *
 * A token is requested when it is first needed, once for all waiting callers, and used until shortly before it expires
 * or until it was refused. The issuer in the metadata of the authorization server is compared before a secret is sent.
 *
 * @returns a function that rejects with SetError `ERR_SET_STREAM` when there is no token, with the `status` and the
 * `retryAfterSeconds` of the response; with `ERR_SET_ISSUER` when the metadata is that of another issuer; and with
 * `ERR_SET_WEBCRYPTO` when this runtime cannot sign
 * @throws TypeError for a mistake in the options
 * @see RFC 6749 section 4.4, RFC 8414, RFC 7523, CAEP Interoperability Profile 1.0 section 2.7
 * @example
 * ```ts
 * const authorization = createClientCredentials({
 *   issuer: 'https://login.example/',
 *   clientId: 'receiver',
 *   clientSecret,
 *   scope: 'ssf.manage',
 * });
 * ```
 */
export function createClientCredentials(options: ClientCredentialsOptions): (refused?: string) => Promise<string> {
  requireObject('options', options);
  const { scope, parameters = {} } = options;
  if (scope !== null) requireText('scope', scope);
  requireObject('parameters', parameters);
  for (const [name, value] of Object.entries(parameters)) requireText(`parameters.${name}`, value);
  const locate = createEndpointLocator(options, readFetchLimits(options));
  const authenticate = createClientAuthentication(options);

  let current: AccessToken | undefined;
  let requesting: Promise<AccessToken> | undefined;

  async function request(): Promise<AccessToken> {
    const { endpoint, audience, limits } = await locate();
    const { form, headers } = await authenticate(audience);
    const fields = { ...parameters, grant_type: 'client_credentials', ...(scope !== null && { scope }), ...form };
    return (current = await requestToken(endpoint, limits, headers, fields));
  }

  return async (refused) => {
    if (current && current.authorization !== refused && isFresh(current)) return current.authorization;
    current = undefined;
    requesting ??= request().finally(() => (requesting = undefined));
    return (await requesting).authorization;
  };
}

function isFresh({ requestedAtMs, lifetimeSeconds }: AccessToken): boolean {
  const ageSeconds = (clock() - requestedAtMs) / 1000;
  // A negative age means the clock was set back.
  return ageSeconds >= 0 && ageSeconds < Math.max(lifetimeSeconds / 2, lifetimeSeconds - RENEWAL_SECONDS);
}

interface TokenEndpoint {
  readonly endpoint: string;
  /** The audience of assertions: the issuer of the authorization server, if it is known. */
  readonly audience: string;
  readonly limits: FetchLimits;
}

/** Creates a function that finds the token endpoint: in the options, or in the metadata of the issuer. */
function createEndpointLocator(
  { issuer, tokenEndpoint }: ClientCredentialsOptions,
  limits: FetchLimits,
): () => Promise<TokenEndpoint> {
  const place = issuer === undefined ? undefined : locateServer(issuer);
  if (tokenEndpoint !== undefined) {
    const endpoint = readUrl(tokenEndpoint, false, 'tokenEndpoint');
    return async () => ({ endpoint, audience: issuer ?? endpoint, limits });
  }
  if (!place) throw new TypeError('issuer or tokenEndpoint is missing: pass one of them');
  return async () => {
    const endpoint = readEndpoint(await fetchConfiguration(place, limits), 'token_endpoint', place);
    return { endpoint, audience: issuer!, limits: { ...limits, headers: headersFor(endpoint, place, limits.headers) } };
  };
}

/**
 * Locates the metadata of an authorization server: at its own well-known path, or else where OpenID Connect has it (RFC
 * 8414 sections 3.1 and 5).
 */
function locateServer(issuer: string): ConfigurationPlace {
  requireText('issuer', issuer);
  const { origin, path } = splitIssuer(issuer);
  return {
    name: 'metadata of the authorization server',
    urls: [
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}${path}/.well-known/openid-configuration`,
    ],
    issuers: [issuer],
    code: 'ERR_SET_STREAM',
    issuerCode: 'ERR_SET_ISSUER',
  };
}
