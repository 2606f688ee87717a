/** Times in words: a date in UTC with its age, whether the number was seconds or milliseconds. */
import { occurredAt } from '../envelope.js';
import { isSetError } from '../errors.js';
import { dateOf } from '../time.js';

/** A time as it is shown. */
export interface TimeView {
  readonly milliseconds: number;
  /** Such as `2020-01-27 16:53:50.739 UTC`. */
  readonly date: string;
  /** Such as `6 years ago`. */
  readonly age: string;
  /** The number was milliseconds, where the standard has seconds. */
  readonly isMilliseconds: boolean;
}

/**
 * Reads a number as a time, in seconds or milliseconds as `occurredAt` tells them apart; nothing for what no Date can
 * hold.
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

/** A count of milliseconds as a date in UTC, with what there is below a second. */
export function dateWords(milliseconds: number): string {
  return `${dateOf(milliseconds)
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

/** How long ago, or in how long, by the largest unit of which there is at least one. */
export function ageWords(milliseconds: number, now: number): string {
  const passed = milliseconds - now;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(passed) >= size) ?? ['second', 1000];
  return new Intl.RelativeTimeFormat('en', { numeric: 'always' })
    .format(Math.trunc(passed / length), unit)
    .replace(/^(?:in 0|0) seconds?(?: ago)?$/, 'now');
}
