/**
 * A request of Node's servers as a delivery: its body is read without a web stream, and a `Request` of the platform is created only when
 * a callback needs it.
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
  readonly readableEnded?: boolean;
  readonly destroyed?: boolean;
  /** What a body parser has read, if one ran before. */
  readonly body?: unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** A delivery of Node's, and whether its body was read to its end. */
export interface NodeDelivery extends Delivery {
  isAtEnd(): boolean;
}

/** Adapts a request of Node. A body that a parser has read is taken from where parsers leave it. */
export function nodeDeliveryOf(node: NodeRequest): NodeDelivery {
  const { readableEnded = false, headers, method = 'GET' } = node;
  const parsed = parsedBodyOf(node);
  const hadBody = Number(headers['content-length']) > 0 || headers['transfer-encoding'] !== undefined;
  // In HTTP/2 a body needs no header that says so.
  const isEmpty = readableEnded || (!hadBody && node.httpVersionMajor !== 2);
  const known = parsed ?? (isEmpty ? new Uint8Array() : undefined);
  const body: NodeBody = { node, isAtEnd: known !== undefined };
  let isRead = readableEnded && parsed === undefined && hadBody;
  let platform: HttpRequest | undefined;
  return {
    method,
    isAtEnd: () => body.isAtEnd,
    header: (name) => headerOf(node, name),
    open(maxBytes) {
      // Once there is a Request, the body is its own.
      if (platform && !isRead) return deliveryOf(platform).open(maxBytes);
      if (isRead) throw bodyWasRead();
      isRead = true;
      return known ? openBody({ body: chunksOf(known) }, maxBytes) : openStream(body, maxBytes);
    },
    request: () => (platform ??= createRequest(node, isRead ? undefined : (known ?? streamOf(body)))),
  };
}

/** What a body parser left, in a form that is the token: an empty object is what parsers leave that do not know the type. */
function parsedBodyOf(node: NodeRequest): Uint8Array | undefined {
  try {
    const { body } = node;
    return typeof body === 'string' ? encodeUtf8(body) : body instanceof Uint8Array ? body : undefined;
  } catch {
    // Some platforms parse in a getter that throws for a body that is not what it says. It counts as a body that is not parsed.
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
    if (rawHeaders[at]!.length === name.length && rawHeaders[at]!.toLowerCase() === name) lines.push(rawHeaders[at + 1]!);
  }
  // If something has replaced the header since then, that counts.
  return lines.length > 1 && lines[0] === text ? lines.join(', ') : text;
}

/** @param body undefined when it was read before: a request with a used body would cost as much as all else here together */
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
  return new Request(urlOf(node), { method, headers, body: body as BodyInit, duplex: 'half' } as RequestInit) as HttpRequest;
}

/** The body of a request as it comes. */
interface NodeBody {
  readonly node: NodeRequest;
  isAtEnd: boolean;
}

/** Reads a body without a web stream. */
function openStream(body: NodeBody, maxBytes: number): OpenBody {
  const buffer = createGrowingBuffer(maxBytes);
  let stop = (): void => {};
  return {
    read: () =>
      new Promise((resolve, reject) => {
        stop = listen(body, {
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
    cancel: () => stop(),
  };
}

function streamOf(body: NodeBody): ReadableStream<Uint8Array> {
  let stop = (): void => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      stop = listen(body, {
        data(chunk) {
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) body.node.pause();
        },
        end: () => controller.close(),
        fail: (error) => controller.error(error),
      });
    },
    pull: () => void body.node.resume(),
    cancel: () => stop(),
  });
}

interface Listeners {
  data(chunk: Uint8Array): void;
  end(): void;
  fail(error: Error): void;
}

/** Listens to a body until one of `end` and `fail` is called, or until it is stopped: then the rest stays where it is. */
function listen(body: NodeBody, { data, end, fail }: Listeners): () => void {
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
  node.on('end', () => {
    body.isAtEnd = true;
    settle(end);
  });
  node.on('error', broken);
  node.on('close', broken);
  // It may have been aborted before anything listened.
  if (node.destroyed) broken();
  return () => settle(() => node.pause());
}
