/**
 * Replay protection: a transmitter redelivers a SET for days while it is in doubt, but the SET should be handled once
 * (RFC 8935 section 2).
 *
 * A store remembers what was handled and what is being handled now. Leaves out stores that several processes share: see
 * redis.ts.
 */
import type { SetPayload } from '../model.js';
import { checkAmount, requireObject } from '../options.js';
import { clock } from '../time.js';

/**
 * Remembers which SETs were handled. A receiver calls `begin` and, if the result is `new`, either `commit` or `abort`
 * with the same key.
 *
 * A step that fails, or takes longer than five seconds, delays a SET but never loses it.
 */
export interface ReplayStore {
  /**
   * Takes a SET for handling, atomically. Returns `new` if it may be handled, `busy` while another delivery of it is
   * being handled, and `done` once it has been handled.
   */
  begin(key: string): Promise<'new' | 'busy' | 'done'>;
  /** Marks a SET as handled: `begin` returns `done` from now on. */
  commit(key: string): Promise<void>;
  /** Releases a SET that was not handled: the next delivery is `new`. */
  abort(key: string): Promise<void>;
}

/** The options of {@link createMemoryReplayStore}. */
export interface MemoryReplayStoreOptions {
  /** How many handled SETs to remember. Beyond that, the oldest are forgotten. Default 100,000. */
  readonly maxEntries?: number;
  /**
   * How long to remember a handled SET, in seconds. Default 777,600, nine days: longer than any known transmitter
   * redelivers.
   */
  readonly ttlSeconds?: number;
}

/** Nine days. Akamai retries for 25 hours, and a redelivery can be requested manually for seven days. */
export const DEFAULT_TTL_SECONDS = 777_600;

/**
 * Returns the key of a SET for a replay store, or for a table of your own: unique per issuer and `jti`.
 *
 * Do not use the token itself as a key: the same SET can be signed again.
 *
 * @see RFC 8417 section 2.2
 */
export function replayKey({ payload: { iss, jti } }: { readonly payload: SetPayload }): string {
  return JSON.stringify([iss, jti]);
}

/**
 * Creates a replay store in the memory of this process. Other processes do not share it, and it is lost when the
 * process ends. A handler that never finishes holds its SET back until then.
 *
 * @throws TypeError for a mistake in the options
 * @see RFC 8935 section 2
 */
export function createMemoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  requireObject('options', options);
  const { maxEntries = 100_000, ttlSeconds = DEFAULT_TTL_SECONDS } = options;
  checkAmount('maxEntries', maxEntries);
  checkAmount('ttlSeconds', ttlSeconds);
  const busy = new Set<string>();
  const expiries = new Map<string, number>();
  // The keys in the order of their expiry. To find its oldest key, a Map would walk over all deleted entries.
  let queue: string[] = [];
  let oldest = 0;

  function forget(): void {
    const now = clock();
    while (oldest < queue.length && (expiries.size > maxEntries || expiries.get(queue[oldest]!)! <= now)) {
      expiries.delete(queue[oldest]!);
      queue[oldest++] = '';
    }
    if (oldest > 1_000 && oldest * 2 > queue.length) {
      queue = queue.slice(oldest);
      oldest = 0;
    }
  }

  return {
    async begin(key) {
      forget();
      if (busy.has(key)) return 'busy';
      if (expiries.has(key)) return 'done';
      busy.add(key);
      return 'new';
    },
    async commit(key) {
      busy.delete(key);
      if (!expiries.has(key)) queue.push(key);
      expiries.set(key, clock() + ttlSeconds * 1000);
      forget();
    },
    async abort(key) {
      busy.delete(key);
    },
  };
}
