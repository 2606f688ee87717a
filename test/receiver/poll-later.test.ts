/** pollSets and SETs left for later: neither acknowledged nor refused, and holding up none of those behind them. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SetError, type SetErrorCode } from '../../src/errors.js';
import { createDeferredSets } from '../../src/receiver/poll-deferred.js';
import { decodeSet, type VerifiedSet } from '../../src/set.js';
import type { SetVerifier } from '../../src/verify.js';
import {
  createPollEndpoint,
  delayed,
  elapse,
  type PollEndpoint,
  setsResponse,
  settle,
  startLoop,
  tokenOf,
  trusting,
} from '../support/poll-endpoint.js';

let endpoint: PollEndpoint;
/** The SETs that cannot be verified now, each with the error. */
let broken: Map<string, unknown>;
/** How often each SET was verified. */
let verified: Map<string, number>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  endpoint = createPollEndpoint();
  broken = new Map();
  verified = new Map();
});
afterEach(() => void vi.useRealTimers());

const verify: SetVerifier = async (token) => {
  const { jti } = decodeSet(token).payload;
  verified.set(jti, (verified.get(jti) ?? 0) + 1);
  if (broken.has(jti)) throw broken.get(jti);
  return trusting(token);
};
const down = new SetError('ERR_SET_JWKS', 'the keys are down');
const decisions = (): unknown[] =>
  endpoint.requests.flatMap(({ ack = [], setErrs = {} }) => [...ack, ...Object.keys(setErrs)]);

describe('a SET that cannot be verified now', () => {
  test.each<[name: string, error: unknown, seconds: number]>([
    ['its keys cannot be fetched', down, 5],
    ['its key may be looked up later', new SetError('ERR_SET_JWKS', 'wait', { retryAfterSeconds: 30 }), 30],
    ['its key is not known yet', new SetError('ERR_SET_KEY_NOT_FOUND', 'wait', { retryAfterSeconds: 12 }), 12],
    ['a clock is off', new SetError('ERR_SET_NOT_YET_VALID', 'wait', { retryAfterSeconds: 300 }), 300],
    ['WebCrypto is missing', new SetError('ERR_SET_WEBCRYPTO', 'none'), 5],
    ['the code is unknown', new SetError('ERR_SET_OF_TOMORROW' as SetErrorCode, 'new'), 5],
    ['the verifier breaks', new TypeError('broken'), 5],
    ['the verifier rejects with undefined', undefined, 5],
    ['retryAfterSeconds is infinite', new SetError('ERR_SET_JWKS', 'wait', { retryAfterSeconds: Infinity }), 86_400],
  ])('is verified again when it is due, and then handed out: %s', async (_, error, seconds) => {
    endpoint.enqueue('a');
    broken.set('a', error);
    const { taken, reports, end } = startLoop(endpoint, { verify }, () => 'break');
    await elapse(seconds * 1_000 - 1);
    expect(verified.get('a')).toBe(1);
    expect(reports).toEqual([[error, undefined]]);
    broken.clear();
    await elapse(1);
    await elapse(1_000);
    expect(taken).toEqual(['a']);
    expect(verified.get('a')).toBe(2);
    await end;
    expect(decisions()).toEqual([]);
  });

  test('is reported with its set if its signature is valid', async () => {
    const error = new SetError('ERR_SET_NOT_YET_VALID', 'wait', {
      retryAfterSeconds: 300,
      set: decodeSet(tokenOf('a')),
    });
    endpoint.enqueue('a');
    broken.set('a', error);
    const { reports, stop, end } = startLoop(endpoint, { verify });
    await settle();
    expect(reports).toEqual([[error, 'a']]);
    stop();
    await end;
  });

  test('is left for later by a verifier that throws synchronously or returns nothing', async () => {
    endpoint.enqueue('a', 'b', 'c');
    const odd = (token: string): Promise<VerifiedSet> => {
      if (token === tokenOf('a')) throw new Error('broken');
      return token === tokenOf('b') ? Promise.resolve(undefined as never) : trusting(token);
    };
    const { taken, reports, stop, end } = startLoop(endpoint, { verify: odd });
    await settle();
    expect(taken).toEqual(['c']);
    expect(reports).toMatchObject([
      [new Error('broken'), undefined],
      [new TypeError('verify returned nothing'), undefined],
    ]);
    stop();
    await end;
    expect(decisions()).toEqual(['c']);
  });

  test('does not keep those behind it from the loop', async () => {
    endpoint.enqueue('a', 'b', 'c');
    broken.set('a', down).set('b', new Error('broken'));
    const { taken, stop, end } = startLoop(endpoint, { verify });
    await settle();
    expect(taken).toEqual(['c']);
    endpoint.enqueue('d');
    await elapse(1_000);
    expect(taken).toEqual(['c', 'd']);
    stop();
    await end;
    expect([...endpoint.queue.keys()]).toEqual(['a', 'b']);
  });

  test('is recognized by its name: another token with the same name waits, too', async () => {
    endpoint.enqueue('a');
    broken.set('a', down);
    const { stop, end } = startLoop(endpoint, { verify });
    await settle();
    endpoint.queue.set('a', 'x');
    await elapse(4_999);
    expect(decisions()).toEqual([]);
    await elapse(1_001);
    expect(decisions()).toEqual(['a']);
    stop();
    await end;
  });
});

