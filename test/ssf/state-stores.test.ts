/** The state stores: in memory, and in Redis with each client. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RedisClient } from '../../src/redis-client.js';
import { createRedisStateStore } from '../../src/ssf/index.js';
import { createMemoryStateStore, type StateStore } from '../../src/ssf/state-store.js';
import { CLIENT_NAMES, connectClients, type RedisClients } from '../support/redis-clients.js';

let redis: RedisClients;
beforeAll(async () => {
  redis = await connectClients();
}, 120_000);
afterAll(() => redis?.stop());
afterEach(() => void vi.useRealTimers());

let prefixes = 0;
/** Returns a prefix that no other test uses. */
const newPrefix = (): string => `test${prefixes++}:`;

const STORES: readonly (readonly [name: string, create: () => StateStore])[] = [
  ['in memory', createMemoryStateStore],
  ...CLIENT_NAMES.map(
    (name) =>
      [`in Redis, with ${name}`, () => createRedisStateStore(redis.clients[name], { prefix: newPrefix() })] as const,
  ),
];

describe.each(STORES)('a store %s', (_, create) => {
  test('knows what was added, and nothing else', async () => {
    const store = create();
    expect(await store.has('a')).toBe(false);
    await store.add('a');
    expect(await store.has('a')).toBe(true);
    expect(await store.has('a')).toBe(true);
    expect(await store.has('A')).toBe(false);
    expect(await store.has('')).toBe(false);
  });

  test('may be told twice', async () => {
    const store = create();
    await store.add('a');
    await store.add('a');
    expect(await store.has('a')).toBe(true);
  });

  test('takes any key', async () => {
    const store = create();
    for (const key of ['__proto__', 'constructor', 'a b', 'ü💡', '{a}', '*', '\u0000', 'x'.repeat(10_000)]) {
      expect(await store.has(key)).toBe(false);
      await store.add(key);
      expect(await store.has(key)).toBe(true);
    }
  });
});

describe('the store in memory', () => {
  test('forgets a key after nine days', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const store = createMemoryStateStore();
    store.add('a');
    vi.advanceTimersByTime(777_600_000 - 1);
    expect(store.has('a')).toBe(true);
    vi.advanceTimersByTime(1);
    expect(store.has('a')).toBe(false);
  });

  test('remembers the latest 10,000 keys', () => {
    const store = createMemoryStateStore();
    for (let i = 0; i < 10_002; i++) store.add(String(i));
    expect(['0', '1', '2', '10001'].map((key) => store.has(key))).toEqual([false, false, true, true]);
  });
});

describe.each(CLIENT_NAMES)('the store in Redis, with %s,', (name) => {
  const client = (): RedisClient => redis.clients[name];

  test('by default remembers a key for nine days, under a prefix of its own', async () => {
    await createRedisStateStore(client()).add('by default');
    const ttlMs = await redis.direct.pttl('secevent:state:by default');
    expect(ttlMs).toBeGreaterThan(777_600_000 / 10);
    expect(ttlMs).toBeLessThanOrEqual(777_600_000);
    await redis.direct.del('secevent:state:by default');
  });

  test('shares its keys with other processes, and forgets one that Redis dropped', async () => {
    const prefix = newPrefix();
    await createRedisStateStore(client(), { prefix, ttlSeconds: 60 }).add('a');
    const other = createRedisStateStore(redis.clients.ioredis, { prefix });
    expect(await other.has('a')).toBe(true);
    expect(await redis.direct.pttl(`${prefix}a`)).toBeLessThanOrEqual(60_000);
    await redis.direct.del(`${prefix}a`);
    expect(await other.has('a')).toBe(false);
  });

  test('accepts any positive time', async () => {
    for (const ttlSeconds of [1e-9, 0.0015, 1e300])
      await createRedisStateStore(client(), { prefix: newPrefix(), ttlSeconds }).add('a');
  });
});

test.each<[name: string, options: unknown]>([
  ['null', null],
  ['a list', []],
  ['a prefix that is not a string', { prefix: 5 }],
  ['a ttlSeconds of 0', { ttlSeconds: 0 }],
  ['a negative ttlSeconds', { ttlSeconds: -1 }],
  ['a ttlSeconds that is not a number', { ttlSeconds: '60' }],
  ['an infinite ttlSeconds', { ttlSeconds: Infinity }],
])('createRedisStateStore throws a TypeError for %s', (_, options) => {
  expect(() => createRedisStateStore(redis.clients.ioredis, options as object)).toThrow(TypeError);
});

test.each([undefined, null, {}, { eval: async () => 1, connect() {} }])(
  'createRedisStateStore throws a TypeError for another client: %j',
  (client) => {
    expect(() => createRedisStateStore(client as RedisClient)).toThrow(TypeError);
  },
);
