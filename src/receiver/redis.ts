/**
 * A replay store in Redis, for several processes that receive from the same transmitter.
 *
 * A lease holds a SET that is being handled, and expires if its process is killed. Each step is one script, which Redis
 * runs atomically.
 */
import { checkAmount, requireObject, wrongOption } from '../options.js';
import { createScriptRunner, millisecondsOf, type RedisClient } from '../redis-client.js';
import { clock } from '../time.js';
import { DEFAULT_TTL_SECONDS, type ReplayStore } from './replay.js';

/** The options of {@link createRedisReplayStore}. */
export interface RedisReplayStoreOptions {
  /** The prefix of every key in Redis. Default `secevent:`. */
  readonly prefix?: string;
  /** How long to remember a handled SET, in seconds. Default 777,600, nine days. */
  readonly ttlSeconds?: number;
  /**
   * How long handling a SET may take, in seconds: after that, another delivery of it is `new`. Must be more than 0.
   * Default 60.
   */
  readonly leaseSeconds?: number;
}

// A client may resend a script after its connection broke. The second run finds the same lease: the SET is still new.
const BEGIN = `local held = redis.call('get', KEYS[1])
if held and held ~= ARGV[1] then return held == 'done' and held or 'busy' end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 'new'`;

const COMMIT = `redis.call('set', KEYS[1], 'done', 'px', ARGV[1])`;

// After the lease has expired, another process may hold the SET.
const ABORT = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end`;

/**
 * Creates a replay store in Redis.
 *
 * A handler must finish within `leaseSeconds`. After that, another delivery of the SET may be handled at the same time.
 *
 * @param client a client of `redis`, `ioredis` or `@upstash/redis`, distinguished by their methods
 * @throws TypeError for any other client, and for a mistake in the options
 * @see RFC 8935 section 2
 *
 * @example
 * ```ts
 * import { createClient } from 'redis';
 *
 * const client = await createClient({ url: 'redis://localhost:6379' }).connect();
 * const replay = createRedisReplayStore(client, { leaseSeconds: 120 });
 * ```
 */
export function createRedisReplayStore(client: RedisClient, options: RedisReplayStoreOptions = {}): ReplayStore {
  const runScript = createScriptRunner(client);
  requireObject('options', options);
  const { prefix = 'secevent:', ttlSeconds = DEFAULT_TTL_SECONDS, leaseSeconds = 60 } = options;
  if (typeof prefix !== 'string') throw wrongOption('prefix', prefix, 'a string');
  checkAmount('ttlSeconds', ttlSeconds);
  // A lease of 0 would make every delivery new.
  if (!Number.isFinite(leaseSeconds) || leaseSeconds <= 0)
    throw wrongOption('leaseSeconds', leaseSeconds, 'a positive finite number');
  const leases = createLeases((leaseSeconds + DEFAULT_TTL_SECONDS) * 1000);

  return {
    async begin(key) {
      const lease = crypto.randomUUID();
      const state = String(await runScript(BEGIN, prefix + key, lease, millisecondsOf(leaseSeconds)));
      if (state === 'new') leases.add(key, lease);
      return state as 'new' | 'busy' | 'done';
    },
    async commit(key) {
      leases.release(key);
      await runScript(COMMIT, prefix + key, millisecondsOf(ttlSeconds));
    },
    async abort(key) {
      const lease = leases.release(key);
      if (lease !== undefined) await runScript(ABORT, prefix + key, lease);
    },
  };
}

interface Leases {
  add(key: string, lease: string): void;
  /** Ends one handling of a SET. Returns the lease if nothing else in this process handles the SET. */
  release(key: string): string | undefined;
}

/**
 * Creates a list of the leases that this process holds.
 *
 * An abort names only its SET, and this process may be handling two deliveries of one SET: the lease of the first
 * expired, and the second took a new one. They may end in either order. So an abort deletes a lease from Redis only if
 * this process took it and nothing else in it handles the SET. Any other lease is left to expire.
 *
 * A handler that never finishes is forgotten once no known transmitter would redeliver its SET.
 */
function createLeases(forgetAfterMs: number): Leases {
  // In the order in which they are forgotten. `lease` is that of the latest `begin` that returned `new`.
  const held = new Map<string, { readonly lease: string; readonly handlers: number; readonly forgetAt: number }>();

  return {
    add(key, lease) {
      const now = clock();
      for (const [oldest, { forgetAt }] of held) {
        if (forgetAt > now) break;
        held.delete(oldest);
      }
      const handlers = (held.get(key)?.handlers ?? 0) + 1;
      held.delete(key);
      held.set(key, { lease, handlers, forgetAt: now + forgetAfterMs });
    },
    release(key) {
      const entry = held.get(key);
      if (entry === undefined || entry.handlers === 1) {
        held.delete(key);
        return entry?.lease;
      }
      held.set(key, { ...entry, handlers: entry.handlers - 1 });
      return undefined;
    },
  };
}