describe('while SETs are left for later', () => {
  test('the next request asks for that many more', async () => {
    endpoint.enqueue('a', 'b', 'c', 'd');
    broken.set('a', down).set('b', down);
    const { taken, stop, end } = startLoop(endpoint, { verify, maxEvents: 2 });
    await elapse(1_000);
    expect(taken).toEqual(['c', 'd']);
    expect(endpoint.requests.map(({ maxEvents }) => maxEvents)).toEqual([2, 4, 4]);
    broken.clear();
    await elapse(10_000);
    expect(taken).toEqual(['c', 'd', 'a', 'b']);
    expect(endpoint.requests.at(-1)).toEqual({ maxEvents: 2, ack: ['a', 'b'] });
    stop();
    await end;
  });

  test('the pauses grow', async () => {
    endpoint.enqueue('a');
    broken.set('a', new SetError('ERR_SET_NOT_YET_VALID', 'wait', { retryAfterSeconds: 86_399 }));
    const { stop, end } = startLoop(endpoint, { verify });
    await elapse(200_000);
    expect(endpoint.times).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 123_000, 183_000]);
    expect(verified.get('a')).toBe(1);
    stop();
    await end;
  });

  test('a pause ends when the first may be verified again', async () => {
    endpoint.enqueue('a', 'b');
    broken
      .set('a', new SetError('ERR_SET_JWKS', 'wait', { retryAfterSeconds: 9 }))
      .set('b', new SetError('ERR_SET_JWKS', 'wait', { retryAfterSeconds: 8 }));
    const { stop, end } = startLoop(endpoint, { verify });
    await elapse(8_000);
    expect(endpoint.times).toEqual([0, 1_000, 3_000, 7_000, 8_000]);
    expect([verified.get('a'), verified.get('b')]).toEqual([1, 2]);
    stop();
    await end;
  });

  test('a pause lasts at least a second', async () => {
    endpoint.enqueue('a');
    broken.set('a', new SetError('ERR_SET_JWKS', 'wait', { retryAfterSeconds: 1.5 }));
    const { stop, end } = startLoop(endpoint, { verify });
    await elapse(20_000);
    for (const [index, time] of endpoint.times.slice(1).entries())
      expect(time - endpoint.times[index]!).toBeGreaterThanOrEqual(1_000);
    expect(endpoint.requests.length).toBeGreaterThan(10);
    stop();
    await end;
  });

  test('the pauses also grow if the responses with them are slow', async () => {
    broken.set('a', new SetError('ERR_SET_JWKS', 'wait', { retryAfterSeconds: 600 }));
    endpoint.replace = () => delayed(1_500, () => setsResponse({ a: tokenOf('a') }));
    const { stop, end } = startLoop(endpoint, { verify });
    await elapse(12_000);
    expect(endpoint.times).toEqual([0, 2_500, 6_000, 11_500]);
    stop();
    await end;
  });

  test('a new SET resets the pauses', async () => {
    endpoint.enqueue('a');
    broken.set('a', new SetError('ERR_SET_JWKS', 'wait', { retryAfterSeconds: 600 }));
    const { taken, stop, end } = startLoop(endpoint, { verify });
    await elapse(3_500);
    endpoint.enqueue('b');
    await elapse(4_500);
    expect(taken).toEqual(['b']);
    expect(endpoint.times).toEqual([0, 1_000, 3_000, 7_000, 7_000, 8_000]);
    stop();
    await end;
  });

  test('a clock that is set back does not hold them for longer', async () => {
    endpoint.enqueue('a');
    broken.set('a', down);
    const { taken, stop, end } = startLoop(endpoint, { verify });
    await settle();
    broken.clear();
    vi.setSystemTime(Date.now() - 86_400_000);
    await elapse(1_000);
    expect(taken).toEqual(['a']);
    stop();
    await end;
  });
});

