/** Remote key sets when things happen at the same time, in the wrong order, or never. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { FetchLike } from '../../src/http.js';
import { createRemoteJwks, type JwksCacheEntry } from '../../src/jwks/remote.js';
import type { JsonWebKeySet } from '../../src/keys.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, verifySet } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';
import { PATIENTLY } from '../support/timing.js';

const URL_OF_KEYS = 'https://transmitter.example/jwks';
const keyNamed = (kid: string): JsonWebKeySet => ({ keys: [{ kty: 'RSA', n: 'w'.repeat(342), e: 'AQAB', kid }] });
const OLD = keyNamed('old');
const NEW = keyNamed('new');

/** A fetch whose answers are given one by one, from outside. */
function openFetch(): {
  fetch: FetchLike;
  answer: (jwks: JsonWebKeySet) => void;
  fail: () => void;
  calls: () => number;
} {
  const waiting: { resolve: (response: Response) => void; reject: (error: Error) => void }[] = [];
  const fetch = vi.fn(() => new Promise<Response>((resolve, reject) => void waiting.push({ resolve, reject })));
  return {
    fetch,
    answer: (jwks) => waiting.shift()!.resolve(Response.json(jwks)),
    fail: () => waiting.shift()!.reject(new Error('down')),
    calls: () => fetch.mock.calls.length,
  };
}

const turn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 5));

let transmitter: TestTransmitter;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
});

describe('refresh', () => {
  test.each(['answer', 'fail'] as const)(
    'during a fetch fetches anew once that ends (%s), because it may have been too early',
    async (end) => {
      const { fetch, answer, fail, calls } = openFetch();
      const keys = createRemoteJwks(URL_OF_KEYS, { fetch });
      const first = Promise.resolve(keys({ alg: 'RS256', kid: 'old' })).catch((error: unknown) => error);
      await vi.waitFor(() => expect(calls()).toBe(1), PATIENTLY);
      const refreshed = keys.refresh();
      await turn();
      expect(calls()).toBe(1);
      if (end === 'answer') answer(OLD);
      else fail();
      await vi.waitFor(() => expect(calls()).toBe(2), PATIENTLY);
      answer(NEW);
      await refreshed;
      await first;
      expect(keys.current).toEqual(NEW);
    },
  );

  test('does not wait for ever for a fetch that its runtime has dropped', async () => {
    let isDropped = true;
    const fetch: FetchLike = () => (isDropped ? new Promise<never>(() => {}) : Promise.resolve(Response.json(NEW)));
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, timeoutMs: 2_000 });
    // The timers of the request that began the fetch die with it.
    const timer = vi.spyOn(globalThis, 'setTimeout').mockImplementation(() => 0 as never);
    void keys({ alg: 'RS256' });
    timer.mockRestore();
    isDropped = false;
    await keys.refresh();
    expect(keys.current).toEqual(NEW);
  });
});

describe('a slow older fetch', () => {
  test('does not replace newer keys that came from the cache, here and there', async () => {
    const { fetch, answer, calls } = openFetch();
    const store = new Map<string, JwksCacheEntry>();
    let time = 1_000_000;
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, cache: store, now: () => time });
    const slow = keys({ alg: 'RS256', kid: 'new' });
    await vi.waitFor(() => expect(calls()).toBe(1), PATIENTLY);
    time += 2_000;
    store.set(URL_OF_KEYS, { jwks: NEW, fetchedAtMs: time });
    await keys({ alg: 'RS256', kid: 'new' });
    answer(OLD);
    await slow;
    expect(keys.current).toEqual(NEW);
    expect(store.get(URL_OF_KEYS)?.jwks).toEqual(NEW);
  });

  test('that answers after its time changes nothing', async () => {
    const { fetch, answer, calls } = openFetch();
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, timeoutMs: 2_000, cooldownMs: 0 });
    expect((await rejectionOf(Promise.resolve(keys({ alg: 'RS256' })))).code).toBe('ERR_SET_JWKS');
    const second = keys.refresh();
    await vi.waitFor(() => expect(calls()).toBe(2), PATIENTLY);
    answer(OLD);
    await turn();
    expect(keys.current).toBeUndefined();
    answer(NEW);
    await second;
    expect(keys.current).toEqual(NEW);
  });
});

