/** pollSets with a replay store: each SET is handed out only once, however often it is delivered. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SetError } from '../../src/errors.js';
import { createMemoryReplayStore, replayKey, type ReplayStore } from '../../src/receiver/replay.js';
import { decodeSet } from '../../src/set.js';
import { createPollEndpoint, elapse, type PollEndpoint, settle, startLoop, tokenOf } from '../support/poll-endpoint.js';

let endpoint: PollEndpoint;
let replay: ReplayStore;
/** The calls of the store, in order. */
let steps: string[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  endpoint = createPollEndpoint();
  const store = createMemoryReplayStore();
  steps = [];
  const log = (step: string, key: string): number => steps.push(`${step} ${(JSON.parse(key) as string[])[1]}`);
  replay = {
    begin: (key) => (log('begin', key), store.begin(key)),
    commit: (key) => (log('commit', key), store.commit(key)),
    abort: (key) => (log('abort', key), store.abort(key)),
  };
});
afterEach(() => void vi.useRealTimers());

const keyOf = (jti: string): string => replayKey(decodeSet(tokenOf(jti)));
const acks = (): unknown[] => endpoint.requests.map(({ ack }) => ack);

describe('with a replay store, a SET', () => {
  test('is committed when the loop asks for the next one, before it is acknowledged', async () => {
    endpoint.enqueue('a', 'b');
    const { stop, end } = startLoop(endpoint, { replay }, ({ payload }) => void steps.push(`handle ${payload.jti}`));
    endpoint.replace = ({ ack }) => (ack && steps.push(`ack ${String(ack)}`), undefined);
    await settle();
    expect(steps).toEqual(['begin a', 'handle a', 'commit a', 'begin b', 'handle b', 'commit b', 'ack a,b']);
    stop();
    await end;
  });

  test.each(['break', 'throw'])('is released when a %s ends the loop', async (what) => {
    endpoint.enqueue('a', 'b');
    const { taken, end } = startLoop(endpoint, { replay }, () => {
      if (taken.length < 2) return undefined;
      if (what === 'throw') throw new Error('down');
      return 'break';
    });
    await end;
    expect(steps).toEqual(['begin a', 'commit a', 'begin b', 'abort b']);
    expect(await replay.begin(keyOf('b'))).toBe('new');
    expect(acks()).toEqual([undefined, ['a']]);
  });

  test('is released when it is refused', async () => {
    endpoint.enqueue('a', 'b');
    const { stop, end } = startLoop(
      endpoint,
      { replay },
      (set, sets) => set.payload.jti === 'a' && sets.refuse(set, new SetError('ERR_SET_ACCESS', 'no')),
    );
    await settle();
    expect(steps).toEqual(['begin a', 'abort a', 'begin b', 'commit b']);
    expect(endpoint.requests[1]).toMatchObject({ ack: ['b'], setErrs: { a: { err: 'access_denied' } } });
    stop();
    await end;
  });

  test('that was already handled is acknowledged, and not handed out', async () => {
    await replay.begin(keyOf('a'));
    await replay.commit(keyOf('a'));
    endpoint.enqueue('a', 'b');
    const { taken, stop, end, reports } = startLoop(endpoint, { replay });
    await settle();
    expect(taken).toEqual(['b']);
    expect(acks()).toEqual([undefined, ['a', 'b']]);
    expect(endpoint.times).toEqual([0, 0]);
    expect(reports).toEqual([]);
    stop();
    await end;
  });

  test('whose acknowledgement was lost is handed out once', async () => {
    endpoint.enqueue('a');
    // The transmitter ignores the acknowledgement, and redelivers the SET with each response.
    endpoint.replace = (_, count) => (count < 4 ? Response.json({ sets: { a: tokenOf('a') } }) : undefined);
    const { taken, stop, end } = startLoop(endpoint, { replay });
    await elapse(3_000);
    expect(taken).toEqual(['a']);
    expect(acks()).toEqual([undefined, ['a'], ['a'], ['a']]);
    stop();
    await end;
  });

  test('that another process is handling is left for five seconds', async () => {
    await replay.begin(keyOf('a'));
    endpoint.enqueue('a', 'b');
    const { taken, stop, end, reports } = startLoop(endpoint, { replay });
    await elapse(4_999);
    expect(taken).toEqual(['b']);
    expect(reports).toMatchObject([
      [{ code: 'ERR_SET_DELIVERY', message: 'Another delivery of this SET is being handled' }, 'a'],
    ]);
    expect(endpoint.requests[1]).toEqual({ maxEvents: 101, ack: ['b'] });
    await replay.abort(keyOf('a'));
    await elapse(2_000);
    expect(taken).toEqual(['b', 'a']);
    stop();
    await end;
  });

  test.each<[name: string, begin: () => Promise<unknown>, message: string, waitMs: number]>([
    ['rejects', () => Promise.reject(new Error('store down')), 'store down', 0],
    [
      'throws',
      () => {
        throw new Error('store down');
      },
      'store down',
      0,
    ],
    ['returns an unknown state', () => Promise.resolve('yes'), 'The replay store must return new, busy or done', 0],
    ['never responds', () => new Promise(() => undefined), "The replay store's begin took longer than 5000 ms", 5_000],
  ])('is left for later if the store %s', async (_, begin, message, waitMs) => {
    endpoint.enqueue('a');
    const fail = vi.fn(replay.begin).mockImplementationOnce(begin as typeof replay.begin);
    const { taken, stop, end, reports } = startLoop(endpoint, { replay: { ...replay, begin: fail } });
    await elapse(waitMs + 4_999);
    expect(taken).toEqual([]);
    expect(reports).toMatchObject([[{ message }, 'a']]);
    await elapse(2_000);
    expect(taken).toEqual(['a']);
    stop();
    await end;
    expect(endpoint.requests.at(-1)!.ack).toEqual(['a']);
  });

  test('is acknowledged even if the store fails to commit it, which is reported', async () => {
    endpoint.enqueue('a');
    const { stop, end, reports } = startLoop(endpoint, {
      replay: { ...replay, commit: () => Promise.reject(new Error('store down')) },
    });
    await settle();
    expect(acks()).toEqual([undefined, ['a']]);
    expect(reports).toEqual([[new Error('store down'), 'a']]);
    stop();
    await end;
  });

  test('that fails verification never reaches the store', async () => {
    endpoint.queue.set('bad', 'x');
    endpoint.queue.set('b', tokenOf('its own'));
    const { stop, end } = startLoop(endpoint, { replay });
    await settle();
    expect(steps).toEqual([]);
    expect(Object.keys(endpoint.requests[1]!.setErrs!)).toEqual(['bad', 'b']);
    stop();
    await end;
  });

  test('that the store takes after the signal has aborted is released, and not handed out', async () => {
    endpoint.enqueue('a');
    let take = (): void => undefined;
    const begin: typeof replay.begin = async (key) => {
      await new Promise<void>((resolve) => (take = resolve));
      return replay.begin(key);
    };
    const { taken, stop, end } = startLoop(endpoint, { replay: { ...replay, begin } });
    await settle();
    stop();
    take();
    expect(await end).toBeUndefined();
    expect(taken).toEqual([]);
    expect(steps).toEqual(['begin a', 'abort a']);
  });
});
