/** Many tokens: what the table knows of them, filters and the timeline. */
import { describe, expect, test } from 'vitest';
import { countValues, countWords, makeRow, type Row, selectRows, timelineOf } from '../../src/inspector/rows.js';
import { inSlices } from '../../src/inspector/slices.js';
import { CLAIMS, tokenWith } from '../support/tokens.js';
import { encodeVector } from '../support/vectors.js';

const NONE = { type: '', subject: '', client: '' };

describe('a row', () => {
  test('has time, words, subject and client', () => {
    expect(makeRow({ token: encodeVector('akamai/captured-2020.json').token })).toMatchObject({
      at: 1_580_144_030_739,
      words: 'familyName changed on a user profile',
      types: ['entityUpdated'],
      subject: expect.stringContaining('user e499ac24'),
      client: '3fp4zt9t256jqk4tx35wuj4ap2e53hq9',
    });
  });

  test('of a bad token has the code and no time', () => {
    expect(makeRow({ token: 'a.b' })).toMatchObject({
      at: NaN,
      code: 'ERR_SET_FORMAT',
      words: 'The token must have 3 parts, not 2',
    });
  });

  test.each([{ sub_id: {} }, { iat: 1e300 }])('is there for %j', (claims) => {
    expect(makeRow({ token: tokenWith(claims) })).not.toHaveProperty('code');
  });
});

describe('a count', () => {
  test.each([
    [{ all: 3, shown: 3, failed: 0, listed: 3 }, '3 tokens, UNVERIFIED'],
    [{ all: 3000, shown: 2000, failed: 1000, listed: 2000 }, '2,000 of 3,000 tokens, UNVERIFIED, 1,000 of them bad'],
    [
      { all: 3000, shown: 3000, failed: 0, listed: 1000 },
      '3,000 tokens, UNVERIFIED; only the first 1,000 are in the table',
    ],
  ])('of %j is “%s”', (counts, words) => {
    expect(countWords(counts)).toBe(words);
  });
});

describe('a filter', () => {
  const rows = [
    makeRow({
      token: tokenWith({
        iat: 30,
        events: { entityCreated: { captureClientId: 'abc', globalSub: 'capture-v1://h/app/user/Jane' } },
      }),
    }),
    makeRow({ token: 'bad' }),
    makeRow({ token: tokenWith({ iat: 10, events: { test: {} }, sub: 'jane' }) }),
    makeRow({ token: tokenWith({ iat: 20, events: { entityCreated: { captureClientId: 'def' } } }) }),
  ];
  const own = new Map([['abc', '']]);
  const times = (filter: Partial<typeof NONE>): number[] =>
    selectRows(rows, { ...NONE, ...filter }, own).map(({ at }) => at / 1000);

  test.each([
    ['nothing', {}, [10, 20, 30, NaN]],
    ['an event', { type: 'entityCreated' }, [20, 30]],
    ['bad tokens', { type: 'ERR' }, [NaN]],
    ['a subject, in any case', { subject: ' JANE ' }, [10, 30]],
    ['a client', { client: 'def' }, [20]],
    ['own clients', { client: 'own' }, [30]],
    ['other clients', { client: 'other' }, [20]],
    ['two things', { type: 'entityCreated', subject: 'jane' }, [30]],
  ])('by %s keeps the order of time, bad tokens last', (_, filter, expected) => {
    expect(times(filter)).toEqual(expected);
  });

  test('counts values, the most frequent first', () => {
    expect(countValues(['a', 'b', 'b'])).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });
});

describe('a timeline', () => {
  const at = (time: number): Row => ({ ...makeRow({ token: tokenWith(CLAIMS) }), at: time });

  test('has each row in one bar', () => {
    const bars = timelineOf([at(0), at(49), at(50), at(100), at(NaN)], 2);
    expect(bars).toEqual([
      { start: 0, count: 2 },
      { start: 50, count: 2 },
    ]);
  });

  test('of one moment is one bar', () => {
    expect(timelineOf([at(7), at(7)], 3).map(({ count }) => count)).toEqual([2, 0, 0]);
  });

  test('of no time is none', () => {
    expect(timelineOf([at(NaN)], 3)).toEqual([]);
  });
});

describe('work in slices', () => {
  /** A clock that goes on by five milliseconds with each item. */
  function run(isWanted: () => boolean): { taken: number[]; pauses: () => number; done: Promise<boolean> } {
    const taken: number[] = [];
    let pauses = 0;
    const done = inSlices([1, 2, 3, 4, 5, 6, 7], (item) => taken.push(item), {
      isWanted,
      progress: () => pauses++,
      now: () => taken.length * 5,
    });
    return { taken, pauses: () => pauses, done };
  }

  test('takes all, with pauses', async () => {
    const { taken, pauses, done } = run(() => true);
    expect(taken).toEqual([1, 2, 3]);
    expect(await done).toBe(true);
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(pauses()).toBe(2);
  });

  test('leaves the rest when it is wanted no more', async () => {
    const { taken, done } = run(() => false);
    expect(await done).toBe(false);
    expect(taken).toEqual([1, 2, 3]);
  });
});
