/**
 * Fits a handler of the Fetch kind to Node's servers: node:http, Express, Connect, and the raw requests of Fastify.
 *
 * Types are structural, so that nothing of Node is imported. Leaves out what a receiver does: see push.ts.
 */
import type { HttpRequest, HttpResponse } from '../http.js';

/** A request of Node's server, as far as it is read here. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The whole path, where Express has cut `url` for a router. */
  readonly originalUrl?: string | undefined;
  readonly headers: { readonly [name: string]: string | readonly string[] | string[] | undefined };
  readonly httpVersionMajor?: number;
  readonly readableEnded?: boolean;
  /** What a body parser has read, if one ran before. */
  readonly body?: unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** An answer of Node's server, as far as it is written here. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body?: Uint8Array): unknown;
}

/** A listener for `createServer`, or a handler for Express and Connect. */
export type NodeListener = (request: NodeRequest, response: NodeResponse) => void;

/**
 * Makes a listener for Node's servers from a handler of the Fetch kind, such as `createPushReceiver` gives.
 *
 * Also where `express.text` or `express.raw` has read the body before. A body that nobody has read is read as it comes, no faster and no
 * further than the handler asks for it; when it was not read to its end, the connection is closed.
 *
 * @throws TypeError when the receiver is no function
 * @see RFC 8935 section 2.1
 */
export function toNodeListener(receiver: (request: HttpRequest) => Promise<HttpResponse>): NodeListener {
  if (typeof receiver !== 'function') throw new TypeError('receiver must be a function');
  return (request, response) => void respond(receiver, request, response);
}

async function respond(receiver: (request: HttpRequest) => Promise<HttpResponse>, request: NodeRequest, response: NodeResponse): Promise<void> {
  const headers: Record<string, string> = {};
  let status = 500;
  let body: Uint8Array | undefined;
  const incoming = openBody(request);
  try {
    const answer = (await receiver(toRequest(request, incoming.body))) as Response;
    if (answer.body) body = new Uint8Array(await answer.arrayBuffer());
    answer.headers.forEach((value, name) => (headers[name] = value));
    status = answer.status;
  } catch {
    // A receiver of this library does not throw. What another says is for nobody outside.
  }
  // What is left of the body would be taken for the next request. HTTP/2 has streams of their own, and forbids the header.
  if (!incoming.isAtEnd() && request.httpVersionMajor !== 2) headers.connection = 'close';
  if (status !== 204) headers['content-length'] = String(body?.length ?? 0);
  response.writeHead(status, headers);
  response.end(body);
}

function toRequest(request: NodeRequest, body: string | Uint8Array | ReadableStream<Uint8Array> | null): HttpRequest {
  const { method = 'GET', headers, url = '/', originalUrl = url } = request;
  const entries = Object.entries(headers).flatMap(([name, value]) => {
    // HTTP/2 has method and path among its headers.
    if (name.startsWith(':')) return [];
    return (Array.isArray(value) ? value : [value]).map((each): [string, string] => [name, String(each)]);
  });
  const hasBody = body !== null && method !== 'GET' && method !== 'HEAD';
  // A stream needs `duplex`, which the types of some platforms do not know.
  const init = { method, headers: entries, ...(hasBody && { body, duplex: 'half' }) } as RequestInit;
  return new Request(hrefOf(originalUrl, headers), init) as HttpRequest;
}

/** The address that was asked for, as the client says. Nobody knows here whether it came by https, or through whom. */
function hrefOf(path: string, { host, ':authority': authority = host }: NodeRequest['headers']): string {
  const href = `http://${String(authority)}${path}`;
  return authority !== undefined && path.startsWith('/') && URL.canParse(href) ? href : 'http://localhost/';
}

interface IncomingBody {
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
  isAtEnd(): boolean;
}

/** The body: what a parser made of it, or else the stream that nobody has read. */
function openBody(request: NodeRequest): IncomingBody {
  const { body } = request;
  // Parsers that do not know the type leave an empty object, and the stream as it was.
  if (typeof body === 'string' || body instanceof Uint8Array) return { body, isAtEnd: () => true };
  if (request.readableEnded) return { body: null, isAtEnd: () => true };
  let isAtEnd = false;
  return { body: streamOf(request, () => (isAtEnd = true)), isAtEnd: () => isAtEnd };
}

function streamOf(request: NodeRequest, onEnd: () => void): ReadableStream<Uint8Array> {
  let isOpen = true;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const close = (how: () => void): void => {
        if (isOpen) how();
        isOpen = false;
      };
      request.on('data', (chunk: Uint8Array) => {
        if (!isOpen) return;
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) request.pause();
      });
      request.on('end', () => {
        onEnd();
        close(() => controller.close());
      });
      const fail = (): void => close(() => controller.error(new TypeError('The request was aborted')));
      request.on('error', fail);
      request.on('close', fail);
    },
    pull: () => void request.resume(),
    cancel() {
      isOpen = false;
      request.pause();
    },
  });
}
