/** jwks/remote.ts: when keys are fetched and how long they serve, also with an outage, a cache or a wrong clock. */
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { SetError } from '../../src/errors.js';
import type { FetchInit, FetchLike, FetchResponse } from '../../src/http.js';
import type { JwksCache, JwksCacheEntry, RemoteJwks, RemoteJwksOptions } from '../../src/jwks/remote-options.js';
import { createRemoteJwks } from '../../src/jwks/remote.js';
import type { JsonWebKey, JsonWebKeySet } from '../../src/keys.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier } from '../../src/verify.js';
import { PATIENTLY } from '../support/timing.js';

const URL_OF_KEYS = 'https://transmitter.example/keys';
const START_MS = 1_700_000_000_000;
const SECOND = 1_000;
const MAX_AGE = 600 * SECOND;
const COOLDOWN = 30 * SECOND;
const DAY = 86_400 * SECOND;

/** Creates a set of keys that differ only in their kid. */
function setOf(...kids: readonly string[]): JsonWebKeySet {
  return { keys: kids.map((kid) => ({ kty: 'RSA', n: 'w'.repeat(342), e: 'AQAB', kid })) };
}

function down(): Promise<FetchResponse> {
  return Promise.reject(new TypeError('the network is down'));
}

/** A request that was sent, for tests that respond to it later. */
interface Call {
  readonly url: string;
  readonly init: FetchInit;
  answer(body: unknown): void;
  fail(): void;
}

/** A remote key set with a clock and a network that the test controls. */
interface Bench {
  readonly remote: RemoteJwks;
  readonly calls: Call[];
  now: number;
  /** What the network does: respond with a key set, fail, or leave the response to the test. */
  network: JsonWebKeySet | 'down' | 'later';
  ask(kid?: string): JsonWebKeySet | Promise<JsonWebKeySet>;
}

function makeBench(options: RemoteJwksOptions = {}): Bench {
  const fetch: FetchLike = (url, init) =>
    new Promise((resolve, reject) => {
      const answer = (body: unknown): void => resolve(Response.json(body));
      const fail = (): void => reject(new TypeError('the network is down'));
      bench.calls.push({ url, init, answer, fail });
      if (bench.network === 'down') fail();
      else if (bench.network !== 'later') answer(bench.network);
    });
  const bench: Omit<Bench, 'remote'> = {
    calls: [],
    now: START_MS,
    network: setOf('a'),
    ask: (kid) => remote({ alg: 'RS256', ...(kid === undefined ? {} : { kid }) }),
  };
  const remote = createRemoteJwks(URL_OF_KEYS, { fetch, now: () => bench.now, ...options });
  return Object.assign(bench, { remote });
}

/** Returns the result, or the code with which it rejects: it must be that of a SetError. */
async function outcome(result: unknown): Promise<unknown> {
  try {
    return await result;
  } catch (error) {
    expect(error).toBeInstanceOf(SetError);
    return (error as SetError).code;
  }
}

/** Creates a bench whose keys have just been fetched. */
async function makeWarm(options?: RemoteJwksOptions): Promise<Bench> {
  const bench = makeBench(options);
  await bench.ask('a');
  expect(bench.calls).toHaveLength(1);
  return bench;
}

/** Lets everything run that is due. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Waits until there have been this many requests. */
function called(bench: Bench, times: number): Promise<void> {
  return vi.waitFor(() => expect(bench.calls).toHaveLength(times), PATIENTLY);
}

let first: TestTransmitter;
let second: TestTransmitter;

beforeAll(async () => {
  [first, second] = await Promise.all([createTestTransmitter(), createTestTransmitter()]);
});

