/**
 * Fits a handler of the Fetch kind to Node's servers: node:http, Express, Connect, and the raw requests of Fastify.
 *
 * Types are structural, so that nothing of Node is imported. Leaves out what a receiver does: see push.ts.
 */
import type { HttpRequest, HttpResponse } from '../http.js';
import { fromNode, type NodeRequest } from './node-request.js';

/** An answer of Node's server, as far as it is written here. */
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

/**
 * Makes a listener for Node's servers from a handler of the Fetch kind, such as `createPushReceiver` gives.
 *
 * Also where `express.text` or `express.raw` has read the body before. A body that nobody has read is read as it comes, no faster and no
 * further than the handler asks for it; when some of it is still to come after the answer, the connection is closed.
 *
 * @throws TypeError when the receiver is no function
 * @see RFC 8935 section 2.1
 */
export function toNodeListener(receiver: (request: HttpRequest) => Promise<HttpResponse>): NodeListener {
  if (typeof receiver !== 'function') throw new TypeError('receiver must be a function');
  return (request, response) => void respond(receiver, request, response);
}

async function respond(receiver: (request: HttpRequest) => Promise<HttpResponse>, request: NodeRequest, response: NodeResponse): Promise<void> {
  const headers: Record<string, string | string[]> = {};
  let status = 500;
  let body: Uint8Array | undefined;
  const { request: fitted, isAtEnd } = fromNode(request);
  try {
    const answer = (await receiver(fitted)) as Response;
    if (answer.body) body = new Uint8Array(await answer.arrayBuffer());
    answer.headers.forEach((value, name) => (headers[name] = name === 'set-cookie' ? answer.headers.getSetCookie() : value));
    status = answer.status;
  } catch {
    // A receiver of this library does not throw. What another says is for nobody outside.
  }
  // As a middleware does that waits no longer.
  if (response.headersSent) return;
  try {
    const isHttp2 = request.httpVersionMajor === 2;
    if (isHttp2) delete headers.connection;
    // What is still to come of the body would be taken for the next request. HTTP/2 has streams of their own, and forbids the header.
    if (!isAtEnd() && !isHttp2) headers.connection = 'close';
    if (status !== 204) headers['content-length'] = String(body?.length ?? 0);
    response.writeHead(status, headers);
    if (body) response.end(body);
    else response.end();
    if (!isAtEnd() && isHttp2) response.stream?.close(0);
  } catch {
    // A status or a header that cannot be sent. Nothing that is half an answer may pass for one.
    response.destroy();
  }
}
