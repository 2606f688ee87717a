/** Receivers under load, in processes of their own: each SET is handled exactly once. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { startRedis } from '../support/redis.js';
import { PATIENTLY } from '../support/timing.js';

const program = fileURLToPath(new URL('../support/receiver-process.mjs', import.meta.url));
const CONNECTIONS = 32;
/** More than ten times what the longest test takes. */
const TIMEOUT_MS = 300_000;

let transmitter: TestTransmitter;
beforeAll(async () => {
  // ES256 signs fast enough for tens of thousands of tokens.
  transmitter = await createTestTransmitter({ algorithm: 'ES256' });
});

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

interface Receiver {
  readonly port: number;
  /** The IDs of the held SETs whose handlers have begun. */
  readonly begun: readonly string[];
  /** Lets the handlers of the held SETs continue. */
  release(): void;
  handled(): Promise<string[]>;
  kill(): void;
}

async function start(more: object = {}): Promise<Receiver> {
  const child = fork(program);
  children.push(child);
  const begun: string[] = [];
  child.on('message', (message: { begun?: string }) => message.begun !== undefined && begun.push(message.begun));
  const { jwks, issuer, audience } = transmitter;
  child.send({ jwks, issuer, audience, algorithm: 'ES256', ...more });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The receiver process ended')));
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  ended.catch(() => {});
  return {
    port,
    begun,
    release: () => child.send({ isReleased: true }),
    async handled() {
      child.send({});
      const [{ handled }] = (await once(child, 'message')) as [{ handled: string[] }];
      return handled;
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** Waits until this many handlers of held SETs have begun. */
async function untilBegun({ begun }: Receiver, count: number): Promise<void> {
  await vi.waitFor(() => expect(begun).toHaveLength(count), PATIENTLY);
}

/** Delivers a token once. Returns the status of the response. */
function deliverOnce(agent: Agent, port: number, token: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      agent,
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt' },
    });
    outgoing.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
    outgoing.on('error', reject);
    outgoing.end(token);
  });
}

/** Delivers a token until it is acknowledged, as a transmitter does. */
async function deliver(agent: Agent, port: number, token: string): Promise<void> {
  for (;;) {
    const status = await deliverOnce(agent, port, token);
    if (status === 202) return;
    if (status !== 503) throw new Error(`status ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Makes deliveries over {@link CONNECTIONS} connections. */
async function deliverAll(deliveries: readonly (readonly [port: number, token: string])[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let next = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < deliveries.length) await deliver(agent, ...deliveries[next++]!);
    }),
  );
  agent.destroy();
}

const signMany = async (count: number): Promise<string[]> => {
  const tokens: string[] = [];
  for (let i = 0; i < count; i++) tokens.push(await transmitter.sign({ jti: `${i}` }));
  return tokens;
};

describe('a receiver', () => {
  test(
    'handles each of 20,000 SETs once, over 32 connections and with duplicates of every tenth',
    async () => {
      const receiver = await start();
      const tokens = await signMany(20_000);
      // Every tenth token is delivered again, either at once or later.
      const deliveries = tokens.flatMap((token, i) =>
        i % 20 === 0 ? [token, token] : i % 20 === 10 ? [token, tokens[i >> 1]!, token] : [token],
      );
      expect(deliveries.length).toBeGreaterThanOrEqual(22_000);
      await deliverAll(deliveries.map((token) => [receiver.port, token] as const));
      const handled = await receiver.handled();
      expect(handled).toHaveLength(20_000);
      expect(new Set(handled).size).toBe(20_000);
    },
    TIMEOUT_MS,
  );
});

describe('two processes that share a Redis', () => {
  /** So long that no lease expires during a test. */
  const leaseSeconds = 3_600;

  test(
    'handle each SET once, even if it is delivered to both at the same time',
    async () => {
      const redis = await startRedis();
      const agent = new Agent({ keepAlive: true });
      try {
        const tokens = await signMany(2_500);
        const held = tokens.slice(0, 20).map((_, i) => `${i}`);
        const receivers = await Promise.all(
          [1, 2].map(() => start({ redisUrl: redis.url, prefix: 'load:', leaseSeconds, slowMs: 2, held })),
        );
        const [first, second] = receivers as [Receiver, Receiver];
        // These deliveries overlap for certain: the second process defers what the first is handling.
        const statuses = tokens.slice(0, held.length).map((token) => deliverOnce(agent, first.port, token));
        await untilBegun(first, held.length);
        for (const token of tokens.slice(0, held.length))
          expect(await deliverOnce(agent, second.port, token)).toBe(503);
        first.release();
        expect(new Set(await Promise.all(statuses))).toEqual(new Set([202]));
        // Each process gets a share even if the other is much faster: half of these reach it first.
        await deliverAll(tokens.slice(0, 500).map((token, i) => [receivers[i % 2]!.port, token] as const));
        await deliverAll(
          tokens.flatMap((token, i) => [0, 1].map((k) => [receivers[(i + k) % 2]!.port, token] as const)),
        );
        const handled = await Promise.all(receivers.map((receiver) => receiver.handled()));
        expect(handled.flat()).toHaveLength(2_500);
        expect(new Set(handled.flat()).size).toBe(2_500);
        for (const each of handled) expect(each.length).toBeGreaterThan(200);
      } finally {
        agent.destroy();
        await redis.stop();
      }
    },
    TIMEOUT_MS,
  );

  test(
    'handle a SET again after its process was killed, once its lease has expired',
    async () => {
      const redis = await startRedis();
      const client = new Redis(redis.url);
      const agent = new Agent();
      try {
        const [token] = await signMany(1);
        const options = { redisUrl: redis.url, prefix: 'kill:', leaseSeconds };
        const [first, second] = await Promise.all([start({ ...options, held: ['0'] }), start(options)]);
        const lost = deliverOnce(agent, first.port, token!).catch(() => 'no response');
        await untilBegun(first, 1);
        first.kill();
        expect(await lost).toBe('no response');
        expect(await deliverOnce(agent, second.port, token!)).toBe(503);
        expect(await second.handled()).toEqual([]);
        // The lease would expire on its own. Instead of waiting, the test moves its end.
        const [lease] = await client.keys('kill:*');
        const leftMs = await client.pttl(lease!);
        expect(leftMs).toBeGreaterThan(0);
        expect(leftMs).toBeLessThanOrEqual(leaseSeconds * 1_000);
        await client.pexpire(lease!, 50);
        await deliver(agent, second.port, token!);
        expect(await second.handled()).toEqual(['0']);
      } finally {
        agent.destroy();
        client.disconnect();
        await redis.stop();
      }
    },
    TIMEOUT_MS,
  );
});
