/**
 * A request to a Node server as a delivery: its body is read without a web stream, and the platform's `Request` is
 * created only when a callback needs it.
 *
 * Types are structural, so that nothing is imported from Node. Leaves out the response: see node.ts.
 */
import { createGrowingBuffer, type OpenBody, openBody } from '../body.js';
import type { HttpRequest } from '../http.js';
import { encodeUtf8 } from '../json.js';
import { bodyWasRead, createRequest, type Delivery, deliveryOf, streamOf } from './delivery.js';
import { urlOf } from './node-url.js';

/** A request to a Node server: the members that are used. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The full path, where Express has shortened `url` for a router. */
  readonly originalUrl?: string | undefined;
  readonly headers: { readonly [name: string]: string | readonly string[] | string[] | undefined };
  /** Alternating names and values, as received. */
  readonly rawHeaders?: readonly string[] | string[];
  readonly httpVersionMajor?: number;
  /** HTTP/2 only. */
  readonly stream?: { readonly endAfterHeaders?: boolean };
  readonly readableEnded?: boolean;
  readonly readableDidRead?: boolean;
  readonly destroyed?: boolean;
  readonly aborted?: boolean;
  /** The value that a body parser left, if one has run. */
  readonly body?: unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** A delivery to a Node server. */
export interface NodeDelivery extends Delivery {
  /** Reports whether the body was read to its end. */
  isAtEnd(): boolean;
  /** Stops reading the body: the rest is not wanted. */
  discard(): void;
}

/** Adapts a Node request. If a body parser has run, the body is what it left in `body`. */
export function nodeDeliveryOf(node: NodeRequest): NodeDelivery {
  const { readableEnded = false, readableDidRead = false, method = 'GET' } = node;
  const hasBody = announcesBody(node);
  const parsed = parsedBodyOf(node, hasBody);
  const inMemory = parsed ?? (hasBody ? undefined : new Uint8Array());
  const body: NodeBody = { node, isAtEnd: inMemory !== undefined || readableEnded, stop: () => undefined };
  // Something has read the body, or part of it, and did not keep it: the rest would not be the token.
  const wasRead = !inMemory && (readableEnded || readableDidRead);
  let isOpened = false;
  let created: HttpRequest | undefined;
  return {
    method,
    isAtEnd: () => body.isAtEnd,
    discard: () => body.stop(),
    header: (name) => headerOf(node, name),
    open(maxBytes) {
      if (wasRead || isOpened) throw bodyWasRead();
      // Once there is a Request, it owns the body.
      if (created) return deliveryOf(created).open(maxBytes);
      isOpened = true;
      return inMemory ? openBody({ body: chunksOf(inMemory) }, maxBytes) : openNodeBody(body, maxBytes);
    },
    request: () =>
      (created ??= requestOf(node, isOpened ? undefined : wasRead ? lostBody() : (inMemory ?? arrivingBody(body)))),
    requestWith: (read) => requestOf(node, inMemory?.length === 0 ? undefined : streamOf(read)),
  };
}

/** Reports whether the head of a request announces a body. In HTTP/2 a body may come without a header for it. */
function announcesBody({ headers, httpVersionMajor, stream }: NodeRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return length === undefined
    ? encoding !== undefined || (httpVersionMajor === 2 && !stream?.endAfterHeaders)
    : Number(length) > 0;
}

/**
 * Returns what a body parser left, if that is a string or bytes. Parsers leave an empty value for a type that they do
 * not know, so an empty value counts only if no body was announced.
 */
function parsedBodyOf(node: NodeRequest, hasBody: boolean): Uint8Array | undefined {
  try {
    const { body } = node;
    const parsed = typeof body === 'string' ? encodeUtf8(body) : body instanceof Uint8Array ? body : undefined;
    return parsed?.length || !hasBody ? parsed : undefined;
  } catch {
    // Some platforms parse in a getter that throws if the body does not match its type. Such a body counts as unparsed.
    return undefined;
  }
}

async function* chunksOf(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets;
}