describe('freshness', () => {
  test('nothing is fetched before the first token', async () => {
    const bench = makeBench();
    await settle();
    expect(bench.calls).toHaveLength(0);
    expect(bench.remote.current).toBeUndefined();
  });

  test('the first token fetches', async () => {
    const bench = makeBench();
    expect(await bench.ask('a')).toEqual(setOf('a'));
    expect(bench.calls.map(({ url }) => url)).toEqual([URL_OF_KEYS]);
  });

  test('fresh keys serve at once, without a promise and without a fetch', async () => {
    const bench = await makeWarm();
    bench.now += MAX_AGE - 1;
    expect(bench.ask('a')).toEqual(setOf('a'));
    expect(bench.ask('a')).toBe(bench.remote.current);
    expect(bench.calls).toHaveLength(1);
  });

  test('a token without kid is served by fresh keys', async () => {
    const bench = await makeWarm();
    bench.now += MAX_AGE - 1;
    expect(bench.ask()).toEqual(setOf('a'));
  });

  test.each([MAX_AGE, 5 * SECOND, 0])('keys are fetched again after maxAgeMs (%i)', async (maxAgeMs) => {
    const bench = await makeWarm({ maxAgeMs });
    bench.now += maxAgeMs;
    bench.network = setOf('a', 'b');
    expect(await bench.ask('a')).toEqual(setOf('a', 'b'));
    if (maxAgeMs) expect(bench.ask('a')).toEqual(setOf('a', 'b'));
    expect(bench.calls).toHaveLength(2);
  });

  test.each(['cold', 'stale'])('100 callers at once cause one fetch (%s)', async (state) => {
    const bench = state === 'cold' ? makeBench() : await makeWarm();
    const before = bench.calls.length;
    bench.now += MAX_AGE;
    bench.network = 'later';
    const asked = Array.from({ length: 100 }, () => bench.ask('a'));
    await called(bench, before + 1);
    bench.calls.at(-1)!.answer(setOf('a'));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 100 }, () => setOf('a')));
    expect(bench.calls).toHaveLength(before + 1);
  });

  test('100 callers at once cause one fetch that fails', async () => {
    const bench = makeBench();
    bench.network = 'down';
    const codes = await Promise.all(Array.from({ length: 100 }, () => outcome(bench.ask('a'))));
    expect(new Set(codes)).toEqual(new Set(['ERR_SET_JWKS']));
    expect(bench.calls).toHaveLength(1);
  });

  test('fresh keys serve at once even while an unknown kid causes a fetch', async () => {
    const bench = await makeWarm();
    bench.now += COOLDOWN;
    bench.network = 'later';
    const unknown = bench.ask('b');
    expect(bench.ask('a')).toEqual(setOf('a'));
    await called(bench, 2);
    bench.calls[1]!.answer(setOf('a', 'b'));
    expect(await unknown).toEqual(setOf('a', 'b'));
  });

  test('a key removed from the set stops verifying with the next fetch (CVE-2025-22149)', async () => {
    const bench = makeBench();
    const verify = createVerifier(bench.remote, { issuer: first.issuer, audience: first.audience });
    const token = await first.sign();
    bench.network = first.jwks;
    await verify(token);
    bench.network = second.jwks;
    await bench.remote.refresh();
    expect(await outcome(verify(token))).toBe('ERR_SET_JWKS');
    bench.now += COOLDOWN;
    expect(await outcome(verify(token))).toBe('ERR_SET_KEY_NOT_FOUND');
    bench.network = first.jwks;
    bench.now += MAX_AGE;
    await verify(token);
    bench.network = setOf('another');
    bench.now += MAX_AGE;
    expect(await outcome(verify(token))).toBe('ERR_SET_KEY_NOT_FOUND');
  });

  test.each<[name: string, keys: readonly unknown[]]>([
    ['an empty set', []],
    [
      'a set without a usable key',
      [null, 'key', { kty: 'oct', k: 'AAAA' }, { kty: 'RSA', n: 'w'.repeat(171), e: 'AQAB' }, { kty: 'RSA', kid: 'a' }],
    ],
  ])('%s is ERR_SET_JWKS, and the old keys stop serving', async (_, keys) => {
    const bench = makeBench();
    bench.network = first.jwks;
    const verify = createVerifier(bench.remote, { issuer: first.issuer, audience: first.audience });
    const token = await first.sign();
    await verify(token);
    bench.network = { keys: keys as JsonWebKey[] };
    bench.now += MAX_AGE;
    await expect(verify(token)).rejects.toMatchObject({ code: 'ERR_SET_JWKS', retryAfterSeconds: 1 });
    expect(bench.remote.current).toBeUndefined();
    bench.network = 'down';
    bench.now += SECOND;
    expect(await outcome(verify(token))).toBe('ERR_SET_JWKS');
    bench.network = first.jwks;
    bench.now += COOLDOWN;
    await verify(token);
  });

  test('withdrawn keys do not come back from the cache', async () => {
    const entries = new Map<string, JwksCacheEntry>();
    const bench = makeBench({
      cache: { get: (url) => entries.get(url), set: (url, entry) => entries.set(url, entry) },
    });
    await bench.ask('a');
    bench.network = { keys: [] };
    bench.now += MAX_AGE;
    expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
    expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
    bench.now += SECOND;
    expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
    expect(bench.calls).toHaveLength(3);
  });

  test('a key that changed under the same kid replaces the old one', async () => {
    const bench = makeBench();
    const verify = createVerifier(bench.remote, { issuer: null, audience: null });
    const [token, other] = [await first.sign({}, { kid: 'a' }), await second.sign({}, { kid: 'a' })];
    bench.network = { keys: [{ ...first.jwks.keys[0]!, kid: 'a' }] };
    await verify(token);
    bench.network = { keys: [{ ...second.jwks.keys[0]!, kid: 'a' }] };
    await bench.remote.refresh();
    await verify(other);
    expect(await outcome(verify(token))).toBe('ERR_SET_SIGNATURE');
  });
});

