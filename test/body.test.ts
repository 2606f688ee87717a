/** body.ts: collects a body into one growing buffer, however it is chunked. */
import { describe, expect, test } from 'vitest';
import { createGrowingBuffer, openBody } from '../src/body.js';
import { SetError } from '../src/errors.js';
import { rejectionOf } from './support/refusals.js';

describe('a growing buffer', () => {
  test.each([1, 2, 3, 7, 1_000, 4_096, 10_000])('keeps chunks of %i octets in order', (size) => {
    const octets = crypto.getRandomValues(new Uint8Array(10_000));
    const buffer = createGrowingBuffer(10_000);
    for (let at = 0; at < octets.length; at += size) buffer.append(octets.subarray(at, at + size));
    expect(buffer.octets()).toEqual(octets);
  });

  test('keeps a single chunk without a copy, and never writes to a chunk', () => {
    const buffer = createGrowingBuffer(10);
    const chunks = [new Uint8Array(0), Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
    buffer.append(chunks[0]!);
    buffer.append(chunks[1]!);
    expect(buffer.octets().buffer).toBe(chunks[1]!.buffer);
    buffer.append(chunks[2]!);
    buffer.append(chunks[3]!);
    expect([...buffer.octets()]).toEqual([1, 2, 3]);
    expect(chunks.map((chunk) => [...chunk])).toEqual([[], [1], [2], [3]]);
  });

  test('accepts exactly its limit and not one octet more', () => {
    const buffer = createGrowingBuffer(3);
    buffer.append(new Uint8Array(3));
    expect(() => buffer.append(new Uint8Array(1))).toThrow(SetError);
    expect(buffer.octets()).toHaveLength(3);
    expect(createGrowingBuffer(0).octets()).toHaveLength(0);
  });

  test('allocates at most four times its content, and never more than its limit', () => {
    const buffer = createGrowingBuffer(1_000_000);
    for (let size = 1; size <= 1_000_000; size++) {
      buffer.append(Uint8Array.of(0));
      const allocated = buffer.octets().buffer.byteLength;
      if (allocated > Math.min(4 * size, 1_000_000)) throw new Error(`${allocated} octets for ${size}`);
    }
  });
});

describe('a body', () => {
  test('in a million one-octet chunks takes no more memory than its length', async () => {
    const chunk = Uint8Array.of(0x61);
    let left = 1_000_000;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- ? controller.enqueue(chunk) : controller.close()),
    });
    const octets = await openBody({ body }, 1_000_000).read();
    expect(octets).toHaveLength(1_000_000);
    expect(octets.buffer.byteLength).toBeLessThanOrEqual(1_000_000);
  });

  test('that breaks off rejects with the error of its stream', async () => {
    const broken = new Error('reset');
    const body = new ReadableStream({ pull: (controller) => controller.error(broken) });
    await expect(openBody({ body }, 100).read()).rejects.toBe(broken);
  });

  test('that is null is empty', async () => {
    expect(await openBody({ body: null }, 100).read()).toHaveLength(0);
  });

  test.each([{}, { body: undefined }, { body: 5 }])(
    'that cannot be read (%j) is a TypeError, not an empty body',
    async (source) => {
      await expect(openBody(source, 100).read()).rejects.toThrow(TypeError);
    },
  );

  test.each([[5], [[1, 2]], [new ArrayBuffer(8)], [{ length: 1e9 }], [undefined], [null]])(
    'with %j as a chunk is a TypeError',
    async (chunk) => {
      const read = async (): Promise<unknown> => ({ done: false, value: chunk });
      await expect(openBody({ body: { getReader: () => ({ read }) } }, 100).read()).rejects.toThrow(TypeError);
    },
  );

  test('that declares more than the limit is not read', async () => {
    let isPulled = false;
    const body = new ReadableStream({ pull: () => void (isPulled = true) }, { highWaterMark: 0 });
    const headers = new Headers({ 'content-length': '101' });
    expect((await rejectionOf(openBody({ body, headers }, 100).read())).code).toBe('ERR_SET_TOO_LARGE');
    expect(isPulled).toBe(false);
  });

  test('that was read to its end is not canceled', async () => {
    let isCanceled = false;
    const chunks = [Uint8Array.of(1)];
    const reader = {
      read: async () => ({ done: !chunks.length, value: chunks.pop() }),
      cancel: () => void (isCanceled = true),
    };
    const { read, cancel } = openBody({ body: { getReader: () => reader } }, 100);
    await read();
    cancel();
    expect(isCanceled).toBe(false);
  });
});