/** Returns a header's lines, joined as on other runtimes: of content types and authorizations, Node keeps the first. */
function headerOf({ headers, rawHeaders = [] }: NodeRequest, name: string): string | null {
  const value = headers[name];
  if (value === undefined) return null;
  const text = String(value);
  if (name !== 'content-type' && name !== 'authorization') return text;
  const lines: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.length === name.length && rawHeaders[at]!.toLowerCase() === name)
      lines.push(rawHeaders[at + 1]!);
  }
  // If something has replaced the header since, the replacement counts.
  return lines.length > 1 && lines[0] === text ? lines.join(', ') : text;
}

/**
 * Creates the platform's own request.
 *
 * @param body undefined if the core reads it: a request with a used body would cost as much as everything else in this
 * file together
 */
function requestOf(node: NodeRequest, body: Uint8Array | ReadableStream<Uint8Array> | undefined): HttpRequest {
  const headers: Record<string, string> = {};
  for (const name in node.headers) {
    const value = headerOf(node, name);
    // HTTP/2 lists method and path among the headers.
    if (value !== null && !name.startsWith(':')) headers[name] = value;
  }
  // The constructor of Request refuses these methods.
  const method = /^(?:connect|trace|track)$/i.test(node.method ?? '') ? 'GET' : (node.method ?? 'GET');
  return createRequest(urlOf(node), method, headers, /^(?:get|head)$/i.test(method) ? undefined : body);
}

/** Creates a body that fails when it is read, so that a body that is lost does not pass for an empty one. */
function lostBody(): ReadableStream<Uint8Array> {
  return streamOf(async () => {
    throw bodyWasRead();
  });
}

/** The body of a request as it arrives. */
interface NodeBody {
  readonly node: NodeRequest;
  isAtEnd: boolean;
  /** Stops listening. The rest of the body stays unread. */
  stop(): void;
}

/** Opens a body that is read without a web stream. */
function openNodeBody(body: NodeBody, maxBytes: number): OpenBody {
  const buffer = createGrowingBuffer(maxBytes);
  return {
    read: () =>
      new Promise((resolve, reject) => {
        attachListeners(body, {
          data(chunk) {
            try {
              buffer.append(chunk);
            } catch (error) {
              reject(error);
            }
          },
          end: () => resolve(buffer.octets()),
          fail: reject,
        });
      }),
    cancel: () => body.stop(),
  };
}

/** Creates a web stream of a body. It listens only once it is read, since most callbacks read only the headers. */
function arrivingBody(body: NodeBody): ReadableStream<Uint8Array> {
  let isListening = false;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    pull(controller) {
      if (isListening) return void body.node.resume();
      isListening = true;
      attachListeners(body, {
        data(chunk) {
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) body.node.pause();
        },
        end: () => controller.close(),
        fail: (error) => controller.error(error),
      });
    },
    cancel: () => body.stop(),
  };
  return new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
}

interface Listeners {
  data(chunk: Uint8Array): void;
  end(): void;
  fail(error: Error): void;
}

/** Listens to a body until `end` or `fail` is called, or until the body is stopped. */
function attachListeners(body: NodeBody, { data, end, fail }: Listeners): void {
  const { node } = body;
  let isOpen = true;
  const finish = (callback: () => void): void => {
    if (isOpen) callback();
    isOpen = false;
  };
  const failAborted = (): void => finish(() => fail(new TypeError('The request was aborted')));
  node.on('data', (chunk: Uint8Array) => {
    if (isOpen) data(chunk);
  });
  node.on('aborted', failAborted);
  node.on('end', () => {
    // HTTP/2 also emits `end` when the client has reset the stream.
    if (node.aborted) return failAborted();
    body.isAtEnd = true;
    finish(end);
  });
  node.on('error', failAborted);
  node.on('close', failAborted);
  body.stop = () => finish(() => node.pause());
  // The request may have been aborted before anything listened.
  if (node.destroyed || node.aborted || node.readableEnded) failAborted();
}
