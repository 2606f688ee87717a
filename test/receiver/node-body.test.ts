/** How toNodeListener reads a body, when it stops, and what an aborted request means. The test controls the request. */
import { EventEmitter } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { nodeDeliveryOf, type NodeRequest } from '../../src/receiver/node-delivery.js';
import { rejectionOf } from '../support/refusals.js';

/** A request whose body arrives when the test emits it. */
class FakeRequest extends EventEmitter {
  readonly method = 'POST';
  readonly url = '/events';
  readonly headers = {
    host: 'receiver.example',
    'content-type': 'application/secevent+jwt',
    'transfer-encoding': 'chunked',
  };
  destroyed = false;
  readonly pause = vi.fn(() => this);
  readonly resume = vi.fn(() => this);
}

const deliveryOf = (node: FakeRequest): ReturnType<typeof nodeDeliveryOf> =>
  nodeDeliveryOf(node as unknown as NodeRequest);
const octets = (length: number): Uint8Array => new Uint8Array(length);

/** Gives a web stream time to pull from its source. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('a body', () => {
  test('has no listeners while only the headers of its Request are read', async () => {
    const node = new FakeRequest();
    const delivery = deliveryOf(node);
    expect((delivery.request() as Request).headers.get('host')).toBe('receiver.example');
    await turn();
    expect(node.listenerCount('data')).toBe(0);
  });

  test('that exceeds its limit is paused and ignored', async () => {
    const node = new FakeRequest();
    const delivery = deliveryOf(node);
    const body = delivery.open(10);
    const refused = rejectionOf(body.read());
    node.emit('data', octets(10));
    node.emit('data', octets(1));
    expect((await refused).code).toBe('ERR_SET_TOO_LARGE');
    body.cancel();
    expect(node.pause).toHaveBeenCalledOnce();
    node.emit('data', octets(1_000_000));
    node.emit('close');
    expect(delivery.isAtEnd()).toBe(false);
    body.cancel();
    expect(node.pause).toHaveBeenCalledOnce();
  });

  test('that was read to its end is not paused', async () => {
    const node = new FakeRequest();
    const delivery = deliveryOf(node);
    const body = delivery.open(10);
    const read = body.read();
    node.emit('data', octets(3));
    node.emit('end');
    expect(await read).toHaveLength(3);
    body.cancel();
    expect(node.pause).not.toHaveBeenCalled();
    expect(delivery.isAtEnd()).toBe(true);
  });

  test.each(['close', 'error'])('fails on %s before its end, and not after it', async (event) => {
    const node = new FakeRequest();
    node.on('error', () => undefined);
    const read = deliveryOf(node).open(10).read();
    node.emit('data', octets(3));
    node.emit(event, new Error('reset'));
    await expect(read).rejects.toThrow('The request was aborted');
    const whole = new FakeRequest();
    whole.on('error', () => undefined);
    const done = deliveryOf(whole).open(10).read();
    whole.emit('end');
    whole.emit(event, new Error('reset'));
    expect(await done).toHaveLength(0);
  });

  test('of a request that was aborted before it is read fails at once', async () => {
    const node = new FakeRequest();
    node.destroyed = true;
    await expect(deliveryOf(node).open(10).read()).rejects.toThrow('The request was aborted');
  });

  test('that is read as a web stream stops when the stream is canceled', async () => {
    const node = new FakeRequest();
    const request = deliveryOf(node).request() as Request;
    const reader = request.body!.getReader();
    const read = reader.read();
    await turn();
    node.emit('data', octets(3));
    expect((await read).value).toHaveLength(3);
    await reader.cancel();
    node.emit('data', octets(3));
    expect(node.pause).toHaveBeenCalled();
  });

  test('can be read only once', () => {
    const delivery = deliveryOf(new FakeRequest());
    delivery.open(10);
    expect(() => delivery.open(10)).toThrow(TypeError);
  });

  test('is read through the Request once that was created', async () => {
    const node = new FakeRequest();
    const delivery = deliveryOf(node);
    const request = delivery.request() as Request;
    const read = delivery.open(10).read();
    await turn();
    node.emit('data', octets(3));
    node.emit('end');
    expect(await read).toHaveLength(3);
    expect([request.bodyUsed, delivery.request()]).toEqual([true, request]);
    expect(() => delivery.open(10)).toThrow(TypeError);
  });
});

describe('a header', () => {
  const withHeaders = (headers: Record<string, string>, rawHeaders?: string[]): NodeRequest =>
    Object.assign(new FakeRequest(), { headers, ...(rawHeaders && { rawHeaders }) }) as unknown as NodeRequest;

  test.each<[headers: Record<string, string>, raw: string[] | undefined, value: string | null]>([
    [{}, undefined, null],
    [{ 'content-type': 'a' }, undefined, 'a'],
    [{ 'content-type': 'a' }, ['Content-Type', 'a'], 'a'],
    [{ 'content-type': 'a' }, ['Content-Type', 'a', 'X', 'content-type', 'content-type', 'b'], 'a, b'],
    // Something that ran earlier has replaced it.
    [{ 'content-type': 'c' }, ['Content-Type', 'a', 'content-type', 'b'], 'c'],
  ])('content-type in %j, sent as %j, is %j', (headers, raw, value) => {
    expect(nodeDeliveryOf(withHeaders(headers, raw)).header('content-type')).toBe(value);
  });
});
