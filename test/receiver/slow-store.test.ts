/** createPushReceiver with a replay store that takes its time, by a clock in the test's hand. */
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

/** Waits, without a timer, until something has come about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a store', () => {
  test('that never answers is waited for no longer than five seconds', async () => {
    for (const [name, status] of [
      ['begin', 503],
      ['commit', 202],
    ] as const) {
      const never = vi.fn(() => new Promise<never>(() => {}));
      const errors: unknown[] = [];
      const replay = { ...createMemoryReplayStore(), [name]: never };
      const receive = createPushReceiver({ verify, onSet: () => {}, replay, onError: (error) => errors.push(error) });
      const answer = receive(await transmitter.request(ENDPOINT));
      await until(() => never.mock.calls.length > 0);
      await vi.advanceTimersByTimeAsync(5_000);
      expect((await answer).status).toBe(status);
      expect(errors).toMatchObject([{ message: `The replay store did not ${name} within 5000 ms` }]);
    }
  });

  test('that takes a SET too late gives it back', async () => {
    let take: ((_: 'new') => void) | undefined;
    const abort = vi.fn(async () => {});
    const begin = (): Promise<'new'> => new Promise((resolve) => (take = resolve));
    const onSet = vi.fn();
    const receive = createPushReceiver({ verify, onSet, replay: { ...createMemoryReplayStore(), begin, abort } });
    const answer = receive(await transmitter.request(ENDPOINT));
    await until(() => take !== undefined);
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await answer).status).toBe(503);
    take!('new');
    await until(() => abort.mock.calls.length > 0);
    expect(abort).toHaveBeenCalledOnce();
    expect(onSet).not.toHaveBeenCalled();
  });
});
