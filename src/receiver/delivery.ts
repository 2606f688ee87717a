/**
 * A delivery as the receiver's core sees it: a small port. Its adapter for the platform's `Request` is here, and the
 * one for Node's requests is in node-delivery.ts.
 *
 * Creating a `Request` with a body stream costs about as much as checking a signature, so the core works without one. A
 * `Request` is created only for callbacks, and it is always the platform's own.
 */
import { bodyTooLarge, type OpenBody, openBody } from '../body.js';
import { isSetError, SetError } from '../errors.js';
import { type HttpRequest, withTimeout } from '../http.js';
import type { Reply } from './reply.js';

/** A request that delivers a SET. */
export interface Delivery {
  readonly method: string;
  /** Returns a header by its lowercase name. Several lines of one header are joined with commas. */
  header(name: string): string | null;
  /**
   * Opens the body. Can be called once.
   *
   * @throws TypeError if something has already read it
   */
  open(maxBytes: number): OpenBody;
  /** Returns the platform's own request. Once the body has been opened, the request has no body or a used one. */
  request(): HttpRequest;
  /**
   * Creates another request with the same URL, method and headers. `read` supplies its body. It is called at most
   * once, and on most platforms only when the body is needed.
   */
  requestWith(read: () => Promise<Uint8Array>): HttpRequest | Promise<HttpRequest>;
}

/** Receives a delivery. It never throws. */
export type ReceiverCore = (delivery: Delivery) => Promise<Reply>;

/** The symbol under which a receiver carries its core, for adapters that work without a `Request`. */
export const CORE = /* @__PURE__ */ Symbol('core');

/**
 * A core and the receiver that it belongs to. A wrapper that copies or forwards the receiver's properties is another
 * function: it must run itself, not the core.
 */
export interface BoundCore {
  readonly core: ReceiverCore;
  readonly receiver: unknown;
}

/** Adapts the platform's own request. */
export function deliveryOf(request: HttpRequest): Delivery {
  return {
    method: request.method,
    header: (name) => request.headers.get(name),
    open(maxBytes) {
      const { headers, body, bodyUsed } = request;
      if (bodyUsed) throw bodyWasRead();
      // Firefox has no Request.body, so the body is read whole. `openBounded` has checked the declared length.
      return openBody({ headers, body: body === undefined ? wholeBodyOf(request) : body }, maxBytes);
    },
    request: () => request,
    async requestWith(read) {
      const { url, method, headers, body } = request;
      // Firefox would turn a stream into the string "[object ReadableStream]".
      const octets = body === undefined ? await read() : undefined;
      const create = (validUrl: string): HttpRequest =>
        createRequest(validUrl, method, headers, body === null ? undefined : (octets ?? streamOf(read)));
      try {
        return create(url);
      } catch {
        // Deno and Bun make a URL of any Host header, which the constructor may refuse.
        return create('http://localhost/');
      }
    },
  };
}

/** Creates the platform's own request. */
export function createRequest(
  url: string,
  method: string,
  headers: unknown,
  body?: Uint8Array | ReadableStream<Uint8Array>,
): HttpRequest {
  const init: object = { method, headers, ...(body && { body, duplex: 'half' }) };
  return new Request(url, init) as HttpRequest;
}

/** Creates a stream of octets that are read when they are needed. */
export function streamOf(read: () => Promise<Uint8Array>): ReadableStream<Uint8Array> {
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      const octets = await read();
      if (octets.length) controller.enqueue(octets);
      controller.close();
    },
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

async function* wholeBodyOf(request: HttpRequest): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(await request.arrayBuffer());
}

/** Creates the error for a body that was read already. This is the caller's mistake: the SET will be redelivered. */
export function bodyWasRead(): TypeError {
  return new TypeError('The request body was read before the receiver got it, perhaps by a body parser');
}

/**
 * Reports whether a content type is the media type, with any parameters, even if a proxy has duplicated it to `a, a`.
 *
 * @param mediaType in lowercase
 */
export function isMediaType(value: string | null, mediaType: string): boolean {
  if (value === mediaType) return true;
  // A comma in a quoted parameter does not separate types, so a value with quotes counts as one type.
  return !!value && (value.includes('"') ? [value] : value.split(',')).every((type) => essenceOf(type) === mediaType);
}

/** Returns a media type without its parameters, in lowercase, or undefined if it is malformed. */
function essenceOf(type: string): string | undefined {
  // ASCII only: toLowerCase would also turn the Kelvin sign into k.
  return /^[\t ]*([^\t ;]+)[\t ]*(?:;|$)/.exec(type)?.[1]!.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

let decoder: TextDecoder | undefined;

/**
 * Reads the body of a delivery as a string.
 *
 * @throws SetError as a rejection: `ERR_SET_TOO_LARGE`; `ERR_SET_DELIVERY` when the body arrives too slowly or breaks
 * off; `ERR_SET_INPUT` when it is not UTF-8
 * @throws TypeError as a rejection if something has already read the body
 */
export async function readText(delivery: Delivery, maxBytes: number, timeoutMs: number): Promise<string> {
  const body = openBounded(delivery, maxBytes);
  let octets: Uint8Array;
  try {
    octets = await withTimeout(
      timeoutMs,
      () => bodyTooSlow(timeoutMs),
      () => body.read(),
    );
  } catch (error) {
    body.cancel();
    throw bodyFailureOf(error);
  }
  try {
    return (decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })).decode(octets);
  } catch (error) {
    throw new SetError('ERR_SET_INPUT', 'The body is not UTF-8', { cause: error });
  }
}

/**
 * Opens a body, unless its declared length exceeds the limit.
 *
 * @throws SetError `ERR_SET_TOO_LARGE`
 * @throws TypeError if something has already read it
 */
export function openBounded(delivery: Delivery, maxBytes: number): OpenBody {
  if (Number(delivery.header('content-length')) > maxBytes) throw bodyTooLarge(maxBytes);
  return delivery.open(maxBytes);
}

/** Creates the error for a body that takes too long. */
export function bodyTooSlow(timeoutMs: number): SetError {
  return new SetError('ERR_SET_DELIVERY', `The body did not arrive within ${timeoutMs} ms`, { status: 503 });
}

/** Returns the SetError for a body that could not be read to its end. */
export function bodyFailureOf(error: unknown): SetError {
  return isSetError(error)
    ? error
    : new SetError('ERR_SET_DELIVERY', 'Reading the body failed', { cause: error, status: 503 });
}
