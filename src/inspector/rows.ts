/** Many tokens: what the table knows of each, and which of them a filter lets through. */
import { occurredAt } from '../envelope.js';
import { isSetError } from '../errors.js';
import { decodeSet } from '../set.js';
import { clientOf, type OwnClients, viewEvents } from './event.js';
import type { Entry } from './input.js';
import { viewSubject } from './subject-words.js';

/** One token of many. */
export interface Row {
  readonly entry: Entry;
  /**
   * When the event happened, in milliseconds; NaN for a token that does not decode, or a time that no Date can hold.
   */
  readonly at: number;
  /** What happened, or why the token does not decode. */
  readonly words: string;
  /** The types of the events. */
  readonly types: readonly string[];
  readonly subject: string;
  /** The ID of the client that acted, or nothing. */
  readonly client: string;
  /** The code of the error, for a token that does not decode. */
  readonly code?: string;
}

/** Decodes a token for the table. */
export function makeRow(entry: Entry): Row {
  try {
    const set = decodeSet(entry.token);
    const events = viewEvents(set.payload);
    return {
      entry,
      at: attempt(() => occurredAt(set).getTime(), NaN),
      words: events.map(({ words }) => words).join('; '),
      types: events.map(({ type }) => type),
      subject: attempt(() => viewSubject(set.payload)?.words ?? '', '(malformed)'),
      client: events.map(({ payload }) => clientOf(payload)).find((client) => client !== undefined) ?? '',
    };
  } catch (error) {
    if (!isSetError(error)) throw error;
    return { entry, at: NaN, words: error.message, types: [], subject: '', client: '', code: error.code };
  }
}

function attempt<Result>(run: () => Result, otherwise: Result): Result {
  try {
    return run();
  } catch (error) {
    if (!isSetError(error)) throw error;
    return otherwise;
  }
}

/** What a person wants to see. */
export interface Filter {
  /** A type of events, `ERR` for tokens that do not decode, or empty for all. */
  readonly type: string;
  /** A part of the subject, in any case. */
  readonly subject: string;
  /** The ID of a client, `own`, `other`, or empty for all. */
  readonly client: string;
}

/** The rows that a filter lets through, by their time, with those that do not decode at the end. */
export function selectRows(rows: readonly Row[], { type, subject, client }: Filter, own: OwnClients): Row[] {
  const wanted = subject.trim().toLowerCase();
  const fits = (row: Row): boolean =>
    (type === '' || (type === 'ERR' ? row.code !== undefined : row.types.includes(type))) &&
    (wanted === '' || row.subject.toLowerCase().includes(wanted)) &&
    (client === '' ||
      (client === 'own'
        ? own.has(row.client)
        : client === 'other'
          ? row.client !== '' && !own.has(row.client)
          : row.client === client));
  return rows
    .filter(fits)
    .sort((a, b) => (Number.isNaN(a.at) ? 1 : 0) - (Number.isNaN(b.at) ? 1 : 0) || a.at - b.at || 0);
}

/** The values of a column with how often each is there, the most frequent first. */
export function countValues(values: Iterable<string>): (readonly [value: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** A bar of the timeline: how many events happened from `start` on, until the next. */
export interface Bar {
  readonly start: number;
  readonly count: number;
}

/** Divides the time of the rows into bars of the same length; nothing when no row has a time. */
export function timelineOf(rows: readonly Row[], bars: number): Bar[] {
  // No spread into Math.min: there may be more rows than a call takes arguments.
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

/** How many tokens there are, pass the filter, are bad among those, and are in the table. */
export interface Counts {
  readonly all: number;
  readonly shown: number;
  readonly failed: number;
  readonly listed: number;
}

/** The heading of a list: what is not in the table is not left out in silence. */
export function countWords({ all, shown, failed, listed }: Counts): string {
  const number = (value: number): string => value.toLocaleString('en');
  const of = shown === all ? '' : ` of ${number(all)}`;
  const bad = failed > 0 ? `, ${number(failed)} of them bad` : '';
  return `${number(shown)}${of} tokens, UNVERIFIED${bad}${listed < shown ? `; only the first ${number(listed)} are in the table` : ''}`;
}
