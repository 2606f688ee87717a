/**
 * NumericDate (RFC 7519 section 2): seconds since 1970-01-01T00:00:00Z, perhaps with a fraction; and the clock.
 */
import { SetError } from './errors.js';
import { checkAmount } from './options.js';

/**
 * Turns a NumericDate (seconds) into a Date.
 *
 * For a `toe` that may be in milliseconds use {@link occurredAt}.
 *
 * @throws SetError `ERR_SET_CLAIM_INVALID` when a Date cannot hold the time (beyond 8.64e12 seconds)
 * @throws TypeError when the argument is not a finite number, as every time in a decoded SET is
 * @see RFC 7519 section 2
 */
export function toDate(numericDate: number): Date {
  if (!Number.isFinite(numericDate)) throw new TypeError('toDate takes a finite number of seconds');
  return dateOf(numericDate * 1000);
}

/**
 * A Date for a count of milliseconds, never an Invalid Date.
 *
 * @throws SetError `ERR_SET_CLAIM_INVALID`
 */
export function dateOf(milliseconds: number, claim?: string): Date {
  // Rounded: 1.001 * 1000 is a little less than 1001, and Date would cut it off.
  const date = new Date(Math.round(milliseconds));
  if (Number.isNaN(date.getTime())) {
    throw new SetError(
      'ERR_SET_CLAIM_INVALID',
      'The time is beyond what a Date can hold',
      claim === undefined ? {} : { claim },
    );
  }
  return date;
}

/** The clock of this machine, in milliseconds. Read on each call, so that a replaced `Date` counts. */
export function clock(): number {
  return Date.now();
}

/**
 * Reads a clock that a caller may have given.
 *
 * @throws TypeError when it does not give milliseconds
 */
export function readClock(now: () => number): number {
  const milliseconds = now();
  checkAmount('the result of now()', milliseconds ?? NaN);
  return milliseconds;
}
