/** The rows, filters, counts and timeline of many tokens, and work in slices. */
import { describe, expect, test } from 'vitest';
import { countValues, countWords, createRow, type Row, selectRows, timelineOf } from '../../src/inspector/rows.js';
import { forEachInSlices } from '../../src/inspector/slices.js';
import { CLAIMS, tokenWith } from '../support/tokens.js';
import { encodeVector } from '../support/vectors.js';

const NONE = { type: '', subject: '', client: '' };

describe('a row', () => {
  test('has time, words, subject and client', () => {
    expect(createRow({ token: encodeVector('akamai/captured-2020.json').token })).toMatchObject({
      at: 1_580_144_030_739,
      words: 'familyName changed on a user profile',
      types: ['entityUpdated'],
      subject: expect.stringContaining('user e499ac24'),
      client: '3fp4zt9t256jqk4tx35wuj4ap2e53hq9',
    });
  });

  test.each([
    ['seconds', 1_559_372_400],
    ['milliseconds', 1_559_372_400_000],
  ])('has the time in the event, in %s', (_, event_timestamp) => {
    expect(createRow({ token: tokenWith({ events: { a: {}, b: { event_timestamp } } }) }).at).toBe(1_559_372_400_000);
  });

  test('of a malformed token has the error code and no time', () => {
    expect(createRow({ token: 'a.b' })).toMatchObject({
      at: NaN,
      code: 'ERR_SET_FORMAT',
      words: 'The token must have 3 parts',
    });
  });

  test.each([{ sub_id: {} }, { iat: 1e300 }, { events: { a: { event_timestamp: 1e300 } } }])(
    'tolerates %j',
    (claims) => {
      expect(createRow({ token: tokenWith(claims) })).not.toHaveProperty('code');
    },
  );
});

describe('a count', () => {
  test.each([
    [{ all: 3, shown: 3, failed: 0, listed: 3 }, '3 tokens, UNVERIFIED'],
    [
      { all: 3000, shown: 2000, failed: 1000, listed: 2000 },
      '2,000 of 3,000 tokens, UNVERIFIED, 1,000 failed to decode',
    ],
    [
      { all: 3000, shown: 3000, failed: 0, listed: 1000 },
      '3,000 tokens, UNVERIFIED; the table lists only the first 1,000',
    ],
  ])('%j is “%s”', (counts, words) => {
    expect(countWords(counts)).toBe(words);
  });
});

describe('a filter', () => {
  const rows = [
    createRow({
      token: tokenWith({
        iat: 30,
        events: { entityCreated: { captureClientId: 'abc', globalSub: 'capture-v1://h/app/user/Jane' } },
      }),
    }),
    createRow({ token: 'bad' }),
    createRow({ token: tokenWith({ iat: 10, events: { test: {} }, sub: 'jane' }) }),
    createRow({ token: tokenWith({ iat: 20, events: { entityCreated: { captureClientId: 'def' } } }) }),
  ];
  const own = new Map([['abc', '']]);
  const times = (filter: Partial<typeof NONE>): number[] =>
    selectRows(rows, { ...NONE, ...filter }, own).map(({ at }) => at / 1000);

  test.each([
    ['no field', {}, [10, 20, 30, NaN]],
    ['an event type', { type: 'entityCreated' }, [20, 30]],
    ['tokens that failed to decode', { type: 'ERR' }, [NaN]],
    ['a subject, ignoring case', { subject: ' JANE ' }, [10, 30]],
    ['a client', { client: 'def' }, [20]],
    ['own clients', { client: 'own' }, [30]],
    ['other clients', { client: 'other' }, [20]],
    ['two fields', { type: 'entityCreated', subject: 'jane' }, [30]],
  ])('by %s sorts by time, tokens without a time last', (_, filter, expected) => {
    expect(times(filter)).toEqual(expected);
  });

  test('offers values by frequency', () => {
    expect(countValues(['a', 'b', 'b'])).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });
});

describe('a timeline', () => {
  const at = (time: number): Row => ({ ...createRow({ token: tokenWith(CLAIMS) }), at: time });

  test('counts each row in one bar', () => {
    const bars = timelineOf([at(0), at(49), at(50), at(100), at(NaN)], 2);
    expect(bars).toEqual([
      { start: 0, count: 2 },
      { start: 50, count: 2 },
    ]);
  });

  test('puts rows with the same time into one bar', () => {
    expect(timelineOf([at(7), at(7)], 3).map(({ count }) => count)).toEqual([2, 0, 0]);
  });

  test('is empty when no row has a time', () => {
    expect(timelineOf([at(NaN)], 3)).toEqual([]);
  });
});

describe('work in slices', () => {
  /** Runs with a clock that advances by five milliseconds per item. */
  function run(isWanted: () => boolean): { taken: number[]; pauses: () => number; done: Promise<boolean> } {
    const taken: number[] = [];
    let pauses = 0;
    const done = forEachInSlices([1, 2, 3, 4, 5, 6, 7], (item) => taken.push(item), {
      isWanted,
      progress: () => pauses++,
      now: () => taken.length * 5,
    });
    return { taken, pauses: () => pauses, done };
  }

  test('processes all items, with pauses', async () => {
    const { taken, pauses, done } = run(() => true);
    expect(taken).toEqual([1, 2, 3]);
    expect(await done).toBe(true);
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(pauses()).toBe(2);
  });

  test('skips the rest once it is no longer wanted', async () => {
    const { taken, done } = run(() => false);
    expect(await done).toBe(false);
    expect(taken).toEqual([1, 2, 3]);
  });
});
