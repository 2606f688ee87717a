/** A client of each kind that the Redis stores accept, all connected to one server. */
import { Redis as Upstash } from '@upstash/redis';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { RedisClient } from '../../src/redis-client.js';
import { startRedis } from './redis.js';
import { startUpstash } from './upstash.js';

export const CLIENT_NAMES = ['ioredis', 'redis', '@upstash/redis', '@upstash/redis without its conversions'] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

export interface RedisClients {
  readonly url: string;
  readonly clients: Readonly<Record<ClientName, RedisClient>>;
  /** A client for the test itself, to read and change what the stores have written. */
  readonly direct: Redis;
  stop(): Promise<void>;
}

/** Starts a server, and connects a client of each kind. */
export async function connectClients(): Promise<RedisClients> {
  const server = await startRedis();
  const upstash = await startUpstash(server.url);
  const direct = new Redis(server.url);
  const nodeRedis = createClient({ url: server.url });
  await nodeRedis.connect();
  const remote = { url: upstash.url, token: 'a' };
  return {
    url: server.url,
    clients: {
      ioredis: direct,
      redis: nodeRedis,
      // By default it parses results as JSON, asks for base64, and collects commands into pipelines.
      '@upstash/redis': new Upstash(remote),
      '@upstash/redis without its conversions': new Upstash({
        ...remote,
        automaticDeserialization: false,
        enableAutoPipelining: false,
        responseEncoding: false,
      }),
    },
    direct,
    async stop() {
      direct.disconnect();
      nodeRedis.destroy();
      await upstash.stop();
      await server.stop();
    },
  };
}
