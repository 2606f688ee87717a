/** The replay stores: what any store does, held by the one in memory and by those in a real Redis; and what each does alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RedisClient, redisReplayStore, type RedisReplayStoreOptions } from '../../src/receiver/redis.js';
import { memoryReplayStore, type ReplayStore } from '../../src/receiver/replay.js';
import { type RedisServer, startRedis } from '../support/redis.js';

let server: RedisServer;
let ioredis: Redis;
let nodeRedis: ReturnType<typeof createClient>;
beforeAll(async () => {
  server = await startRedis();
  ioredis = new Redis(server.url);
  nodeRedis = createClient({ url: server.url });
  await nodeRedis.connect();
}, 120_000);
afterAll(async () => {
  ioredis?.disconnect();
  nodeRedis?.destroy();
  await server?.stop();
});

let prefixes = 0;
/** A prefix of its own for each store that a test makes, so that they share nothing. */
const fresh = (options: RedisReplayStoreOptions = {}): RedisReplayStoreOptions => ({ prefix: `test${prefixes++}:`, ...options });

const STORES: Readonly<Record<string, () => ReplayStore>> = {
  'in memory': () => memoryReplayStore(),
  'in Redis by ioredis': () => redisReplayStore(ioredis, fresh()),
  'in Redis by redis': () => redisReplayStore(nodeRedis, fresh()),
};

