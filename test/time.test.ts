/** time.ts: NumericDate and Date. */
import { expect, test } from 'vitest';
import { toDate } from '../src/time.js';
import { refusalOf } from './support/refusals.js';

test.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [1_563_488_631, '2019-07-18T22:23:51.000Z'],
  [1.001, '1970-01-01T00:00:01.001Z'],
  [1_580_144_030.739, '2020-01-27T16:53:50.739Z'],
  [-1.5, '1969-12-31T23:59:58.500Z'],
  [8.64e12, '+275760-09-13T00:00:00.000Z'],
])('%d seconds are %s', (seconds, text) => {
  expect(toDate(seconds).toISOString()).toBe(text);
});

test.each([8.65e12, -8.65e12, 1e300])('%d seconds are refused and never become an Invalid Date', (seconds) => {
  expect(refusalOf(() => toDate(seconds)).code).toBe('ERR_SET_CLAIM_INVALID');
});

test.each([undefined, null, '5', NaN, Infinity, new Date()])('%j is a TypeError', (seconds) => {
  expect(() => toDate(seconds as number)).toThrow(TypeError);
});
