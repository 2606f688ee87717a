/**
 * The steps of a replay store around the handling of one SET, with a time limit: a store that fails delays a SET, and
 * never loses one.
 */
import { withTimeout } from '../http.js';
import type { ReplayStore } from './replay.js';

/** How long a store may take for a step. Some database clients wait for minutes when no server responds. */
const STORE_TIMEOUT_MS = 5_000;

/** Hears of a step that failed. */
export type Report = (error: unknown) => void;

/**
 * Takes a SET for handling.
 *
 * @param key as `replayKey` makes it, here and below
 * @returns what the store says, or `failed`, which is also the result for anything else that it says: only `new` may be
 * handled
 */
export async function beginHandling(
  replay: ReplayStore,
  key: string,
  report: Report,
): Promise<'new' | 'busy' | 'done' | 'failed'> {
  let beginning: Promise<string> | undefined;
  try {
    beginning = Promise.resolve(replay.begin(key));
    const state = await inTime('begin', beginning);
    if (state === 'new' || state === 'busy' || state === 'done') return state;
    report(new Error('The replay store must return new, busy or done'));
  } catch (error) {
    report(error);
    // A store that takes the SET after all would hold it back, since nothing handles it.
    void attempt(
      async () => (await beginning) === 'new' && replay.abort(key),
      () => undefined,
    );
  }
  return 'failed';
}

/** Marks a SET as handled. A store that fails now can only let a duplicate through. */
export function commitHandling(replay: ReplayStore, key: string, report: Report): Promise<void> {
  return attempt(() => inTime('commit', Promise.resolve(replay.commit(key))), report);
}

/** Releases a SET that was not handled. A store that fails now holds it back for as long as its lease. */
export function abortHandling(replay: ReplayStore, key: string, report: Report): Promise<void> {
  return attempt(() => inTime('abort', Promise.resolve(replay.abort(key))), report);
}

async function inTime<Result>(step: string, pending: Promise<Result>): Promise<Result> {
  let isPending = true;
  const settle = (): void => void (isPending = false);
  pending.then(settle, settle);
  // A store in memory is done by now, and a timer for each step costs 3% of the deliveries per second.
  await undefined;
  if (!isPending) return pending;
  return withTimeout(
    STORE_TIMEOUT_MS,
    () => new Error(`The replay store did not ${step} within ${STORE_TIMEOUT_MS} ms`),
    () => pending,
  );
}

/** Runs a step whose failure is reported but does not change the outcome. */
export async function attempt(work: () => unknown, report: Report): Promise<void> {
  try {
    await work();
  } catch (error) {
    report(error);
  }
}
