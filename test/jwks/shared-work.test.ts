/** Work that several callers of a remote key set share, when one of them gives up waiting. */
import { expect, test, vi } from 'vitest';
import type { SetError } from '../../src/errors.js';
import { createCachedJwks } from '../../src/jwks/cached.js';
import type { JsonWebKeySet } from '../../src/keys.js';
import { PATIENTLY } from '../support/timing.js';

const URL_OF_KEYS = 'https://transmitter.example/jwks';
const keyNamed = (kid: string): JsonWebKeySet => ({ keys: [{ kty: 'RSA', n: 'w'.repeat(342), e: 'AQAB', kid }] });
const OLD = keyNamed('old');
const NEW = keyNamed('new');
const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 5));

test('abandoned work does not end the work that replaced it', async () => {
  const loads: ((jwks: JsonWebKeySet) => void)[] = [];
  const load = (): Promise<unknown> => new Promise((resolve) => loads.push(resolve));
  // A load without a time limit, as in a runtime that drops the timers of a request that has ended.
  const keys = createCachedJwks(URL_OF_KEYS, load, { timeoutMs: 500 }, { cooldownMs: 0 });
  const ask = (): Promise<unknown> =>
    Promise.resolve(keys({ alg: 'RS256', kid: 'new' })).catch((error: SetError) => error.code);
  expect(await ask()).toBe('ERR_SET_JWKS');
  const second = ask();
  await vi.waitFor(() => expect(loads).toHaveLength(2), PATIENTLY);
  loads[0]!(OLD);
  await pause();
  const third = ask();
  await pause();
  // The third has joined the second, although the first has just ended.
  expect(loads).toHaveLength(2);
  loads[1]!(NEW);
  expect([await second, await third]).toEqual([NEW, NEW]);
});
