/** Remote key sets when fetches, caches and clocks overlap, come in the wrong order, or never finish. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { FetchLike } from '../../src/http.js';
import { createRemoteJwks } from '../../src/jwks/remote.js';
import type { JsonWebKeySet } from '../../src/keys.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, verifySet } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';
import { PATIENTLY } from '../support/timing.js';

const URL_OF_KEYS = 'https://transmitter.example/jwks';
const keyNamed = (kid: string): JsonWebKeySet => ({ keys: [{ kty: 'RSA', n: 'w'.repeat(342), e: 'AQAB', kid }] });
const OLD = keyNamed('old');
const NEW = keyNamed('new');

/** Creates a fetch whose responses the test supplies one by one. */
function createControlledFetch(): {
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

const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 5));

let transmitter: TestTransmitter;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
});

describe('refresh', () => {
  test.each(['answer', 'fail'] as const)(
    'during a fetch starts another once that ends (%s), since it may have been too early',
    async (end) => {
      const { fetch, answer, fail, calls } = createControlledFetch();
      const keys = createRemoteJwks(URL_OF_KEYS, { fetch });
      const first = Promise.resolve(keys({ alg: 'RS256', kid: 'old' })).catch((error: unknown) => error);
      await vi.waitFor(() => expect(calls()).toBe(1), PATIENTLY);
      const refreshed = keys.refresh();
      await pause();
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

  test('does not wait forever for a fetch that the runtime has dropped', async () => {
    let isDropped = true;
    const fetch: FetchLike = () => (isDropped ? new Promise<never>(() => {}) : Promise.resolve(Response.json(NEW)));
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, timeoutMs: 2_000 });
    // The runtime drops the timers along with the request that began the fetch.
    const timer = vi.spyOn(globalThis, 'setTimeout').mockImplementation(() => 0 as never);
    void keys({ alg: 'RS256' });
    timer.mockRestore();
    isDropped = false;
    await keys.refresh();
    expect(keys.current).toEqual(NEW);
  });
});

describe('a slow older fetch', () => {
  test('that responds after its timeout changes nothing', async () => {
    const { fetch, answer, calls } = createControlledFetch();
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, timeoutMs: 2_000, cooldownMs: 0 });
    expect((await rejectionOf(Promise.resolve(keys({ alg: 'RS256' })))).code).toBe('ERR_SET_JWKS');
    const second = keys.refresh();
    await vi.waitFor(() => expect(calls()).toBe(2), PATIENTLY);
    answer(OLD);
    await pause();
    expect(keys.current).toBeUndefined();
    answer(NEW);
    await second;
    expect(keys.current).toEqual(NEW);
  });
});

