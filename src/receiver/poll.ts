/**
 * Poll delivery (RFC 8936): a receiver asks for SETs, and reports on each with its next request.
 *
 * The transmitter forgets a SET that is acknowledged or refused, and delivers every other one again. So an
 * acknowledgement waits until the loop asks for the next SET, and a refusal is only ever about the SET itself. Leaves
 * out what a single request takes: see poll-request.ts.
 */
import { SetError } from '../errors.js';
import { checkTimeout, type FetchLike, readUrl, type StopSignal, withTimeout } from '../http.js';
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
import type { VerifiedSet } from '../set.js';
import type { SetVerifier } from '../verify.js';
import { type DeliveryError, HANDLER_CODES, handlerRefusalOf } from './delivery-error.js';
import { abortHandling, attempt, commitHandling } from './handling.js';
import { examine, type Examiner } from './poll-examine.js';
import { createWaitingSets } from './poll-later.js';
import { type PollEndpoint, sendPoll } from './poll-request.js';
import { createVerdicts } from './poll-verdicts.js';
import { FIRST_PAUSE_MS, growingPauseMs, pause } from './poll-wait.js';
import { replayKey, type ReplayStore } from './replay.js';

/** How {@link pollSets} polls. */
export interface PollOptions {
  /** Verifies each token, as `createVerifier` and the named verifiers do. */
  readonly verify: SetVerifier;
  /**
   * Headers to send, such as the `authorization` of the stream configuration (OpenID SSF 1.0 section 6.1.2); or a
   * function that returns them. It is called for each request, and once more after a 401. It may take 30 seconds, and
   * `timeoutMs` at most.
   */
  readonly headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>);
  /**
   * What remembers the SETs that were handled, so that one that is delivered again is not handed out again. Default:
   * nothing does.
   */
  readonly replay?: ReplayStore;
  /**
   * How many SETs to ask for at a time. It asks for more while SETs that are left for later come first. Default 100.
   */
  readonly maxEvents?: number;
  /**
   * Whether the transmitter is to respond at once even when it has no SETs; the pauses between such responses grow to a
   * minute. Default `false`, a long poll: it responds when it has some.
   */
  readonly returnImmediately?: boolean;
  /** Ends the loop. A SET that is being handled is still acknowledged when the loop asks for the next. */
  readonly signal?: StopSignal;
  /** The largest response, in bytes. Default 8,388,608. */
  readonly maxBodyBytes?: number;
  /** How long to wait for a response, in milliseconds. A long poll that ends so is sent again. Default 300,000. */
  readonly timeoutMs?: number;
  /** How many requests in a row may fail. Default 10, which takes about four minutes. */
  readonly maxAttempts?: number;
  /** The `fetch` to use. Default: that of the platform, looked up for each request. */
  readonly fetch?: FetchLike;
  /**
   * Hears of SETs that are refused or left for later, of requests that failed, and of a store that failed. The set
   * comes with it if its signature is valid. For logs: what it throws itself is ignored.
   */
  readonly onError?: (error: unknown, set?: DecodedSet) => void;
}

/** The SETs of a stream, for a `for await` loop. */
export interface PolledSets extends AsyncGenerator<VerifiedSet, void, undefined> {
  /**
   * Refuses the current SET for good: the transmitter is told why, by a fixed sentence for the code, and does not
   * deliver it again. The last refusal of a SET counts.
   *
   * @param set the SET that the loop got last
   * @param error a SetError with `ERR_SET_EVENT`, `ERR_SET_SUBJECT`, `ERR_SET_CLAIM_MISSING`, `ERR_SET_CLAIM_INVALID`,
   * `ERR_SET_CLAIM_FORBIDDEN`, `ERR_SET_STATE` or `ERR_SET_ACCESS`, and without `retryAfterSeconds`
   * @throws TypeError for another error, and for a SET that is not the current one
   * @see RFC 8936 section 2.6
   */
  refuse(set: VerifiedSet, error: SetError): void;
}

/** How long the last request may take, when the loop has ended. */
const LAST_TIMEOUT_MS = 10_000;

