/** An HTTP server on loopback for tests. Each test decides how it responds, and can count the unfinished responses. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Responds to a request. It may leave the response unfinished. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A running server. */
export interface TestServer {
  /** Its URL, without a path. */
  readonly url: string;
  /** The requested paths, in order. */
  readonly paths: string[];
  /** Responds to every request from now on. */
  answer: Answer;
  /** Counts the responses that are neither finished nor aborted by the client. */
  open(): number;
  close(): Promise<void>;
}

/** Starts a server on the given port, or a free one. It responds with 404 until `answer` is replaced. */
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
