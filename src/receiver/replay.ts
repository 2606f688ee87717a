/**
 * Replay: a SET is delivered again whenever its transmitter is in doubt, for days, and is to be handled once (RFC 8935 section 2).
 *
 * A store remembers what was handled, and what is being handled now. Leaves out stores that processes share: see redis.ts.
 */
import type { SetPayload } from '../claims.js';
import { checkAmount } from '../options.js';
import { clock } from '../time.js';

/**
 * Remembers which SETs were handled. All three are called by a receiver, for one key in this order: `begin`, and after `new` either
 * `commit` or `abort`.
 *
 * What it throws delays a delivery and loses none, and so does what takes longer than five seconds.
 */
export interface ReplayStore {
  /** Takes a SET for handling, in one step that no other delivery can come between: `new`, or who else has or had it. */
  begin(key: string): Promise<'new' | 'busy' | 'done'>;
  /** It was handled: `begin` answers `done` from now on. */
  commit(key: string): Promise<void>;
  /** It was not handled: the next delivery is `new`. */
  abort(key: string): Promise<void>;
}

/** How {@link memoryReplayStore} remembers. */
export interface MemoryReplayStoreOptions {
  /** How many handled SETs to remember; beyond that the oldest are forgotten. Default 100,000. */
  readonly maxEntries?: number;
  /** How long to remember one, in seconds. Default 777,600, nine days: longer than any known transmitter delivers again. */
  readonly ttlSeconds?: number;
}

/** Nine days. Akamai tries for 25 hours, and a person there can deliver again for seven days. */
export const DEFAULT_TTL_SECONDS = 777_600;

/** What makes a SET the same as another: its issuer and its ID, and never its text, of which there can be several. */
export function replayKey({ iss, jti }: SetPayload): string {
  return JSON.stringify([iss, jti]);
}

/**
 * Makes a store in the memory of this process. It is gone with the process, and other processes know nothing of it. A handler that never
 * ends holds its SET back until then.
 *
 * @throws TypeError when an option is no amount
 * @see RFC 8935 section 2
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
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
