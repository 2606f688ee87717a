/**
 * Replay: a SET is delivered again whenever its transmitter is in doubt, for days, and is to be handled once (RFC 8935
 * section 2).
 *
 * A store remembers what was handled, and what is being handled now. Leaves out stores that processes share: see
 * redis.ts.
 */
import type { SetPayload } from '../model.js';
import { checkAmount, requireObject } from '../options.js';
import { clock } from '../time.js';

/**
 * Remembers which SETs were handled. A receiver calls `begin`, and after `new` either `commit` or `abort` with the same
 * key.
 *
 * An error, or a step that takes longer than five seconds, delays a delivery and loses none.
 */
export interface ReplayStore {
  /**
   * Takes a SET for handling, atomically: `new`; `busy` while another delivery of it is being handled; `done` once it
   * was handled.
   */
  begin(key: string): Promise<'new' | 'busy' | 'done'>;
  /** The SET was handled: `begin` returns `done` from now on. */
  commit(key: string): Promise<void>;
  /** The SET was not handled: the next delivery is `new`. */
  abort(key: string): Promise<void>;
}

/** How {@link createMemoryReplayStore} remembers. */
export interface MemoryReplayStoreOptions {
  /** How many handled SETs to remember; beyond that the oldest are forgotten. Default 100,000. */
  readonly maxEntries?: number;
  /**
   * How long to remember one, in seconds. Default 777,600, nine days: longer than any known transmitter delivers again.
   */
  readonly ttlSeconds?: number;
}

/** Nine days. Akamai tries for 25 hours, and a person there can deliver again for seven days. */
export const DEFAULT_TTL_SECONDS = 777_600;

/**
 * The key of a SET for a replay store or a table of your own: unique per issuer and `jti`.
 *
 * Never the text of the token: the same SET can be signed again.
 *
 * @see RFC 8417 section 2.2
 */
export function replayKey({ payload: { iss, jti } }: { readonly payload: SetPayload }): string {
  return JSON.stringify([iss, jti]);
}

/**
 * Creates a replay store in the memory of this process. It is gone with the process, and other processes do not see it.
 * A handler that never ends holds its SET back until then.
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
  // The keys in the order of their expiry. A Map would have to walk over all that was deleted to find its oldest.
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
