/**
 * A receiver that is nothing but this package passes the seven modules of the OpenID conformance suite's receiver plans,
 * in push and in poll, with every kind of authorization.
 */
import { describe, expect, test, vi } from 'vitest';
import { PATIENTLY } from '../support/timing.js';
import {
  caepInterop,
  createDelete,
  happyPath,
  MODULES,
  requestedTypes,
  statusUpdate,
  supportedEvents,
  unsolicitedVerification,
  verification,
} from './modules.js';
import { type Module, VARIANTS, VERIFICATION } from './protocol.js';
import { type Receiver, startReceiver } from './receiver.js';
import { startTransmitter, type StrictTransmitter } from './transmitter.js';

/** What a receiver does in a module. */
type Program = (receiver: Receiver, transmitter: StrictTransmitter, module: Module) => Promise<void>;

/** Waits until the transmitter has so many acknowledgements, or something failed. */
async function acknowledgements({ acknowledged, failures }: StrictTransmitter, count: number): Promise<void> {
  await vi.waitFor(() => expect(acknowledged.length >= count || failures.length > 0).toBe(true), PATIENTLY);
}

const PROGRAMS = new Map<Module, Program>([
  [
    happyPath,
    async ({ client, streamRequest }, _, module) => {
      const { stream_id } = await client.create(streamRequest(requestedTypes(module)));
      const read = (await client.get(stream_id))!;
      // An object that was read has members of the transmitter, which must not be sent back.
      expect(await client.update(stream_id, { ...read, description: 'Updated' })).toEqual({
        ...read,
        description: 'Updated',
      });
      expect(await client.replace(stream_id, { ...read, description: 'Replaced' })).toEqual({
        ...read,
        description: 'Replaced',
      });
      expect(await client.delete(stream_id)).toBe(true);
    },
  ],
  [
    createDelete,
    async ({ client, streamRequest }, { issuer, audience }, module) => {
      const types = requestedTypes(module);
      const stream = await client.create(streamRequest(types));
      expect(stream).toMatchObject({ iss: issuer, aud: [audience], events_delivered: types });
      expect(await client.delete(stream.stream_id)).toBe(true);
      expect(await client.list()).toEqual([]);
    },
  ],
  [
    statusUpdate,
    async ({ client, streamRequest }, _, module) => {
      const { stream_id } = await client.create(streamRequest(requestedTypes(module)));
      const paused = { stream_id, status: 'paused', reason: 'Maintenance' };
      expect(await client.setStatus(stream_id, 'paused', 'Maintenance')).toEqual(paused);
      expect(await client.getStatus(stream_id)).toEqual(paused);
      expect(await client.setStatus(stream_id, 'enabled')).toEqual({ stream_id, status: 'enabled' });
      await client.delete(stream_id);
    },
  ],
  [
    verification,
    async ({ client, streamRequest, start, stop, handled }, transmitter, module) => {
      const stream = await client.create(streamRequest(requestedTypes(module)));
      start(stream);
      const { state } = await client.verify(stream.stream_id);
      await acknowledgements(transmitter, 1);
      await stop();
      await client.delete(stream.stream_id);
      expect(handled.map(({ payload }) => payload)).toMatchObject([
        { events: { [VERIFICATION]: { state } }, sub_id: { format: 'opaque', id: stream.stream_id } },
      ]);
    },
  ],
  [
    unsolicitedVerification,
    async ({ client, streamRequest, start, stop, handled }, transmitter, module) => {
      const stream = await client.create(streamRequest(requestedTypes(module)));
      start(stream);
      await acknowledgements(transmitter, 1);
      await stop();
      expect(handled.map(({ payload }) => payload.events)).toEqual([{ [VERIFICATION]: {} }]);
    },
  ],
  [
    supportedEvents,
    async ({ client, streamRequest, start, stop, handled }, transmitter, module) => {
      const types = requestedTypes(module);
      expect(types).toHaveLength(22);
      start(await client.create(streamRequest(types)));
      await acknowledgements(transmitter, types.length);
      await stop();
      expect(handled.map(({ payload }) => Object.keys(payload.events).join())).toEqual(types);
    },
  ],
  [
    caepInterop,
    async ({ client, streamRequest, start, stop, handled }, transmitter, module) => {
      const types = requestedTypes(module);
      const { stream_id } = await client.create(streamRequest(types));
      const stream = (await client.get(stream_id))!;
      expect(await client.getStatus(stream_id)).toEqual({ stream_id, status: 'enabled' });
      start(stream);
      await client.verify(stream_id);
      await acknowledgements(transmitter, 1 + 2 * types.length);
      await stop();
      expect(await client.delete(stream_id)).toBe(true);
      expect(handled.map(({ payload }) => payload.sub_id!.format)).toEqual([
        'opaque',
        ...types.flatMap(() => ['email', 'iss_sub']),
      ]);
    },
  ],
]);

describe.each(VARIANTS)('with $delivery and $authorization', (variant) => {
  test.each(MODULES)('passes the module "$name"', async (module) => {
    const transmitter = await startTransmitter(module, variant);
    const receiver = await startReceiver(transmitter, variant);
    try {
      await PROGRAMS.get(module)!(receiver, transmitter, module);
      expect(transmitter.verdict()).toEqual([]);
      expect([transmitter.warnings, receiver.errors]).toEqual([[], []]);
    } finally {
      await receiver.close();
      await transmitter.close();
    }
  });
});
