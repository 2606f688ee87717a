/**
 * The steps of a replay store around the handling of one SET, each with a time limit. A store that fails delays a SET,
 * and never loses one.
 */
import { withTimeout } from '../http.js';
import type { DecodedSet } from '../model.js';
import type { ReplayStore } from './replay.js';

/** How long a step of a store may take. Some database clients wait for minutes when no server responds. */
const STORE_TIMEOUT_MS = 5_000;

/** Reports an error to the caller's `onError`, with the set it is about if its signature is valid. */
export type ErrorReporter = (error: unknown, set?: DecodedSet) => void;

/**
 * Takes a SET for handling.
 *
 * @param key from `replayKey`, here and below
 * @returns the state that the store returns, or `failed`. An unknown state is `failed` too: only `new` may be handled.
 */
export async function beginHandling(
  replay: ReplayStore,
  key: string,
  report: ErrorReporter,
): Promise<'new' | 'busy' | 'done' | 'failed'> {
  let pending: Promise<string> | undefined;
  try {
    pending = Promise.resolve(replay.begin(key));
    const state = await withinStoreTimeout('begin', pending);
    if (state === 'new' || state === 'busy' || state === 'done') return state;
    report(new Error('The replay store must return new, busy or done'));
  } catch (error) {
    report(error);
    // The store may still take the SET, too late for it to be handled: release it, or it would stay busy.
    void ignoreFailureOf(async () => (await pending) === 'new' && replay.abort(key));
  }
  return 'failed';
}

/** Marks a SET as handled. If the store fails now, the worst outcome is that the SET is handled again. */
export function commitHandling(replay: ReplayStore, key: string, report: ErrorReporter): Promise<void> {
  return reportFailureOf(() => withinStoreTimeout('commit', Promise.resolve(replay.commit(key))), report);
}

/** Releases a SET that was not handled. If the store fails now, the SET stays busy until its lease ends. */
export function abortHandling(replay: ReplayStore, key: string, report: ErrorReporter): Promise<void> {
  return reportFailureOf(() => withinStoreTimeout('abort', Promise.resolve(replay.abort(key))), report);
}

async function withinStoreTimeout<Result>(step: string, pending: Promise<Result>): Promise<Result> {
  let isPending = true;
  const markSettled = (): void => void (isPending = false);
  pending.then(markSettled, markSettled);
  // A store in memory has settled after one turn. A timer for each of its steps would cost 3% of the deliveries per
  // second.
  await Promise.resolve();
  if (!isPending) return pending;
  return withTimeout(
    STORE_TIMEOUT_MS,
    () => new Error(`The replay store's ${step} took longer than ${STORE_TIMEOUT_MS} ms`),
    () => pending,
  );
}

/** Runs a step whose failure is reported but does not change the outcome. */
async function reportFailureOf(step: () => unknown, report: ErrorReporter): Promise<void> {
  try {
    await step();
  } catch (error) {
    report(error);
  }
}

/** Runs a step whose failure does not matter, such as a callback for logs. */
export function ignoreFailureOf(step: () => unknown): Promise<void> {
  return reportFailureOf(step, () => undefined);
}
