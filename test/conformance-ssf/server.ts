/** An HTTP server on loopback that hands complete requests to a function, and sends what it returns. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request with its body. */
export interface Received {
  readonly method: string;
  /** The path, without the part that all of the transmitter's URLs share. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Aborts when the client closes the connection. */
  readonly closed: AbortSignal;
}

/** A response, and what to do once it was sent. */
export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly afterwards?: () => unknown;
}

/** A server, and its URL without a path. */
export interface Listening {
  readonly origin: string;
  close(): Promise<void>;
}

/** Listens on a free port. */
export async function listen(listener: RequestListener): Promise<Listening> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Creates a listener that responds as a function says. */
export function respondWith(handle: (request: Received) => Promise<Reply> | Reply): RequestListener {
  return async (request, response) => {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const body = await readBody(request);
    if (body === undefined) return;
    const { pathname: path, searchParams: query } = new URL(request.url!, 'http://localhost');
    const { method = '', headers: from } = request;
    const reply = await handle({ method, path, query, headers: from, body, closed: closed.signal });
    const { status, json, headers, afterwards } = reply;
    if (afterwards) response.once('finish', () => void afterwards());
    if (json === undefined) response.writeHead(status, headers).end();
    else
      response
        .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
        .end(JSON.stringify(json));
  };
}

/** Reads a body. Returns undefined if its client has gone. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // Nobody waits for a response.
    return undefined;
  }
  return Buffer.concat(chunks).toString();
}