describe('an unknown kid', () => {
  test.each([COOLDOWN, 5 * SECOND, 0])(
    'causes a fetch once the cooldown (%i) since the last successful fetch has passed',
    async (cooldownMs) => {
      const bench = await makeWarm({ cooldownMs });
      bench.now += cooldownMs;
      bench.network = setOf('a', 'b');
      expect(await bench.ask('b')).toEqual(setOf('a', 'b'));
      expect(bench.calls).toHaveLength(2);
    },
  );

  test.each([
    [0, 30],
    [1, 30],
    [SECOND, 29],
    [COOLDOWN - 1, 1],
  ])(
    'is ERR_SET_JWKS within the cooldown (after %i ms, for %i s), since its key may just have been published',
    async (ms, retryAfterSeconds) => {
      const bench = await makeWarm();
      bench.now += ms;
      await expect(bench.ask('b')).rejects.toMatchObject({ code: 'ERR_SET_JWKS', retryAfterSeconds });
      expect(bench.calls).toHaveLength(1);
    },
  );

  test('is refused for good only after a fetch that began after its token arrived', async () => {
    const bench = await makeWarm();
    bench.now += COOLDOWN;
    bench.network = 'later';
    const early = bench.ask('b');
    await called(bench, 2);
    const late = outcome(bench.ask('c'));
    bench.calls[1]!.answer(setOf('a'));
    expect(await early).toEqual(setOf('a'));
    expect(await late).toBe('ERR_SET_JWKS');
    bench.now += COOLDOWN;
    bench.network = setOf('a');
    expect(await bench.ask('c')).toEqual(setOf('a'));
  });

  test.each<[name: string, entry: object | null]>([
    ['null', null],
    ['for encryption', { use: 'enc' }],
    ['of another kty', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }],
    ['for another algorithm', { alg: 'RS512' }],
    ['for signing alone', { key_ops: ['sign'] }],
  ])('stays unknown next to an entry that can never serve: %s', async (_, entry) => {
    const [usable] = setOf('a').keys;
    for (const kid of [{ kid: 'b' }, {}]) {
      const { kid: __, ...unnamed } = usable!;
      const bench = makeBench();
      bench.network = { keys: [usable!, (entry && { ...unnamed, ...kid, ...entry }) as JsonWebKey] };
      await bench.remote.refresh();
      expect(await outcome(bench.ask('b'))).toBe('ERR_SET_JWKS');
      bench.now += MAX_AGE;
      bench.network = 'down';
      expect(await outcome(bench.ask('b'))).toBe('ERR_SET_JWKS');
      expect(((await bench.ask('a')) as JsonWebKeySet).keys[0]).toEqual(usable);
    }
  });

  test.each(['at once', 'in turn'])(
    'causes at most one fetch per cooldown, even as one of 1,000 %s (libjwt#313)',
    async (way) => {
      const bench = await makeWarm();
      for (const round of [1, 2, 3]) {
        bench.now += COOLDOWN;
        const kids = Array.from({ length: 1_000 }, () => crypto.randomUUID());
        const outcomes: unknown[] = [];
        if (way === 'at once') outcomes.push(...(await Promise.all(kids.map((kid) => outcome(bench.ask(kid))))));
        else for (const kid of kids) outcomes.push(await outcome(bench.ask(kid)));
        expect(bench.calls).toHaveLength(1 + round);
        // Only the kid that caused the fetch is known to have no key.
        expect(outcomes.filter((each) => each === 'ERR_SET_JWKS')).toHaveLength(999);
      }
    },
  );

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '0', 'length', 'null', 'undefined'])(
    'may be %j',
    async (kid) => {
      const bench = await makeWarm();
      bench.now += COOLDOWN;
      expect(await bench.ask(kid)).toEqual(setOf('a'));
      expect(bench.calls).toHaveLength(2);
      bench.network = setOf(kid);
      bench.now += COOLDOWN;
      expect(await bench.ask(kid)).toEqual(setOf(kid));
      bench.now += COOLDOWN;
      expect(bench.ask(kid)).toEqual(setOf(kid));
      expect(bench.calls).toHaveLength(3);
    },
  );

  test('is ERR_SET_KEY_NOT_FOUND if the endpoint does not have it either', async () => {
    const bench = makeBench();
    bench.network = second.jwks;
    const verify = createVerifier(bench.remote, { issuer: null, audience: null });
    expect(await outcome(verify(await first.sign()))).toBe('ERR_SET_KEY_NOT_FOUND');
    for (const kid of ['__proto__', 'constructor', '']) {
      bench.now += COOLDOWN;
      expect(await outcome(verify(await first.sign({}, { kid })))).toBe('ERR_SET_KEY_NOT_FOUND');
    }
  });
});

