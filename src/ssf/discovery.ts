/**
 * The configuration of a transmitter: where it is, and whose it must be (OpenID SSF 1.0 sections 7.1 and 7.2). The
 * metadata of an authorization server follows the same rules (RFC 8414 section 3).
 *
 * A wrong configuration is never the fault of a SET, which may be valid. Leaves out how long it is kept: see jwks/ and
 * stream-client.ts.
 */
import { isSetError, SetError, type SetErrorCode } from '../errors.js';
import { fetchJson, type FetchLimits, readUrl } from '../http.js';
import { isJsonObject } from '../json.js';
import type { JsonObject } from '../model.js';
import { listOf } from '../options.js';

/** Where a configuration is, and whose it must be. */
export interface ConfigurationPlace {
  /** What messages call the configuration. */
  readonly name: string;
  /** The URLs to try: the next one after a 404. */
  readonly urls: readonly string[];
  /** The issuers that the configuration may name. */
  readonly issuers: readonly string[];
  /** The code of the error when the configuration cannot be fetched or is wrong. */
  readonly code: SetErrorCode;
  /** The code of the error when it is that of another issuer. */
  readonly issuerCode: SetErrorCode;
}

/**
 * Locates the configuration of a transmitter: at a well-known path, inserted between the host and the path of the
 * issuer (OpenID SSF 1.0 section 7.2.1). Transmitters from before the final version use the path of RISC (section
 * 7.2.2). For some, such as authentik, the issuer is the URL of the configuration itself.
 *
 * @param issuer one or several. Without a `configurationUrl`, the first one says where the configuration is
 * @throws TypeError for a mistake in the options
 */
export function locateConfiguration(
  issuer: string | readonly string[],
  configurationUrl: string | { readonly href: string } | undefined,
  code: SetErrorCode = 'ERR_SET_JWKS',
  issuerCode = code,
): ConfigurationPlace {
  const issuers = listOf('issuer', issuer);
  return { name: 'transmitter configuration', urls: urlsOf(issuers[0]!, configurationUrl), issuers, code, issuerCode };
}

function urlsOf(issuer: string, configurationUrl?: string | { readonly href: string }): readonly string[] {
  if (configurationUrl !== undefined) return [readUrl(configurationUrl, false, 'configurationUrl')];
  const { origin, path } = splitIssuer(issuer);
  if (path.includes('/.well-known/')) return [issuer];
  return ['ssf', 'risc'].map((name) => `${origin}/.well-known/${name}-configuration${path}`);
}

/**
 * Splits an issuer into its origin and its path, without a trailing slash.
 *
 * @throws TypeError
 */
export function splitIssuer(issuer: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname, search, hash } = new URL(readUrl(issuer, false, 'issuer'));
  // A URL parser would change white space, upper case in the host, and dots in the path.
  if (search || hash || ![issuer, `${issuer}/`].includes(origin + pathname))
    throw new TypeError('issuer must be a URL in its plain form, without a query and a fragment');
  return { origin, path: pathname.replace(/\/$/, '') };
}

/**
 * Fetches a configuration.
 *
 * @throws SetError with the code of the place, as a rejection, when it cannot be fetched or is that of another issuer
 */
export async function fetchConfiguration(place: ConfigurationPlace, limits: FetchLimits): Promise<JsonObject> {
  const { name, urls, issuers, code, issuerCode } = place;
  let configuration: unknown;
  try {
    configuration = await fetchJson(urls[0]!, code, limits);
  } catch (error) {
    if (urls.length < 2 || !isSetError(error) || error.status !== 404) throw error;
    return fetchConfiguration({ ...place, urls: urls.slice(1) }, limits);
  }
  if (!isJsonObject(configuration) || typeof configuration.issuer !== 'string')
    throw new SetError(code, `The response is not a ${name}: it lacks an issuer`);
  if (!issuers.includes(configuration.issuer))
    throw new SetError(issuerCode, `The ${name} names another issuer: it must be "${issuers.join('" or "')}"`);
  return configuration;
}

/**
 * Reads the URL of an endpoint in a configuration.
 *
 * @throws SetError with the code of the place, when it is missing or not an https URL. Plain http, on a loopback host,
 * is accepted only if the first issuer and the one that the configuration names use it too
 */
export function readEndpoint(
  configuration: JsonObject,
  endpoint: string,
  { name, issuers, code }: ConfigurationPlace,
): string {
  const value = configuration[endpoint];
  if (typeof value !== 'string') throw new SetError(code, `The ${name} lacks the member ${endpoint}`);
  try {
    const url = readUrl(value);
    if (
      url.startsWith('https:') ||
      [configuration.issuer as string, issuers[0]!].every((each) => readUrl(each).startsWith('http:'))
    )
      return url;
  } catch {
    // Rejected below.
  }
  throw new SetError(code, `The ${endpoint} in the ${name} is not an https URL`);
}

/** Returns the caller's headers for an endpoint: none on another origin, since they may contain secrets for one host. */
export function headersFor(
  endpoint: string,
  { urls }: ConfigurationPlace,
  headers: Record<string, string>,
): Record<string, string> {
  return new URL(endpoint).origin === new URL(urls[0]!).origin ? headers : {};
}
