/** Receivers under load, as processes of their own: every SET is handled, and once. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { startRedis } from '../support/redis.js';

const program = fileURLToPath(new URL('../support/receiver-process.mjs', import.meta.url));
const CONNECTIONS = 32;

let transmitter: TestTransmitter;
beforeAll(async () => {
  // Elliptic, since tens of thousands are signed.
  transmitter = await createTestTransmitter({ algorithm: 'ES256' });
});

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

interface Receiver {
  readonly port: number;
  handled(): Promise<string[]>;
}

async function start(more: object = {}): Promise<Receiver> {
  const child = fork(program);
  children.push(child);
  const { jwks, issuer, audience } = transmitter;
  child.send({ jwks, issuer, audience, algorithm: 'ES256', ...more });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    async handled() {
      child.send({});
      const [{ handled }] = (await once(child, 'message')) as [{ handled: string[] }];
      return handled;
    },
  };
}

/** Delivers a token until it is acknowledged, as a transmitter does; and gives how often that took. */
async function deliver(agent: Agent, port: number, token: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const outgoing = request({ agent, port, host: '127.0.0.1', method: 'POST', headers: { 'content-type': 'application/secevent+jwt' } });
      outgoing.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
      outgoing.on('error', reject);
      outgoing.end(token);
    });
    if (status === 202) return tries;
    if (status !== 503) throw new Error(`status ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Makes deliveries, over as many connections as there may be. */
async function deliverAll(deliveries: readonly (readonly [port: number, token: string])[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let next = 0;
  let tries = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < deliveries.length) {
        const count = await deliver(agent, ...deliveries[next++]!);
        tries += count;
      }
    }),
  );
  agent.destroy();
  return tries;
}

const signMany = async (count: number): Promise<string[]> => {
  const tokens: string[] = [];
  for (let i = 0; i < count; i++) tokens.push(await transmitter.sign({ jti: `${i}` }));
  return tokens;
};

describe('a receiver', () => {
  test('handles 20,000 SETs over 32 connections, with duplicates of a tenth of them, each once', async () => {
    const receiver = await start();
    const tokens = await signMany(20_000);
    // The duplicates of every tenth come right behind it, or later.
    const deliveries = tokens.flatMap((token, i) => (i % 20 === 0 ? [token, token] : i % 20 === 10 ? [token, tokens[i >> 1]!, token] : [token]));
    expect(deliveries.length).toBeGreaterThanOrEqual(22_000);
    await deliverAll(deliveries.map((token) => [receiver.port, token] as const));
    const handled = await receiver.handled();
    expect(handled).toHaveLength(20_000);
    expect(new Set(handled).size).toBe(20_000);
  }, 120_000);
});

describe('two processes that share a Redis', () => {
  test('handle each SET once, though each is delivered to both at once', async () => {
    const redis = await startRedis();
    try {
      const receivers = await Promise.all([1, 2].map(() => start({ redisUrl: redis.url, prefix: 'load:', slowMs: 2 })));
      const tokens = await signMany(2_000);
      const deliveries = tokens.flatMap((token, i) => [0, 1].map((k) => [receivers[(i + k) % 2]!.port, token] as const));
      const tries = await deliverAll(deliveries);
      const handled = await Promise.all(receivers.map((receiver) => receiver.handled()));
      expect(handled.flat()).toHaveLength(2_000);
      expect(new Set(handled.flat()).size).toBe(2_000);
      // Both had their share, and met: some deliveries came while the other process was at it.
      for (const each of handled) expect(each.length).toBeGreaterThan(200);
      expect(tries).toBeGreaterThan(deliveries.length);
    } finally {
      await redis.stop();
    }
  }, 120_000);

  test('handle a SET whose process was killed in the midst of it, when its lease has run out', async () => {
    const redis = await startRedis();
    try {
      const [token] = await signMany(1);
      const first = await start({ redisUrl: redis.url, prefix: 'kill:', slowMs: 600_000, leaseSeconds: 1 });
      const agent = new Agent();
      const lost = deliver(agent, first.port, token!).catch(() => 'no answer');
      await new Promise((resolve) => setTimeout(resolve, 300));
      children.at(-1)!.kill('SIGKILL');
      expect(await lost).toBe('no answer');
      const second = await start({ redisUrl: redis.url, prefix: 'kill:', leaseSeconds: 1 });
      expect(await deliver(agent, second.port, token!)).toBeGreaterThan(1);
      expect(await second.handled()).toEqual(['0']);
      agent.destroy();
    } finally {
      await redis.stop();
    }
  }, 30_000);
});
