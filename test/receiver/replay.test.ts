/** The rules for every replay store, and for the one in memory. For the one in Redis see redis.test.ts. */
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
    // Each store has its own prefix, so that the stores share nothing.
    return [
      `in Redis, with ${name}`,
      () => createRedisReplayStore(redis.clients[name], { prefix: `test${prefixes++}:` }),
    ] as const;
  }),
];

describe.each(STORES)('a store %s', (_, createStore) => {
  test('takes a SET only once while it is being handled, and never again once it was handled', async () => {
    const store = createStore();
    expect(await store.begin('a')).toBe('new');
    expect(await store.begin('a')).toBe('busy');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('takes an aborted SET again', async () => {
    const store = createStore();
    await store.begin('a');
    await store.abort('a');
    expect(await store.begin('a')).toBe('new');
    await store.commit('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('remembers a handled SET even if it is aborted later', async () => {
    const store = createStore();
    await store.begin('a');
    await store.commit('a');
    await store.abort('a');
    expect(await store.begin('a')).toBe('done');
  });

  test('ignores an abort of a SET that was never begun', async () => {
    const store = createStore();
    await store.abort('a');
    expect(await store.begin('a')).toBe('new');
    await store.abort('b');
    expect(await store.begin('a')).toBe('busy');
  });

  test('keeps any keys apart', async () => {
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

  test('gives a SET to only one of many concurrent callers', async () => {
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

  test('forgets only the oldest beyond its size', async () => {
    const store = createMemoryReplayStore({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) await handle(store, key);
    expect(await store.begin('c')).toBe('done');
    expect(await store.begin('b')).toBe('done');
    expect(await store.begin('a')).toBe('new');
  });

  test('never forgets a SET that is being handled', async () => {
    const store = createMemoryReplayStore({ maxEntries: 1 });
    await store.begin('slow');
    for (let i = 0; i < 100; i++) await handle(store, `k${i}`);
    expect(await store.begin('slow')).toBe('busy');
  });

  test('remembers a SET for nine days, longer than the 7 days and 25 hours in which Akamai redelivers', async () => {
    vi.useFakeTimers({ now: 0 });
    const store = createMemoryReplayStore();
    await handle(store, 'a');
    vi.setSystemTime(777_600_000 - 1);
    expect(await store.begin('a')).toBe('done');
    vi.setSystemTime(777_600_000);
    expect(await store.begin('a')).toBe('new');
  });

  test('stays at its size, and fast, over a million SETs', async () => {
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

  test('is equal only for the same issuer and jti', () => {
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
