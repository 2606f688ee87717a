/**
 * Adapts a function from `Request` to `Response` to Node's servers: node:http, node:http2, Express, Connect, and
 * Fastify's raw requests.
 *
 * Types are structural, so that nothing is imported from Node. Leaves out what a receiver does: see push.ts.
 */
import type { HttpRequest, HttpResponse } from '../http.js';
import { encodeUtf8 } from '../json.js';
import { type BoundCore, CORE } from './delivery.js';
import { type NodeDelivery, nodeDeliveryOf, type NodeRequest } from './node-delivery.js';
import type { Reply } from './reply.js';

/** A response of a Node server: the members that are used. */
export interface NodeResponse {
  readonly headersSent: boolean;
  /** HTTP/2 only. */
  readonly stream?: { close(code: number): void };
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  end(): unknown;
  end(body: Uint8Array): unknown;
  destroy(): unknown;
}

/** A listener for `createServer`, or a handler for Express and Connect. */
export type NodeListener = (request: NodeRequest, response: NodeResponse) => void;

/** A function from `Request` to `Response`, which may carry the core of a receiver. */
type Handler = ((request: HttpRequest) => Promise<HttpResponse>) & { readonly [CORE]?: BoundCore };

/**
 * Creates a listener for Node's servers that responds as a function from `Request` to `Response` does, such as the one
 * that `createPushReceiver` returns.
 *
 * It also works after `express.text` or `express.raw` has read the body. Otherwise the body is read only as fast and as
 * far as the function reads it. If the body has not ended when the response is sent, the connection is closed; in
 * HTTP/2, only the stream.
 *
 * @throws TypeError if the receiver is not a function
 * @see RFC 8935 section 2.1
 */
export function toNodeListener(receiver: (request: HttpRequest) => Promise<HttpResponse>): NodeListener {
  if (typeof receiver !== 'function')
    throw new TypeError('receiver must be a function, such as createPushReceiver returns');
  return (request, response) => void respond(receiver, request, response);
}

async function respond(receiver: Handler, request: NodeRequest, response: NodeResponse): Promise<void> {
  let raw: RawResponse = { status: 500, headers: {} };
  let delivery: NodeDelivery | undefined;
  try {
    delivery = nodeDeliveryOf(request);
    const bound = receiver[CORE];
    raw =
      bound?.receiver === receiver
        ? encodeReply(await bound.core(delivery))
        : await readResponse(await receiver(delivery.request()));
  } catch {
    // This library's receivers do not throw. What another function throws must not reach the client.
  }
  try {
    // Something else, such as a timeout middleware, has already responded.
    if (!response.headersSent) writeResponse(raw, request, response, delivery);
  } catch {
    // The status or a header cannot be sent. A partial response must not pass for a complete one.
    destroyQuietly(response);
  }
}

function writeResponse(
  { status, headers, body }: RawResponse,
  request: NodeRequest,
  response: NodeResponse,
  delivery: NodeDelivery | undefined,
): void {
  const isUnread = !delivery?.isAtEnd();
  const isHttp2 = request.httpVersionMajor === 2;
  if (isHttp2) delete headers.connection;
  // The rest of the body would be taken for the next request. HTTP/2 closes the stream instead, and forbids the header.
  if (isUnread && !isHttp2) headers.connection = 'close';
  if (status !== 204) headers['content-length'] = String(body?.length ?? 0);
  response.writeHead(status, headers);
  if (body) response.end(body);
  else response.end();
  if (!isUnread || !isHttp2) return;
  response.stream?.close(NO_ERROR);
  // A stream stays open until its data is consumed, even after its client has disconnected: let the data flow, and
  // discard it.
  delivery?.discard();
  request.resume();
}

function destroyQuietly(response: NodeResponse): void {
  try {
    response.destroy();
  } catch {
    // The response is already gone.
  }
}

/** The data that is written to a Node response. */
interface RawResponse {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body?: Uint8Array | undefined;
}

function encodeReply({ status, headers, body }: Reply): RawResponse {
  return { status, headers: { ...headers }, body: body === undefined ? undefined : encodeUtf8(body) };
}

async function readResponse(response: HttpResponse): Promise<RawResponse> {
  const { status, headers: from, body } = response as Response;
  const headers: Record<string, string | string[]> = {};
  from.forEach((value, name) => (headers[name] = name === 'set-cookie' ? from.getSetCookie() : value));
  return { status, headers, body: body ? new Uint8Array(await (response as Response).arrayBuffer()) : undefined };
}

/** Tells an HTTP/2 client to stop sending (RFC 9113 section 8.1). */
const NO_ERROR = 0;
