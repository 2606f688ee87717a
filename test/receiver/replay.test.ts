/**
 * The replay stores: the rules of every store, and those of the one in memory. For the rules of Redis alone see
 * redis.test.ts.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRedisReplayStore } from '../../src/receiver/redis.js';
import { createMemoryReplayStore, replayKey, type ReplayStore } from '../../src/receiver/replay.js';
import { CLIENT_NAMES, connectClients, type RedisClients } from '../support/redis-clients.js';

let redis: RedisClients;
beforeAll(async () => {
  redis = await connectClients();
}, 120_000);
afterAll(() => redis?.stop());

let prefixes = 0;
const STORES: readonly (readonly [name: string, createStore: () => ReplayStore])[] = [
  ['in memory', () => createMemoryReplayStore()],
  ...CLIENT_NAMES.map((name) => {
    // Each store has its own prefix, so that they share nothing.
    return [
      `in Redis, by ${name}`,
      () => createRedisReplayStore(redis.clients[name], { prefix: `test${prefixes++}:` }),
    ] as const;
  }),
];

describe.each(STORES)('a store %s', (_, createStore) => {
  test('takes a SET once, until it is handled, and never after', async () => {
    const store = createStore();
    expect(await store.begin('a')).toBe('new');
    expect(await store.begin('a')).toBe('busy');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('takes a SET again that was not handled', async () => {
    const store = createStore();
    await store.begin('a');
    await store.abort('a');
    expect(await store.begin('a')).toBe('new');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('remembers a SET that was handled, whatever is aborted later', async () => {
    const store = createStore();
    await store.begin('a');
    await store.commit('a');
    await store.abort('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('ignores an abort of what was never begun', async () => {
    const store = createStore();
    await store.abort('a');
    expect(await store.begin('a')).toBe('new');
    await store.abort('b');
    expect(await store.begin('a')).toBe('busy');
  });

  test('keeps keys apart, whatever is in them', async () => {
    const store = createStore();
    const keys = [
      'a',
      'A',
      '',
      'é',
      '__proto__',
      '["a","b"]',
      'a\0b',
      '1',
      '1e3',
      'null',
      'done',
      'ZG9uZQ==',
      'x'.repeat(10_000),
    ];
    for (const key of keys) {
      expect(await store.begin(key)).toBe('new');
      await store.commit(key);
      expect(await store.begin(key)).toBe('done');
    }
  });

  test('gives a SET to one of many that ask at once', async () => {
    const store = createStore();
    const states = await Promise.all(Array.from({ length: 200 }, (_, i) => store.begin(`k${i % 20}`)));
    expect(states.filter((state) => state === 'new')).toHaveLength(20);
    expect(states.filter((state) => state === 'busy')).toHaveLength(180);
  });
});

describe('the store in memory', () => {
  afterEach(() => vi.useRealTimers());

  const handle = async (store: ReplayStore, key: string): Promise<string> => {
    const state = await store.begin(key);
    if (state === 'new') await store.commit(key);
    return state;
  };

  test('forgets the oldest beyond its size, and no other', async () => {
    const store = createMemoryReplayStore({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) await handle(store, key);
    expect(await store.begin('c')).toBe('done');
    expect(await store.begin('b')).toBe('done');
    expect(await store.begin('a')).toBe('new');
  });

  test('never forgets what is being handled', async () => {
    const store = createMemoryReplayStore({ maxEntries: 1 });
    await store.begin('slow');
    for (let i = 0; i < 100; i++) await handle(store, `k${i}`);
    expect(await store.begin('slow')).toBe('busy');
  });

  test('remembers for nine days, longer than the 7 days and 25 hours in which Akamai delivers again', async () => {
    vi.useFakeTimers({ now: 0 });
    const store = createMemoryReplayStore();
    await handle(store, 'a');
    vi.setSystemTime(777_600_000 - 1);
    expect(await store.begin('a')).toBe('done');
    vi.setSystemTime(777_600_000);
    expect(await store.begin('a')).toBe('new');
  });

  test('keeps as many as it may, and stays quick, over a million', async () => {
    const store = createMemoryReplayStore({ maxEntries: 10_000 });
    for (let i = 0; i < 1_000_000; i++) await handle(store, `key ${i}`);
    expect(await store.begin('key 999999')).toBe('done');
    expect(await store.begin('key 990000')).toBe('done');
    expect(await store.begin('key 989999')).toBe('new');
  }, 60_000);

  test.each([{ maxEntries: -1 }, { maxEntries: NaN }, { ttlSeconds: Infinity }, { ttlSeconds: '9' as never }])(
    'refuses %j',
    (options) => {
      expect(() => createMemoryReplayStore(options)).toThrow(TypeError);
    },
  );
});

describe('the key of a SET', () => {
  const keyOf = (iss: string, jti: string): string => replayKey({ payload: { iss, jti, iat: 0, events: {} } });

  test('is the same for the same issuer and jti, and for nothing else', () => {
    expect(keyOf('a', 'b')).toBe(keyOf('a', 'b'));
    const pairs = [
      ['a', 'b'],
      ['b', 'a'],
      ['ab', ''],
      ['a","b', ''],
      ['a', 'b '],
    ] as const;
    expect(new Set(pairs.map(([iss, jti]) => keyOf(iss, jti))).size).toBe(pairs.length);
  });
});
