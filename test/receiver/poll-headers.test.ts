/** pollSets and its request headers: a fixed object, or a function for access tokens that expire. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPollEndpoint, elapse, type PollEndpoint, settle, startLoop } from '../support/poll-endpoint.js';

let endpoint: PollEndpoint;
/** The authorization that a request must have. */
let token: string;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  endpoint = createPollEndpoint();
  token = 'A';
  endpoint.replace = (_, count) =>
    endpoint.headers[count - 1]!.authorization === token ? undefined : new Response(null, { status: 401 });
});
afterEach(() => void vi.useRealTimers());

describe('headers as an object', () => {
  test('are sent with each request, along with those for JSON', async () => {
    endpoint.enqueue('a', 'b');
    const { taken, end } = startLoop(
      endpoint,
      { headers: { authorization: 'A', 'x-tenant': '7' } },
      () => taken.length === 2 && 'break',
    );
    await end;
    const json = { 'content-type': 'application/json', accept: 'application/json' };
    expect(endpoint.headers).toEqual([1, 2].map(() => ({ authorization: 'A', 'x-tenant': '7', ...json })));
  });

  test('end the loop at the first 401', async () => {
    token = 'B';
    expect(await startLoop(endpoint, { headers: { authorization: 'A' } }).end).toMatchObject({
      code: 'ERR_SET_DELIVERY',
      status: 401,
    });
    expect(endpoint.requests).toHaveLength(1);
  });
});

describe('headers as a function', () => {
  test.each<[name: string, headers: () => Record<string, string> | Promise<Record<string, string>>]>([
    ['returns them', () => ({ authorization: token })],
    ['returns a promise of them', async () => ({ authorization: token })],
  ])('that %s is called for each request', async (_, headers) => {
    endpoint.enqueue('a', 'b', 'c');
    const { taken, end } = startLoop(endpoint, { headers, maxEvents: 1 }, () => {
      token += '+';
      return taken.length === 3 && 'break';
    });
    await end;
    expect(endpoint.headers.map(({ authorization }) => authorization)).toEqual(['A', 'A+', 'A++']);
  });

  test('is called once more after a 401, and the request is sent again at once', async () => {
    const tokens = ['old', 'A', 'old', 'A'];
    const headers = vi.fn(() => ({ authorization: tokens.shift()! }));
    endpoint.enqueue('a', 'b');
    const { taken, end, reports } = startLoop(endpoint, { headers }, () => taken.length === 2 && 'break');
    await end;
    expect(endpoint.requests.map(({ ack }) => ack)).toEqual([undefined, undefined, ['a'], ['a']]);
    expect(endpoint.times).toEqual([0, 0, 0, 0]);
    expect(headers).toHaveBeenCalledTimes(4);
    expect([...endpoint.queue.keys()]).toEqual(['b']);
    expect(reports).toEqual([]);
  });

  test('receives the headers that were refused', async () => {
    const calls: unknown[] = [];
    const headers = (refused?: Record<string, string>): Record<string, string> => {
      calls.push(refused);
      return { authorization: refused ? 'A' : 'old' };
    };
    endpoint.enqueue('a');
    const { taken, end } = startLoop(endpoint, { headers }, () => taken.length === 1 && 'break');
    await end;
    expect(calls.slice(0, 2)).toEqual([undefined, { authorization: 'old' }]);
  });

  test('ends the loop at the second 401', async () => {
    const headers = vi.fn(() => ({ authorization: 'old' }));
    const { end, reports } = startLoop(endpoint, { headers });
    expect(await end).toMatchObject({ code: 'ERR_SET_DELIVERY', status: 401 });
    expect(headers).toHaveBeenCalledTimes(2);
    expect(reports).toHaveLength(1);
  });

  test.each<[name: string, fail: () => never | Promise<never>]>([
    [
      'throws',
      () => {
        throw new TypeError('no token');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('no token'))],
  ])('that %s counts as a failed attempt, followed by a pause', async (_, fail) => {
    endpoint.enqueue('a');
    const headers = vi
      .fn<() => Record<string, string> | Promise<Record<string, string>>>()
      .mockImplementationOnce(fail)
      .mockReturnValue({ authorization: 'A' });
    const { taken, end, reports } = startLoop(endpoint, { headers }, () => 'break');
    await elapse(999);
    expect(headers).toHaveBeenCalledTimes(1);
    await elapse(1);
    await end;
    expect(taken).toEqual(['a']);
    const error = {
      code: 'ERR_SET_DELIVERY',
      message: 'headers() failed',
      cause: new TypeError('no token'),
    };
    expect(reports).toMatchObject([[error, undefined]]);
  });

  test('that always fails ends the loop after maxAttempts', async () => {
    const { end } = startLoop(endpoint, { headers: () => Promise.reject(new Error('down')), maxAttempts: 3 });
    await elapse(3_000);
    expect(await end).toMatchObject({ code: 'ERR_SET_DELIVERY', cause: new Error('down') });
    expect(endpoint.requests).toEqual([]);
  });

  test.each([
    [300_000, 30_000],
    [10_000, 10_000],
  ])('with a timeoutMs of %i, may take %i ms', async (timeoutMs, limitMs) => {
    const { end, hasEnded } = startLoop(endpoint, {
      headers: () => new Promise(() => undefined),
      maxAttempts: 1,
      timeoutMs,
    });
    await elapse(limitMs - 1);
    expect(hasEnded()).toBe(false);
    await elapse(1);
    expect(await end).toMatchObject({
      code: 'ERR_SET_DELIVERY',
      cause: { message: `No headers within ${limitMs} ms` },
    });
  });

  test.each<[name: string, value: unknown, message: RegExp]>([
    ['nothing', undefined, /^the result of headers\(\) is undefined/],
    ['a string', 'Bearer A', /^the result of headers\(\) is of type string/],
    [
      'a Headers object',
      new Headers({ authorization: 'A' }),
      /^the result of headers\(\) is .*: it must be a plain object/,
    ],
    [
      'a value that is not a string',
      { authorization: undefined },
      /^the result of headers\(\) is .*: it must be a plain object of single-line strings/,
    ],
  ])('that returns %s is a TypeError from the loop', async (_, value, message) => {
    const error = await startLoop(endpoint, { headers: () => value as never }).end;
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toMatch(message);
    expect(endpoint.requests).toEqual([]);
  });

  test('that returns nothing for the last request is reported, and does not change how the loop ends', async () => {
    endpoint.enqueue('a', 'b');
    const headers = vi
      .fn<() => Record<string, string>>()
      .mockReturnValueOnce({ authorization: 'A' })
      .mockReturnValue(undefined as never);
    const { taken, end, reports } = startLoop(endpoint, { headers }, () => taken.length === 2 && 'break');
    expect(await end).toBeUndefined();
    await settle();
    expect(reports).toMatchObject([[expect.any(TypeError), undefined]]);
  });
});
