/** The replay store in Redis: its leases, with each client. For the rules of every store see replay.test.ts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis as Upstash } from '@upstash/redis';
import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRedisReplayStore } from '../../src/receiver/redis.js';
import type { RedisClient } from '../../src/redis-client.js';
import { CLIENT_NAMES, connectClients, type RedisClients } from '../support/redis-clients.js';

let redis: RedisClients;
beforeAll(async () => {
  redis = await connectClients();
}, 120_000);
afterAll(() => redis?.stop());
afterEach(() => vi.useRealTimers());

let prefixes = 0;
/** Returns a prefix that no other test uses. */
const newPrefix = (): string => `test${prefixes++}:`;

/** Expires a lease or a remembered SET at once, so that no test waits for Redis to do it. */
async function expire(key: string): Promise<void> {
  expect(await redis.direct.del(key)).toBe(1);
}

type Eval = (...args: never[]) => Promise<unknown>;

/** Wraps the `eval` of a client. */
function withEval(client: RedisClient, wrap: (run: Eval) => Eval): RedisClient {
  const run: Eval = (...args) => client.eval(...(args as unknown as [string]));
  return Object.create(client, { eval: { value: wrap(run) } }) as RedisClient;
}

describe.each(CLIENT_NAMES)('the store in Redis, with %s', (name) => {
  const client = (): RedisClient => redis.clients[name];

  test('by default, remembers a SET for nine days, and holds one for a minute', async () => {
    const prefix = newPrefix();
    const store = createRedisReplayStore(client(), { prefix });
    await store.begin('a');
    const leaseMs = await redis.direct.pttl(`${prefix}a`);
    expect(leaseMs).toBeGreaterThan(60_000 / 10);
    expect(leaseMs).toBeLessThanOrEqual(60_000);
    await store.commit('a');
    const ttlMs = await redis.direct.pttl(`${prefix}a`);
    expect(ttlMs).toBeGreaterThan(777_600_000 / 10);
    expect(ttlMs).toBeLessThanOrEqual(777_600_000);
  });

  test('accepts any positive time', async () => {
    for (const seconds of [1e-9, 0.0015, 1e300]) {
      const store = createRedisReplayStore(client(), {
        prefix: newPrefix(),
        leaseSeconds: seconds,
        ttlSeconds: seconds,
      });
      expect(await store.begin('a')).toBe('new');
      await store.commit('a');
    }
  });

  test('by default, prefixes its keys with secevent:', async () => {
    await createRedisReplayStore(client()).begin('a');
    await expire('secevent:a');
  });

  test('takes a SET again once its lease has expired', async () => {
    const prefix = newPrefix();
    const store = createRedisReplayStore(client(), { prefix });
    expect(await store.begin('a')).toBe('new');
    await expire(`${prefix}a`);
    expect(await store.begin('a')).toBe('new');
    expect(await store.begin('a')).toBe('busy');
  });

  test('accepts the commit of a handler whose lease has expired', async () => {
    const prefix = newPrefix();
    const store = createRedisReplayStore(client(), { prefix });
    await store.begin('a');
    await expire(`${prefix}a`);
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('does not release a SET that another process has taken since', async () => {
    const prefix = newPrefix();
    const [slow, quick] = [createRedisReplayStore(client(), { prefix }), createRedisReplayStore(client(), { prefix })];
    await slow.begin('a');
    await expire(`${prefix}a`);
    expect(await quick.begin('a')).toBe('new');
    await slow.abort('a');
    expect(await quick.begin('a')).toBe('busy');
    await quick.commit('a');
    await slow.abort('a');
    expect(await slow.begin('a')).toBe('done');
  });

  test('does not release a SET that another process took first', async () => {
    const prefix = newPrefix();
    const [owner, other] = [createRedisReplayStore(client(), { prefix }), createRedisReplayStore(client(), { prefix })];
    await owner.begin('a');
    expect(await other.begin('a')).toBe('busy');
    await other.abort('a');
    expect(await owner.begin('a')).toBe('busy');
  });

  test('releases a SET of two deliveries in one process when the last one ends', async () => {
    const prefix = newPrefix();
    const store = createRedisReplayStore(client(), { prefix });
    await store.begin('a');
    await expire(`${prefix}a`);
    expect(await store.begin('a')).toBe('new');
    await store.abort('a');
    expect(await store.begin('a')).toBe('busy');
    await store.abort('a');
    expect(await store.begin('a')).toBe('new');
  });

  test.each([
    ['commit', 'abort'],
    ['abort', 'commit'],
  ] as const)('remembers a SET of two deliveries that end with %s and %s', async (first, second) => {
    const prefix = newPrefix();
    const store = createRedisReplayStore(client(), { prefix });
    await store.begin('a');
    await expire(`${prefix}a`);
    await store.begin('a');
    await store[first]('a');
    await store[second]('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('does not release a SET that another delivery handles, whatever the order of the responses', async () => {
    const prefix = newPrefix();
    let deliver = (): void => undefined;
    const delayed = new Promise<void>((resolve) => (deliver = resolve));
    let ran = (): void => undefined;
    const firstRan = new Promise<void>((resolve) => (ran = resolve));
    let isFirst = true;
    const store = createRedisReplayStore(
      withEval(client(), (run) => async (...args) => {
        const isDelayed = isFirst;
        isFirst = false;
        const result = await run(...args);
        ran();
        if (isDelayed) await delayed;
        return result;
      }),
      { prefix },
    );
    const first = store.begin('a');
    await firstRan;
    await expire(`${prefix}a`);
    expect(await store.begin('a')).toBe('new');
    deliver();
    expect(await first).toBe('new');
    await store.abort('a');
    expect(await store.begin('a')).toBe('busy');
  });

  test('forgets the lease of a SET that was handled', async () => {
    const prefix = newPrefix();
    const store = createRedisReplayStore(client(), { prefix });
    await store.begin('a');
    await store.commit('a');
    await expire(`${prefix}a`);
    expect(await store.begin('a')).toBe('new');
    // If the old lease were remembered, it would count as another handler and hold the SET.
    await store.abort('a');
    expect(await store.begin('a')).toBe('new');
  });

  test('does not release a SET for a begin that failed, even if Redis took the SET', async () => {
    const prefix = newPrefix();
    const failing = createRedisReplayStore(
      withEval(client(), (run) => async (...args) => {
        await run(...args);
        throw new Error('no response');
      }),
      { prefix },
    );
    const store = createRedisReplayStore(client(), { prefix });
    await expect(failing.begin('a')).rejects.toThrow('no response');
    expect(await store.begin('a')).toBe('busy');
    await expire(`${prefix}a`);
    expect(await store.begin('a')).toBe('new');
    await failing.abort('a');
    expect(await store.begin('a')).toBe('busy');
  });

  test('lets a client send each step twice', async () => {
    const run = vi.fn<Eval>();
    const store = createRedisReplayStore(
      withEval(client(), (once) => {
        run.mockImplementation(once);
        return async (...args) => (await run(...args), run(...args));
      }),
      { prefix: newPrefix() },
    );
    expect(await store.begin('a')).toBe('new');
    await store.abort('a');
    expect(await store.begin('a')).toBe('new');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
    expect(run).toHaveBeenCalledTimes(10);
  });

  test('rejects when Redis refuses a step', async () => {
    const prefix = newPrefix();
    await redis.direct.lpush(`${prefix}a`, 'a list');
    await expect(createRedisReplayStore(client(), { prefix }).begin('a')).rejects.toThrow('WRONGTYPE');
  });
});

describe('a handler that never ends', () => {
  test.each([
    ['is remembered for nine days after its lease', 777_600_000 + 60_000 - 1, 'busy'],
    ['is then forgotten when another SET begins', 777_600_000 + 60_000, 'new'],
  ])('%s', async (_, ms, state) => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    const prefix = newPrefix();
    const store = createRedisReplayStore(redis.direct, { prefix });
    await store.begin('a');
    await expire(`${prefix}a`);
    vi.setSystemTime(ms);
    await store.begin('b');
    // If the first handler is remembered, it still counts, and the abort of the second one does not release the SET.
    expect(await store.begin('a')).toBe('new');
    await store.abort('a');
    expect(await store.begin('a')).toBe(state);
  });
});

describe('a process that is killed', () => {
  test('leaves a lease that expires', async () => {
    const prefix = newPrefix();
    // The built package runs in a process of its own.
    const script = `
      const { Redis } = await import('ioredis');
      const { createRedisReplayStore } = await import('./dist/receiver.js');
      const store = createRedisReplayStore(new Redis('${redis.url}'), { prefix: '${prefix}' });
      console.log(await store.begin('a'));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [output] = (await Promise.race([once(child.stdout, 'data'), exited])) as unknown[];
    child.kill('SIGKILL');
    await exited;
    expect(String(output).trim()).toBe('new');
    const store = createRedisReplayStore(redis.direct, { prefix });
    expect(await store.begin('a')).toBe('busy');
    expect(await redis.direct.pttl(`${prefix}a`)).toBeGreaterThan(0);
    await expire(`${prefix}a`);
    expect(await store.begin('a')).toBe('new');
  }, 120_000);
});

describe('a client', () => {
  const begin = async (client: RedisClient): Promise<unknown[]> => {
    const run = vi.fn(async () => 'new');
    const store = createRedisReplayStore(
      withEval(client, () => run),
      { prefix: 'p:' },
    );
    expect(await store.begin('a')).toBe('new');
    return run.mock.calls[0]!.slice(1);
  };
  const upstash = (): Upstash => new Upstash({ url: 'http://127.0.0.1:1', token: 'a' });
  const ioredis = (): Redis => new Redis({ lazyConnect: true });

  test.each<[name: string, client: () => RedisClient]>([
    ['ioredis', ioredis],
    ['a cluster of ioredis', () => new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true })],
  ])('of ioredis may be %s', async (_, client) => {
    expect(await begin(client())).toEqual([1, 'p:a', expect.any(String), '60000']);
  });

  test.each<[name: string, client: () => RedisClient]>([
    ['a client', () => createClient()],
    ['a cluster', () => createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] })],
    ['a pool', () => createClientPool()],
  ])('of redis may be %s', async (_, client) => {
    expect(await begin(client())).toEqual([{ keys: ['p:a'], arguments: [expect.any(String), '60000'] }]);
  });

  test('of @upstash/redis may use pipelining or not', async () => {
    const plain = new Upstash({ url: 'http://127.0.0.1:1', token: 'a', enableAutoPipelining: false });
    for (const client of [upstash(), plain])
      expect(await begin(client)).toEqual([['p:a'], [expect.any(String), '60000']]);
  });

  const method = (): Promise<unknown> => Promise.resolve();
  test.each<[name: string, client: () => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a URL', () => 'redis://localhost'],
    ['an object without methods', () => ({ eval: true })],
    ['an object with only eval', () => ({ eval: method })],
    ['a client of ioredis without eval', () => ({ connect: method, defineCommand: method })],
    ['a client of redis without eval', () => ({ connect: method, EVAL: method })],
    ['a client of @upstash/redis without eval', () => ({ createScript: method })],
    [
      'a client that could be of either redis or ioredis',
      () => ({ eval: method, connect: method, defineCommand: method, EVAL: method }),
    ],
    [
      'a client that could be of either ioredis or @upstash/redis',
      () => ({ eval: method, connect: method, defineCommand: method, createScript: method }),
    ],
    ['a client with every method', () => new Proxy({}, { get: () => method })],
    ['a transaction of redis', () => createClient().multi()],
    ['a client of redis that takes callbacks', () => createClient().legacy()],
    ['a pipeline of ioredis', () => ioredis().pipeline()],
    ['a pipeline of @upstash/redis', () => upstash().pipeline()],
  ])('that is %s is a TypeError at once', (_, client) => {
    const message = 'client must be a redis, ioredis or @upstash/redis client';
    expect(() => createRedisReplayStore(client() as never)).toThrow(new TypeError(message));
  });
});

test.each([
  [null, 'options is null: it must be an object'],
  ['secevent:', 'options is of type string: it must be an object'],
  [[], 'options is of type object: it must be an object'],
  [{ prefix: 5 }, 'prefix is 5: it must be a string'],
  [{ prefix: null }, 'prefix is null: it must be a string'],
  [{ ttlSeconds: NaN }, 'ttlSeconds must be a non-negative finite number'],
  [{ ttlSeconds: '60' }, 'ttlSeconds must be a non-negative finite number'],
  [{ leaseSeconds: -1 }, 'leaseSeconds is -1: it must be a positive finite number'],
  [{ leaseSeconds: 0 }, 'leaseSeconds is 0: it must be a positive finite number'],
  [{ leaseSeconds: Infinity }, 'leaseSeconds is Infinity: it must be a positive finite number'],
])('the options %j are a TypeError at once', (options, message) => {
  expect(() => createRedisReplayStore(redis.direct, options as never)).toThrow(new TypeError(message));
});
