/** A state store in Redis, for several processes that receive the events of the same streams. */
import { requireObject, wrongOption } from '../options.js';
import { createScriptRunner, millisecondsOf, type RedisClient } from '../redis-client.js';
import type { StateStore } from './state-store.js';

/** The options of {@link createRedisStateStore}. */
export interface RedisStateStoreOptions {
  /** The prefix of every key in Redis. Default `secevent:state:`. */
  readonly prefix?: string;
  /**
   * How long to remember a state, in seconds. Must be more than 0. Default 777,600, nine days: longer than any known
   * transmitter redelivers.
   */
  readonly ttlSeconds?: number;
}

const ADD = `redis.call('set', KEYS[1], '1', 'px', ARGV[1])`;
const HAS = `return redis.call('exists', KEYS[1])`;

/**
 * Creates a state store in Redis, for the option `states` of `createStreamClient`: a verification that one process
 * requests, another one may receive.
 *
 * @param client a client of `redis`, `ioredis` or `@upstash/redis`, distinguished by their methods
 * @throws TypeError for any other client, and for a mistake in the options
 * @see OpenID SSF 1.0 section 8.1.4
 */
export function createRedisStateStore(client: RedisClient, options: RedisStateStoreOptions = {}): StateStore {
  const runScript = createScriptRunner(client);
  requireObject('options', options);
  const { prefix = 'secevent:state:', ttlSeconds = 777_600 } = options;
  if (typeof prefix !== 'string') throw wrongOption('prefix', prefix, 'a string');
  // With 0, no state would ever return.
  if (!Number.isFinite(ttlSeconds) || ttlSeconds <= 0)
    throw wrongOption('ttlSeconds', ttlSeconds, 'a positive finite number');
  return {
    add: (key) => runScript(ADD, prefix + key, millisecondsOf(ttlSeconds)),
    has: async (key) => Number(await runScript(HAS, prefix + key)) === 1,
  };
}
