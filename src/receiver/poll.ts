/**
 * Poll delivery (RFC 8936): a receiver asks for SETs, and reports on each with its next request.
 *
 * The transmitter forgets a SET that is acknowledged or refused, and redelivers every other one. So an acknowledgement
 * waits until the loop asks for the next SET, and a refusal is only ever about the SET itself. Leaves out single
 * requests: see poll-request.ts.
 */
import { SetError } from '../errors.js';
import { type FetchLike, readUrl, withTimeout } from '../http.js';
import type { DecodedSet } from '../model.js';
import {
  checkAmount,
  checkFlag,
  checkFunction,
  checkHeaders,
  requireFunction,
  requireMethods,
  requireObject,
  wrongOption,
} from '../options.js';
import type { StopSignal } from '../post.js';
import type { VerifiedSet } from '../set.js';
import type { SetVerifier } from '../verify.js';
import { type DeliveryError, HANDLER_CODES, handlerRefusalOf } from './delivery-error.js';
import { abortHandling, commitHandling, type ErrorReporter, ignoreFailureOf } from './handling.js';
import { createDeferredSets } from './poll-deferred.js';
import { examine, type ExaminationContext } from './poll-examine.js';
import { type PollEndpoint, type PollHeaders, sendPoll } from './poll-request.js';
import { createVerdicts } from './poll-verdicts.js';
import { FIRST_PAUSE_MS, growingPauseMs, sleep } from './poll-wait.js';
import { replayKey, type ReplayStore } from './replay.js';

/** The options of {@link pollSets}. */
export interface PollOptions {
  /** Verifies each token, as `createVerifier` and the named verifiers do. */
  readonly verify: SetVerifier;
  /**
   * Headers to send, such as `authorization` for a stream (OpenID SSF 1.0 section 6.1.2), or a function that returns
   * them. The function is called for each request, and once more after a 401, with the headers that were refused. It
   * may take 30 seconds, but no longer than `timeoutMs`.
   */
  readonly headers?: PollHeaders;
  /** Remembers which SETs were handled, so that a redelivered SET is not handed out again. Default: none. */
  readonly replay?: ReplayStore;
  /** How many SETs to ask for at a time. Requests ask for more while SETs are left for later. Default 100. */
  readonly maxEvents?: number;
  /**
   * Whether the transmitter should respond at once even if it has no SETs. The pauses between such responses grow to a
   * minute. Default `false`, a long poll: it responds once it has SETs.
   */
  readonly returnImmediately?: boolean;
  /** Ends the loop. The SET being handled is still acknowledged when the loop asks for the next one. */
  readonly signal?: StopSignal;
  /** The largest response, in bytes. Default 8,388,608. */
  readonly maxBodyBytes?: number;
  /** How long to wait for a response, in milliseconds. A long poll without one is sent again. Default 300,000. */
  readonly timeoutMs?: number;
  /** After how many failed requests in a row the loop throws. Default 10, which takes about four minutes. */
  readonly maxAttempts?: number;
  /** The `fetch` to use. Default: the platform's, looked up for each request. */
  readonly fetch?: FetchLike;
  /**
   * Receives the error for each SET that is refused or left for later, each request that fails, and each failure of the
   * store. `set` is present if its signature is valid. For logs: anything that it throws is ignored.
   */
  readonly onError?: (error: unknown, set?: DecodedSet) => void;
}

/** The SETs of a stream, for a `for await` loop. */
export interface PolledSets extends AsyncGenerator<VerifiedSet, void, undefined> {
  /**
   * Refuses the current SET for good: the transmitter gets a fixed sentence for the code, and does not redeliver the
   * SET. If it is called again for the same SET, the last error counts.
   *
   * @param set the SET that the loop got last
   * @param error a SetError with `ERR_SET_EVENT`, `ERR_SET_SUBJECT`, `ERR_SET_CLAIM_MISSING`, `ERR_SET_CLAIM_INVALID`,
   * `ERR_SET_CLAIM_FORBIDDEN`, `ERR_SET_STATE` or `ERR_SET_ACCESS`, and without `retryAfterSeconds`
   * @throws TypeError for any other error, and for a SET that is not the current one
   * @see RFC 8936 section 2.6
   */
  refuse(set: VerifiedSet, error: SetError): void;
}