/**
 * Polls a transmitter for SETs, for as long as the loop over it runs.
 *
 * A SET is acknowledged once the loop asks for the next one. `break`, `return` and a throw leave the current SET
 * unacknowledged, so that it will be delivered again; what was earned before is then reported in one last request,
 * which may take ten seconds. An acknowledgement can get lost, and then its SET is delivered again: use a `replay`
 * store, or handle it twice.
 *
 * A SET that does not verify is refused, and not handed out. One that cannot be verified now, because keys are missing
 * or a clock is off, is left for later, and holds up none of those behind it. A request that fails (network errors,
 * 408, 409, 429 and 5xx) is sent again after a pause: a second, doubling up to a minute, or what `Retry-After` asks
 * for, up to an hour. A long poll that ends in silence is no failure: without a response in time, or with 408, 502 or
 * 504 after at least a second.
 *
 * @param url https, or http on a loopback host
 * @throws TypeError at once for a mistake in the URL or the options; from the loop when the function `headers` returns
 * something else
 * @throws SetError `ERR_SET_DELIVERY` from the loop, with the `status`: when `maxAttempts` requests in a row have
 * failed; at once for any other status, for a 401 after new headers, and for a response that is too large
 * @see RFC 8936 sections 2.2 to 2.4
 * @example
 * ```ts
 * const sets = pollSets('https://transmitter.example/poll', { verify, headers: async () => ({ authorization: await
 * token() }) }); for await (const set of sets) {
 *   try {
 *     await store(set); // once it is stored, the transmitter may forget it
 *   } catch (error) {
 *     if (!isSetError(error) || error.code !== 'ERR_SET_ACCESS') throw error; // it will be delivered again
 *     sets.refuse(set, error); // the transmitter gives it up
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
  checkTimeout('timeoutMs', timeoutMs);
  checkCount('maxAttempts', maxAttempts);
  checkFunction('fetch', fetch);
  checkFunction('onError', onError);

  const endpoint: PollEndpoint = { href, headers, timeoutMs, maxBodyBytes, fetch };
  const verdicts = createVerdicts();
  const waiting = createWaitingSets();
  /** The SET that the loop has now, and its refusal. */
  let current:
    { readonly set: VerifiedSet; refusal?: { readonly error: SetError; readonly told: DeliveryError } } | undefined;

  // A report cannot end the loop, whether it throws or rejects.
  const report = (error: unknown, set?: DecodedSet): void =>
    void (
      onError &&
      attempt(
        () => onError(error, set),
        () => undefined,
      )
    );
  const examiner: Examiner = { verify, replay, signal, verdicts, waiting, report };

  async function* poll(): AsyncGenerator<VerifiedSet, void, undefined> {
    /** How many requests in a row have failed. */
    let failures = 0;
    /** How many responses in a row came at once and brought nothing new. */
    let idle = 0;
    /**
     * How many SETs of the last response were left for later. They come first in the next one, even when they may be
     * verified by then.
     */
    let left = 0;
    /** How many SETs to ask for beyond `maxEvents`, at most. */
    let maxExtra = Infinity;
    try {
      while (!signal?.aborted) {
        const inFront = Math.max(waiting.count(), left);
        if (!inFront) maxExtra = Infinity;
        const extra = Math.min(inFront, maxExtra);
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
          await pause(Math.max(growingPauseMs(failures - 1), retryAfterSeconds * 1000), signal);
          continue;
        }
        failures = 0;
        const { sets, isHeard, tookMs } = outcome;
        const reported = isHeard ? verdicts.clear() : undefined;
        if (isHeard) left = 0;
        let isFruitful = false;
        for (const [name, token] of sets) {
          if (signal?.aborted) return;
          const result = await examine(examiner, name, token);
          if (result === 'left') {
            left++;
            continue;
          }
          if (result !== 'settled') yield* handOut(name, result);
          // A transmitter that does not hear what it is told would otherwise be asked without end.
          isFruitful ||= !reported?.has(name);
        }
        const hasWaited = !returnImmediately && !sets.length && tookMs >= FIRST_PAUSE_MS;
        idle = isFruitful || hasWaited ? 0 : idle + 1;
        if (idle)
          await pause(Math.min(growingPauseMs(idle - 1), Math.max(waiting.firstInMs(), FIRST_PAUSE_MS)), signal);
      }
    } finally {
      await reportLast();
    }
  }

  /** Hands a SET to the loop, and decides about it when the loop asks for the next one or ends. */
  async function* handOut(name: string, set: VerifiedSet): AsyncGenerator<VerifiedSet, void, undefined> {
    const turn: NonNullable<typeof current> = (current = { set });
    let isHandled = false;
    try {
      yield set;
      isHandled = !turn.refusal;
    } finally {
      current = undefined;
      if (turn.refusal) {
        verdicts.refuse(name, turn.refusal.told);
        report(turn.refusal.error, set);
      }
      // In the store before the transmitter forgets the SET.
      if (replay)
        await (isHandled ? commitHandling : abortHandling)(replay, replayKey(set), (error) => report(error, set));
      if (isHandled) verdicts.acknowledge(name);
    }
  }

  /** Sends once what is still to be reported. If that fails, the SETs are delivered again. */
  async function reportLast(): Promise<void> {
    if (verdicts.isEmpty()) return;
    const late = (): SetError =>
      new SetError('ERR_SET_DELIVERY', `No response to the last request within ${LAST_TIMEOUT_MS} ms`);
    const request = { maxEvents: 0, returnImmediately: true, ...verdicts.members() };
    // Not the caller's signal, which may have ended the loop.
    const controller = new AbortController();
    try {
      const outcome = await withTimeout(LAST_TIMEOUT_MS, late, () => sendPoll(endpoint, request, controller.signal));
      if ('error' in outcome) report(outcome.error);
    } catch (error) {
      // How the loop ends does not depend on it.
      report(error);
    } finally {
      controller.abort();
    }
  }

  function refuse(set: VerifiedSet, error: SetError): void {
    if (!current || current.set !== set)
      throw new TypeError('set must be the current SET: refuse it before asking for the next');
    const told = handlerRefusalOf(error);
    if (!told)
      throw new TypeError(
        `error must be a SetError without retryAfterSeconds, and with one of ${HANDLER_CODES.join(', ')}`,
      );
    current.refusal = { error, told };
  }

  return Object.assign(poll(), { refuse });
}

function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw wrongOption(name, value, 'a positive integer');
}

function checkSignal(signal: StopSignal): void {
  requireMethods('signal', signal, ['addEventListener', 'removeEventListener']);
  if (typeof signal.aborted !== 'boolean') throw wrongOption('signal.aborted', signal.aborted, 'true or false');
}
