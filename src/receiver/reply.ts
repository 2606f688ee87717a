/**
 * The responses of a push receiver (RFC 8935 sections 2.2 and 2.3), as plain data.
 *
 * Node's adapter writes them as they are: creating a `Response` and reading it again costs a tenth of the deliveries
 * per second.
 */
import type { HttpResponse } from '../http.js';
import type { DeliveryError } from './delivery-error.js';

/** A response that is still to be sent. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** When to deliver again, in seconds, for a response that asks for it and knows no better time. */
const RETRY_AFTER_SECONDS = 5;
/** Nothing takes longer than a day to pass by itself. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** A response without a body. */
export function reply(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers };
}

/** A refusal with its error (RFC 8935 section 2.3). */
export function replyWithError(status: number, error: DeliveryError, headers?: Record<string, string>): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'content-language': 'en', ...headers },
    body: JSON.stringify(error),
  };
}

/** The SET is to be delivered again: after whole seconds, whatever an error of a custom verifier says. */
export function retryLater(seconds?: number, headers?: Record<string, string>): Reply {
  const whole = Math.ceil(Number(seconds ?? RETRY_AFTER_SECONDS));
  return reply(503, {
    'retry-after': String(whole >= 1 ? Math.min(whole, MAX_RETRY_AFTER_SECONDS) : RETRY_AFTER_SECONDS),
    ...headers,
  });
}

/** The platform's own response. */
export function responseOf({ status, headers, body }: Reply): HttpResponse {
  return new Response(body ?? null, { status, headers: { ...headers } }) as HttpResponse;
}
