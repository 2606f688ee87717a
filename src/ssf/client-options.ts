/**
 * Checks of what a caller passes to a client: strings, headers, and how requests are sent. A mistake is a TypeError. No
 * message quotes a string, which may be a secret.
 */
import type { FetchLimits } from '../http.js';
import type { FetchOptions } from '../jwks/remote-options.js';
import { checkAmount, checkFunction, checkHeaders, wrongOption } from '../options.js';

/**
 * Reads how requests are sent, with the defaults of {@link FetchOptions}.
 *
 * @throws TypeError
 */
export function readFetchLimits(options: FetchOptions): FetchLimits {
  const { fetch, headers = {}, timeoutMs = 5_000, maxBodyBytes = 262_144 } = options;
  checkFunction('fetch', fetch);
  checkHeaders('headers', headers);
  checkAmount('timeoutMs', timeoutMs);
  checkAmount('maxBodyBytes', maxBodyBytes);
  return { fetch, headers, timeoutMs, maxBodyBytes };
}

/**
 * Checks a string that must not be empty.
 *
 * @throws TypeError
 */
export function requireText(name: string, value: unknown): void {
  if (typeof value !== 'string' || !value) throw wrongOption(name, value, 'a non-empty string');
}

/**
 * Checks the value of a header. Platforms quote a value that they refuse, which may be a secret.
 *
 * @throws TypeError
 */
export function requireHeaderValue(name: string, value: unknown): void {
  requireText(name, value);
  checkHeaders(name, { value });
}
