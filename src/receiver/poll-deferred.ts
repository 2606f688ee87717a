/**
 * SETs that are left for later: their keys cannot be fetched now, a clock is off, or another process handles them.
 *
 * The transmitter sends them again with each response until they are acknowledged or refused. So only their names are
 * kept, and only until each may be verified again.
 */
import { clock } from '../time.js';

/** The SETs of a stream that are left for later, by their names in a response. */
export interface DeferredSets {
  /** Leaves a SET for later. The default is five seconds. */
  add(name: string, seconds?: number): void;
  /** Reports whether a SET may not be verified yet. */
  has(name: string): boolean;
  /** Returns how many SETs may not be verified yet. */
  count(): number;
  /** Returns how soon the first of them may be verified, in milliseconds; `Infinity` without any. */
  firstInMs(): number;
}

const DEFAULT_DELAY_SECONDS = 5;
/** No passing failure takes longer, and a custom verifier's error must not hold a SET back forever. */
const MAX_DELAY_SECONDS = 86_400;
/** Beyond this, the oldest are forgotten. They are merely verified again with the next response. */
const MAX_DEFERRED = 10_000;

/** Creates an empty list of SETs that are left for later. */
export function createDeferredSets(): DeferredSets {
  const deferred = new Map<string, { readonly fromMs: number; readonly untilMs: number }>();

  /** Returns how long a SET still has to wait. If the clock is set back to before its wait began, the wait is over. */
  function leftMs(name: string): number {
    const times = deferred.get(name);
    const now = clock();
    return times && now >= times.fromMs ? Math.max(times.untilMs - now, 0) : 0;
  }

  function forgetDue(): void {
    for (const name of deferred.keys()) if (!leftMs(name)) deferred.delete(name);
  }

  return {
    add(name, seconds = DEFAULT_DELAY_SECONDS) {
      const fromMs = clock();
      // Delete it first: the order of the entries is their age.
      deferred.delete(name);
      deferred.set(name, { fromMs, untilMs: fromMs + Math.min(Math.max(seconds, 1), MAX_DELAY_SECONDS) * 1000 });
      if (deferred.size > MAX_DEFERRED) deferred.delete(deferred.keys().next().value!);
    },
    has: (name) => leftMs(name) > 0,
    count() {
      forgetDue();
      return deferred.size;
    },
    firstInMs() {
      forgetDue();
      return [...deferred.keys()].reduce((first, name) => Math.min(first, leftMs(name)), Infinity);
    },
  };
}