/** How long the last request may take, after the loop has ended. */
const LAST_TIMEOUT_MS = 10_000;

/**
 * Polls a transmitter for SETs while a loop runs over the result.
 *
 * A SET is acknowledged once the loop asks for the next one. `break`, `return` and a throw leave the current SET
 * unacknowledged, so it will be redelivered; earlier SETs are then reported in one last request, which may take ten
 * seconds. If an acknowledgement is lost, its SET is redelivered: use a `replay` store, or be prepared to handle it
 * again.
 *
 * A SET that fails verification is refused, and not handed out. A SET that cannot be verified now, because keys are
 * missing or a clock is off, is left for later, and does not hold up those behind it.
 *
 * A request that fails (network errors, 408, 409, 429 and 5xx) is sent again after a pause: a second, doubling up to a
 * minute, or the time in `Retry-After`, up to an hour. A long poll that ends in silence is not a failure: no response
 * within `timeoutMs`, or 408, 502 or 504 after at least a second.
 *
 * @param url https, or http on a loopback host
 * @throws TypeError at once for a mistake in the URL or the options; from the loop when the function `headers` returns
 * anything but headers
 * @throws SetError `ERR_SET_DELIVERY` from the loop, with the `status` if there was a response: when `maxAttempts`
 * requests in a row have failed; at once for any other status, for a 401 after new headers, and for a response that is
 * too large
 * @see RFC 8936 sections 2.2 to 2.4
 * @example
 * ```ts
 * const sets = pollSets('https://transmitter.example/poll', {
 *   verify,
 *   headers: async () => ({ authorization: await token() }),
 * });
 * for await (const set of sets) {
 *   try {
 *     await store(set); // once it is stored, the transmitter may forget it
 *   } catch (error) {
 *     if (!isSetError(error) || error.code !== 'ERR_SET_ACCESS') throw error; // it will be redelivered
 *     sets.refuse(set, error); // the transmitter gives up on it
 *   }
 * }
 * ```
 */
