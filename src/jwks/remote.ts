/**
 * Remote key sets by their URL: the keys that an issuer publishes (RFC 7517 section 5). Leaves out when they are
 * fetched and how long they serve: see cached.ts.
 */
import { fetchJson, readUrl } from '../http.js';
import { checkFlag, requireObject } from '../options.js';
import { createCachedJwks } from './cached.js';
import type { RemoteJwks, RemoteJwksOptions } from './remote-options.js';

/**
 * Creates a key resolver from the URL of a JWK Set. Nothing is fetched before the first token.
 *
 * Create it once and keep it, since it holds the keys; two of them share nothing. It rejects with `ERR_SET_JWKS` when
 * keys cannot be obtained now: the token may be valid, and should be tried again after `retryAfterSeconds`.
 *
 * @param url https, or http on a loopback host
 * @throws TypeError for a mistake in the URL or the options
 * @see RFC 7517 section 5, RFC 8725 section 3.8
 * @example
 * ```ts
 * const keys = createRemoteJwks('https://transmitter.example/jwks.json');
 * const verify = createVerifier(keys, { issuer: 'https://transmitter.example/', audience: 'https://rx.example/' });
 * ```
 */
export function createRemoteJwks(url: string | { readonly href: string }, options: RemoteJwksOptions = {}): RemoteJwks {
  requireObject('options', options);
  checkFlag('allowInsecureHttp', options.allowInsecureHttp);
  const href = readUrl(url, options.allowInsecureHttp);
  return createCachedJwks(href, (limits) => fetchJson(href, 'ERR_SET_JWKS', limits), options, options);
}
