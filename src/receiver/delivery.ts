/**
 * One delivery as the receiver's core sees it: a small port, over the platform's `Request` here and over Node's
 * requests in node-delivery.ts.
 *
 * Creating a `Request` with a body stream costs about as much as checking a signature, so the core does without one: it
 * is created only for callbacks, and it is always the platform's own.
 */
import { bodyTooLarge, type OpenBody, openBody } from '../body.js';
import { isSetError, SetError } from '../errors.js';
import { type HttpRequest, withTimeout } from '../http.js';
import type { Reply } from './reply.js';

/** A request that delivers a SET. */
export interface Delivery {
  readonly method: string;
  /** A header by its name in lower case; several lines of one header are joined with commas. */
  header(name: string): string | null;
  /**
   * Opens the body, once.
   *
   * @throws TypeError when something has read it before
   */
  open(maxBytes: number): OpenBody;
  /** The platform's own request. Once the body was opened, it has none or a used one. */
  request(): HttpRequest;
}

/** What a receiver does with a delivery. It never throws. */
export type ReceiverCore = (delivery: Delivery) => Promise<Reply>;

/** Under this symbol a receiver has its core, for adapters that can do better than create a `Request`. */
export const CORE = /* @__PURE__ */ Symbol('core');

/**
 * A core and its receiver. A wrapper that copies or forwards the receiver's properties is another function, and must
 * run itself.
 */
export interface OwnCore {
  readonly core: ReceiverCore;
  readonly receiver: unknown;
}

/** The delivery behind a request of the platform. */
export function deliveryOf(request: HttpRequest): Delivery {
  return {
    method: request.method,
    header: (name) => request.headers.get(name),
    open(maxBytes) {
      const { headers, body, bodyUsed } = request;
      if (bodyUsed) throw bodyWasRead();
      // Firefox has no Request.body, and reads it as a whole: readText has checked the declared length.
      return openBody({ headers, body: body === undefined ? wholeBodyOf(request) : body }, maxBytes);
    },
    request: () => request,
  };
}

async function* wholeBodyOf(request: HttpRequest): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(await request.arrayBuffer());
}

/** The error for a body that is gone. It is the caller's mistake, so the SET will be delivered again. */
export function bodyWasRead(): TypeError {
  return new TypeError('The body of the request was read before the receiver got it, perhaps by a body parser');
}

let decoder: TextDecoder | undefined;

/**
 * Reads the body of a delivery as text.
 *
 * @throws SetError as a rejection: `ERR_SET_TOO_LARGE`; `ERR_SET_DELIVERY` when the body does not arrive in time, or
 * breaks off; `ERR_SET_INPUT` when it is not UTF-8
 * @throws TypeError as a rejection when something has read it before
 */
export async function readText(delivery: Delivery, maxBytes: number, timeoutMs: number): Promise<string> {
  if (Number(delivery.header('content-length')) > maxBytes) throw bodyTooLarge(maxBytes);
  const body = delivery.open(maxBytes);
  let octets: Uint8Array;
  try {
    const late = (): SetError =>
      new SetError('ERR_SET_DELIVERY', `The body did not arrive within ${timeoutMs} ms`, { status: 503 });
    octets = await withTimeout(timeoutMs, late, () => body.read());
  } catch (error) {
    body.cancel();
    throw isSetError(error)
      ? error
      : new SetError('ERR_SET_DELIVERY', 'The body broke off', { cause: error, status: 503 });
  }
  try {
    return (decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })).decode(octets);
  } catch (error) {
    throw new SetError('ERR_SET_INPUT', 'The body is not UTF-8', { cause: error });
  }
}