export function pollSets(url: string | { readonly href: string }, options: PollOptions): PolledSets {
  const href = readUrl(url);
  requireObject('options', options);
  const { verify, headers = {}, replay, maxEvents = 100, returnImmediately = false, signal, onError } = options;
  const { maxBodyBytes = 8_388_608, timeoutMs = 300_000, maxAttempts = 10, fetch } = options;
  requireFunction('verify', verify);
  if (typeof headers !== 'function') checkHeaders('headers', headers);
  if (replay !== undefined) requireMethods('replay', replay, ['begin', 'commit', 'abort']);
  checkCount('maxEvents', maxEvents);
  checkFlag('returnImmediately', returnImmediately);
  if (signal !== undefined) checkSignal(signal);
  checkAmount('maxBodyBytes', maxBodyBytes);
  checkAmount('timeoutMs', timeoutMs);
  checkCount('maxAttempts', maxAttempts);
  checkFunction('fetch', fetch);
  checkFunction('onError', onError);

  const endpoint: PollEndpoint = { href, headers, timeoutMs, maxBodyBytes, fetch };
  const verdicts = createVerdicts();
  const deferred = createDeferredSets();
  /** The SET that the loop has now, and its refusal. */
  let current:
    | { readonly set: VerifiedSet; refusal?: { readonly error: SetError; readonly deliveryError: DeliveryError } }
    | undefined;

  // onError cannot end the loop, whether it throws or rejects.
  const report: ErrorReporter = (error, set) => void (onError && ignoreFailureOf(() => onError(error, set)));
  const context: ExaminationContext = { verify, replay, signal, verdicts, deferred, report };

  async function* poll(): AsyncGenerator<VerifiedSet, void, undefined> {
    /** How many requests in a row have failed. */
    let failures = 0;
    /** How many responses in a row came at once and brought nothing new. */
    let idleResponses = 0;
    /**
     * How many SETs of the last response were left for later. They come first in the next response, even if they can be
     * verified by then.
     */
    let lastDeferred = 0;
    /** How many more SETs than `maxEvents` to ask for, at most. */
    let maxExtra = Infinity;
    try {
      while (!signal?.aborted) {
        const blocking = Math.max(deferred.count(), lastDeferred);
        if (!blocking) maxExtra = Infinity;
        const extra = Math.min(blocking, maxExtra);
        const request = {
          maxEvents: maxEvents + extra,
          ...(returnImmediately && { returnImmediately }),
          ...verdicts.members(),
        };
        const outcome = await sendPoll(endpoint, request, signal);
        if (outcome.kind === 'stopped') return;
        if (outcome.kind !== 'response') {
          report(outcome.error);
          if (outcome.kind === 'too large') {
            if (!extra) throw outcome.error;
            maxExtra = Math.floor(extra / 2);
            continue;
          }
          if (outcome.isFinal || ++failures >= maxAttempts) throw outcome.error;
          const { retryAfterSeconds = 0 } = outcome.error;
          await sleep(Math.max(growingPauseMs(failures - 1), retryAfterSeconds * 1000), signal);
          continue;
        }
        failures = 0;
        const { sets, isReceived, durationMs } = outcome;
        const reported = isReceived ? verdicts.clear() : undefined;
        if (isReceived) lastDeferred = 0;
        let hasNews = false;
        for (const [name, token] of sets) {
          if (signal?.aborted) return;
          const result = await examine(context, name, token);
          if (result === 'deferred') {
            lastDeferred++;
            continue;
          }
          if (result !== 'settled') yield* handOut(name, result);
          // Not news if it was just reported: a transmitter that ignores reports would be polled without a pause.
          hasNews ||= !reported?.has(name);
        }
        const hasWaited = !returnImmediately && !sets.length && durationMs >= FIRST_PAUSE_MS;
        idleResponses = hasNews || hasWaited ? 0 : idleResponses + 1;
        if (idleResponses) {
          const dueMs = Math.max(deferred.firstInMs(), FIRST_PAUSE_MS);
          await sleep(Math.min(growingPauseMs(idleResponses - 1), dueMs), signal);
        }
      }
    } finally {
      await sendLastReport();
    }
  }

  /** Hands a SET to the loop. Its outcome is recorded when the loop asks for the next one or ends. */
  async function* handOut(name: string, set: VerifiedSet): AsyncGenerator<VerifiedSet, void, undefined> {
    const handed: NonNullable<typeof current> = (current = { set });
    let isHandled = false;
    try {
      yield set;
      isHandled = !handed.refusal;
    } finally {
      current = undefined;
      if (handed.refusal) {
        verdicts.refuse(name, handed.refusal.deliveryError);
        report(handed.refusal.error, set);
      }
      // The store must know before the transmitter forgets the SET.
      if (replay)
        await (isHandled ? commitHandling : abortHandling)(replay, replayKey(set), (error) => report(error, set));
      if (isHandled) verdicts.acknowledge(name);
    }
  }

  /** Sends what is still to be reported, once. If that fails, the SETs are redelivered. */
  async function sendLastReport(): Promise<void> {
    if (verdicts.isEmpty()) return;
    const createTimeoutError = (): SetError =>
      new SetError('ERR_SET_DELIVERY', `No response to the last request within ${LAST_TIMEOUT_MS} ms`);
    const request = { maxEvents: 0, returnImmediately: true, ...verdicts.members() };
    // Not the caller's signal: it may have aborted.
    const controller = new AbortController();
    try {
      const outcome = await withTimeout(LAST_TIMEOUT_MS, createTimeoutError, () =>
        sendPoll(endpoint, request, controller.signal),
      );
      if ('error' in outcome) report(outcome.error);
    } catch (error) {
      // The loop ends as it would without this request.
      report(error);
    } finally {
      controller.abort();
    }
  }

  function refuseCurrent(set: VerifiedSet, error: SetError): void {
    if (!current || current.set !== set)
      throw new TypeError('set must be the current SET: refuse it before asking for the next');
    const deliveryError = handlerRefusalOf(error);
    if (!deliveryError)
      throw new TypeError(
        `error must be a SetError without retryAfterSeconds, and with one of these codes: ${HANDLER_CODES.join(', ')}`,
      );
    current.refusal = { error, deliveryError };
  }

  return Object.assign(poll(), { refuse: refuseCurrent });
}

function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw wrongOption(name, value, 'a positive integer');
}

function checkSignal(signal: StopSignal): void {
  requireMethods('signal', signal, ['addEventListener', 'removeEventListener']);
  if (typeof signal.aborted !== 'boolean') throw wrongOption('signal.aborted', signal.aborted, 'true or false');
}
