/** Times in words: the date in UTC and the age, for a number of seconds or milliseconds. */
import { occurredAt } from '../envelope.js';
import { isSetError } from '../errors.js';
import type { SetPayload } from '../model.js';
import { dateFromMilliseconds } from '../time.js';

/** A moment as the page shows it. */
interface MomentView {
  readonly milliseconds: number;
  /** For example `2020-01-27 16:53:50.739 UTC`. */
  readonly date: string;
  /** For example `6 years ago`. */
  readonly age: string;
}

/** A member that is a time, as the page shows it. */
export interface TimeView extends MomentView {
  /** Whether the number was in milliseconds, although the standard requires seconds. */
  readonly isMilliseconds: boolean;
}

/**
 * Reads a number as a time, in seconds or milliseconds by the rule of `occurredAt`. Returns undefined for a time that a
 * Date cannot represent.
 */
export function viewTime(value: number, now: number): TimeView | undefined {
  const moment = viewOccurrence({ iss: '-', jti: '-', events: {}, iat: value }, now);
  return moment && { ...moment, isMilliseconds: value !== 0 && moment.milliseconds === Math.round(value) };
}

/** Returns when the event of a set happened, in words: the date, the age, and how much later it was reported. */
export function occurrenceWords(payload: SetPayload, now: number): string {
  const happened = viewOccurrence(payload, now);
  if (!happened) return 'not a possible date';
  const issued = viewTime(payload.iat, now);
  const delay = issued ? ageWords(issued.milliseconds, happened.milliseconds) : 'now';
  const reported = delay === 'now' || delay.endsWith('ago') ? '' : `, reported ${delay.replace('in ', '')} later`;
  return `${happened.date}, ${happened.age}${reported}`;
}

/** Returns when the event of a set happened, or undefined for a time that a Date cannot represent. */
function viewOccurrence(payload: SetPayload, now: number): MomentView | undefined {
  try {
    const milliseconds = occurredAt({ payload }).getTime();
    return { milliseconds, date: dateWords(milliseconds), age: ageWords(milliseconds, now) };
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
