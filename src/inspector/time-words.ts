/** Times in words: the date in UTC and the age, for a number of seconds or milliseconds. */
import { occurredAt } from '../envelope.js';
import { isSetError } from '../errors.js';
import { dateFromMilliseconds } from '../time.js';

/** A time as the page shows it. */
export interface TimeView {
  readonly milliseconds: number;
  /** For example `2020-01-27 16:53:50.739 UTC`. */
  readonly date: string;
  /** For example `6 years ago`. */
  readonly age: string;
  /** Whether the number was in milliseconds, although the standard requires seconds. */
  readonly isMilliseconds: boolean;
}

/**
 * Reads a number as a time, in seconds or milliseconds by the rule of `occurredAt`. Returns undefined for a time that a
 * Date cannot represent.
 */
export function viewTime(value: number, now: number): TimeView | undefined {
  try {
    const date = occurredAt({ payload: { iss: '-', jti: '-', events: {}, iat: value } });
    const milliseconds = date.getTime();
    return {
      milliseconds,
      date: dateWords(milliseconds),
      age: ageWords(milliseconds, now),
      isMilliseconds: value !== 0 && milliseconds === Math.round(value),
    };
  } catch (error) {
    if (!isSetError(error)) throw error;
    return undefined;
  }
}

/** Formats milliseconds since 1970 as a date in UTC. The fraction of a second is omitted when it is zero. */
export function dateWords(milliseconds: number): string {
  return `${dateFromMilliseconds(milliseconds)
    .toISOString()
    .replace('T', ' ')
    .replace(/(?:\.000)?Z$/, '')} UTC`;
}

const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, milliseconds: number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** Returns how long ago a time was, or in how long it will be, in whole units of the largest one that fits. */
export function ageWords(milliseconds: number, now: number): string {
  const passed = milliseconds - now;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(passed) >= size) ?? ['second', 1000];
  return new Intl.RelativeTimeFormat('en', { numeric: 'always' })
    .format(Math.trunc(passed / length), unit)
    .replace(/^(?:in 0|0) seconds?(?: ago)?$/, 'now');
}
