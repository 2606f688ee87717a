/** The pauses of a poll loop, which a signal ends. */
import { type StopSignal, unlessStopped } from '../post.js';

/** The first of the growing pauses. A response that takes this long counts as a long poll that waited. */
export const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/** Returns how long to pause after `before` pauses in a row: a second, doubling each time, up to a minute. */
export function growingPauseMs(before: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** before, MAX_PAUSE_MS);
}

/** Waits for a time, or until the signal aborts. */
export async function sleep(milliseconds: number, signal: StopSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  try {
    await unlessStopped(signal, elapsed);
  } finally {
    clearTimeout(timer);
  }
}