describe('a flood of SETs that cannot be verified now', () => {
  const flood = (size: number): void => {
    for (let index = 0; index < size; index++) {
      endpoint.enqueue(`bad ${index}`);
      broken.set(`bad ${index}`, down);
    }
    endpoint.enqueue('good 1', 'good 2');
  };

  test('does not keep those behind it from the loop', async () => {
    flood(1_000);
    const { taken, stop, end } = startLoop(endpoint, { verify });
    await elapse(60_000);
    expect(taken).toEqual(['good 1', 'good 2']);
    expect(decisions()).toEqual(['good 1', 'good 2']);
    // Each is verified at most every five seconds.
    expect(Math.max(...verified.values())).toBeLessThanOrEqual(13);
    expect(endpoint.requests.length).toBeLessThanOrEqual(61);
    broken.clear();
    await elapse(10_000);
    expect(taken).toHaveLength(1_002);
    expect(endpoint.queue.size).toBe(0);
    expect(endpoint.requests.at(-1)!.maxEvents).toBe(100);
    stop();
    await end;
  });

  test('does not end the loop with responses that are too large', async () => {
    flood(50);
    /** Responds with as many SETs as requested, and 1,000 bytes for each. */
    endpoint.replace = ({ maxEvents, ack = [] }) => {
      for (const name of ack) endpoint.queue.delete(name);
      const sets = [...endpoint.queue].slice(0, maxEvents);
      return setsResponse(Object.fromEntries(sets), { filler: 'x'.repeat(1_000 * sets.length) });
    };
    const { taken, reports, stop, end, hasEnded } = startLoop(endpoint, {
      verify,
      maxEvents: 10,
      maxBodyBytes: 40_000,
    });
    await elapse(60_000);
    expect(hasEnded()).toBe(false);
    // The requests are not sent in a tight loop either.
    expect(endpoint.requests.length).toBeLessThanOrEqual(70);
    const tooLarge = reports.filter(([error]) => (error as SetError).code === 'ERR_SET_DELIVERY');
    expect(tooLarge.length).toBeGreaterThan(0);
    expect(tooLarge.length).toBeLessThanOrEqual(3);
    for (const [index, { maxEvents }] of endpoint.requests.entries())
      expect(maxEvents, `request ${index}`).toBeGreaterThanOrEqual(10);
    broken.clear();
    await elapse(10_000);
    expect(taken).toHaveLength(52);
    stop();
    await end;
  });

  test('halves the additional events down to maxEvents, and ends the loop only if that is too large', async () => {
    flood(8);
    let isHuge = false;
    endpoint.replace = ({ maxEvents }) =>
      setsResponse(Object.fromEntries([...endpoint.queue].slice(0, maxEvents)), {
        filler: isHuge ? 'x'.repeat(10_000) : '',
      });
    const { end, hasEnded } = startLoop(endpoint, { verify, maxEvents: 8, maxBodyBytes: 8_000 });
    await settle();
    expect(hasEnded()).toBe(false);
    isHuge = true;
    await elapse(1_000);
    expect(await end).toMatchObject({ code: 'ERR_SET_DELIVERY', cause: { code: 'ERR_SET_TOO_LARGE' } });
    expect(endpoint.requests.map(({ maxEvents }) => maxEvents)).toEqual([8, 16, 12, 10, 9, 8]);
  });
});

describe('after a flood', () => {
  test('another one may enlarge the requests again', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const spread = (): void => names.forEach((name) => broken.set(name, down));
    let isHuge = true;
    endpoint.enqueue(...names);
    spread();
    endpoint.replace = ({ maxEvents, ack = [] }) => {
      for (const name of ack) endpoint.queue.delete(name);
      return isHuge && maxEvents > 4 ? setsResponse({}, { filler: 'x'.repeat(10_000) }) : undefined;
    };
    const { taken, stop, end } = startLoop(endpoint, { verify, maxEvents: 4, maxBodyBytes: 8_000 });
    await elapse(4_000);
    expect(endpoint.requests.at(-1)!.maxEvents).toBe(4);
    broken.clear();
    isHuge = false;
    await elapse(3_000);
    expect(taken).toEqual(names);
    taken.length = 0;
    spread();
    endpoint.enqueue(...names, 'e');
    await elapse(3_000);
    expect(taken).toEqual(['e']);
    stop();
    await end;
  });
});

describe('the list of deferred SETs', () => {
  test('counts a SET that is added again as the newest', () => {
    const deferred = createDeferredSets();
    for (let index = 0; index < 10_000; index++) deferred.add(String(index), 60);
    deferred.add('0', 60);
    deferred.add('10000', 60);
    expect(['0', '1'].map((name) => deferred.has(name))).toEqual([true, false]);
  });

  test('forgets each SET when it is due', async () => {
    const deferred = createDeferredSets();
    deferred.add('a');
    deferred.add('b', 2);
    expect([deferred.count(), deferred.firstInMs()]).toEqual([2, 2_000]);
    await elapse(2_000);
    expect([deferred.has('a'), deferred.has('b'), deferred.count(), deferred.firstInMs()]).toEqual([
      true,
      false,
      1,
      3_000,
    ]);
    await elapse(3_000);
    expect([deferred.has('a'), deferred.count(), deferred.firstInMs()]).toEqual([false, 0, Infinity]);
  });

  test('never holds more than 10,000: the oldest are forgotten', () => {
    const deferred = createDeferredSets();
    for (let index = 0; index < 10_002; index++) deferred.add(String(index), 60);
    expect(deferred.count()).toBe(10_000);
    expect(['0', '1', '2', '10001'].map((name) => deferred.has(name))).toEqual([false, false, true, true]);
  });
});
