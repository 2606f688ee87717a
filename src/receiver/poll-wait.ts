/**
 * Waiting that a signal ends: for work, and in pauses that grow.
 */
import type { StopSignal } from '../http.js';

/** The first pause of a row, and what counts as a long wait for a response. */
export const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/** Returns how long to pause after so many pauses in a row: a second, then twice as long each time, up to a minute. */
export function growingPauseMs(before: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** before, MAX_PAUSE_MS);
}

/**
 * Waits for work, or until the signal aborts: then the result is undefined, and what becomes of the work does not
 * matter.
 */
export async function unlessStopped<Result>(
  signal: StopSignal | undefined,
  work: Promise<Result>,
): Promise<Result | undefined> {
  if (!signal) return work;
  let stop = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Waits for some time, or until the signal aborts. */
export async function pause(milliseconds: number, signal: StopSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  try {
    await unlessStopped(signal, elapsed);
  } finally {
    clearTimeout(timer);
  }
}