describe('an outage', () => {
  test.each([
    [undefined, undefined, MAX_AGE + DAY],
    [1_000, 5_000, 6_000],
    [1_000, 0, 1_000],
  ])(
    'known kids are served until maxAgeMs (%s) + staleIfErrorMs (%s), and then refused',
    async (maxAgeMs, staleIfErrorMs, limit) => {
      const bench = await makeWarm({ maxAgeMs, staleIfErrorMs } as RemoteJwksOptions);
      bench.network = 'down';
      bench.now = START_MS + limit - 1;
      expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
      if (staleIfErrorMs !== 0) expect(await outcome(bench.ask())).toEqual(setOf('a'));
      bench.now = START_MS + limit;
      expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
      expect(await outcome(bench.ask())).toBe('ERR_SET_JWKS');
      bench.now += DAY;
      expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
      bench.network = setOf('a');
      bench.now += COOLDOWN;
      expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
    },
  );

  test('without any keys every token is ERR_SET_JWKS, with the cause', async () => {
    const bench = makeBench();
    bench.network = 'down';
    expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
    expect(await outcome(bench.ask())).toBe('ERR_SET_JWKS');
    await expect(bench.remote.refresh()).rejects.toMatchObject({
      code: 'ERR_SET_JWKS',
      cause: { message: 'the network is down' },
    });
    expect(await outcome(createVerifier(bench.remote, { issuer: null, audience: null })(await first.sign()))).toBe(
      'ERR_SET_JWKS',
    );
  });

  test.each([COOLDOWN, MAX_AGE, MAX_AGE + DAY])(
    'an unknown kid is ERR_SET_JWKS, not ERR_SET_KEY_NOT_FOUND (after %i ms)',
    async (ms) => {
      const bench = makeBench();
      bench.network = first.jwks;
      await bench.remote.refresh();
      bench.now += ms;
      bench.network = 'down';
      const verify = createVerifier(bench.remote, { issuer: null, audience: null });
      const token = await second.sign();
      expect(await outcome(verify(token))).toBe('ERR_SET_JWKS');
      expect(await outcome(verify(token))).toBe('ERR_SET_JWKS');
      expect(bench.calls).toHaveLength(2);
    },
  );

  const states = ['stale keys', 'no keys', 'an unknown kid'];
  test.each(states)(
    'the next attempt waits 1 s, 2 s, 4 s, up to the cooldown, but callers do not (%s)',
    async (state) => {
      const bench = state === 'no keys' ? makeBench() : await makeWarm();
      bench.now += MAX_AGE;
      bench.network = 'down';
      const kid = state === 'an unknown kid' ? 'b' : 'a';
      const expected = state === 'stale keys' ? setOf('a') : 'ERR_SET_JWKS';
      for (const seconds of [1, 2, 4, 8, 16, 30, 30, 30]) {
        const before = bench.calls.length;
        expect(await outcome(bench.ask(kid))).toEqual(expected);
        expect(bench.calls).toHaveLength(before + 1);
        // A fetch now would never end.
        bench.network = 'later';
        for (const ms of [0, seconds * SECOND - 1]) {
          bench.now += ms;
          expect(await outcome(bench.ask(kid))).toEqual(expected);
        }
        expect(bench.calls).toHaveLength(before + 1);
        bench.network = 'down';
        bench.now += 1;
      }
    },
  );

  test.each([
    [0, 0],
    [500, 500],
  ])('with a cooldown of %i ms, the next attempt waits %i ms', async (cooldownMs, wait) => {
    const bench = makeBench({ cooldownMs });
    bench.network = 'down';
    for (const calls of [1, 2, 3]) {
      expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
      expect(bench.calls).toHaveLength(calls);
      bench.now += wait;
    }
  });

  test('a successful fetch resets the wait', async () => {
    const bench = makeBench();
    bench.network = 'down';
    for (const seconds of [1, 2, 4]) {
      await outcome(bench.ask('a'));
      bench.now += seconds * SECOND;
    }
    bench.network = setOf('a');
    await bench.ask('a');
    expect(bench.calls).toHaveLength(4);
    bench.now += MAX_AGE;
    bench.network = 'down';
    await bench.ask('a');
    bench.now += SECOND - 1;
    await bench.ask('a');
    expect(bench.calls).toHaveLength(5);
    bench.now += 1;
    await bench.ask('a');
    expect(bench.calls).toHaveLength(6);
  });

  test('after 2,000 failures the wait is still the cooldown', async () => {
    const bench = makeBench();
    bench.network = 'down';
    for (let i = 0; i < 2_000; i++) expect(await outcome(bench.remote.refresh())).toBe('ERR_SET_JWKS');
    bench.now += COOLDOWN - 1;
    await outcome(bench.ask('a'));
    expect(bench.calls).toHaveLength(2_000);
    bench.now += 1;
    bench.network = setOf('a');
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
  });

  test('a response that is not a key set keeps the old keys', async () => {
    const bench = await makeWarm();
    bench.network = { error: 'maintenance' } as never;
    expect(await outcome(bench.remote.refresh())).toBe('ERR_SET_JWKS');
    expect(bench.remote.current).toEqual(setOf('a'));
    bench.now += MAX_AGE;
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
  });
});

describe('the timeout', () => {
  test.each(['heeds', 'ignores'])('ends a fetch that %s its signal, and a later response is ignored', async (way) => {
    const bench = makeBench({
      timeoutMs: 200,
      ...(way === 'heeds' && {
        fetch: (_url: string, { signal }: FetchInit) =>
          new Promise<FetchResponse>((_, reject) =>
            (signal as AbortSignal).addEventListener('abort', () => reject((signal as AbortSignal).reason)),
          ),
      }),
    });
    bench.network = 'later';
    const begun = performance.now();
    expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
    expect(performance.now() - begun).toBeLessThan(20_000);
    if (way === 'heeds') return;
    const [slow] = bench.calls;
    expect(slow!.init.signal.aborted).toBe(true);
    bench.now += SECOND;
    bench.network = setOf('new');
    expect(await bench.ask('new')).toEqual(setOf('new'));
    slow!.answer(setOf('old'));
    await settle();
    expect(bench.remote.current).toEqual(setOf('new'));
    expect(bench.ask('new')).toEqual(setOf('new'));
  });

  test('cancels a body that arrives too late', async () => {
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
    const bench = makeBench({ timeoutMs: 20, fetch: async () => new Response(body) });
    expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
    await settle();
    // The body was canceled.
    expect(() => controller.enqueue(new TextEncoder().encode(JSON.stringify(setOf('a'))))).toThrow(TypeError);
    expect(bench.remote.current).toBeUndefined();
  });

  test('may be as long as timers support', async () => {
    const slow: FetchLike = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return Response.json(setOf('a'));
    };
    const bench = makeBench({ timeoutMs: 2_147_483_647, fetch: slow });
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
  });

  test('does not abort the signal before a response', async () => {
    const bench = makeBench();
    bench.network = 'later';
    const asked = bench.ask('a');
    await settle();
    expect(bench.calls[0]!.init.signal.aborted).toBe(false);
    bench.calls[0]!.answer(setOf('a'));
    expect(await asked).toEqual(setOf('a'));
  });
});

