/** createPushReceiver with a slow replay store, on fake timers. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPushReceiver } from '../../src/receiver/push.js';
import { createMemoryReplayStore } from '../../src/receiver/replay.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, type SetVerifier } from '../../src/verify.js';

const ENDPOINT = 'https://receiver.example/events';

let transmitter: TestTransmitter;
let verify: SetVerifier;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  verify = createVerifier(transmitter.jwks, { issuer: transmitter.issuer, audience: transmitter.audience });
});
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Waits until a condition is true, without a timer. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a store that', () => {
  test('never responds is given up after five seconds', async () => {
    for (const [name, status] of [
      ['begin', 503],
      ['commit', 202],
    ] as const) {
      const never = vi.fn(() => new Promise<never>(() => {}));
      const errors: unknown[] = [];
      const replay = { ...createMemoryReplayStore(), [name]: never };
      const receive = createPushReceiver({ verify, onSet: () => {}, replay, onError: (error) => errors.push(error) });
      const response = receive(await transmitter.request(ENDPOINT));
      await until(() => never.mock.calls.length > 0);
      await vi.advanceTimersByTimeAsync(5_000);
      expect((await response).status).toBe(status);
      expect(errors).toMatchObject([{ message: `The replay store's ${name} took longer than 5000 ms` }]);
    }
  });

  test('takes a SET too late releases it', async () => {
    let take: ((_: 'new') => void) | undefined;
    const abort = vi.fn(async () => {});
    const begin = (): Promise<'new'> => new Promise((resolve) => (take = resolve));
    const onSet = vi.fn();
    const receive = createPushReceiver({ verify, onSet, replay: { ...createMemoryReplayStore(), begin, abort } });
    const response = receive(await transmitter.request(ENDPOINT));
    await until(() => take !== undefined);
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await response).status).toBe(503);
    take!('new');
    await until(() => abort.mock.calls.length > 0);
    expect(abort).toHaveBeenCalledOnce();
    expect(onSet).not.toHaveBeenCalled();
  });
});
