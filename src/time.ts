/**
 * NumericDate (RFC 7519 section 2), seconds since 1970-01-01T00:00:00Z with or without a fraction, and the clock.
 */
import { SetError } from './errors.js';
import { checkAmount } from './options.js';

/**
 * Converts a NumericDate (seconds) to a Date.
 *
 * For a `toe`, which may be in milliseconds, use {@link occurredAt}.
 *
 * @throws SetError `ERR_SET_CLAIM_INVALID` when a Date cannot represent the time (beyond 8.64e12 seconds)
 * @throws TypeError when the argument is not a finite number; every time in a decoded SET is one
 * @see RFC 7519 section 2
 */
export function toDate(numericDate: number): Date {
  if (!Number.isFinite(numericDate)) throw new TypeError('toDate takes a finite number of seconds');
  return dateFromMilliseconds(numericDate * 1000);
}

/**
 * Creates a Date from milliseconds since 1970, never an Invalid Date.
 *
 * @throws SetError `ERR_SET_CLAIM_INVALID`
 */
export function dateFromMilliseconds(milliseconds: number, claim?: string): Date {
  // Rounded, since 1.001 * 1000 is slightly less than 1001 and Date truncates.
  const date = new Date(Math.round(milliseconds));
  if (Number.isNaN(date.getTime())) {
    throw new SetError(
      'ERR_SET_CLAIM_INVALID',
      'The time is too large for a Date',
      claim === undefined ? {} : { claim },
    );
  }
  return date;
}

/** Returns the time of this machine, in milliseconds. `Date` is looked up on each call, so that fake clocks work. */
export function clock(): number {
  return Date.now();
}

/**
 * Reads a clock that a caller may have passed.
 *
 * @throws TypeError when it does not return milliseconds
 */
export function readClock(now: () => number): number {
  const milliseconds = now();
  checkAmount('now()', milliseconds ?? NaN);
  return milliseconds;
}
