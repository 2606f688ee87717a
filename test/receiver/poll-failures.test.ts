/** pollSets and failing requests: which are sent again and when, which end the loop, and what counts as silence. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SetError } from '../../src/errors.js';
import {
  createPollEndpoint,
  delayed,
  elapse,
  type PollEndpoint,
  setsResponse,
  settle,
  silence,
  startLoop,
} from '../support/poll-endpoint.js';

let endpoint: PollEndpoint;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  endpoint = createPollEndpoint();
});
afterEach(() => void vi.useRealTimers());

const withStatus = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });
const answerFirst = (...responses: readonly (() => Response | Promise<Response>)[]): void => {
  endpoint.replace = (_, count) => responses[count - 1]?.();
};
/** Returns how long the loop waited before each request after the first, in milliseconds. */
const pauses = (): number[] => endpoint.times.slice(1).map((time, index) => time - endpoint.times[index]!);

describe('a request that fails', () => {
  test.each([408, 409, 429, 500, 501, 502, 503, 504])('is sent again after a second for status %i', async (status) => {
    endpoint.enqueue('a');
    answerFirst(() => withStatus(status));
    const { taken, reports, end } = startLoop(endpoint, {}, () => 'break');
    await elapse(999);
    expect(endpoint.requests).toHaveLength(1);
    await elapse(1);
    await end;
    expect(taken).toEqual(['a']);
    const error = { code: 'ERR_SET_DELIVERY', status, message: `The transmitter returned status ${status}` };
    expect(reports).toMatchObject([[error, undefined]]);
  });

  test.each<[name: string, response: () => Response | Promise<Response>]>([
    [
      'no connection',
      () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })),
    ],
    [
      'a fetch that throws',
      () => {
        throw new Error('no fetch');
      },
    ],
    ['a fetch without a response', () => Promise.resolve(undefined as never)],
    ['a body that is not JSON', () => new Response('<html>')],
    ['a body that is not UTF-8', () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
    [
      'a body that breaks off',
      () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error('reset')) })),
    ],
    ['a body that is null', () => Response.json(null)],
    ['a body that is a list', () => Response.json([])],
    ['sets that are a string', () => setsResponse('a')],
    ['sets that are a list with members', () => setsResponse(['a'])],
  ])('is sent again after a second for %s', async (_, response) => {
    endpoint.enqueue('a');
    answerFirst(response);
    const { taken, reports, end } = startLoop(endpoint, {}, () => 'break');
    await elapse(1_000);
    await end;
    expect(taken).toEqual(['a']);
    expect(reports).toMatchObject([[{ code: 'ERR_SET_DELIVERY' }, undefined]]);
    expect(pauses()).toEqual([1_000]);
  });

  test.each([201, 206, 301, 302, 307, 400, 401, 403, 404, 405, 410, 413, 422])(
    'ends the loop at once for status %i',
    async (status) => {
      endpoint.replace = () => withStatus(status, { location: '/other' });
      const { reports, end } = startLoop(endpoint);
      const error = await end;
      expect(error).toMatchObject({
        code: 'ERR_SET_DELIVERY',
        status,
        message: `The transmitter returned status ${status}`,
      });
      expect(reports).toEqual([[error, undefined]]);
      expect(endpoint.requests).toHaveLength(1);
    },
  );

  test('doubles the pause each time, up to a minute, and ends the loop after ten attempts', async () => {
    endpoint.replace = () => withStatus(503);
    const { reports, end, hasEnded } = startLoop(endpoint);
    await elapse(242_999);
    expect(hasEnded()).toBe(false);
    await elapse(1);
    expect(await end).toMatchObject({ code: 'ERR_SET_DELIVERY', status: 503 });
    expect(pauses()).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(reports).toHaveLength(10);
  });

  test('counts only in a row: a response with status 200 resets the count', async () => {
    endpoint.replace = (_, count) => (count % 3 ? withStatus(503) : setsResponse({}));
    const { end, stop, hasEnded } = startLoop(endpoint, { maxAttempts: 3 });
    await elapse(600_000);
    expect(hasEnded()).toBe(false);
    // The pauses after two failures are always one and two seconds.
    for (const [index, pauseMs] of pauses().entries())
      if (index % 3 < 2) expect(pauseMs).toBe([1_000, 2_000][index % 3]);
    expect(endpoint.requests.length).toBeGreaterThan(20);
    stop();
    expect(await end).toBeUndefined();
  });

  test('has its acknowledgements sent again', async () => {
    endpoint.enqueue('a');
    endpoint.replace = (_, count) => (count === 2 || count === 3 ? withStatus(503) : undefined);
    const { end, stop } = startLoop(endpoint);
    await elapse(3_000);
    expect(endpoint.requests.map(({ ack }) => ack)).toEqual([undefined, ['a'], ['a'], ['a']]);
    endpoint.enqueue('b');
    await elapse(100);
    // The fourth request got through.
    expect(endpoint.requests[4]!.ack).toEqual(['b']);
    stop();
    await end;
  });
});

