/**
 * Adapts a handler of the Fetch kind to Node's servers: node:http, node:http2, Express, Connect, and the raw requests
 * of Fastify.
 *
 * Types are structural, so that nothing of Node is imported. Leaves out what a receiver does: see push.ts.
 */
import type { HttpRequest, HttpResponse } from '../http.js';
import { encodeUtf8 } from '../json.js';
import { CORE, type OwnCore } from './delivery.js';
import { type NodeDelivery, nodeDeliveryOf, type NodeRequest } from './node-delivery.js';
import type { Reply } from './reply.js';

/** A response of Node's servers, as far as it is written here. */
export interface NodeResponse {
  readonly headersSent: boolean;
  /** Of HTTP/2. */
  readonly stream?: { close(code: number): void };
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  end(): unknown;
  end(body: Uint8Array): unknown;
  destroy(): unknown;
}

/** A listener for `createServer`, or a handler for Express and Connect. */
export type NodeListener = (request: NodeRequest, response: NodeResponse) => void;

/** A handler of the Fetch kind. */
type Handler = ((request: HttpRequest) => Promise<HttpResponse>) & { readonly [CORE]?: OwnCore };

/**
 * Creates a listener for Node's servers from a handler of the Fetch kind, such as `createPushReceiver` returns.
 *
 * It also works where `express.text` or `express.raw` has read the body before. A body that nothing has read is read as
 * it comes, no faster and no further than the handler asks for it; when some of it is still to come after the response,
 * the connection is closed, or in HTTP/2 the stream.
 *
 * @throws TypeError when the receiver is not a function
 * @see RFC 8935 section 2.1
 */
export function toNodeListener(receiver: (request: HttpRequest) => Promise<HttpResponse>): NodeListener {
  if (typeof receiver !== 'function')
    throw new TypeError('receiver must be a function, such as createPushReceiver returns');
  return (request, response) => void respond(receiver, request, response);
}

async function respond(receiver: Handler, request: NodeRequest, response: NodeResponse): Promise<void> {
  let written: Written = { status: 500, headers: {} };
  let delivery: NodeDelivery | undefined;
  try {
    delivery = nodeDeliveryOf(request);
    const own = receiver[CORE];
    written =
      own?.receiver === receiver
        ? writtenOf(await own.core(delivery))
        : await readResponse(await receiver(delivery.request()));
  } catch {
    // A receiver of this library does not throw. What another throws must not be shown to the client.
  }
  try {
    // Something else, such as a timeout middleware, has already responded.
    if (!response.headersSent) write(written, request, response, delivery);
  } catch {
    // A status or a header that cannot be sent. A broken response must not pass for a whole one.
    attemptDestroy(response);
  }
}

function write(
  { status, headers, body }: Written,
  request: NodeRequest,
  response: NodeResponse,
  delivery: NodeDelivery | undefined,
): void {
  const isUnread = !delivery?.isAtEnd();
  const isHttp2 = request.httpVersionMajor === 2;
  if (isHttp2) delete headers.connection;
  // The rest of the body would be taken for the next request. HTTP/2 has streams, and forbids the header.
  if (isUnread && !isHttp2) headers.connection = 'close';
  if (status !== 204) headers['content-length'] = String(body?.length ?? 0);
  response.writeHead(status, headers);
  if (body) response.end(body);
  else response.end();
  if (!isUnread || !isHttp2) return;
  response.stream?.close(NO_ERROR);
  // A stream stays open until its data is consumed, even after its client has disconnected: let the data through, and
  // drop it.
  delivery?.discard();
  request.resume();
}

function attemptDestroy(response: NodeResponse): void {
  try {
    response.destroy();
  } catch {
    // It is gone already.
  }
}

/** A response in the form in which it is written. */
interface Written {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body?: Uint8Array | undefined;
}

function writtenOf({ status, headers, body }: Reply): Written {
  return { status, headers: { ...headers }, body: body === undefined ? undefined : encodeUtf8(body) };
}

async function readResponse(answer: HttpResponse): Promise<Written> {
  const { status, headers: from, body } = answer as Response;
  const headers: Record<string, string | string[]> = {};
  from.forEach((value, name) => (headers[name] = name === 'set-cookie' ? from.getSetCookie() : value));
  return { status, headers, body: body ? new Uint8Array(await (answer as Response).arrayBuffer()) : undefined };
}

/** Asks a client of HTTP/2 to stop sending (RFC 9113 section 8.1). */
const NO_ERROR = 0;