describe('time', () => {
  // Timers end at once when they are asked for more than 2^31 - 1 ms.
  test.each([2_147_483_647, 2_147_483_648, Number.MAX_SAFE_INTEGER])('a timeout of %i ms works', async (timeoutMs) => {
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch: async () => Response.json(NEW), timeoutMs });
    await keys.refresh();
    expect(keys.current).toEqual(NEW);
  });

  test.each([NaN, undefined])('refresh() rejects when the clock returns %s after a while', async (broken) => {
    let time: number | undefined = 1_700_000_000_000;
    const fetch: FetchLike = async () => Response.json(NEW);
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, now: () => time as number });
    time = broken;
    await expect(keys.refresh()).rejects.toThrow(TypeError);
  });

  test('after a failure, retryAfterSeconds is the time that remains, in an error of its own', async () => {
    let time = 1_700_000_000_000;
    const fetch: FetchLike = async () => new Response('', { status: 503 });
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, now: () => time, cooldownMs: 30_000 });
    for (let failures = 0; failures < 6; failures++, time += 30_000) await rejectionOf(keys.refresh());
    time -= 30_000;
    const first = await rejectionOf(Promise.resolve(keys({ alg: 'RS256' })));
    time += 29_000;
    const second = await rejectionOf(Promise.resolve(keys({ alg: 'RS256' })));
    expect([first.retryAfterSeconds, second.retryAfterSeconds]).toEqual([30, 1]);
    expect(second).toMatchObject({ status: 503, code: 'ERR_SET_JWKS', message: first.message });
    expect(second).not.toBe(first);
  });

  test('a clock that was set back does not prolong the life of a key', async () => {
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

  test('no caller waits for a cache that is slow to store', async () => {
    const cache = { get: () => undefined, set: () => new Promise<never>(() => {}) };
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch: async () => Response.json(NEW), cache });
    await keys.refresh();
    expect(keys.current).toEqual(NEW);
  });

  test('during the wait after a failure, old keys serve at once even if the cache hangs', async () => {
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
  test('serve during an outage, whatever kid the header has', async () => {
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

  /** Creates a verifier with remote keys without a kid, which it has fetched, and a transmitter to rotate to. */
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
    'are fetched again before a signature by an unknown key is refused for good (header %j)',
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

  test('have a forged signature refused for good after a fetch that began after the token arrived', async () => {
    const { state, after, verify } = await rotate();
    const forged = await after.sign({}, { kid: undefined });
    state.time += 30_000;
    expect((await rejectionOf(verify(forged))).code).toBe('ERR_SET_SIGNATURE');
    expect(state.fetches).toBe(2);
    for (let i = 0; i < 100; i++) expect((await rejectionOf(verify(forged))).code).toBe('ERR_SET_JWKS');
    expect(state.fetches).toBe(2);
  });

  test('are fetched once per token without a cooldown', async () => {
    const { state, after, verify } = await rotate(0);
    const forged = await after.sign({}, { kid: undefined });
    expect((await rejectionOf(verify(forged))).code).toBe('ERR_SET_SIGNATURE');
    expect(state.fetches).toBe(2);
  });

  test('end a crowd of forged tokens with few fetches, even without a cooldown', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => createTestTransmitter({ algorithm: 'ES256' })));
    let fetches = 0;
    const published = { keys: many.flatMap(({ jwks }) => jwks.keys.map(({ kid: _, ...key }) => key)) };
    const fetch: FetchLike = async () => (fetches++, Response.json(published));
    const { issuer, audience } = many[0]!;
    const keys = createRemoteJwks(URL_OF_KEYS, { fetch, cooldownMs: 0 });
    const verify = createVerifier(keys, { issuer, audience, algorithms: ['ES256'] });
    const forged = `${(await many[0]!.sign({}, { kid: undefined })).slice(0, -20)}${'A'.repeat(20)}`;
    const codes = await Promise.all(Array.from({ length: 200 }, async () => (await rejectionOf(verify(forged))).code));
    expect(new Set(codes)).toEqual(new Set(['ERR_SET_SIGNATURE']));
    expect(fetches).toBeLessThanOrEqual(3);
  });

  test('are tried at once when the tried set has been replaced in the meantime', async () => {
    const { state, before, after, verify, publish } = await rotate();
    publish(after);
    state.time += 600_000;
    // Both need the keys at the same time, and share one fetch.
    const [good, old] = [
      verify(await after.sign({}, { kid: undefined })),
      rejectionOf(verify(await before.sign({}, { kid: undefined }))),
    ];
    expect((await good).payload.iss).toBe(after.issuer);
    expect((await old).code).toMatch(/^ERR_SET_(JWKS|SIGNATURE)$/);
    expect(state.fetches).toBe(2);
  });
});

describe('a key named by the header', () => {
  test('has a bad signature refused for good at once', async () => {
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

  test('has a bad signature refused for good during an outage too', async () => {
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

describe('unusable keys without a kid', () => {
  const evenExponent = 'AQAC';
  test.each<[name: string, junk: object]>([
    ['no modulus', { kty: 'RSA', e: 'AQAB' }],
    ['a short modulus', { kty: 'RSA', n: 'w'.repeat(171), e: 'AQAB' }],
    ['an exponent that only the import refuses', { kty: 'RSA', n: 'w'.repeat(342), e: evenExponent }],
  ])('do not make the refusal of an unknown key final: %s', async (_, junk) => {
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

test('a key that arrived while others were tried is tried too', async () => {
  const [before, after] = await Promise.all([createTestTransmitter(), createTestTransmitter()]);
  const { kid: _, ...unnamed } = before.jwks.keys[0]!;
  let published: JsonWebKeySet = { keys: [unnamed] };
  const keys = createRemoteJwks(URL_OF_KEYS, { fetch: async () => Response.json(published) });
  await keys.refresh();
  published = after.jwks;
  const { verify } = crypto.subtle;
  // The new key arrives before the signature is known not to match the old one.
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
  test('a token that arrived during a fetch causes another', async () => {
    const { fetch, answer, calls } = createControlledFetch();
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
