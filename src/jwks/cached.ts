/**
 * Keys that are fetched when they are needed, and kept (RFC 7517 section 5).
 *
 * The rules, in order of importance: a key that is gone from the set stops verifying with the next fetch; a token with
 * an unknown key is rejected for good only after a fetch that began after it arrived, since its key may have been
 * published a moment ago; an unknown `kid`, which anyone can write, causes at most one fetch per cooldown; a failing
 * endpoint is asked less and less often, while the old keys stay in use; every wait has a limit.
 */
import { algorithmOf, allAlgorithms } from '../algorithms.js';
import { SetError } from '../errors.js';
import { type FetchLimits, withTimeout } from '../http.js';
import { hasUsableKey, isKeySet, type JsonWebKeySet, type Keys, matchKeys, RENEW } from '../keys.js';
import type { SetHeader } from '../model.js';
import {
  checkAmount,
  checkFunction,
  checkHeaders,
  requireFunction,
  requireMethods,
  requireObject,
} from '../options.js';
import { clock, readClock } from '../time.js';
import type { FetchOptions, JwksCache, JwksOptions, RemoteJwks, RemoteJwksOptions } from './remote-options.js';

/** How long to wait after the first failed fetch. The wait doubles with each further failure, up to the cooldown. */
const FIRST_RETRY_MS = 1_000;

/**
 * Creates a key resolver from a function that fetches a JWK Set: decides when to call it, and how long to use
 * its result.
 *
 * @param href the name of the keys in the cache
 * @param load fetches the document, in at most three requests, within the limits it is passed
 * @param options how to fetch
 * @param jwksOptions how to keep what was fetched
 * @throws TypeError for a mistake in the options
 */
