/** pollSets: what a loop gets, what is acknowledged or refused and when, and how the loop ends. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SetError, type SetErrorCode } from '../../src/errors.js';
import { type PollOptions, pollSets } from '../../src/receiver/poll.js';
import type { VerifiedSet } from '../../src/set.js';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier } from '../../src/verify.js';
import {
  createPollEndpoint,
  elapse,
  type PollEndpoint,
  setsResponse,
  settle,
  silence,
  startLoop,
  tokenOf,
  trusting,
} from '../support/poll-endpoint.js';

let endpoint: PollEndpoint;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  endpoint = createPollEndpoint();
});
afterEach(() => void vi.useRealTimers());

const queued = (): string[] => [...endpoint.queue.keys()];

describe('a loop', () => {
  test('acknowledges a SET once it asks for the next one', async () => {
    endpoint.enqueue('a', 'b');
    const { taken, end } = startLoop(endpoint, {}, () => taken.length === 2 && 'break');
    await end;
    expect(taken).toEqual(['a', 'b']);
    expect(endpoint.requests).toEqual([{ maxEvents: 100 }, { maxEvents: 0, returnImmediately: true, ack: ['a'] }]);
    expect(queued()).toEqual(['b']);
  });

  test('acknowledges all SETs of a response with the next request', async () => {
    endpoint.enqueue('a', 'b', 'c');
    const { stop, end } = startLoop(endpoint);
    await settle();
    expect(endpoint.requests).toEqual([{ maxEvents: 100 }, { maxEvents: 100, ack: ['a', 'b', 'c'] }]);
    stop();
    await end;
    expect(queued()).toEqual([]);
  });

  test('sends the next request at once after a response with SETs', async () => {
    endpoint.enqueue('a', 'b', 'c', 'd', 'e');
    const { taken, end } = startLoop(endpoint, { maxEvents: 2 }, () => taken.length === 5 && 'break');
    await end;
    expect(endpoint.requests.map(({ maxEvents, ack }) => [maxEvents, ack])).toEqual([
      [2, undefined],
      [2, ['a', 'b']],
      [2, ['c', 'd']],
    ]);
    expect(endpoint.times).toEqual([0, 0, 0]);
  });

  test('gets a SET that arrives during a long poll', async () => {
    const { taken, stop, end } = startLoop(endpoint);
    await elapse(60_000);
    endpoint.enqueue('a');
    await elapse(100);
    expect(taken).toEqual(['a']);
    expect(endpoint.requests).toHaveLength(2);
    stop();
    await end;
  });

  test('acknowledges nothing when it breaks at the first SET', async () => {
    endpoint.enqueue('a');
    await startLoop(endpoint, {}, () => 'break').end;
    expect(endpoint.requests).toHaveLength(1);
    expect(queued()).toEqual(['a']);
  });

  test('leaves the current SET unacknowledged when it throws, and acknowledges the earlier ones', async () => {
    endpoint.enqueue('a', 'b', 'c');
    const down = new Error('the database is down');
    const { end } = startLoop(endpoint, {}, ({ payload }) => {
      if (payload.jti === 'b') throw down;
    });
    expect(await end).toBe(down);
    expect(endpoint.requests[1]).toEqual({ maxEvents: 0, returnImmediately: true, ack: ['a'] });
    expect(queued()).toEqual(['b', 'c']);
  });

  test('gets a redelivered SET again, and acknowledges it again', async () => {
    endpoint.replace = (_, count) => (count < 3 ? setsResponse({ a: tokenOf('a') }) : undefined);
    const { taken, stop, end } = startLoop(endpoint);
    await elapse(1_000);
    expect(taken).toEqual(['a', 'a']);
    expect(endpoint.requests.map(({ ack }) => ack)).toEqual([undefined, ['a'], ['a']]);
    stop();
    await end;
  });

  test('sends nothing before it starts', async () => {
    const sets = pollSets('https://transmitter.example/poll', { verify: trusting, fetch: endpoint.fetch as never });
    await elapse(10_000);
    expect(endpoint.requests).toEqual([]);
    await sets.return();
    expect(endpoint.requests).toEqual([]);
  });

  test('accepts a URL object, and SETs with the names of built-in members', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) endpoint.enqueue(name);
    const seen: string[] = [];
    const sets = pollSets(new URL('https://transmitter.example/poll'), {
      verify: trusting,
      fetch: endpoint.fetch as never,
    });
    for await (const { payload } of sets) if (seen.push(payload.jti) === 3) break;
    expect(seen).toEqual(['__proto__', 'constructor', 'toString']);
    expect(queued()).toEqual(['toString']);
  });
});

describe('the last request', () => {
  test('takes at most ten seconds', async () => {
    endpoint.enqueue('a', 'b');
    endpoint.replace = (_, count) => (count === 2 ? silence() : undefined);
    const { taken, reports, end, hasEnded } = startLoop(endpoint, {}, () => taken.length === 2 && 'break');
    await elapse(9_999);
    expect(hasEnded()).toBe(false);
    await elapse(1);
    expect(hasEnded()).toBe(true);
    expect(await end).toBeUndefined();
    expect(reports).toMatchObject([
      [{ code: 'ERR_SET_DELIVERY', message: 'No response to the last request within 10000 ms' }, undefined],
    ]);
    expect(endpoint.signals[1]!.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('takes at most ten seconds, including the call of headers()', async () => {
    endpoint.enqueue('a', 'b');
    const headers = vi
      .fn()
      .mockResolvedValueOnce({})
      .mockReturnValue(new Promise(() => undefined));
    const { taken, end, hasEnded } = startLoop(endpoint, { headers }, () => taken.length === 2 && 'break');
    await elapse(9_999);
    expect(hasEnded()).toBe(false);
    await elapse(1);
    expect(await end).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is sent once, and its failure is reported without hiding the original error', async () => {
    endpoint.enqueue('a', 'b');
    endpoint.replace = (_, count) => (count > 1 ? new Response(null, { status: 500 }) : undefined);
    const down = new Error('the database is down');
    const { taken, reports, end } = startLoop(endpoint, {}, () => {
      if (taken.length === 2) throw down;
    });
    expect(await end).toBe(down);
    expect(reports).toMatchObject([[{ code: 'ERR_SET_DELIVERY', status: 500 }, undefined]]);
    expect(endpoint.requests).toHaveLength(2);
    expect(queued()).toEqual(['a', 'b']);
  });

  test('is also sent when a failed request ends the loop', async () => {
    endpoint.enqueue('a');
    endpoint.replace = (_, count) => (count === 2 ? new Response(null, { status: 403 }) : undefined);
    expect(await startLoop(endpoint).end).toMatchObject({ status: 403 });
    expect(endpoint.requests[2]).toEqual({ maxEvents: 0, returnImmediately: true, ack: ['a'] });
    expect(queued()).toEqual([]);
  });
});

describe('refuse', () => {
  const error = new SetError('ERR_SET_STATE', 'the state is 0b1c2d3e');

  test('reports the current SET to the transmitter, and does not acknowledge it', async () => {
    endpoint.enqueue('a', 'b');
    const { taken, reports, stop, end } = startLoop(
      endpoint,
      {},
      (set, sets) => set.payload.jti === 'a' && sets.refuse(set, error),
    );
    await settle();
    expect(taken).toEqual(['a', 'b']);
    const description = 'The state is not one that this receiver requested';
    expect(endpoint.requests[1]).toEqual({
      maxEvents: 100,
      ack: ['b'],
      setErrs: { a: { err: 'invalid_state', description } },
    });
    expect(endpoint.headers[0]).not.toHaveProperty('content-language');
    expect(endpoint.headers[1]).toMatchObject({ 'content-language': 'en' });
    expect(reports).toEqual([[error, 'a']]);
    stop();
    await end;
    expect(queued()).toEqual([]);
  });

  test.each(['break', 'throw'])('also counts when a %s follows', async (what) => {
    endpoint.enqueue('a');
    await startLoop(endpoint, {}, (set, sets) => {
      sets.refuse(set, error);
      if (what === 'throw') throw error;
      return 'break';
    }).end;
    expect(endpoint.requests[1]).toMatchObject({
      maxEvents: 0,
      returnImmediately: true,
      setErrs: { a: { err: 'invalid_state' } },
    });
    expect(queued()).toEqual([]);
  });

  test('can be called again: the last error counts', async () => {
    endpoint.enqueue('a');
    const { reports, end } = startLoop(endpoint, {}, (set, sets) => {
      sets.refuse(set, error);
      sets.refuse(set, new SetError('ERR_SET_ACCESS', 'not theirs'));
      return 'break';
    });
    await end;
    expect(endpoint.requests[1]).toMatchObject({ setErrs: { a: { err: 'access_denied' } } });
    expect(reports).toHaveLength(1);
  });

  test('accepts the codes that its message names', async () => {
    endpoint.enqueue('a');
    let message = '';
    const accepted: string[] = [];
    await startLoop(endpoint, {}, (set, sets) => {
      try {
        sets.refuse(set, new SetError('ERR_SET_JWKS', 'down'));
      } catch (mistake) {
        message = (mistake as TypeError).message;
      }
      for (const code of message.match(/ERR_SET_\w+/g) ?? []) {
        sets.refuse(set, new SetError(code as SetErrorCode, 'as its message says'));
        accepted.push(code);
      }
      return 'break';
    }).end;
    const claims = ['ERR_SET_CLAIM_MISSING', 'ERR_SET_CLAIM_INVALID', 'ERR_SET_CLAIM_FORBIDDEN'];
    expect(accepted).toEqual(['ERR_SET_EVENT', 'ERR_SET_SUBJECT', ...claims, 'ERR_SET_STATE', 'ERR_SET_ACCESS']);
  });

  test.each<[name: string, error: unknown]>([
    ['another code', new SetError('ERR_SET_DELIVERY', 'elsewhere')],
    ['an error with retryAfterSeconds', new SetError('ERR_SET_ACCESS', 'not yet', { retryAfterSeconds: 5 })],
    ['an error that is not a SetError', new Error('down')],
    ['nothing', undefined],
  ])('throws for %s, and the SET is then acknowledged', async (_, mistake) => {
    endpoint.enqueue('a');
    const { stop, end } = startLoop(endpoint, {}, (set, sets) => {
      expect(() => sets.refuse(set, mistake as SetError)).toThrow(TypeError);
    });
    await settle();
    expect(endpoint.requests[1]).toEqual({ maxEvents: 100, ack: ['a'] });
    stop();
    expect(await end).toBeUndefined();
  });

  test('throws for a SET that is not the current one', async () => {
    endpoint.enqueue('a', 'b');
    let earlier: VerifiedSet | undefined;
    const notCurrent = new TypeError('set must be the current SET: refuse it before asking for the next');
    const sets = pollSets('https://transmitter.example/poll', { verify: trusting, fetch: endpoint.fetch as never });
    expect(() => sets.refuse({} as VerifiedSet, error)).toThrow(notCurrent);
    for await (const set of sets) {
      if (earlier) {
        expect(() => sets.refuse(earlier!, error)).toThrow(notCurrent);
        expect(() => sets.refuse({ ...set }, error)).toThrow(notCurrent);
        earlier = set;
        break;
      }
      earlier = set;
    }
    // The loop has ended, and its last SET will be delivered again.
    expect(() => sets.refuse(earlier!, error)).toThrow(notCurrent);
    expect(endpoint.requests[1]).toEqual({ maxEvents: 0, returnImmediately: true, ack: ['a'] });
  });
});

describe('a SET that fails verification', () => {
  test('is refused with a fixed sentence, and not handed out', async () => {
    vi.useRealTimers();
    const transmitter = await createTestTransmitter();
    const verify = createVerifier(transmitter.jwks, { issuer: transmitter.issuer, audience: transmitter.audience });
    const { queue } = endpoint;
    queue.set('audience', await transmitter.sign({ jti: 'audience', aud: 'https://other.example' }));
    queue.set('signature', (await transmitter.sign({ jti: 'signature' })).slice(0, -10) + 'AAAAAAAAAA');
    queue.set('not a token', 'x');
    queue.set('null', null);
    queue.set('object', { token: 1 });
    queue.set('other name', await transmitter.sign({ jti: 'its own' }));
    queue.set('a', await transmitter.sign({ jti: 'a' }));
    queue.set('b', await transmitter.sign({ jti: 'b' }));
    const { taken, reports, end } = startLoop(endpoint, { verify }, () => taken.length === 2 && 'break');
    await end;
    expect(taken).toEqual(['a', 'b']);
    expect(endpoint.requests[1]).toEqual({
      maxEvents: 0,
      returnImmediately: true,
      ack: ['a'],
      setErrs: {
        audience: { err: 'invalid_audience', description: 'The audience does not include this receiver' },
        signature: { err: 'authentication_failed', description: 'The signature does not match' },
        'not a token': { err: 'invalid_request', description: 'The token is not a JWS in compact serialization' },
        null: { err: 'invalid_request', description: 'The request does not contain a token as a UTF-8 string' },
        object: { err: 'invalid_request', description: 'The request does not contain a token as a UTF-8 string' },
        'other name': { err: 'invalid_request', description: 'A claim is invalid' },
      },
    });
    expect(endpoint.headers[1]).toMatchObject({ 'content-language': 'en' });
    expect(queued()).toEqual(['b']);
    // The set is reported if its signature is valid.
    expect(reports.map(([error, name]) => [(error as SetError).code, name])).toEqual([
      ['ERR_SET_AUDIENCE', 'audience'],
      ['ERR_SET_SIGNATURE', undefined],
      ['ERR_SET_FORMAT', undefined],
      ['ERR_SET_INPUT', undefined],
      ['ERR_SET_INPUT', undefined],
      ['ERR_SET_CLAIM_INVALID', 'its own'],
    ]);
    expect(reports[5]![0]).toMatchObject({ claim: 'jti' });
  });

  test('is reported at once, even if the response contains nothing else', async () => {
    endpoint.queue.set('__proto__', 'x');
    const { stop, end } = startLoop(endpoint);
    await settle();
    expect(Object.keys(endpoint.requests[1]!.setErrs!)).toEqual(['__proto__']);
    expect(endpoint.times).toEqual([0, 0]);
    stop();
    await end;
    expect(queued()).toEqual([]);
  });

  test('is reported until a response shows that the transmitter received it', async () => {
    endpoint.queue.set('bad', 'x');
    endpoint.replace = (_, count) => (count === 2 ? new Response(null, { status: 503 }) : undefined);
    const { stop, end } = startLoop(endpoint, { returnImmediately: true });
    await elapse(3_000);
    // Lost, sent again, and removed.
    expect(endpoint.requests.map(({ setErrs }) => setErrs && Object.keys(setErrs))).toEqual([
      undefined,
      ['bad'],
      ['bad'],
      undefined,
    ]);
    stop();
    await end;
    expect(endpoint.requests).toHaveLength(4);
  });
});

describe('onError', () => {
  test.each<[name: string, onError: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the log is full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the log is full'))],
  ])('that %s changes nothing', async (_, onError) => {
    endpoint.queue.set('bad', 'x');
    endpoint.enqueue('a', 'b');
    const { taken, end } = startLoop(endpoint, { onError: onError as () => void }, () => taken.length === 2 && 'break');
    expect(await end).toBeUndefined();
    expect(taken).toEqual(['a', 'b']);
  });

  test('is optional', async () => {
    endpoint.queue.set('bad', 'x');
    const sets = pollSets('https://transmitter.example/poll', { verify: trusting, fetch: endpoint.fetch as never });
    const next = sets.next();
    await settle();
    expect(endpoint.requests).toHaveLength(2);
    endpoint.enqueue('a');
    await elapse(100);
    expect((await next).value!.payload.jti).toBe('a');
  });
});

describe('a signal', () => {
  test('ends the wait for a response', async () => {
    const { end, stop } = startLoop(endpoint);
    await elapse(5_000);
    stop();
    expect(await end).toBeUndefined();
    expect(endpoint.signals[0]!.aborted).toBe(true);
    expect(endpoint.requests).toHaveLength(1);
  });

  test('ends a pause', async () => {
    endpoint.replace = () => new Response(null, { status: 503, headers: { 'retry-after': '600' } });
    const { end, stop } = startLoop(endpoint);
    await elapse(5_000);
    stop();
    expect(await end).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends the wait for headers', async () => {
    const { end, stop } = startLoop(endpoint, { headers: () => new Promise(() => undefined) });
    await elapse(5_000);
    stop();
    expect(await end).toBeUndefined();
    expect(endpoint.requests).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends a verification, and decides nothing about its SET', async () => {
    endpoint.enqueue('a', 'b', 'c');
    const verify = vi.fn<typeof trusting>((token) =>
      token === tokenOf('b') ? new Promise(() => undefined) : trusting(token),
    );
    const { end, stop, taken, reports } = startLoop(endpoint, { verify });
    await settle();
    stop();
    expect(await end).toBeUndefined();
    expect(taken).toEqual(['a']);
    expect(verify).toHaveBeenCalledTimes(2);
    expect(endpoint.requests[1]).toEqual({ maxEvents: 0, returnImmediately: true, ack: ['a'] });
    expect(reports).toEqual([]);
  });

  test('may also end the verifier itself, and decides nothing about its SET', async () => {
    endpoint.enqueue('a');
    const controller = new AbortController();
    const verify = (): Promise<VerifiedSet> =>
      new Promise((_, reject) =>
        controller.signal.addEventListener('abort', () => reject(new SetError('ERR_SET_SIGNATURE', 'stopped'))),
      );
    const { end, reports } = startLoop(endpoint, { verify, signal: controller.signal });
    await settle();
    controller.abort();
    expect(await end).toBeUndefined();
    expect(endpoint.requests).toHaveLength(1);
    expect(reports).toEqual([]);
  });

  test('that aborts during a verification keeps its SET from the loop', async () => {
    endpoint.enqueue('a');
    const loop = startLoop(endpoint, { verify: (token) => (loop.stop(), trusting(token)) });
    expect(await loop.end).toBeUndefined();
    expect(loop.taken).toEqual([]);
    expect(queued()).toEqual(['a']);
  });

  test('lets the current SET be handled, and acknowledges it', async () => {
    endpoint.enqueue('a', 'b');
    const { taken, end, stop } = startLoop(endpoint, {}, () => stop());
    expect(await end).toBeUndefined();
    expect(taken).toEqual(['a']);
    expect(queued()).toEqual(['b']);
  });

  test('that ends a request lets its acknowledgements be sent again', async () => {
    endpoint.enqueue('a');
    endpoint.replace = (_, count) => (count === 2 ? silence() : undefined);
    const { end, stop } = startLoop(endpoint);
    await settle();
    stop();
    await end;
    expect(endpoint.requests.map(({ ack }) => ack)).toEqual([undefined, ['a'], ['a']]);
    expect(queued()).toEqual([]);
  });

  test('that has already aborted lets nothing start', async () => {
    expect(await startLoop(endpoint, { signal: AbortSignal.abort() }).end).toBeUndefined();
    expect(endpoint.requests).toEqual([]);
  });

  test('is left without listeners', async () => {
    endpoint.enqueue('a', 'b', 'c');
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const { taken, end } = startLoop(endpoint, { signal, maxEvents: 1 }, () => taken.length === 3 && 'break');
    await end;
    expect(add.mock.calls.length).toBeGreaterThan(3);
    expect(remove.mock.calls).toEqual(add.mock.calls);
  });

  test('may be an object with only the members that are used', async () => {
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_: 'abort', listener: () => void) => void listeners.add(listener),
      removeEventListener: (_: 'abort', listener: () => void) => void listeners.delete(listener),
    };
    const { end } = startLoop(endpoint, { signal });
    await settle();
    signal.aborted = true;
    for (const listener of [...listeners]) listener();
    expect(await end).toBeUndefined();
    expect(listeners.size).toBe(0);
  });
});

describe('a mistake in the call', () => {
  const URL_OF_POLL = 'https://transmitter.example/poll';
  test.each<[name: string, message: RegExp, change: object, url?: unknown]>([
    ['a URL without a host', /^url /, {}, 'poll'],
    ['plain http to a remote host', /^url /, {}, 'http://transmitter.example/poll'],
    ['no URL', /^url is undefined/, {}, undefined],
    ['no verifier', /^verify is undefined/, { verify: undefined }],
    ['headers that are a string', /^headers is of type string/, { headers: 'Bearer a' }],
    [
      'a header that is not a string',
      /^headers is .*: it must be a plain object of single-line strings/,
      { headers: { a: 1 } },
    ],
    [
      'a header of two lines, which the platform would quote',
      /^headers is of type object: it must be a plain object of single-line strings$/,
      { headers: { authorization: 'Bearer s3cret\nx' } },
    ],
    ['a Headers object', /^headers is .*: it must be a plain object/, { headers: new Headers() }],
    ['a store that lacks a step', /^replay.abort is undefined/, { replay: { begin() {}, commit() {} } }],
    ['no events', /^maxEvents is 0: it must be a positive integer/, { maxEvents: 0 }],
    ['half an event', /^maxEvents is 0.5/, { maxEvents: 0.5 }],
    ['events as a string', /^maxEvents is of type string/, { maxEvents: '10' }],
    ['no attempts', /^maxAttempts is 0/, { maxAttempts: 0 }],
    ['a flag that is a string', /^returnImmediately is of type string/, { returnImmediately: 'false' }],
    ['a controller instead of its signal', /^signal.addEventListener is undefined/, { signal: new AbortController() }],
    ['a signal that does not say whether it aborted', /^signal.aborted is undefined/, { signal: new EventTarget() }],
    ['a size that is not a number', /^maxBodyBytes must be a non-negative finite number$/, { maxBodyBytes: NaN }],
    ['a time that is not a number', /^timeoutMs /, { timeoutMs: NaN }],
    ['a fetch that is not a function', /^fetch is of type object/, { fetch: {} }],
    ['an onError that is not a function', /^onError is of type object/, { onError: {} }],
  ])('%s is a TypeError at once', (_, message, change, ...url) => {
    const call = (): unknown =>
      pollSets((url.length ? url[0] : URL_OF_POLL) as string, { verify: trusting, ...change } as PollOptions);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  });

  test.each([undefined, null, 'options'])('options that are %s are a TypeError at once', (options) => {
    expect(() => pollSets(URL_OF_POLL, options as never)).toThrow(/^options is /);
  });
});