describe('refresh()', () => {
  test('fetches regardless of the cooldown and the age', async () => {
    const bench = await makeWarm();
    bench.network = setOf('b');
    await expect(bench.remote.refresh()).resolves.toBeUndefined();
    expect(bench.remote.current).toEqual(setOf('b'));
    expect(bench.ask('b')).toEqual(setOf('b'));
    expect(bench.calls).toHaveLength(2);
  });

  test('makes keys available before the first token', async () => {
    const bench = makeBench();
    await bench.remote.refresh();
    expect(bench.ask('a')).toEqual(setOf('a'));
  });

  test('fetches even while other callers must wait after a failure', async () => {
    const bench = makeBench();
    bench.network = 'down';
    expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
    bench.network = setOf('a');
    await bench.remote.refresh();
    expect(bench.ask('a')).toEqual(setOf('a'));
  });

  test('is joined by callers that would have to wait after a failure', async () => {
    const bench = makeBench();
    bench.network = 'down';
    await outcome(bench.ask('a'));
    bench.network = 'later';
    const refreshed = bench.remote.refresh();
    const asked = outcome(bench.ask('a'));
    await called(bench, 2);
    bench.calls[1]!.answer(setOf('a'));
    await refreshed;
    expect(await asked).toEqual(setOf('a'));
    expect(bench.calls).toHaveLength(2);
  });

  test('ends the wait after a failure when it succeeds', async () => {
    const bench = makeBench({ maxAgeMs: 10 });
    bench.network = 'down';
    await outcome(bench.ask('a'));
    bench.network = setOf('a');
    await bench.remote.refresh();
    bench.now += 10;
    bench.network = setOf('b');
    expect(await outcome(bench.ask('b'))).toEqual(setOf('b'));
  });

  test('rejects with ERR_SET_JWKS and keeps the keys', async () => {
    const bench = await makeWarm();
    bench.network = 'down';
    expect(await outcome(bench.remote.refresh())).toBe('ERR_SET_JWKS');
    expect(bench.ask('a')).toEqual(setOf('a'));
  });

  test.each(['succeeds', 'fails'])('fetches again after a pending fetch that %s', async (end) => {
    const bench = makeBench();
    bench.network = 'later';
    const asked = outcome(bench.ask('a'));
    await called(bench, 1);
    const refreshes = [bench.remote.refresh(), bench.remote.refresh()];
    await settle();
    if (end === 'fails') bench.calls[0]!.fail();
    else bench.calls[0]!.answer(setOf('a', 'withdrawn'));
    expect(await asked).toEqual(end === 'fails' ? 'ERR_SET_JWKS' : setOf('a', 'withdrawn'));
    await called(bench, 2);
    bench.calls[1]!.answer(setOf('a'));
    await Promise.all(refreshes);
    expect(bench.remote.current).toEqual(setOf('a'));
    expect(bench.calls).toHaveLength(2);
  });

  test('fetches again after another pending refresh', async () => {
    const bench = makeBench();
    bench.network = 'later';
    const one = bench.remote.refresh();
    await called(bench, 1);
    const two = bench.remote.refresh();
    bench.calls[0]!.answer(setOf('old'));
    await one;
    await called(bench, 2);
    bench.calls[1]!.answer(setOf('new'));
    await two;
    expect(bench.remote.current).toEqual(setOf('new'));
  });
});

describe('current', () => {
  test('is read-only, and has the keys whether they are stale or not', async () => {
    const bench = makeBench();
    expect(bench.remote.current).toBeUndefined();
    await bench.ask('a');
    expect(bench.remote.current).toEqual(setOf('a'));
    bench.now += MAX_AGE + DAY;
    expect(bench.remote.current).toEqual(setOf('a'));
    expect(() => Object.assign(bench.remote, { current: setOf('x') })).toThrow(TypeError);
  });
});

describe('trust', () => {
  test('two key sets share no keys, whatever their kids (CVE-2026-49998)', async () => {
    const named = (from: TestTransmitter): JsonWebKeySet => ({ keys: [{ ...from.jwks.keys[0]!, kid: 'same' }] });
    const network: FetchLike = async (url) => Response.json(named(url.includes('first') ? first : second));
    const make = (name: string) =>
      createVerifier(createRemoteJwks(`https://${name}.example/keys`, { fetch: network }), {
        issuer: null,
        audience: null,
      });
    const [verifyFirst, verifySecond] = [make('first'), make('second')];
    const [ofFirst, ofSecond] = [await first.sign({}, { kid: 'same' }), await second.sign({}, { kid: 'same' })];
    for (let i = 0; i < 2; i++) {
      await verifyFirst(ofFirst);
      await verifySecond(ofSecond);
      expect(await outcome(verifyFirst(ofSecond))).toBe('ERR_SET_SIGNATURE');
      expect(await outcome(verifySecond(ofFirst))).toBe('ERR_SET_SIGNATURE');
    }
  });

  test('only the configured URL is fetched: nothing in a token chooses another (CVE-2025-59936)', async () => {
    const bench = makeBench();
    bench.network = first.jwks;
    const verify = createVerifier(bench.remote, { issuer: first.issuer, audience: first.audience });
    const evil = 'https://evil.example/keys';
    await verify(await first.sign({}, { jku: evil, x5u: evil, jwk: second.jwks.keys[0], iss: evil }));
    bench.now += COOLDOWN;
    const forged = await second.sign({ iss: evil }, { jku: evil, x5u: evil, jwk: second.jwks.keys[0], iss: evil });
    expect(await outcome(verify(forged))).toBe('ERR_SET_KEY_NOT_FOUND');
    expect(bench.calls.map(({ url }) => url)).toEqual([URL_OF_KEYS, URL_OF_KEYS]);
  });

  test('junk among the keys is skipped', async () => {
    const bench = makeBench();
    const good = first.jwks.keys[0]!;
    const secret = { kty: 'oct', kid: good.kid, k: 'c2VjcmV0', alg: 'HS256' } as JsonWebKey;
    const junk = [
      null,
      1,
      'key',
      true,
      [],
      [[good]],
      {},
      { kid: good.kid },
      { kid: {} },
      { kid: null },
      secret,
      { ...good, use: 'enc' },
    ];
    bench.network = { keys: [...junk, good, ...junk] as JsonWebKey[] };
    await createVerifier(bench.remote, { issuer: first.issuer, audience: first.audience })(await first.sign());
    expect(bench.calls).toHaveLength(1);
    bench.network = { keys: junk as JsonWebKey[] };
    expect(await outcome(bench.remote.refresh())).toBe('ERR_SET_JWKS');
    const { kid: _, ...nameless } = { ...good };
    expect(await outcome(createVerifier(bench.remote, { issuer: null, audience: null })(await first.sign()))).toBe(
      'ERR_SET_JWKS',
    );
    bench.network = { keys: [...junk, nameless] as JsonWebKey[] };
    await bench.remote.refresh();
    await createVerifier(bench.remote, { issuer: first.issuer, audience: first.audience })(await first.sign());
  });
});