describe('time', () => {
  test('the longest timeout that timers take works', async () => {
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch: async () => Response.json(NEW), timeoutMs: 2_147_483_647 });
    await keys.refresh();
    expect(keys.current).toEqual(NEW);
    expect(() => createRemoteJwks(URL_OF_KEYS, { timeoutMs: 2_147_483_648 })).toThrow(TypeError);
  });

  test('a clock that was set back makes no key last', async () => {
    let time = 10_000_000;
    const fetch = vi.fn(async () => Response.json(OLD));
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, now: () => time });
    await keys.refresh();
    time -= 599_000;
    await keys({ alg: 'RS256', kid: 'old' });
    expect(fetch).toHaveBeenCalledTimes(2);
    time += 1_000;
    await keys({ alg: 'RS256', kid: 'old' });
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('nobody waits for a cache that is slow to store', async () => {
    const cache = { get: () => undefined, set: () => new Promise<never>(() => {}) };
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch: async () => Response.json(NEW), cache });
    await keys.refresh();
    expect(keys.current).toEqual(NEW);
  });

  test('while it waits after a failure, old keys serve at once, though the cache hangs', async () => {
    let time = 10_000_000;
    let isUp = true;
    const cache = { get: vi.fn(() => (isUp ? undefined : new Promise<never>(() => {}))), set: () => {} };
    const fetch: FetchLike = async () => (isUp ? Response.json(OLD) : new Response('', { status: 503 }));
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, cache, now: () => time, timeoutMs: 2_000 });
    await keys({ alg: 'RS256', kid: 'old' });
    isUp = false;
    time += 700_000;
    expect(await keys({ alg: 'RS256', kid: 'old' })).toEqual(OLD);
    const asked = cache.get.mock.calls.length;
    expect(await keys({ alg: 'RS256', kid: 'old' })).toEqual(OLD);
    expect(cache.get.mock.calls.length).toBe(asked);
  });
});

describe('keys without a kid', () => {
  test('serve through an outage, for whatever kid the header has', async () => {
    let time = 1_700_000_000_000;
    let isUp = true;
    const { kid: _, ...key } = transmitter.jwks.keys[0]!;
    const fetch: FetchLike = async () => (isUp ? Response.json({ keys: [key] }) : new Response('', { status: 503 }));
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, now: () => time });
    const options = { issuer: transmitter.issuer, audience: transmitter.audience };
    await verifySet(await transmitter.sign(), keys, options);
    isUp = false;
    time += 31_000;
    expect((await verifySet(await transmitter.sign(), keys, options)).payload.iss).toBe(transmitter.issuer);
  });

  /** A remote key set of keys without a kid, whose transmitter rotates its key. */
  async function rotate(cooldownMs?: number) {
    const [before, after] = await Promise.all([createTestTransmitter(), createTestTransmitter()]);
    const unnamed = ({ jwks }: TestTransmitter): JsonWebKeySet => ({
      keys: jwks.keys.map(({ kid: _, ...key }) => key),
    });
    const state = { time: 1_700_000_000_000, published: unnamed(before), fetches: 0 };
    const fetch: FetchLike = async () => (state.fetches++, Response.json(state.published));
    const keys = createRemoteJwks(URL_OF_KEYS, {
      fetch,
      now: () => state.time,
      ...(cooldownMs !== undefined && { cooldownMs }),
    });
    const verify = createVerifier(keys, { issuer: before.issuer, audience: before.audience });
    await verify(await before.sign());
    return {
      state,
      before,
      after,
      verify,
      publish: (transmitter: TestTransmitter) => (state.published = unnamed(transmitter)),
    };
  }

  test.each([{ kid: undefined }, {}])(
    'are fetched again before a signature by an unknown one is final (header %j)',
    async (header) => {
      const { state, after, verify, publish } = await rotate();
      publish(after);
      const token = await after.sign({}, header);
      state.time += 10_000;
      expect(await rejectionOf(verify(token))).toMatchObject({ code: 'ERR_SET_JWKS', retryAfterSeconds: 20 });
      expect(state.fetches).toBe(1);
      state.time += 20_000;
      expect((await verify(token)).payload.iss).toBe(after.issuer);
      expect(state.fetches).toBe(2);
    },
  );

  test('make a forged signature final after a fetch that began after the token arrived', async () => {
    const { state, after, verify } = await rotate();
    const forged = await after.sign({}, { kid: undefined });
    state.time += 30_000;
    expect((await rejectionOf(verify(forged))).code).toBe('ERR_SET_SIGNATURE');
    expect(state.fetches).toBe(2);
    for (let i = 0; i < 100; i++) expect((await rejectionOf(verify(forged))).code).toBe('ERR_SET_JWKS');
    expect(state.fetches).toBe(2);
  });

  test('end, without a cooldown, after one fetch for each token', async () => {
    const { state, after, verify } = await rotate(0);
    const forged = await after.sign({}, { kid: undefined });
    expect((await rejectionOf(verify(forged))).code).toBe('ERR_SET_SIGNATURE');
    expect(state.fetches).toBe(2);
  });

  test('are tried at once when the set that was tried has been replaced meanwhile', async () => {
    const { state, before, after, verify, publish } = await rotate();
    publish(after);
    state.time += 600_000;
    // Both are asked for the keys at the same time, and the fetch is one.
    const [good, old] = [
      verify(await after.sign({}, { kid: undefined })),
      rejectionOf(verify(await before.sign({}, { kid: undefined }))),
    ];
    expect((await good).payload.iss).toBe(after.issuer);
    expect((await old).code).toMatch(/^ERR_SET_(JWKS|SIGNATURE)$/);
    expect(state.fetches).toBe(2);
  });

  test('named in the header are final at once: a signature that does not match the key of its kid', async () => {
    let fetches = 0;
    const fetch: FetchLike = async () => (fetches++, Response.json(transmitter.jwks));
    const verify = createVerifier(createRemoteJwks(URL_OF_KEYS, { fetch }), {
      issuer: transmitter.issuer,
      audience: transmitter.audience,
    });
    await verify(await transmitter.sign());
    const [header, , signature] = (await transmitter.sign()).split('.');
    const other = (await transmitter.sign({ jti: 'other' })).split('.')[1];
    expect((await rejectionOf(verify(`${header}.${other}.${signature}`))).code).toBe('ERR_SET_SIGNATURE');
    expect(fetches).toBe(1);
  });

  test('named in the header are final in an outage too', async () => {
    let time = 1_700_000_000_000;
    let isUp = true;
    const fetch: FetchLike = async () => (isUp ? Response.json(transmitter.jwks) : new Response('', { status: 503 }));
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, now: () => time });
    const verify = createVerifier(keys, { issuer: transmitter.issuer, audience: transmitter.audience });
    await verify(await transmitter.sign());
    isUp = false;
    time += 600_000;
    const forged = `${(await transmitter.sign()).slice(0, -20)}${'A'.repeat(20)}`;
    expect((await rejectionOf(verify(forged))).code).toBe('ERR_SET_SIGNATURE');
  });
});