describe.each(Object.entries(STORES))('a store %s', (_, makeStore) => {
  test('takes a SET once, until it is handled, and never after', async () => {
    const store = makeStore();
    expect(await store.begin('a')).toBe('new');
    expect(await store.begin('a')).toBe('busy');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('takes a SET again that was not handled', async () => {
    const store = makeStore();
    await store.begin('a');
    await store.abort('a');
    expect(await store.begin('a')).toBe('new');
    await store.commit('a');
    await store.abort('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('keeps keys apart, whatever is in them', async () => {
    const store = makeStore();
    for (const key of ['a', 'A', '', 'é', '__proto__', '["a","b"]', 'a\0b', 'x'.repeat(10_000)]) {
      expect(await store.begin(key)).toBe('new');
      await store.commit(key);
      expect(await store.begin(key)).toBe('done');
    }
  });

  test('gives a SET to one of many that ask at once', async () => {
    const store = makeStore();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => store.begin(`k${i % 20}`)));
    expect(answers.filter((answer) => answer === 'new')).toHaveLength(20);
    expect(answers.filter((answer) => answer === 'busy')).toHaveLength(180);
  });
});

describe('the store in memory', () => {
  afterEach(() => vi.useRealTimers());

  const handle = async (store: ReplayStore, key: string): Promise<string> => {
    const answer = await store.begin(key);
    if (answer === 'new') await store.commit(key);
    return answer;
  };

  test('forgets the oldest beyond its size, and no other', async () => {
    const store = memoryReplayStore({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) await handle(store, key);
    expect(await store.begin('c')).toBe('done');
    expect(await store.begin('b')).toBe('done');
    expect(await store.begin('a')).toBe('new');
  });

  test('never forgets what is being handled', async () => {
    const store = memoryReplayStore({ maxEntries: 1 });
    await store.begin('slow');
    for (let i = 0; i < 100; i++) await handle(store, `k${i}`);
    expect(await store.begin('slow')).toBe('busy');
  });

  test('remembers for nine days, longer than the 7 days and 25 hours in which Akamai delivers again', async () => {
    vi.useFakeTimers({ now: 0 });
    const store = memoryReplayStore();
    await handle(store, 'a');
    vi.setSystemTime(777_600_000 - 1);
    expect(await store.begin('a')).toBe('done');
    vi.setSystemTime(777_600_000);
    expect(await store.begin('a')).toBe('new');
  });

  test('keeps as many as it may, and stays quick, over a million', async () => {
    const store = memoryReplayStore({ maxEntries: 10_000 });
    for (let i = 0; i < 1_000_000; i++) await handle(store, `key ${i}`);
    expect(await store.begin('key 999999')).toBe('done');
    expect(await store.begin('key 990000')).toBe('done');
    expect(await store.begin('key 989999')).toBe('new');
  }, 60_000);

  test.each([{ maxEntries: -1 }, { maxEntries: NaN }, { ttlSeconds: Infinity }, { ttlSeconds: '9' as never }])('refuses %j', (options) => {
    expect(() => memoryReplayStore(options)).toThrow(TypeError);
  });
});

describe.each<[name: string, client: () => RedisClient]>([
  ['ioredis', () => ioredis],
  ['redis', () => nodeRedis],
])('the store in Redis, by %s', (_, client) => {
  test('remembers for nine days by default, and holds a SET for a minute', async () => {
    const prefix = `ttl${prefixes++}:`;
    const store = redisReplayStore(client(), { prefix });
    await store.begin('a');
    const lease = await ioredis.pttl(`${prefix}a`);
    expect(lease).toBeGreaterThan(55_000);
    expect(lease).toBeLessThanOrEqual(60_000);
    await store.commit('a');
    const ttl = await ioredis.pttl(`${prefix}a`);
    expect(ttl).toBeGreaterThan(777_600_000 - 5_000);
    expect(ttl).toBeLessThanOrEqual(777_600_000);
  });

  test('begins its keys with secevent: where nothing else is said', async () => {
    await redisReplayStore(client()).begin('a');
    expect(await ioredis.exists('secevent:a')).toBe(1);
    await ioredis.del('secevent:a');
  });

  test('frees a SET whose lease has run out', async () => {
    const store = redisReplayStore(client(), fresh({ leaseSeconds: 0.05 }));
    expect(await store.begin('a')).toBe('new');
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(await store.begin('a')).toBe('new');
  });

  test('takes no lease away that is another\'s by now', async () => {
    const options = fresh({ leaseSeconds: 0.05 });
    const [slow, quick] = [redisReplayStore(client(), options), redisReplayStore(client(), { ...options, leaseSeconds: 60 })];
    await slow.begin('a');
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(await quick.begin('a')).toBe('new');
    await slow.abort('a');
    expect(await quick.begin('a')).toBe('busy');
    await quick.commit('a');
    await slow.abort('a');
    expect(await slow.begin('a')).toBe('done');
  });

  test('takes a lease away neither when both are its own', async () => {
    const store = redisReplayStore(client(), fresh({ leaseSeconds: 0.2 }));
    await store.begin('a');
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await store.begin('a')).toBe('new');
    await store.abort('a');
    expect(await store.begin('a')).toBe('busy');
  });

  test('lets a slow handler still say that it is done', async () => {
    const store = redisReplayStore(client(), fresh({ leaseSeconds: 0.05 }));
    await store.begin('a');
    await new Promise((resolve) => setTimeout(resolve, 80));
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('takes a step for the same when the client sends it twice', async () => {
    const run = vi.fn((...args: never[]) => client().eval(...(args as unknown as [string])));
    const twice = Object.assign(Object.create(client() as object) as RedisClient, {
      eval: async (...args: never[]) => (await run(...args), run(...args)),
    });
    const store = redisReplayStore(twice, fresh());
    expect(await store.begin('a')).toBe('new');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
    expect(run).toHaveBeenCalledTimes(6);
  });
});

describe('a process that is killed', () => {
  test('frees its SET when the lease runs out', async () => {
    const options = fresh({ leaseSeconds: 1 });
    // The built package, in a process of its own.
    const script = `
      const { Redis } = await import('ioredis');
      const { redisReplayStore } = await import('./dist/receiver.js');
      const store = redisReplayStore(new Redis('${server.url}'), ${JSON.stringify(options)});
      console.log(await store.begin('a'));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [answer] = (await once(child.stdout, 'data')) as [Buffer];
    expect(String(answer).trim()).toBe('new');
    child.kill('SIGKILL');
    const store = redisReplayStore(ioredis, options);
    expect(await store.begin('a')).toBe('busy');
    await vi.waitFor(async () => expect(await store.begin('a')).toBe('new'), { timeout: 3_000, interval: 50 });
  }, 20_000);
});

describe('a mistake', () => {
  test.each([undefined, null, {}, { eval: true }, new Map(), 'redis://localhost'])('%j for a client is a TypeError at once', (client) => {
    expect(() => redisReplayStore(client as never)).toThrow(TypeError);
  });

  test.each([{ prefix: 5 }, { ttlSeconds: NaN }, { leaseSeconds: -1 }])('%j is a TypeError at once', (options) => {
    expect(() => redisReplayStore(ioredis, options as never)).toThrow(TypeError);
  });
});
