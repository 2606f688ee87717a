/**
 * Poll delivery (RFC 8936): a receiver asks for SETs, and acknowledges each when it has been handled.
 *
 * An acknowledgement is sent with the next request, since the transmitter then forgets the SET. What was not acknowledged it delivers
 * again.
 */
import { isSetError, SetError } from '../errors.js';
import { checkTimeout, type FetchLike, type FetchLimits, postJson, readUrl } from '../http.js';
import { typeOf } from '../json.js';
import { checkAmount } from '../options.js';
import type { VerifiedSet } from '../set.js';
import { clock } from '../time.js';
import type { SetVerifier } from '../verify.js';
import { type DeliveryError, deliveryErrorOf } from './delivery-error.js';

/** What ends a polling: the platform's `AbortSignal`, or what is needed of it. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** How {@link pollSets} polls. */
export interface PollOptions {
  /** Verifies each token, as `createVerifier` and its like make it. */
  readonly verify: SetVerifier;
  /** Headers to send, such as the `authorization` of the stream configuration (OpenID SSF 1.0 section 6.1.2). */
  readonly headers?: Record<string, string>;
  /** The most SETs to get in one answer. Default 100. */
  readonly maxEvents?: number;
  /**
   * Ask the transmitter to answer at once also when it has nothing; the pauses between such answers grow to a minute. Default `false`: it
   * waits until there is something.
   */
  readonly returnImmediately?: boolean;
  /** Ends the loop, once the SET that is being handled is done. */
  readonly signal?: StopSignal;
  /** The largest answer, in bytes. Default 8,388,608. */
  readonly maxBodyBytes?: number;
  /** How long an answer may take, the transmitter's waiting included, in milliseconds. Default 300,000. */
  readonly timeoutMs?: number;
  /** How many requests in a row may fail. Default 10, which is about four minutes. */
  readonly maxAttempts?: number;
  /** The `fetch` to use. Default: that of the platform. */
  readonly fetch?: FetchLike;
  /** Hears of SETs that were refused and of requests that failed, as SetErrors. For logs: what it throws is ignored. */
  readonly onError?: (error: unknown) => void;
}

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** A transmitter cannot put a receiver to sleep for longer. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** How long the last acknowledgements may take, when the loop has ended. */
const FAREWELL_TIMEOUT_MS = 10_000;

/** What the next request reports. It is forgotten only when the transmitter has answered. */
interface Report {
  readonly acks: Set<string>;
  readonly errors: Map<string, DeliveryError>;
}

/**
 * Polls a transmitter for SETs, for as long as the loop over it runs.
 *
 * ```ts
 * for await (const set of pollSets(url, { verify })) await store(set);
 * ```
 *
 * A SET is acknowledged once the loop comes back for the next one; one whose acknowledgement is lost comes again, so that a handler has to
 * bear that, or to ask a `ReplayStore`. `break`, `return` or a throw leave the one at hand unacknowledged, and send what was earned
 * before. A SET that does not verify is reported to the transmitter, and not handed out; one whose keys cannot be fetched is left for
 * later. Requests that fail, and answers with 408, 429 or 5xx, are tried again with growing pauses.
 *
 * @param url https, or http on a loopback host
 * @throws TypeError at once for a mistake in the URL or the options
 * @throws SetError `ERR_SET_DELIVERY` from the loop, when `maxAttempts` requests in a row have failed; at once for another status, and for
 * an answer that is too large
 * @see RFC 8936 sections 2.2 to 2.4
 */