describe('keys of no use without a kid', () => {
  const even = 'AQAC';
  test.each<[name: string, junk: object]>([
    ['no modulus', { kty: 'RSA', e: 'AQAB' }],
    ['a short modulus', { kty: 'RSA', n: 'w'.repeat(171), e: 'AQAB' }],
    ['an exponent that only the import refuses', { kty: 'RSA', n: 'w'.repeat(342), e: even }],
  ])('do not make an unknown key final: %s', async (_, junk) => {
    let time = 1_700_000_000_000;
    const [before, after] = await Promise.all([createTestTransmitter(), createTestTransmitter()]);
    let published: unknown = { keys: [...before.jwks.keys, junk] };
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch: async () => Response.json(published), now: () => time });
    const verify = createVerifier(keys, { issuer: before.issuer, audience: before.audience });
    await verify(await before.sign());
    published = { keys: [...after.jwks.keys, junk] };
    time += 10_000;
    const token = await after.sign();
    expect(await rejectionOf(verify(token))).toMatchObject({ code: 'ERR_SET_JWKS', retryAfterSeconds: 20 });
    time += 20_000;
    expect((await verify(token)).payload.iss).toBe(after.issuer);
  });
});

test('a key that came while others were tried is tried too', async () => {
  const [before, after] = await Promise.all([createTestTransmitter(), createTestTransmitter()]);
  const { kid: _, ...unnamed } = before.jwks.keys[0]!;
  let published: JsonWebKeySet = { keys: [unnamed] };
  const keys = createRemoteJwks(URL_OF_KEYS, { fetch: async () => Response.json(published) });
  await keys.refresh();
  published = after.jwks;
  const { verify } = crypto.subtle;
  // The new key is there before the signature is known not to match the old one.
  const spy = vi
    .spyOn(crypto.subtle, 'verify')
    .mockImplementationOnce(
      async (...args: Parameters<SubtleCrypto['verify']>) => (await keys.refresh(), verify.apply(crypto.subtle, args)),
    );
  try {
    expect(
      (await createVerifier(keys, { issuer: after.issuer, audience: after.audience })(await after.sign())).payload.iss,
    ).toBe(after.issuer);
  } finally {
    spy.mockRestore();
  }
});

describe('without a cooldown', () => {
  test('a token that came during a fetch gets one of its own', async () => {
    const { fetch, answer, calls } = openFetch();
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, cooldownMs: 0 });
    const first = Promise.resolve(keys({ alg: 'RS256', kid: 'old' }));
    await vi.waitFor(() => expect(calls()).toBe(1), PATIENTLY);
    const second = Promise.resolve(keys({ alg: 'RS256', kid: 'new' }));
    answer(OLD);
    expect(await first).toEqual(OLD);
    await vi.waitFor(() => expect(calls()).toBe(2), PATIENTLY);
    answer(NEW);
    expect(await second).toEqual(NEW);
  });
});
