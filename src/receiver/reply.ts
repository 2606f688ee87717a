/**
 * The responses of a push receiver (RFC 8935 sections 2.2 and 2.3), as plain data. No cache may store them (OpenID
 * Back-Channel Logout 1.0 section 2.8).
 *
 * The Node adapter writes this data directly: creating a `Response` and reading it again would cost a tenth of the
 * deliveries per second.
 */
import type { HttpResponse } from '../http.js';
import type { DeliveryError } from './delivery-error.js';

/** A response before it is sent. */
export interface Reply {
  readonly status: number;
  /** The names are lowercase. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** When to redeliver if no better time is known, in seconds. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;
/** No passing failure takes longer than a day. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** Creates a response without a body. */
export function reply(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'cache-control': 'no-store', ...headers } };
}

/** Creates a refusal with its error (RFC 8935 section 2.3). */
export function replyWithError(status: number, error: DeliveryError, headers?: Record<string, string>): Reply {
  return {
    ...reply(status, { 'content-type': 'application/json', 'content-language': 'en', ...headers }),
    body: JSON.stringify(error),
  };
}

/** Asks for a redelivery, after a valid number of whole seconds even if a custom verifier's error has another value. */
export function retryLater(seconds?: number, headers?: Record<string, string>): Reply {
  const wholeSeconds = Math.ceil(Number(seconds ?? DEFAULT_RETRY_AFTER_SECONDS));
  return reply(503, {
    'retry-after': String(
      wholeSeconds >= 1 ? Math.min(wholeSeconds, MAX_RETRY_AFTER_SECONDS) : DEFAULT_RETRY_AFTER_SECONDS,
    ),
    ...headers,
  });
}

/** Creates the platform's own response. */
export function responseOf({ status, headers, body }: Reply): HttpResponse {
  return new Response(body ?? null, { status, headers: { ...headers } }) as HttpResponse;
}
