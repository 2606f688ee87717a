/**
 * Clients of Redis: runs a script with whichever package the caller uses. Redis runs each script atomically.
 *
 * Leaves out what the scripts do: see receiver/redis.ts and ssf/redis-state-store.ts.
 */

/** A client of the package `redis` (4 and later), `ioredis` or `@upstash/redis`. Cluster clients work too. */
export interface RedisClient {
  eval(script: string, ...rest: never[]): Promise<unknown>;
}

/**
 * Creates a function that runs a script with one key. Each package has its own form of `eval`, so an object that could
 * be a client of two packages is refused.
 *
 * @throws TypeError for any other client
 */
export function createScriptRunner(
  client: RedisClient,
): (script: string, key: string, ...values: string[]) => Promise<unknown> {
  const methods = client as unknown as Readonly<Record<string, unknown>> | null | undefined;
  const has = (...names: string[]): boolean => names.every((name) => typeof methods?.[name] === 'function');
  // Pipelines and transactions have no `connect`, and neither does version 3 of redis, whose methods take callbacks.
  const isIoredis = has('eval', 'connect', 'defineCommand');
  const isNodeRedis = has('eval', 'connect', 'EVAL');
  const isUpstash = has('eval', 'createScript');
  if ([isIoredis, isNodeRedis, isUpstash].filter(Boolean).length !== 1) {
    throw new TypeError('client must be a redis, ioredis or @upstash/redis client');
  }
  const { eval: evalScript } = client as { eval(...args: unknown[]): Promise<unknown> };
  return async (script, key, ...values) => {
    if (isIoredis) return evalScript.call(client, script, 1, key, ...values);
    if (isUpstash) return evalScript.call(client, script, [key], values);
    return evalScript.call(client, script, { keys: [key], arguments: values });
  };
}

/** Formats a time as whole milliseconds for Redis, which refuses 0, fractions and exponents. */
export function millisecondsOf(seconds: number): string {
  return String(Math.min(Math.max(1, Math.round(seconds * 1000)), Number.MAX_SAFE_INTEGER));
}
