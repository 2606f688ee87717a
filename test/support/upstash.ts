/**
 * Upstash's HTTP interface on loopback, in front of a Redis server: single commands and pipelines, as @upstash/redis
 * sends them.
 *
 * Leaves out authentication, transactions and subscriptions.
 *
 * @see https://upstash.com/docs/redis/features/restapi
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Redis } from 'ioredis';

export interface UpstashServer {
  readonly url: string;
  stop(): Promise<void>;
}

type Command = readonly [name: string, ...args: (string | number)[]];
type Outcome = { readonly result: unknown } | { readonly error: string };

/** Starts the interface on a free port. */
export async function startUpstash(redisUrl: string): Promise<UpstashServer> {
  const redis = new Redis(redisUrl);

  async function run([name, ...args]: Command, isEncoded: boolean): Promise<Outcome> {
    try {
      const result = await redis.call(name, ...args);
      return { result: isEncoded ? encode(result) : result };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  async function respond(request: IncomingMessage): Promise<Outcome | Outcome[]> {
    const body = await json(request);
    const isEncoded = request.headers['upstash-encoding'] === 'base64';
    if (request.url === '/') return run(body as Command, isEncoded);
    if (request.url === '/pipeline') return Promise.all((body as Command[]).map((command) => run(command, isEncoded)));
    return { error: `No such path: ${request.url}` };
  }

  const server = createServer((request, response) => {
    void respond(request).then((outcome) => {
      // In a pipeline, the error of a command is listed among the results of the others, with status 200.
      response.writeHead('error' in outcome ? 400 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(outcome));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      redis.disconnect();
    },
  };
}

/** Encodes the strings in a result. Upstash does not encode OK. */
function encode(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(encode);
  return typeof result === 'string' && result !== 'OK' ? Buffer.from(result).toString('base64') : result;
}
