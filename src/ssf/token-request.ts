/**
 * One request for an access token, and its response (RFC 6749 sections 4.4.2 and 5).
 */
import { SetError } from '../errors.js';
import type { OpenBody } from '../body.js';
import { exchange, type FetchLimits, type FetchResponse } from '../http.js';
import { parseBytes } from '../json.js';
import type { JsonObject } from '../model.js';
import { retryAfterOf } from '../post.js';
import { clock } from '../time.js';

/** An access token, ready to send. */
export interface AccessToken {
  /** The value of the header `Authorization`. */
  readonly authorization: string;
  readonly requestedAtMs: number;
  readonly lifetimeSeconds: number;
}

/** The lifetime of a token, if the server does not tell it. */
const DEFAULT_LIFETIME_SECONDS = 60;

/** The errors of a token endpoint that messages may name (RFC 6749 section 5.2, RFC 8707 section 2). */
const TOKEN_ERRORS: readonly unknown[] = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
];

/**
 * Requests an access token.
 *
 * @throws SetError `ERR_SET_STREAM`, as a rejection, when there is none
 */
export async function requestToken(
  endpoint: string,
  limits: FetchLimits,
  authentication: Readonly<Record<string, string>>,
  form: Readonly<Record<string, string>>,
): Promise<AccessToken> {
  const requestedAtMs = clock();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...limits.headers, ...authentication };
  const init = { method: 'POST', body: new URLSearchParams(form).toString() };
  const use = async (response: FetchResponse, body: OpenBody): Promise<TokenResponse> => ({
    status: response.status,
    retryAfterSeconds: retryAfterOf(response),
    document: [200, 400, 401].includes(response.status) ? readObject(await body.read()) : {},
  });
  const response = await exchange(endpoint, 'ERR_SET_STREAM', { ...limits, headers }, init, use);
  const { status, retryAfterSeconds, document } = response;
  if (status !== 200) {
    const error = TOKEN_ERRORS.includes(document.error) ? `: ${document.error as string}` : '';
    throw new SetError('ERR_SET_STREAM', `The token endpoint returned status ${status}${error}`, {
      status,
      retryAfterSeconds,
    });
  }
  const { access_token, token_type, expires_in } = document;
  const isBearer = typeof token_type === 'string' && token_type.toLowerCase() === 'bearer';
  // RFC 6750 section 2.1 allows fewer characters.
  if (!isBearer || typeof access_token !== 'string' || !/^[!-~]+$/.test(access_token))
    throw new SetError('ERR_SET_STREAM', 'The token endpoint returned no bearer token', { status });
  // Some servers send a string.
  const seconds = typeof expires_in === 'object' ? NaN : Number(expires_in);
  return {
    authorization: `Bearer ${access_token}`,
    requestedAtMs,
    lifetimeSeconds: seconds >= 0 ? seconds : DEFAULT_LIFETIME_SECONDS,
  };
}

interface TokenResponse {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly document: JsonObject;
}

/** Returns the members of a document; none if it is not an object. */
function readObject(bytes: Uint8Array): JsonObject {
  try {
    return Object(parseBytes(bytes, 'The response')) as JsonObject;
  } catch {
    // The status or the missing token is the error then.
    return {};
  }
}
