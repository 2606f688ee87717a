/** A server on this machine for tests: it answers as each test says, and tells which answers were left open. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a request is answered. It may leave the answer unfinished. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server on a port of its own. */
export interface TestServer {
  /** Where it listens, without a path. */
  readonly url: string;
  /** The paths that were asked for, in order. */
  readonly paths: string[];
  /** How it answers from now on. */
  answer: Answer;
  /** How many answers are neither at their end nor given up by the client. */
  open(): number;
  close(): Promise<void>;
}

/** Starts a server that answers 404 until it is told otherwise, on a free port or the one given. */
export async function startServer(port = 0): Promise<TestServer> {
  let open = 0;
  const http = createServer((request, response) => {
    open++;
    response.once('close', () => open--);
    server.paths.push(request.url!);
    server.answer(response, request);
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const server: TestServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    paths: [],
    answer: (response) => response.writeHead(404).end(),
    open: () => open,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}