describe('a clock that is set back', () => {
  test('by a day does not prolong the life of keys: they are fetched again', async () => {
    const bench = await makeWarm();
    bench.now -= DAY;
    bench.network = setOf('b');
    expect(await bench.ask('a')).toEqual(setOf('b'));
    expect(bench.ask('b')).toEqual(setOf('b'));
    expect(bench.calls).toHaveLength(2);
    bench.now += MAX_AGE;
    await bench.ask('b');
    expect(bench.calls).toHaveLength(3);
  });

  test('by a day does not block the next attempt', async () => {
    const bench = makeBench();
    bench.network = 'down';
    for (let i = 0; i < 10; i++) await outcome(bench.remote.refresh());
    bench.now -= DAY;
    bench.network = setOf('a');
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
  });
});

describe('the cache', () => {
  /** Creates a cache that stores text, like one outside this process. */
  function makeCache(
    entry?: unknown,
    way: 'sync' | 'async' = 'sync',
  ): JwksCache & { readonly texts: Map<string, string>; gets: number } {
    const texts = new Map<string, string>(entry === undefined ? [] : [[URL_OF_KEYS, JSON.stringify(entry)]]);
    const cache = {
      texts,
      gets: 0,
      get(url: string): JwksCacheEntry | undefined {
        cache.gets++;
        const text = texts.get(url);
        return text === undefined ? undefined : (JSON.parse(text) as JwksCacheEntry);
      },
      set: (url: string, given: JwksCacheEntry): unknown => texts.set(url, JSON.stringify(given)),
    };
    const { get, set } = cache;
    if (way === 'sync') return cache;
    return Object.assign(cache, {
      get: async (url: string) => get(url),
      set: async (url: string, given: JwksCacheEntry) => set(url, given),
    });
  }

  test.each(['sync', 'async'] as const)(
    'stores what was fetched, and serves another process without a fetch (%s)',
    async (way) => {
      const cache = makeCache(undefined, way);
      const one = await makeWarm({ cache });
      expect(JSON.parse(cache.texts.get(URL_OF_KEYS)!)).toEqual({ jwks: setOf('a'), fetchedAtMs: START_MS });
      const two = makeBench({ cache });
      two.now += MAX_AGE - 1;
      expect(await two.ask('a')).toEqual(setOf('a'));
      expect(two.remote.current).toEqual(one.remote.current);
      expect(two.calls).toHaveLength(0);
      two.now += 1;
      await two.ask('a');
      expect(two.calls).toHaveLength(1);
      expect(JSON.parse(cache.texts.get(URL_OF_KEYS)!)).toMatchObject({ fetchedAtMs: two.now });
    },
  );

  test('provides keys that verify after a round trip through JSON', async () => {
    const bench = makeBench({ cache: makeCache({ jwks: first.jwks, fetchedAtMs: START_MS }) });
    await createVerifier(bench.remote, { issuer: first.issuer, audience: first.audience })(await first.sign());
    expect(bench.calls).toHaveLength(0);
  });

  test('is read once for 100 callers at once, and not while keys are fresh', async () => {
    const cache = makeCache();
    const bench = makeBench({ cache });
    await Promise.all(Array.from({ length: 100 }, () => bench.ask('a')));
    expect(cache.gets).toBe(1);
    bench.now += MAX_AGE - 1;
    expect(bench.ask('a')).toEqual(setOf('a'));
    expect(cache.gets).toBe(1);
    expect(bench.calls).toHaveLength(1);
  });

  const misses: Record<string, (url: string) => unknown> = {
    throws: () => {
      throw new Error('no cache');
    },
    rejects: () => Promise.reject(new Error('no cache')),
    'rejects with undefined': () => Promise.reject(),
    hangs: () => new Promise(() => undefined),
    'returns null': () => null,
    'resolves to undefined': async () => undefined,
  };
  test.each(Object.keys(misses))('a get that %s is a miss', async (way) => {
    const bench = makeBench({
      timeoutMs: 1_000,
      cache: { get: misses[way] as JwksCache['get'], set: () => undefined },
    });
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
    expect(bench.calls).toHaveLength(1);
  });

  const at = START_MS;
  test.each(
    [
      0,
      '',
      'text',
      true,
      [],
      {},
      { jwks: setOf('x') },
      { fetchedAtMs: at },
      { jwks: null, fetchedAtMs: at },
      { jwks: [], fetchedAtMs: at },
      { jwks: { keys: {} }, fetchedAtMs: at },
      { jwks: { keys: 'x' }, fetchedAtMs: at },
      { jwks: setOf('x'), fetchedAtMs: 'yesterday' },
      { jwks: setOf('x'), fetchedAtMs: {} },
      { jwks: setOf('x'), fetchedAtMs: -1 },
      { jwks: setOf('x'), fetchedAtMs: null },
      { jwks: setOf('x'), fetchedAtMs: at - MAX_AGE },
    ].map((entry) => [entry] as const),
  )('the entry %j is a miss', async (entry) => {
    const bench = makeBench({ cache: makeCache(entry) });
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
    expect(bench.calls).toHaveLength(1);
  });

  test.each([NaN, Infinity, -Infinity])('an entry fetched at %s is a miss', async (fetchedAtMs) => {
    const bench = makeBench({ cache: { get: () => ({ jwks: setOf('x'), fetchedAtMs }), set: () => undefined } });
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
  });

  test.each([MAX_AGE * 3, DAY, 1e15])(
    'an entry from the future (%i ms) is a miss and does not prolong the life of keys',
    async (ms) => {
      const entry = { jwks: setOf('a', 'withdrawn'), fetchedAtMs: START_MS + ms };
      // A read-only cache.
      const bench = makeBench({ cache: { get: () => entry, set: () => undefined } });
      for (const calls of [1, 2, 3]) {
        expect(await bench.ask('a')).toEqual(setOf('a'));
        expect(bench.calls).toHaveLength(calls);
        bench.now += MAX_AGE;
      }
    },
  );

  test('an entry from the future does not serve in an outage either', async () => {
    const cache = makeCache();
    const bench = await makeWarm({ cache });
    cache.texts.set(URL_OF_KEYS, JSON.stringify({ jwks: setOf('withdrawn'), fetchedAtMs: 1e15 }));
    bench.network = 'down';
    bench.now += MAX_AGE;
    expect(await outcome(bench.ask('withdrawn'))).toBe('ERR_SET_JWKS');
    expect(bench.remote.current).toEqual(setOf('a'));
  });

  const ignored: Record<string, () => unknown> = {
    throws: () => {
      throw new Error('full');
    },
    rejects: () => Promise.reject(new Error('full')),
    hangs: () => new Promise(() => undefined),
  };
  test.each(Object.keys(ignored))('a set that %s is ignored', async (way) => {
    const bench = makeBench({ timeoutMs: 1_000, cache: { get: () => undefined, set: ignored[way]! } });
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
    expect(bench.ask('a')).toEqual(setOf('a'));
    await expect(bench.remote.refresh()).resolves.toBeUndefined();
  });

  test('may be an instance of a class with private state', async () => {
    class Store {
      #entry: JwksCacheEntry | undefined;
      get(): JwksCacheEntry | undefined {
        return this.#entry;
      }
      set(_url: string, entry: JwksCacheEntry): void {
        this.#entry = entry;
      }
    }
    const cache = new Store();
    await makeWarm({ cache });
    expect(cache.get()).toEqual({ jwks: setOf('a'), fetchedAtMs: START_MS });
  });

  test("another process's newer entry is used without a fetch when our keys are stale", async () => {
    const cache = makeCache();
    const bench = await makeWarm({ cache });
    bench.now += MAX_AGE;
    cache.texts.set(URL_OF_KEYS, JSON.stringify({ jwks: setOf('b'), fetchedAtMs: bench.now - SECOND }));
    expect(await bench.ask('b')).toEqual(setOf('b'));
    expect(bench.calls).toHaveLength(1);
  });

  test('an entry older than our keys is not used', async () => {
    const cache = makeCache();
    const bench = await makeWarm({ cache });
    bench.now += MAX_AGE;
    cache.texts.set(URL_OF_KEYS, JSON.stringify({ jwks: setOf('old'), fetchedAtMs: START_MS - 1 }));
    bench.network = 'down';
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
    expect(await outcome(bench.ask('old'))).toBe('ERR_SET_JWKS');
  });

  test('a stale entry serves in an outage as long as fetched keys would', async () => {
    const cache = makeCache({ jwks: setOf('a'), fetchedAtMs: START_MS });
    const bench = makeBench({ cache });
    bench.network = 'down';
    bench.now += MAX_AGE + DAY - 1;
    expect(await outcome(bench.ask('a'))).toEqual(setOf('a'));
    expect(await outcome(bench.ask('b'))).toBe('ERR_SET_JWKS');
    bench.now += 1;
    expect(await outcome(bench.ask('a'))).toBe('ERR_SET_JWKS');
  });

  test('refresh() bypasses it, and then updates it', async () => {
    const cache = makeCache({ jwks: setOf('x'), fetchedAtMs: START_MS });
    const bench = makeBench({ cache });
    await bench.remote.refresh();
    expect(bench.remote.current).toEqual(setOf('a'));
    expect(JSON.parse(cache.texts.get(URL_OF_KEYS)!)).toMatchObject({ jwks: setOf('a') });
  });

  test('a hanging get or set delays no caller beyond the timeout', async () => {
    const cache = { get: () => new Promise<never>(() => undefined), set: () => new Promise(() => undefined) };
    const bench = makeBench({ timeoutMs: 500, cache });
    const begun = performance.now();
    await bench.ask('a');
    await bench.remote.refresh();
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  test('a failed fetch leaves it unchanged', async () => {
    const cache = makeCache({ jwks: setOf('x'), fetchedAtMs: START_MS });
    const before = new Map(cache.texts);
    const bench = makeBench({ cache });
    bench.network = 'down';
    expect(await outcome(bench.remote.refresh())).toBe('ERR_SET_JWKS');
    expect(cache.texts).toEqual(before);
  });
});

describe("a caller's mistake is an immediate TypeError", () => {
  const OTHER = 'ftp://transmitter.example/keys';
  test.each([
    '',
    'keys',
    '/keys',
    '//transmitter.example/keys',
    'https://',
    OTHER,
    'data:application/json,{"keys":[]}',
    'file:///keys',
    'blob:https://a.example/1',
    'http://transmitter.example/keys',
    'http://10.0.0.1/',
    'https://user@transmitter.example/',
    'https://user:password@transmitter.example/',
    'https://:password@transmitter.example/',
    'http://user:password@localhost/',
  ])('the URL %j', (url) => {
    expect(() => createRemoteJwks(url)).toThrow(TypeError);
  });

  test.each([undefined, null, 1, {}, []])('the URL %j, which is not a string', (url) => {
    expect(() => createRemoteJwks(url as never)).toThrow(TypeError);
  });

  test('a password in the URL, which the message does not quote', () => {
    const shown = expect.objectContaining({ message: expect.not.stringContaining('hunter2') });
    expect(() => createRemoteJwks('https://user:hunter2@transmitter.example/')).toThrow(shown);
  });

  const amounts = ['timeoutMs', 'maxAgeMs', 'cooldownMs', 'staleIfErrorMs', 'maxBodyBytes'];
  const badAmounts = amounts.flatMap((name) =>
    [NaN, -1, Infinity, -Infinity, '5', null].map((value) => [name, value] as const),
  );
  test.each(badAmounts)('%s: %s', (name, value) => {
    expect(() => createRemoteJwks(URL_OF_KEYS, { [name]: value })).toThrow(TypeError);
  });

  test.each(amounts)('but %s may be 0 or undefined', (name) => {
    createRemoteJwks(URL_OF_KEYS, { [name]: 0 });
    createRemoteJwks(URL_OF_KEYS, { [name]: undefined } as RemoteJwksOptions);
  });

  test.each([NaN, Infinity, -1, '1', undefined])('a clock that returns %s', (time) => {
    expect(() => createRemoteJwks(URL_OF_KEYS, { now: () => time as number })).toThrow(TypeError);
  });

  test('http to other hosts, unless allowInsecureHttp is true', async () => {
    const urls: string[] = [];
    const fetch: FetchLike = async (url) => {
      urls.push(url);
      return Response.json(setOf('a'));
    };
    expect(() => createRemoteJwks('http://transmitter.example/keys', { fetch, allowInsecureHttp: false })).toThrow(
      TypeError,
    );
    await createRemoteJwks('http://transmitter.example/keys', { fetch, allowInsecureHttp: true }).refresh();
    await createRemoteJwks('http://localhost:8080/keys', { fetch }).refresh();
    expect(urls).toEqual(['http://transmitter.example/keys', 'http://localhost:8080/keys']);
    expect(() => createRemoteJwks(OTHER, { allowInsecureHttp: true })).toThrow(TypeError);
    expect(() => createRemoteJwks('http://a:b@transmitter.example/', { allowInsecureHttp: true })).toThrow(TypeError);
  });
});

describe('the request', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('accepts a URL object', async () => {
    const urls: string[] = [];
    const fetch: FetchLike = async (url) => {
      urls.push(url);
      return Response.json(setOf('a'));
    };
    await createRemoteJwks(new URL(URL_OF_KEYS), { fetch }).refresh();
    expect(urls).toEqual([URL_OF_KEYS]);
  });

  test('is a GET that follows no redirects, with an accept header and the given headers', async () => {
    const plain = await makeWarm();
    expect(plain.calls[0]!.init).toMatchObject({
      method: 'GET',
      redirect: 'manual',
      headers: { accept: 'application/json' },
    });
    const bench = await makeWarm({ headers: { authorization: 'Bearer x', accept: 'application/jwk-set+json' } });
    expect(bench.calls[0]!.init.headers).toEqual({ authorization: 'Bearer x', accept: 'application/jwk-set+json' });
  });

  test("uses the platform's fetch at the time of the request", async () => {
    const remote = createRemoteJwks(URL_OF_KEYS);
    for (const kid of ['a', 'b']) {
      const replaced = vi.fn(async () => Response.json(setOf(kid)));
      vi.stubGlobal('fetch', replaced);
      await remote.refresh();
      expect(replaced).toHaveBeenCalledTimes(1);
      expect(remote.current).toEqual(setOf(kid));
    }
  });

  test('fails with ERR_SET_JWKS without a fetch, and when fetch throws or returns junk', async () => {
    vi.stubGlobal('fetch', undefined);
    expect(await outcome(createRemoteJwks(URL_OF_KEYS).refresh())).toBe('ERR_SET_JWKS');
    const fetches = [
      () => {
        throw new Error('at once');
      },
      () => undefined,
      async () => undefined,
      async () => null,
      async () => ({}),
      async () => ({ status: 200 }),
      async () => ({ status: 200, body: null }),
      async () => ({ status: 200, body: 'text' }),
      async () => ({ status: '200', body: null }),
      () => Promise.reject(undefined),
      down,
    ];
    for (const fetch of fetches)
      expect(await outcome(createRemoteJwks(URL_OF_KEYS, { fetch: fetch as never }).refresh())).toBe('ERR_SET_JWKS');
  });
});