describe('Retry-After', () => {
  test.each<[name: string, value: () => string, pauseMs: number]>([
    ['seconds', () => '90', 90_000],
    ['a date', () => new Date(Date.now() + 90_000).toUTCString(), 90_000],
    ['less than the growing pause', () => '0', 1_000],
    ['a date that has passed', () => new Date(Date.now() - 90_000).toUTCString(), 1_000],
    ['more than an hour', () => '86400', 3_600_000],
    ['a date in more than an hour', () => new Date(Date.now() + 86_400_000).toUTCString(), 3_600_000],
    ['a number too large for a double', () => '9'.repeat(400), 3_600_000],
    ['an invalid value', () => 'soon', 1_000],
  ])('leads to the right pause for %s', async (_, value, pauseMs) => {
    // A date has only whole seconds.
    vi.setSystemTime(1_700_000_000_000);
    endpoint.enqueue('a');
    answerFirst(() => withStatus(503, { 'retry-after': value() }));
    const { reports, end } = startLoop(endpoint, {}, () => 'break');
    await elapse(pauseMs);
    await end;
    expect(pauses()).toEqual([pauseMs]);
    expect((reports[0]![0] as SetError).retryAfterSeconds).toBe(pauseMs > 1_000 ? pauseMs / 1_000 : undefined);
  });

  test('is never cut short by the rounding of a date', async () => {
    vi.setSystemTime(1_700_000_000_500);
    endpoint.replace = () => withStatus(503, { 'retry-after': new Date(1_700_000_090_000).toUTCString() });
    expect(await startLoop(endpoint, { maxAttempts: 1 }).end).toMatchObject({ retryAfterSeconds: 90 });
  });

  test('comes with the error that ends the loop', async () => {
    endpoint.replace = () => withStatus(429, { 'retry-after': '120' });
    expect(await startLoop(endpoint, { maxAttempts: 1 }).end).toMatchObject({ status: 429, retryAfterSeconds: 120 });
    expect(endpoint.requests).toHaveLength(1);
  });
});

describe('a long poll that ends in silence', () => {
  test.each([408, 502, 504])('is sent again at once if status %i came after a second', async (status) => {
    endpoint.replace = () => delayed(60_000, () => withStatus(status));
    const { end, stop, reports, hasEnded } = startLoop(endpoint, { maxAttempts: 1 });
    await elapse(600_000);
    expect(hasEnded()).toBe(false);
    expect(new Set(pauses())).toEqual(new Set([60_000]));
    expect(endpoint.requests).toHaveLength(11);
    expect(reports).toEqual([]);
    stop();
    expect(await end).toBeUndefined();
  });

  test.each([408, 502, 504])('is a failure if status %i came within a second', async (status) => {
    endpoint.replace = () => delayed(999, () => withStatus(status));
    const { end, reports } = startLoop(endpoint, { maxAttempts: 1 });
    await elapse(999);
    expect(await end).toMatchObject({ status });
    expect(reports).toHaveLength(1);
  });

  test.each([500, 503])('is a failure with status %i', async (status) => {
    endpoint.replace = () => delayed(60_000, () => withStatus(status));
    const { end } = startLoop(endpoint, { maxAttempts: 1 });
    await elapse(60_000);
    expect(await end).toMatchObject({ status });
  });

  test.each([408, 502, 504])('is a failure with status %i and returnImmediately', async (status) => {
    endpoint.replace = () => delayed(60_000, () => withStatus(status));
    const { end } = startLoop(endpoint, { maxAttempts: 1, returnImmediately: true });
    await elapse(60_000);
    expect(await end).toMatchObject({ status });
  });

  test('is sent again at once if there was no response in time', async () => {
    endpoint.replace = silence;
    const { end, stop, reports, hasEnded } = startLoop(endpoint, { maxAttempts: 1 });
    await elapse(900_000);
    expect(hasEnded()).toBe(false);
    expect(endpoint.times).toEqual([0, 300_000, 600_000, 900_000]);
    expect(endpoint.signals.map(({ aborted }) => aborted)).toEqual([true, true, true, false]);
    expect(reports).toEqual([]);
    stop();
    expect(await end).toBeUndefined();
  });

  test('is not cut short by a time limit beyond the range of timers', async () => {
    endpoint.replace = () => delayed(1_000, () => setsResponse({}));
    const { end, stop } = startLoop(endpoint, { timeoutMs: 2 ** 31 });
    await elapse(3_000);
    expect(pauses()).toEqual([1_000, 1_000, 1_000]);
    stop();
    await end;
  });

  test('is sent again after growing pauses if the time limit is below a second', async () => {
    endpoint.replace = silence;
    const { end, stop, reports } = startLoop(endpoint, { maxAttempts: 1, timeoutMs: 500 });
    await elapse(20_000);
    expect(pauses()).toEqual([1_500, 2_500, 4_500, 8_500]);
    expect(reports).toEqual([]);
    stop();
    await end;
  });

  test('is a failure with returnImmediately', async () => {
    endpoint.replace = silence;
    const { end } = startLoop(endpoint, { maxAttempts: 1, returnImmediately: true, timeoutMs: 5_000 });
    await elapse(5_000);
    expect(await end).toMatchObject({ code: 'ERR_SET_DELIVERY', message: 'No response within 5000 ms' });
  });

  test('has its acknowledgements sent again', async () => {
    endpoint.enqueue('a');
    endpoint.replace = (_, count) => [undefined, undefined, silence(), delayed(60_000, () => withStatus(504))][count];
    const { end, stop } = startLoop(endpoint, { timeoutMs: 100_000 });
    await elapse(160_000);
    expect(endpoint.requests.map(({ ack }) => ack)).toEqual([undefined, ['a'], ['a'], ['a']]);
    stop();
    await end;
  });

  test('resets the count of failures', async () => {
    endpoint.replace = (_, count) => (count % 2 ? withStatus(503) : delayed(60_000, () => withStatus(504)));
    const { end, stop, hasEnded } = startLoop(endpoint, { maxAttempts: 2 });
    await elapse(600_000);
    expect(hasEnded()).toBe(false);
    stop();
    await end;
  });
});