export function createCachedJwks(
  href: string,
  load: (limits: FetchLimits) => Promise<unknown>,
  options: FetchOptions & Pick<RemoteJwksOptions, 'now'>,
  jwksOptions: JwksOptions = {},
): RemoteJwks {
  requireObject('jwks', jwksOptions);
  const { fetch, headers = {}, timeoutMs = 5_000, maxBodyBytes = 262_144, now = clock } = options;
  const { maxAgeMs = 600_000, cooldownMs = 30_000, staleIfErrorMs = 86_400_000, cache } = jwksOptions;
  const amounts = { timeoutMs, maxBodyBytes, maxAgeMs, cooldownMs, staleIfErrorMs };
  for (const [name, value] of Object.entries(amounts)) checkAmount(name, value);
  checkFunction('fetch', fetch);
  checkHeaders('headers', headers);
  if (cache !== undefined) requireMethods('cache', cache, ['get', 'set']);
  requireFunction('now', now);
  readClock(now);

  let jwks: JsonWebKeySet | undefined;
  /** Kept even if the fetched set has no usable key, so that nothing older from the cache is used again. */
  let fetchedAtMs = -1;
  /** The update in progress, shared by all callers that wait. */
  let updating: Promise<void> | undefined;
  /** How many fetches have begun, which of them was the last to succeed, and which one fetched the keys. */
  let begun = 0;
  let succeeded = 0;
  let storedBy = 0;
  let failures = 0;
  let retryAt = 0;
  let failure: SetError | undefined;
  /** How many fetches had begun when a token arrived, by its header, unless the current keys are final for it. */
  const arrivals = new WeakMap<SetHeader, number>();

  /** A fetch time in the future means the clock was set back: treat the keys as expired. */
  const age = (): number => {
    const elapsed = jwks ? readClock(now) - fetchedAtMs : Infinity;
    return elapsed < 0 ? maxAgeMs : elapsed;
  };
  const isFresh = (): boolean => age() < maxAgeMs;
  const isCoolingDown = (): boolean => age() < cooldownMs;

  /** Reports how the keys match a header: by its `kid`, or else only by keys without one, which fit any `kid`. */
  function find({ alg, kid }: SetHeader, held = jwks): 'named' | 'unnamed' | undefined {
    const algorithm = algorithmOf(alg);
    if (!held || !algorithm) return undefined;
    const { named, unnamed } = matchKeys(held, algorithm, kid);
    return named.length ? 'named' : unnamed.length ? 'unnamed' : undefined;
  }

  /** Looks up keys for a header if the current ones may not be enough, or newer ones than those that did not match. */
  async function lookUp(header: SetHeader, tried?: Keys): Promise<JsonWebKeySet> {
    // A second lookup is for the same arrival. Otherwise the header may be an object that a caller reuses.
    const before = tried ? arrivals.get(header)! : begun;
    arrivals.set(header, before);
    // A fetch that began before the token arrived may have been too early for its key.
    const isKnown = (): boolean => (tried ? jwks !== tried : !!find(header) || succeeded > before);
    try {
      // Keys that are newer than those tried are used without a fetch: a fetch per token would replace the keys
      // that all other tokens use.
      if (!tried || !isKnown()) {
        do await join();
        while (!isKnown() && !isCoolingDown());
      }
    } catch (error) {
      // Whether the key of the header exists cannot be known now.
      if (age() >= maxAgeMs + staleIfErrorMs || !isKnown()) throw error;
    }
    if (jwks && isKnown()) return jwks;
    throw notNow('The key is unknown, and keys may not be fetched yet', cooldownMs - age());
  }

  async function renew(header: SetHeader, tried: Keys): Promise<Keys | undefined> {
    const isFinal = header.kid !== undefined && find(header, tried as JsonWebKeySet) === 'named';
    return isFinal || (jwks === tried && succeeded > arrivals.get(header)!) ? undefined : lookUp(header, tried);
  }

  /**
   * Joins the update in progress, or starts one if the keys are old enough. Each caller has a time limit of its
   * own: some runtimes end an update along with the request that began it, and then the next caller starts again.
   */
  async function join(isForced = false): Promise<void> {
    if (!updating && !isForced) {
      if (isFresh() && isCoolingDown()) return;
      // While the endpoint fails, most callers get its last failure. A longer wait means the clock was set back.
      const waitMs = retryAt - readClock(now);
      if (waitMs > 0 && waitMs <= cooldownMs) throw afterFailure(failure!, waitMs);
    }
    const joined = (updating ??= update(isForced));
    try {
      await withTimeout(
        4 * timeoutMs,
        () => notNow(`No keys within ${4 * timeoutMs} ms`),
        () => joined,
      );
    } finally {
      if (updating === joined) updating = undefined;
    }
  }

  async function update(isForced: boolean): Promise<void> {
    if (cache && !isForced && !isFresh()) {
      await seed(cache);
      if (isFresh()) return;
    }
    const turn = ++begun;
    const startedAtMs = readClock(now);
    try {
      const loaded = await load({ fetch, headers, timeoutMs, maxBodyBytes });
      const canServe = isKeySet(loaded) && hasUsableKey(loaded, allAlgorithms());
      // A fetch that began later may have ended first.
      if (isKeySet(loaded) && turn > storedBy) {
        storedBy = turn;
        fetchedAtMs = startedAtMs;
        jwks = canServe ? (loaded as JsonWebKeySet) : undefined;
      }
      if (!canServe) throw new SetError('ERR_SET_JWKS', 'The response is not a JWK Set with a usable public key');
      succeeded = Math.max(succeeded, turn);
      failures = retryAt = 0;
      // If this fails, other processes fetch the keys themselves.
      (async () => cache?.set(href, { jwks: loaded as JsonWebKeySet, fetchedAtMs: startedAtMs }))().catch(
        () => undefined,
      );
    } catch (error) {
      const waitMs = Math.min(FIRST_RETRY_MS * 2 ** failures++, cooldownMs);
      retryAt = readClock(now) + waitMs;
      throw afterFailure((failure = error as SetError), waitMs);
    }
  }

  async function seed(from: JwksCache): Promise<void> {
    try {
      const entry = await withTimeout(
        timeoutMs,
        () => new Error('late'),
        async () => from.get(href),
      );
      const entryAtMs = Number(entry!.fetchedAtMs);
      // An entry from the future would never grow too old to serve.
      const isNewer = entryAtMs > fetchedAtMs && entryAtMs <= readClock(now);
      if (!isNewer || !isKeySet(entry!.jwks) || !hasUsableKey(entry!.jwks, allAlgorithms())) return;
      fetchedAtMs = entryAtMs;
      jwks = entry!.jwks;
    } catch {
      // The cache is empty or has failed: there is nothing to start from.
    }
  }

  const resolver = (header: SetHeader): JsonWebKeySet | Promise<JsonWebKeySet> => {
    const found = find(header);
    if (!isFresh() || !(found === 'named' || (found && isCoolingDown()))) return lookUp(header);
    // A token that names its key needs no other key. Any other token may be signed by a key published a moment ago.
    if (found !== 'named' || header.kid === undefined) arrivals.set(header, begun);
    return jwks!;
  };
  const refresh = async (): Promise<void> => {
    // A fetch that began before this call may be out of date, and its failure is reported to its own callers.
    const before = begun;
    let joined: number;
    do {
      const waiting = join(true);
      joined = begun;
      try {
        await waiting;
      } catch (error) {
        if (joined > before) throw error;
      }
    } while (joined <= before);
  };
  const remote = Object.assign(resolver, { refresh, [RENEW]: renew, current: undefined });
  return Object.defineProperty(remote, 'current', { get: () => jwks });
}

/** Creates the error for keys that cannot be obtained now, but perhaps after a wait. */
function notNow(message: string, waitMs = 0): SetError {
  return new SetError('ERR_SET_JWKS', message, { retryAfterSeconds: secondsOf(waitMs) });
}

/** Copies the error of a failed fetch, so that each caller gets one with its own `retryAfterSeconds`. */
function afterFailure(failure: SetError, waitMs: number): SetError {
  const { message, cause, status } = failure;
  return new SetError('ERR_SET_JWKS', message, {
    cause,
    ...(status && { status }),
    retryAfterSeconds: secondsOf(waitMs),
  });
}

/** Returns whole seconds, at least one. */
function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
