/**
 * A request of Node's servers as a delivery: its body is read without a web stream, and a `Request` of the platform is
 * created only when a callback needs it.
 *
 * Types are structural, so that nothing of Node is imported. Leaves out the response: see node.ts.
 */
import { createGrowingBuffer, type OpenBody, openBody } from '../body.js';
import type { HttpRequest } from '../http.js';
import { encodeUtf8 } from '../json.js';
import { bodyWasRead, type Delivery, deliveryOf } from './delivery.js';
import { urlOf } from './node-url.js';

/** A request of Node's servers, as far as it is read here. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The whole path, where Express has cut `url` for a router. */
  readonly originalUrl?: string | undefined;
  readonly headers: { readonly [name: string]: string | readonly string[] | string[] | undefined };
  /** Names and values in turn, as they came. */
  readonly rawHeaders?: readonly string[] | string[];
  readonly httpVersionMajor?: number;
  /** Of HTTP/2. */
  readonly stream?: { readonly endAfterHeaders?: boolean };
  readonly readableEnded?: boolean;
  readonly readableDidRead?: boolean;
  readonly destroyed?: boolean;
  readonly aborted?: boolean;
  /** What a body parser has read, if one ran before. */
  readonly body?: unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** A delivery of Node's. */
export interface NodeDelivery extends Delivery {
  /** Reports whether the body was read to its end. */
  isAtEnd(): boolean;
  /** Stops whatever reads the body, for one that is not wanted any more. */
  discard(): void;
}

/** Adapts a request of Node. A body that a parser has read is taken from where parsers leave it. */
export function nodeDeliveryOf(node: NodeRequest): NodeDelivery {
  const { readableEnded = false, readableDidRead = false, method = 'GET' } = node;
  const hasBody = announcesBody(node);
  const parsed = parsedBodyOf(node, hasBody);
  const known = parsed ?? (hasBody ? undefined : new Uint8Array());
  const body: NodeBody = { node, isAtEnd: known !== undefined || readableEnded, stop: () => undefined };
  // Something has read it, in whole or in part, and did not leave it: what is left would not be the token.
  const wasRead = !known && (readableEnded || readableDidRead);
  let isOpened = false;
  let platform: HttpRequest | undefined;
  return {
    method,
    isAtEnd: () => body.isAtEnd,
    discard: () => body.stop(),
    header: (name) => headerOf(node, name),
    open(maxBytes) {
      if (wasRead || isOpened) throw bodyWasRead();
      // Once there is a Request, the body is its own.
      if (platform) return deliveryOf(platform).open(maxBytes);
      isOpened = true;
      return known ? openBody({ body: chunksOf(known) }, maxBytes) : openStream(body, maxBytes);
    },
    request: () =>
      (platform ??= createRequest(node, isOpened ? undefined : wasRead ? goneBody() : (known ?? streamOf(body)))),
  };
}

/**
 * Reports whether a request has a body, as far as its head tells. In HTTP/2 a body needs no header that announces it.
 */
function announcesBody({ headers, httpVersionMajor, stream }: NodeRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return length === undefined
    ? encoding !== undefined || (httpVersionMajor === 2 && !stream?.endAfterHeaders)
    : Number(length) > 0;
}

/** What a body parser left, in a form that is the token. Parsers that do not know the type leave something empty. */
function parsedBodyOf(node: NodeRequest, hasBody: boolean): Uint8Array | undefined {
  try {
    const { body } = node;
    const parsed = typeof body === 'string' ? encodeUtf8(body) : body instanceof Uint8Array ? body : undefined;
    return parsed?.length || !hasBody ? parsed : undefined;
  } catch {
    // Some platforms parse in a getter that throws for a body that is not what it says. It counts as a body that is not
    // parsed.
    return undefined;
  }
}

async function* chunksOf(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets;
}

/** The lines of a header, joined as everywhere else: Node keeps only the first of several content types. */
function headerOf({ headers, rawHeaders = [] }: NodeRequest, name: string): string | null {
  const value = headers[name];
  if (value === undefined) return null;
  const text = String(value);
  if (name !== 'content-type') return text;
  const lines: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.length === name.length && rawHeaders[at]!.toLowerCase() === name)
      lines.push(rawHeaders[at + 1]!);
  }
  // If something has replaced the header since then, that counts.
  return lines.length > 1 && lines[0] === text ? lines.join(', ') : text;
}

/**
 * @param body undefined when it was read before: a request with a used body would cost as much as all else here
 * together
 */
function createRequest(node: NodeRequest, body: Uint8Array | ReadableStream<Uint8Array> | undefined): HttpRequest {
  const headers: Record<string, string> = {};
  for (const name in node.headers) {
    // HTTP/2 has method and path among its headers.
    if (!name.startsWith(':')) headers[name] = String(node.headers[name]);
  }
  // No Request can have these methods.
  const method = /^(?:connect|trace|track)$/i.test(node.method ?? '') ? 'GET' : (node.method ?? 'GET');
  if (!body || /^(?:get|head)$/i.test(method)) return new Request(urlOf(node), { method, headers }) as HttpRequest;
  // A stream needs `duplex`, which the types of some platforms do not know.
  return new Request(urlOf(node), {
    method,
    headers,
    body: body as BodyInit,
    duplex: 'half',
  } as RequestInit) as HttpRequest;
}

/** A body that fails when it is read, so that one that something else has read is not taken for an empty one. */
function goneBody(): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    { pull: (controller) => controller.error(bodyWasRead()) },
    { highWaterMark: 0 },
  );
}

/** The body of a request as it comes. */
interface NodeBody {
  readonly node: NodeRequest;
  isAtEnd: boolean;
  /** Stops listening: then the rest stays where it is. */
  stop(): void;
}

/** Reads a body without a web stream. */
function openStream(body: NodeBody, maxBytes: number): OpenBody {
  const buffer = createGrowingBuffer(maxBytes);
  return {
    read: () =>
      new Promise((resolve, reject) => {
        listen(body, {
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

/**
 * The body as a web stream, which listens only once something reads it: most requests are looked at for their headers.
 */
function streamOf(body: NodeBody): ReadableStream<Uint8Array> {
  let isListening = false;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    pull(controller) {
      if (isListening) return void body.node.resume();
      isListening = true;
      listen(body, {
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

/** Listens to a body until one of `end` and `fail` is called, or until it is stopped. */
function listen(body: NodeBody, { data, end, fail }: Listeners): void {
  const { node } = body;
  let isOpen = true;
  const settle = (how: () => void): void => {
    if (isOpen) how();
    isOpen = false;
  };
  const broken = (): void => settle(() => fail(new TypeError('The request was aborted')));
  node.on('data', (chunk: Uint8Array) => {
    if (isOpen) data(chunk);
  });
  node.on('aborted', broken);
  node.on('end', () => {
    // HTTP/2 also ends a body that its client has reset.
    if (node.aborted) return broken();
    body.isAtEnd = true;
    settle(end);
  });
  node.on('error', broken);
  node.on('close', broken);
  body.stop = () => settle(() => node.pause());
  // It may have been aborted before anything listened.
  if (node.destroyed || node.aborted || node.readableEnded) broken();
}
