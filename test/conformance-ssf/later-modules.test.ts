/** A receiver that is nothing but this package also passes the modules that the conformance suite gained later. */
import { describe, expect, test, vi } from 'vitest';
import { rejectionOf } from '../support/refusals.js';
import { PATIENTLY } from '../support/timing.js';
import { EMAIL, EVENT_TYPES } from './event-examples.js';
import {
  invalidSets,
  issuerMismatch,
  queuedEvents,
  redeliveredSet,
  removedSubject,
  statusChange,
  tokenExpiry,
  wrongState,
  wrongSubject,
} from './later-modules.js';
import { type Module, STREAM_UPDATED, type Variant, VARIANTS, VERIFICATION } from './protocol.js';
import { type Receiver, startReceiver } from './receiver.js';
import { startTransmitter, type StrictTransmitter } from './transmitter.js';

/** What a receiver and its transmitter can do in a test. */
interface Play extends Receiver {
  readonly transmitter: StrictTransmitter;
  /** Creates a stream, starts to receive, and requests a verification. Returns the ID of the stream. */
  verify(): Promise<string>;
  /** Waits until the transmitter knows the outcome of so many SETs. */
  settled(acknowledged: number, refused?: number): Promise<void>;
  /** Stops to receive, and deletes the stream. */
  finish(streamId: string): Promise<void>;
}

/** Plays a module. At the end, the receiver must have passed it, with these warnings. */
async function play(
  module: Module,
  variant: Variant,
  act: (play: Play) => Promise<void>,
  options: Parameters<typeof startReceiver>[2] & { readonly warnings?: readonly string[] } = {},
): Promise<void> {
  const transmitter = await startTransmitter(module, variant);
  const receiver = await startReceiver(transmitter, variant, options);
  const { client, start, stop, streamRequest } = receiver;
  const { acknowledged, refused, failures } = transmitter;
  try {
    await act({
      ...receiver,
      transmitter,
      async verify() {
        const stream = await client.create(streamRequest(EVENT_TYPES));
        start(stream);
        await client.verify(stream.stream_id);
        return stream.stream_id;
      },
      settled: (count, refusals = 0) =>
        vi.waitFor(() => {
          const isDone = acknowledged.length >= count && refused.length >= refusals;
          expect(isDone || failures.length > 0).toBe(true);
        }, PATIENTLY),
      async finish(streamId) {
        await stop();
        expect(await client.delete(streamId)).toBe(true);
      },
    });
    expect(transmitter.verdict()).toEqual([]);
    expect(transmitter.warnings).toEqual(options.warnings ?? []);
  } finally {
    await receiver.close();
    await transmitter.close();
  }
}

const STATIC = VARIANTS.filter(({ authorization }) => authorization === 'static');
const codesOf = (errors: readonly unknown[]): unknown[] => errors.map((error) => (error as { code: unknown }).code);

describe.each(STATIC)('with $delivery, a receiver', (variant) => {
  test('refuses invalid SETs, each with its error', async () => {
    const act = async ({ verify, settled, finish, handled, errors }: Play): Promise<void> => {
      const streamId = await verify();
      await settled(1, 4);
      await finish(streamId);
      expect(handled).toHaveLength(1);
      expect(codesOf(errors)).toEqual([
        'ERR_SET_SIGNATURE',
        'ERR_SET_ISSUER',
        'ERR_SET_AUDIENCE',
        'ERR_SET_KEY_NOT_FOUND',
      ]);
    };
    // The suite waits for the final refusal of an unknown key, so keys must be looked up again at once.
    const warning = `refused an invalid SET with authentication_failed, not invalid_key: ${EVENT_TYPES[0]}`;
    await play(invalidSets, variant, act, { jwks: { cooldownMs: 0 }, warnings: [warning] });
  });

  test('refuses a state that was not requested, and accepts the next verification', async () => {
    await play(wrongState, variant, async ({ client, verify, settled, finish, handled, errors }) => {
      const streamId = await verify();
      await settled(0, 1);
      const { state } = await client.verify(streamId);
      await settled(1, 1);
      await finish(streamId);
      expect(handled.map(({ payload }) => payload.events[VERIFICATION])).toEqual([{ state }]);
      expect(codesOf(errors)).toEqual(['ERR_SET_STATE']);
    });
  });

  test('settles a verification event about another stream', async () => {
    const act = async ({ client, verify, settled, finish }: Play): Promise<void> => {
      const streamId = await verify();
      await settled(1);
      await client.verify(streamId);
      await settled(2);
      await finish(streamId);
    };
    await play(wrongSubject, variant, act, { warnings: [`acknowledged a doubtful SET: ${VERIFICATION}`] });
  });

  test('does not use a stream of another issuer', async () => {
    await play(issuerMismatch, variant, async ({ client, streamRequest }) => {
      expect((await rejectionOf(client.create(streamRequest(EVENT_TYPES)))).code).toBe('ERR_SET_ISSUER');
      expect((await rejectionOf(client.list())).code).toBe('ERR_SET_ISSUER');
    });
  });

  test('acknowledges the announcements of a pause and of its end, and the event that was held', async () => {
    await play(statusChange, variant, async ({ client, verify, settled, finish, handled }) => {
      const streamId = await verify();
      await settled(2);
      expect(await client.getStatus(streamId)).toEqual({ stream_id: streamId, status: 'paused' });
      await settled(4);
      await finish(streamId);
      expect(handled.map(({ payload }) => Object.keys(payload.events)[0])).toEqual([
        VERIFICATION,
        STREAM_UPDATED,
        EVENT_TYPES[0],
        STREAM_UPDATED,
      ]);
    });
  });

  test('does not depend on the place of the verification event', async () => {
    await play(queuedEvents, variant, async ({ verify, settled, finish, handled }) => {
      const streamId = await verify();
      await settled(4);
      await finish(streamId);
      expect(handled.map(({ payload }) => VERIFICATION in payload.events)).toEqual([false, false, false, true]);
    });
  });

  test('acknowledges a SET again, and handles it once', async () => {
    await play(redeliveredSet, variant, async ({ verify, settled, finish, handled, transmitter }) => {
      const streamId = await verify();
      await settled(3);
      await finish(streamId);
      expect(transmitter.acknowledged[2]).toBe(transmitter.acknowledged[1]);
      expect(handled.map(({ payload }) => payload.jti)).toEqual(transmitter.acknowledged.slice(0, 2));
    });
  });

  test('tolerates an event about a subject that was removed', async () => {
    await play(removedSubject, variant, async ({ client, verify, settled, finish, handled }) => {
      const streamId = await verify();
      await settled(1);
      await client.removeSubject(streamId, EMAIL);
      await settled(2);
      await finish(streamId);
      expect(handled[1]!.payload.sub_id).toEqual(EMAIL);
    });
  });
});

test.each(VARIANTS.filter(({ authorization }) => authorization !== 'static'))(
  'with $delivery and $authorization, a receiver obtains a new token after a 401',
  async (variant) => {
    await play(tokenExpiry, variant, async ({ verify, settled, finish }) => {
      const streamId = await verify();
      await settled(2);
      await finish(streamId);
    });
  },
);
