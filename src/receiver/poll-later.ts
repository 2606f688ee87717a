/**
 * SETs that are left for later: keys that cannot be had now, a clock that is off, another process that handles them.
 *
 * The transmitter sends them again with each response until they are acknowledged or refused, so that only their names
 * are kept, and only until each may be verified again.
 */
import { clock } from '../time.js';

/** The SETs of a stream that wait, by their names in a response. */
export interface WaitingSets {
  /** Lets a SET wait. The default is five seconds. */
  add(name: string, seconds?: number): void;
  /** Reports whether a SET may not be verified yet. */
  has(name: string): boolean;
  /** Returns how many wait. */
  count(): number;
  /** Returns how long the first of them still waits, in milliseconds; `Infinity` when none does. */
  firstInMs(): number;
}

const DEFAULT_SECONDS = 5;
/** No trouble that passes by itself lasts longer, and an error of a custom verifier cannot hold a SET back forever. */
const MAX_SECONDS = 86_400;
/** Beyond that the oldest are forgotten. They are merely verified again when they come. */
const MAX_WAITING = 10_000;

/** Creates a list of SETs that wait, with none in it. */
export function createWaitingSets(): WaitingSets {
  const waiting = new Map<string, { readonly fromMs: number; readonly untilMs: number }>();

  /** Returns how long a SET still waits. A clock that was set back to before its wait began ends the wait. */
  function leftMs(name: string): number {
    const times = waiting.get(name);
    const now = clock();
    return times && now >= times.fromMs ? Math.max(times.untilMs - now, 0) : 0;
  }

  function forgetDue(): void {
    for (const name of waiting.keys()) if (!leftMs(name)) waiting.delete(name);
  }

  return {
    add(name, seconds = DEFAULT_SECONDS) {
      const fromMs = clock();
      // Deleted first, so that the order is by age.
      waiting.delete(name);
      waiting.set(name, { fromMs, untilMs: fromMs + Math.min(Math.max(seconds, 1), MAX_SECONDS) * 1000 });
      if (waiting.size > MAX_WAITING) waiting.delete(waiting.keys().next().value!);
    },
    has: (name) => leftMs(name) > 0,
    count() {
      forgetDue();
      return waiting.size;
    },
    firstInMs() {
      forgetDue();
      return [...waiting.keys()].reduce((first, name) => Math.min(first, leftMs(name)), Infinity);
    },
  };
}
