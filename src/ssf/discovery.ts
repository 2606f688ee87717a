/**
 * The configuration of a transmitter: where it is, and whose it must be (OpenID SSF 1.0 sections 7.1 and 7.2).
 *
 * A wrong configuration is never the fault of a SET, which may be valid. Leaves out how long it is kept: see jwks/.
 */
import { isSetError, SetError } from '../errors.js';
import { fetchJson, type FetchLimits, readUrl } from '../http.js';
import { isJsonObject } from '../json.js';
import type { JsonObject } from '../model.js';
import { listOf } from '../options.js';

/** Where the configuration of a transmitter is, and whose it must be. */
export interface ConfigurationPlace {
  /** The URLs to try: the next one after a 404. */
  readonly urls: readonly string[];
  /** The issuers that the configuration may name. */
  readonly issuers: readonly string[];
}

/**
 * Locates the configuration of a transmitter.
 *
 * @param issuer one or several. Without a `configurationUrl`, the first one says where the configuration is
 * @throws TypeError for a mistake in the options
 */
export function locateConfiguration(
  issuer: string | readonly string[],
  configurationUrl?: string | { readonly href: string },
): ConfigurationPlace {
  const issuers = listOf('issuer', issuer);
  const urls =
    configurationUrl === undefined ? urlsOf(issuers[0]!) : [readUrl(configurationUrl, false, 'configurationUrl')];
  return { urls, issuers };
}

/**
 * Inserts the well-known path between host and path, and drops a trailing slash (OpenID SSF 1.0 section 7.2.1).
 * Transmitters from before the final version use the path of RISC (section 7.2.2). For some, such as authentik, the
 * issuer is the URL of the configuration itself.
 */
function urlsOf(issuer: string): readonly string[] {
  const { origin, pathname, search, hash } = new URL(readUrl(issuer, false, 'issuer'));
  // A URL parser would change white space, upper case in the host, and dots in the path.
  if (search || hash || ![issuer, `${issuer}/`].includes(origin + pathname))
    throw new TypeError('issuer must be a URL in its plain form, without a query and a fragment');
  if (pathname.includes('/.well-known/')) return [issuer];
  return ['ssf', 'risc'].map((name) => `${origin}/.well-known/${name}-configuration${pathname.replace(/\/$/, '')}`);
}

/**
 * Fetches the configuration.
 *
 * @throws SetError `ERR_SET_JWKS`, as a rejection, when it cannot be fetched or is that of another issuer
 */
export async function fetchConfiguration(
  { urls: [url, ...others], issuers }: ConfigurationPlace,
  limits: FetchLimits,
): Promise<JsonObject> {
  let configuration: unknown;
  try {
    configuration = await fetchJson(url!, 'ERR_SET_JWKS', limits);
  } catch (error) {
    if (!others.length || !isSetError(error) || error.status !== 404) throw error;
    return fetchConfiguration({ urls: others, issuers }, limits);
  }
  if (!isJsonObject(configuration) || typeof configuration.issuer !== 'string')
    throw new SetError('ERR_SET_JWKS', 'The response is not a transmitter configuration: it lacks an issuer');
  if (!issuers.includes(configuration.issuer)) {
    const expected = issuers.join('" or "');
    throw new SetError('ERR_SET_JWKS', `The transmitter configuration names another issuer: it must be "${expected}"`);
  }
  return configuration;
}

/**
 * Reads the URL of an endpoint in a configuration.
 *
 * @throws SetError `ERR_SET_JWKS` when it is missing or not an https URL. Plain http, on a loopback host, is only for an
 * issuer that uses it too
 */
export function readEndpoint(configuration: JsonObject, name: string, { issuers }: ConfigurationPlace): string {
  const value = configuration[name];
  if (typeof value !== 'string') throw new SetError('ERR_SET_JWKS', `The transmitter configuration lacks a ${name}`);
  try {
    const url = readUrl(value);
    if (url.startsWith('https:') || issuers[0]!.startsWith('http:')) return url;
  } catch {
    // Rejected below.
  }
  throw new SetError('ERR_SET_JWKS', `The ${name} in the transmitter configuration is not an https URL`);
}
