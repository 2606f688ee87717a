/**
 * A replay store in Redis, for processes that share the deliveries of a transmitter.
 *
 * A SET that is being handled is held by a lease, so that a process that is killed frees it. Each step is one script, which Redis runs
 * with nothing in between.
 */
import { checkAmount } from '../options.js';
import { DEFAULT_TTL_SECONDS, type ReplayStore } from './replay.js';

/** A client of the package `redis` (4 and later) or `ioredis`, connected; also one for a cluster. */
export interface RedisClient {
  eval(script: string, ...rest: never[]): Promise<unknown>;
}

/** How {@link redisReplayStore} remembers. */
export interface RedisReplayStoreOptions {
  /** What its keys begin with. Default `secevent:`. */
  readonly prefix?: string;
  /** How long to remember a SET that was handled, in seconds. Default 777,600, nine days. */
  readonly ttlSeconds?: number;
  /** How long a SET may be in handling, in seconds; then another delivery of it is `new`. Default 60. */
  readonly leaseSeconds?: number;
}

// The client may send a script again when the connection broke: that finds its own lease and is new again.
const BEGIN = `local held = redis.call('get', KEYS[1])
if held and held ~= ARGV[1] then return held == 'done' and held or 'busy' end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 'new'`;

const COMMIT = `redis.call('set', KEYS[1], 'done', 'px', ARGV[1])`;

// A lease that has run out may be another's now.
const ABORT = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end`;

/**
 * Makes a store in Redis.
 *
 * A handler has to finish within the lease: what takes longer can be handled by a second process at the same time.
 *
 * @param client of `redis` or `ioredis`, told apart by their shape
 * @throws TypeError when the client is neither, or an option is wrong
 * @see RFC 8935 section 2
 */
export function redisReplayStore(client: RedisClient, options: RedisReplayStoreOptions = {}): ReplayStore {
  const { prefix = 'secevent:', ttlSeconds = DEFAULT_TTL_SECONDS, leaseSeconds = 60 } = options;
  if (typeof client?.eval !== 'function') throw new TypeError('client must be one of redis or ioredis');
  if (typeof prefix !== 'string') throw new TypeError('prefix must be a string');
  checkAmount('ttlSeconds', ttlSeconds);
  checkAmount('leaseSeconds', leaseSeconds);
  const run = runnerOf(client);
  const milliseconds = (seconds: number): string => String(Math.max(1, Math.round(seconds * 1000)));
  /** The leases that are held here, by key: several when one ran out and the SET was taken again. */
  const leases = new Map<string, string[]>();

  /** Gives up the oldest lease that is held here for a key. */
  function release(key: string): string | undefined {
    const [lease, ...others] = leases.get(key) ?? [];
    if (others.length) leases.set(key, others);
    else leases.delete(key);
    return lease;
  }

  return {
    async begin(key) {
      const lease = crypto.randomUUID();
      const answer = String(await run(BEGIN, prefix + key, lease, milliseconds(leaseSeconds)));
      if (answer === 'new') leases.set(key, [...(leases.get(key) ?? []), lease]);
      return answer as 'new' | 'busy' | 'done';
    },
    async commit(key) {
      release(key);
      await run(COMMIT, prefix + key, milliseconds(ttlSeconds));
    },
    async abort(key) {
      const lease = release(key);
      if (lease !== undefined) await run(ABORT, prefix + key, lease);
    },
  };
}

/** Runs a script with one key by the client, in the form that it takes. */
function runnerOf(client: RedisClient): (script: string, key: string, ...values: string[]) => Promise<unknown> {
  const { eval: run } = client as { eval(...args: unknown[]): Promise<unknown> };
  // Clients of ioredis alone define commands of their own.
  const isIoredis = typeof (client as { readonly defineCommand?: unknown }).defineCommand === 'function';
  return async (script, key, ...values) =>
    isIoredis ? run.call(client, script, 1, key, ...values) : run.call(client, script, { keys: [key], arguments: values });
}