describe('a response without SETs', () => {
  test.each<[name: string, response: () => Response]>([
    ['status 202', () => withStatus(202)],
    ['status 204', () => withStatus(204)],
    ['an empty body', () => new Response('')],
    ['no body', () => withStatus(200)],
    ['an empty object', () => Response.json({})],
    ['no sets', () => Response.json({ moreAvailable: false })],
    ['sets that are null', () => setsResponse(null)],
    ['sets that are an empty list', () => setsResponse([])],
    ['sets that are an empty object', () => setsResponse({})],
  ])('confirms acknowledgements: %s', async (_, response) => {
    endpoint.enqueue('a');
    endpoint.replace = (__, count) => {
      if (count !== 2) return undefined;
      endpoint.queue.clear();
      return response();
    };
    const { end, stop, reports } = startLoop(endpoint, { maxAttempts: 1 });
    await elapse(1_000);
    expect(endpoint.requests).toEqual([{ maxEvents: 100 }, { maxEvents: 100, ack: ['a'] }, { maxEvents: 100 }]);
    expect(reports).toEqual([]);
    stop();
    await end;
  });

  test('leads to growing pauses if it comes at once, even if moreAvailable is true', async () => {
    endpoint.replace = () => setsResponse({}, { moreAvailable: true });
    const { end, stop } = startLoop(endpoint);
    await elapse(200_000);
    expect(pauses()).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    stop();
    await end;
  });

  test('leads to the next request at once if the transmitter waited for a second', async () => {
    endpoint.replace = () => delayed(1_000, () => setsResponse({}));
    const { end, stop } = startLoop(endpoint);
    await elapse(10_000);
    expect(endpoint.requests).toHaveLength(11);
    stop();
    await end;
  });

  test('leads to a pause with returnImmediately, even if the transmitter is slow', async () => {
    endpoint.replace = () => delayed(1_000, () => setsResponse({}));
    const { end, stop } = startLoop(endpoint, { returnImmediately: true });
    await elapse(20_000);
    expect(endpoint.requests[0]).toEqual({ maxEvents: 100, returnImmediately: true });
    expect(pauses()).toEqual([2_000, 3_000, 5_000, 9_000]);
    stop();
    await end;
  });

  test('leads to a pause of one second again after a response with SETs', async () => {
    const { end, stop } = startLoop(endpoint, { returnImmediately: true });
    await elapse(7_000);
    endpoint.enqueue('a');
    await elapse(8_000);
    expect(pauses()).toEqual([1_000, 2_000, 4_000, 8_000, 0]);
    await elapse(1_000);
    expect(pauses().at(-1)).toBe(1_000);
    stop();
    await end;
  });
});

describe('a transmitter that ignores', () => {
  test.each<[name: string, sets: () => Record<string, unknown>]>([
    ['acknowledgements', () => Object.fromEntries(endpoint.queue)],
    ['errors', () => ({ bad: 'x' })],
  ])('%s is polled with growing pauses', async (_, sets) => {
    endpoint.enqueue('a');
    endpoint.replace = () => setsResponse(sets(), { moreAvailable: true });
    const { end, stop } = startLoop(endpoint);
    await elapse(20_000);
    expect(pauses()).toEqual([0, 1_000, 2_000, 4_000, 8_000]);
    stop();
    await end;
  });
});

describe('a response that is too large', () => {
  test('ends the loop at once, and names both remedies', async () => {
    endpoint.enqueue('a');
    endpoint.replace = () => setsResponse(Object.fromEntries(endpoint.queue), { filler: 'x'.repeat(1_000) });
    const error = (await startLoop(endpoint, { maxBodyBytes: 1_000 }).end) as SetError;
    expect(error).toMatchObject({ code: 'ERR_SET_DELIVERY', cause: { code: 'ERR_SET_TOO_LARGE' } });
    expect(error.message).toBe('The response is larger than 1000 bytes: lower maxEvents or raise maxBodyBytes');
    expect(endpoint.requests).toHaveLength(1);
    await settle();
    expect(endpoint.signals[0]!.aborted).toBe(true);
  });
});