export function pollSets(url: string | { readonly href: string }, options: PollOptions): AsyncGenerator<VerifiedSet, void, undefined> {
  const { verify, headers = {}, maxEvents = 100, returnImmediately = false, signal, maxBodyBytes = 8_388_608, fetch, onError } = options;
  const { timeoutMs = 300_000, maxAttempts = 10 } = options;
  const href = readUrl(url);
  if (typeof verify !== 'function') throw new TypeError('verify must be a function');
  for (const [name, value] of Object.entries({ maxEvents, maxAttempts })) {
    if (!Number.isInteger(value) || value < 1) throw new TypeError(`${name} must be a whole number from 1 up`);
  }
  checkAmount('maxBodyBytes', maxBodyBytes);
  checkTimeout('timeoutMs', timeoutMs);
  const limits: FetchLimits = { fetch, headers, timeoutMs, maxBytes: maxBodyBytes };

  const tell = (error: unknown): void => {
    void (async () => onError?.(error))().catch(() => {
      // Whoever reports cannot stop the loop.
    });
  };

  async function* poll(): AsyncGenerator<VerifiedSet, void, undefined> {
    const report: Report = { acks: new Set(), errors: new Map() };
    /** How often in a row a request has failed. */
    let failures = 0;
    /** How often in a row nothing came of one: it failed, or was answered at once with nothing that could be handed out. */
    let idle = 0;
    try {
      while (!signal?.aborted) {
        const askedAt = clock();
        const sent = { acks: [...report.acks], errors: [...report.errors.keys()] };
        const request = { maxEvents, ...(returnImmediately && { returnImmediately }), ...toJson(report) };
        const outcome = await ask(href, withLanguage(limits, report), request, signal);
        if (signal?.aborted) return;
        if ('error' in outcome) {
          tell(outcome.error);
          if (outcome.isFinal || ++failures >= maxAttempts) throw outcome.error;
          await pause(Math.max(pauseMs(idle++), outcome.retryAfterMs), signal);
          continue;
        }
        failures = 0;
        for (const jti of sent.acks) report.acks.delete(jti);
        for (const jti of sent.errors) report.errors.delete(jti);

        const reported = new Set([...sent.acks, ...sent.errors]);
        let isFruitful = false;
        for (const [jti, token] of outcome.sets) {
          if (signal?.aborted) return;
          let set: VerifiedSet;
          try {
            set = await verify(token as string);
            if (set.payload.jti !== jti) throw new SetError('ERR_SET_CLAIM_INVALID', '"jti" is not the name of the SET in the answer', { claim: 'jti' });
          } catch (error) {
            if (!isSetError(error)) throw error;
            tell(error);
            const refusal = deliveryErrorOf(error);
            if (refusal) report.errors.set(jti, refusal);
            isFruitful ||= !!refusal && !reported.has(jti);
            continue;
          }
          yield set;
          report.acks.add(jti);
          isFruitful ||= !reported.has(jti);
        }
        // A transmitter that answers at once and has nothing, or nothing but what it was told of, would be asked without end.
        idle = isFruitful || clock() - askedAt >= FIRST_PAUSE_MS ? 0 : idle + 1;
        if (idle) await pause(pauseMs(idle - 1), signal);
      }
    } finally {
      await sayFarewell(report);
    }
  }

  /** Sends what is still to be reported, once. What does not arrive is delivered again. */
  async function sayFarewell(report: Report): Promise<void> {
    if (!report.acks.size && !report.errors.size) return;
    const brief = { ...withLanguage(limits, report), timeoutMs: Math.min(timeoutMs, FAREWELL_TIMEOUT_MS) };
    const outcome = await ask(href, brief, { maxEvents: 0, returnImmediately: true, ...toJson(report) });
    if ('error' in outcome) tell(outcome.error);
  }

  return poll();
}

/** What came of a request: SETs by their IDs, or an error, and whether and when to ask again. */
type Outcome =
  | { readonly sets: readonly (readonly [jti: string, token: unknown])[] }
  | { readonly error: SetError; readonly isFinal: boolean; readonly retryAfterMs: number };

async function ask(href: string, limits: FetchLimits, request: object, signal?: StopSignal): Promise<Outcome> {
  try {
    const { status, retryAfter, json } = await postJson(href, 'ERR_SET_DELIVERY', limits, request, signal as AbortSignal | undefined);
    if (status === 200) return readAnswer(json);
    const error = new SetError('ERR_SET_DELIVERY', `The transmitter answers with status ${status}`);
    return { error, isFinal: status < 500 && status !== 408 && status !== 429, retryAfterMs: readRetryAfter(retryAfter) };
  } catch (cause) {
    const isFinal = (cause as SetError).code === 'ERR_SET_TOO_LARGE';
    const error = isFinal ? new SetError('ERR_SET_DELIVERY', 'The answer is too large: ask for fewer events', { cause }) : (cause as SetError);
    return { error, isFinal, retryAfterMs: 0 };
  }
}

/**
 * Reads a poll response. Whether a SET is one, its verification tells.
 *
 * @throws SetError `ERR_SET_DELIVERY`
 */
function readAnswer(json: unknown): Outcome {
  // "moreAvailable" tells nothing more: it is asked again in any case.
  const { sets } = Object(json) as { readonly sets?: unknown };
  if (typeOf(sets) !== 'object') throw new SetError('ERR_SET_DELIVERY', 'The answer is no poll response: an object with the object "sets"');
  return { sets: Object.entries(sets as object) };
}

function toJson({ acks, errors }: Report): object {
  return { ...(acks.size && { ack: [...acks] }), ...(errors.size && { setErrs: Object.fromEntries(errors) }) };
}

/** The descriptions of errors are in English (RFC 8936 section 2.6). */
function withLanguage(limits: FetchLimits, { errors }: Report): FetchLimits {
  return errors.size ? { ...limits, headers: { 'content-language': 'en', ...limits.headers } } : limits;
}

/** How long to wait by a `Retry-After`, in seconds or as a date (RFC 9110 section 10.2.3). */
function readRetryAfter(value: string | null): number {
  const milliseconds = /^\d+$/.test(value ?? '') ? Number(value) * 1000 : Date.parse(value ?? '') - clock();
  return Math.min(Math.max(milliseconds || 0, 0), MAX_RETRY_AFTER_MS);
}

/** Ever longer, by doubling. */
function pauseMs(before: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** before, MAX_PAUSE_MS);
}

/** Waits, or until it is stopped. */
function pause(milliseconds: number, signal: StopSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
  });
}
