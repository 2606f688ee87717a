/**
 * A replay store in Redis, for processes that receive the deliveries of the same transmitter.
 *
 * A SET that is being handled is held by a lease, so that a process that is killed frees it. Each step is one script,
 * which Redis runs atomically.
 */
import { checkAmount, requireObject, wrongOption } from '../options.js';
import { clock } from '../time.js';
import { DEFAULT_TTL_SECONDS, type ReplayStore } from './replay.js';

/** A client of the package `redis` (4 and later), `ioredis` or `@upstash/redis`. One for a cluster works too. */
export interface RedisClient {
  eval(script: string, ...rest: never[]): Promise<unknown>;
}

/** How {@link createRedisReplayStore} remembers. */
export interface RedisReplayStoreOptions {
  /** The start of every key in Redis. Default `secevent:`. */
  readonly prefix?: string;
  /** How long to remember a SET that was handled, in seconds. Default 777,600, nine days. */
  readonly ttlSeconds?: number;
  /**
   * How long a SET may be in handling, in seconds; then another delivery of it is `new`. It must be more than 0.
   * Default 60.
   */
  readonly leaseSeconds?: number;
}

// A client may send a script again after its connection broke. The second run finds its own lease, and the SET is still
// new.
const BEGIN = `local held = redis.call('get', KEYS[1])
if held and held ~= ARGV[1] then return held == 'done' and held or 'busy' end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 'new'`;

const COMMIT = `redis.call('set', KEYS[1], 'done', 'px', ARGV[1])`;

// A lease that has run out may be another process's now.
const ABORT = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end`;

/**
 * Creates a replay store in Redis.
 *
 * A handler must finish within the lease. After that, another delivery of the same SET can be handled at the same time.
 *
 * @param client a client of `redis`, `ioredis` or `@upstash/redis`; they are distinguished by their methods
 * @throws TypeError when the client is none of these, and for a mistake in the options
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
  const run = runnerOf(client);
  requireObject('options', options);
  const { prefix = 'secevent:', ttlSeconds = DEFAULT_TTL_SECONDS, leaseSeconds = 60 } = options;
  if (typeof prefix !== 'string') throw wrongOption('prefix', prefix, 'a string');
  checkAmount('ttlSeconds', ttlSeconds);
  // Not 0: every delivery would be new.
  if (!Number.isFinite(leaseSeconds) || leaseSeconds <= 0)
    throw wrongOption('leaseSeconds', leaseSeconds, 'a positive finite number');
  const leases = rememberLeases((leaseSeconds + DEFAULT_TTL_SECONDS) * 1000);

  return {
    async begin(key) {
      const lease = crypto.randomUUID();
      const state = String(await run(BEGIN, prefix + key, lease, millisecondsOf(leaseSeconds)));
      if (state === 'new') leases.add(key, lease);
      return state as 'new' | 'busy' | 'done';
    },
    async commit(key) {
      leases.release(key);
      await run(COMMIT, prefix + key, millisecondsOf(ttlSeconds));
    },
    async abort(key) {
      const lease = leases.release(key);
      if (lease !== undefined) await run(ABORT, prefix + key, lease);
    },
  };
}

/** Returns whole milliseconds for Redis, which refuses 0, fractions and exponents. */
function millisecondsOf(seconds: number): string {
  return String(Math.min(Math.max(1, Math.round(seconds * 1000)), Number.MAX_SAFE_INTEGER));
}

interface Leases {
  add(key: string, lease: string): void;
  /** Ends one handling of a SET. Returns its lease if nothing else here handles it. */
  release(key: string): string | undefined;
}

/**
 * Remembers the leases of what is being handled here.
 *
 * An abort names only its SET, and two deliveries of one SET can be in handling here: the lease of the first ran out,
 * and the second took another. They may end in either order. So an abort deletes a lease from Redis only when nothing
 * else here handles the SET, and only a lease that was taken here. A lease that is left over runs out.
 *
 * A handler that never ends is forgotten once no known transmitter would deliver its SET again.
 */
function rememberLeases(forgetAfterMs: number): Leases {
  // In the order in which they are forgotten. `lease` is the one of the latest response: earlier ones have run out.
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

/**
 * Returns what runs a script with one key. Each package has its own form of `eval`; anything that could be two of them
 * is refused.
 */
function runnerOf(client: RedisClient): (script: string, key: string, ...values: string[]) => Promise<unknown> {
  const methods = client as unknown as Readonly<Record<string, unknown>> | null | undefined;
  const has = (...names: string[]): boolean => names.every((name) => typeof methods?.[name] === 'function');
  // Only clients can connect, not their pipelines and transactions. Version 3 of redis cannot either: it takes
  // callbacks.
  const isIoredis = has('eval', 'connect', 'defineCommand');
  const isNodeRedis = has('eval', 'connect', 'EVAL');
  const isUpstash = has('eval', 'createScript');
  if ([isIoredis, isNodeRedis, isUpstash].filter(Boolean).length !== 1) {
    throw new TypeError('client must be a redis, ioredis or @upstash/redis client');
  }
  const { eval: run } = client as { eval(...args: unknown[]): Promise<unknown> };
  return async (script, key, ...values) => {
    if (isIoredis) return run.call(client, script, 1, key, ...values);
    if (isUpstash) return run.call(client, script, [key], values);
    return run.call(client, script, { keys: [key], arguments: values });
  };
}
