/** The rows of the table of many tokens, with their filters, counts and timeline. */
import { occurredAt } from '../envelope.js';
import { isSetError } from '../errors.js';
import { decodeSet } from '../set.js';
import { clientOf, type OwnClients, viewEvents } from './event.js';
import type { Entry } from './input.js';
import { formatNumber } from './numbers.js';
import { viewSubject } from './subject-words.js';

/** A token as the table shows it. */
export interface Row {
  readonly entry: Entry;
  /**
   * When the event happened, in milliseconds; NaN when the token fails to decode or a Date cannot represent the time.
   */
  readonly at: number;
  /** What happened, or why the token failed to decode. */
  readonly words: string;
  /** The types of the events. */
  readonly types: readonly string[];
  readonly subject: string;
  /** The ID of the client that caused the event, or an empty string. */
  readonly client: string;
  /** The code of the error when the token failed to decode. */
  readonly code?: string;
}

/** Decodes a token into a row. */
export function createRow(entry: Entry): Row {
  try {
    const set = decodeSet(entry.token);
    const events = viewEvents(set.payload);
    return {
      entry,
      at: withFallback(() => occurredAt(set).getTime(), NaN),
      words: events.map(({ words }) => words).join('; '),
      types: events.map(({ type }) => type),
      subject: withFallback(() => viewSubject(set.payload)?.words ?? '', '(malformed)'),
      client: events.map(({ payload }) => clientOf(payload)).find((client) => client !== undefined) ?? '',
    };
  } catch (error) {
    if (!isSetError(error)) throw error;
    return { entry, at: NaN, words: error.message, types: [], subject: '', client: '', code: error.code };
  }
}

/** Returns the result of a function, or the fallback when it throws a SetError. */
function withFallback<Result>(run: () => Result, fallback: Result): Result {
  try {
    return run();
  } catch (error) {
    if (!isSetError(error)) throw error;
    return fallback;
  }
}

/** The values of the filter fields. */
export interface Filter {
  /** An event type, `ERR` for tokens that failed to decode, or empty for all. */
  readonly type: string;
  /** A part of the subject; case does not matter. */
  readonly subject: string;
  /** The ID of a client, `own`, `other`, or empty for all. */
  readonly client: string;
}

/** Returns the rows that pass a filter, sorted by time. Rows without a time come last. */
export function selectRows(rows: readonly Row[], { type, subject, client }: Filter, own: OwnClients): Row[] {
  const wanted = subject.trim().toLowerCase();
  const passes = (row: Row): boolean =>
    (type === '' || (type === 'ERR' ? row.code !== undefined : row.types.includes(type))) &&
    (wanted === '' || row.subject.toLowerCase().includes(wanted)) &&
    (client === '' ||
      (client === 'own'
        ? own.has(row.client)
        : client === 'other'
          ? row.client !== '' && !own.has(row.client)
          : row.client === client));
  return rows
    .filter(passes)
    .sort((a, b) => (Number.isNaN(a.at) ? 1 : 0) - (Number.isNaN(b.at) ? 1 : 0) || a.at - b.at || 0);
}

/** Returns each distinct value with its number of occurrences, the most frequent first. */
export function countValues(values: Iterable<string>): (readonly [value: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** A bar of the timeline: the number of rows from `start` until the next bar. */
export interface Bar {
  readonly start: number;
  readonly count: number;
}

/** Divides the time span of the rows into bars of equal length. Returns no bars when no row has a time. */
export function timelineOf(rows: readonly Row[], bars: number): Bar[] {
  // A loop instead of Math.min(...): there may be more rows than a call can take arguments.
  let [first, last] = [Infinity, -Infinity];
  for (const { at } of rows) {
    if (at < first) first = at;
    if (at > last) last = at;
  }
  if (first > last) return [];
  const length = Math.max(1, (last - first) / bars);
  const counts = Array.from({ length: bars }, () => 0);
  for (const { at } of rows) {
    if (!Number.isNaN(at)) counts[Math.min(bars - 1, Math.floor((at - first) / length))]!++;
  }
  return counts.map((count, index) => ({ start: first + index * length, count }));
}

/** Numbers of tokens. */
export interface Counts {
  readonly all: number;
  /** Those that pass the filter. */
  readonly shown: number;
  /** Those that pass the filter and failed to decode. */
  readonly failed: number;
  /** Those that the table can list. */
  readonly listed: number;
}

/** Returns the heading of the list, which also says when the table does not list every token. */
export function countWords({ all, shown, failed, listed }: Counts): string {
  const total = shown === all ? '' : ` of ${formatNumber(all)}`;
  const failures = failed > 0 ? `, ${formatNumber(failed)} failed to decode` : '';
  const limit = listed < shown ? `; the table lists only the first ${formatNumber(listed)}` : '';
  return `${formatNumber(shown)}${total} tokens, UNVERIFIED${failures}${limit}`;
}
