/**
 * Remote key sets: the keys that an issuer publishes (RFC 7517 section 5), fetched when they are needed, and kept.
 *
 * The rules, in order of importance: a key that has gone from the set stops verifying with the next fetch; a token
 * whose key is unknown is final only after a fetch that began after it arrived, since its key may have been published a
 * moment ago; an unknown `kid`, which anyone can write, causes at most one fetch per cooldown; an endpoint that fails
 * is asked ever more rarely, while the old keys still serve; every wait has a limit.
 */
import { algorithmOf, allAlgorithms } from '../algorithms.js';
import { isSetError, SetError } from '../errors.js';
import {
  checkTimeout,
  type FetchLike,
  type FetchLimits,
  fetchJson,
  MAX_TIMEOUT_MS,
  readUrl,
  withTimeout,
} from '../http.js';
import { hasUsableKey, isKeySet, type JsonWebKey, type JsonWebKeySet, type Keys, matchKeys, RENEW } from '../keys.js';
import type { SetHeader } from '../model.js';
import {
  checkAmount,
  checkFlag,
  checkFunction,
  checkHeaders,
  requireFunction,
  requireMethods,
  requireObject,
} from '../options.js';
import { clock, readClock } from '../time.js';

/** A key set with the time of its fetch. It is plain data and survives JSON. */
export interface JwksCacheEntry {
  /** The keys, as they were published. */
  readonly jwks: JsonWebKeySet;
  /** When they were requested, in milliseconds since 1970. */
  readonly fetchedAtMs: number;
}

/**
 * A place that keeps key sets by their URL, to share them among processes or to start with them.
 *
 * It is as trusted as the keys themselves: anyone who can write to it can forge SETs.
 */
export interface JwksCache {
  /** Returns what was last set for a URL, or nothing. An error counts as nothing. */
  get(url: string): JwksCacheEntry | undefined | null | Promise<JwksCacheEntry | undefined | null>;
  /** Keeps an entry. Nothing waits for it, and an error is ignored. */
  set(url: string, entry: JwksCacheEntry): unknown;
}

/** How {@link createRemoteJwks} fetches and keeps keys. */
export interface RemoteJwksOptions {
  /** The `fetch` to use. Default: that of the platform, looked up for each request. */
  readonly fetch?: FetchLike;
  /** Additional headers to send. */
  readonly headers?: Record<string, string>;
  /** How long a response may take, its body included, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
  /** How long keys are fresh after their fetch, in milliseconds. Default 600,000, ten minutes. */
  readonly maxAgeMs?: number;
  /** How long after a fetch an unknown `kid` does not cause another, in milliseconds. Default 30,000. */
  readonly cooldownMs?: number;
  /** How long old keys serve after `maxAgeMs` while the endpoint fails, in milliseconds. Default 86,400,000, a day. */
  readonly staleIfErrorMs?: number;
  /** The largest response, in bytes. Default 262,144. */
  readonly maxBodyBytes?: number;
  /**
   * Accept plain http from hosts other than this one. Anyone who can change that traffic can forge SETs. Default
   * `false`.
   */
  readonly allowInsecureHttp?: boolean;
  /** Another place to keep the keys. */
  readonly cache?: JwksCache;
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/** The keys behind a URL, as a key resolver. */
export interface RemoteJwks {
  /**
   * Returns the keys for a header: at once while they are fresh.
   *
   * @throws SetError `ERR_SET_JWKS` with `retryAfterSeconds` when the key is unknown and may not be looked up yet, or
   * when keys cannot be fetched; as a rejection
   */
  (header: SetHeader): JsonWebKeySet | Promise<JsonWebKeySet>;
  /**
   * Fetches the keys now, whatever the cooldown: after a key was withdrawn, or to have them before the first token
   * comes.
   *
   * @throws SetError `ERR_SET_JWKS`, as a rejection
   */
  refresh(): Promise<void>;
  /** The keys that are held now, fresh or not. */
  readonly current: JsonWebKeySet | undefined;
}

const FIRST_RETRY_MS = 1_000;

/**
 * Creates a key resolver from the URL of a JWK Set. Nothing is fetched before the first token.
 *
 * Create it once and keep it, since it holds the keys; two of them share nothing. It rejects with `ERR_SET_JWKS` when
 * keys that are needed cannot be had now: then the token may be valid, and should be tried again after
 * `retryAfterSeconds`.
 *
 * @param url https, or http on a loopback host
 * @throws TypeError for a mistake in the URL or the options
 * @see RFC 7517 section 5, RFC 8725 section 3.8
 */
export function createRemoteJwks(url: string | { readonly href: string }, options: RemoteJwksOptions = {}): RemoteJwks {
  requireObject('options', options);
  checkFlag('allowInsecureHttp', options.allowInsecureHttp);
  const href = readUrl(url, options.allowInsecureHttp);
  return keepJwks(href, (limits) => fetchJson(href, 'ERR_SET_JWKS', limits), options);
}

/**
 * Creates a key resolver from work that fetches a JWK Set: decides when it is done, and how long its result serves.
 *
 * @param href under which the cache keeps the keys
 * @param load fetches the document, within the limits it is given
 * @throws TypeError for a mistake in the options
 */
export function keepJwks(
  href: string,
  load: (limits: FetchLimits) => Promise<unknown>,
  options: RemoteJwksOptions,
): RemoteJwks {
  const {
    fetch,
    headers = {},
    timeoutMs = 5_000,
    maxAgeMs = 600_000,
    cooldownMs = 30_000,
    staleIfErrorMs = 86_400_000,
  } = options;
  const { maxBodyBytes = 262_144, cache, now = clock } = options;
  for (const [name, value] of Object.entries({ maxAgeMs, cooldownMs, staleIfErrorMs, maxBodyBytes }))
    checkAmount(name, value);
  checkTimeout('timeoutMs', timeoutMs);
  checkFunction('fetch', fetch);
  checkHeaders('headers', headers);
  if (cache !== undefined) requireMethods('cache', cache, ['get', 'set']);
  requireFunction('now', now);
  readClock(now);

  let jwks: JsonWebKeySet | undefined;
  /**
   * When the newest key set was requested. It outlasts a set without a usable key: nothing older from the cache may
   * serve again.
   */
  let fetchedAtMs = -1;
  const fetching: Shared = {};
  const seeding: Shared = {};
  /** How many fetches have begun, and which of them was the last to succeed. */
  let begun = 0;
  let succeeded = 0;
  let failures = 0;
  let retryAt = 0;
  let failure: unknown;
  /**
   * How many fetches had begun when a token arrived, by its header, for tokens that the held keys may not be enough
   * for.
   */
  const arrivals = new WeakMap<SetHeader, number>();

  /** A fetch time in the future means the clock was set back: treat the keys as expired. */
  function age(): number {
    const elapsed = jwks ? readClock(now) - fetchedAtMs : Infinity;
    return elapsed < 0 ? maxAgeMs : elapsed;
  }

  const isFresh = (): boolean => age() < maxAgeMs;
  const isCoolingDown = (): boolean => age() < cooldownMs;
  /** Whether a held key has the `kid` of a header. Those without one serve for any, until another has it. */
  function find({ alg, kid }: SetHeader, held = jwks): 'named' | 'unnamed' | undefined {
    const algorithm = algorithmOf(alg);
    const { named, unnamed } = matchKeys((algorithm && held?.keys) ?? [], algorithm!, kid);
    return named.length ? 'named' : unnamed.length ? 'unnamed' : undefined;
  }

  /**
   * Fetches keys, unless that is not needed after a look at the cache. While an endpoint fails, most callers get its
   * last failure.
   */
  async function update(isNeeded: () => boolean): Promise<void> {
    try {
      const wait = retryAt - readClock(now);
      if (!fetching.work && wait > 0 && wait <= cooldownMs) throw failure;
      if (cache && !isFresh()) await join(seeding, () => seed(cache));
      if (isNeeded()) await join(fetching, fetchKeys);
    } catch (error) {
      throw isSetError(error) ? notNow(error.message, retryAt - readClock(now), error) : error;
    }
  }

  async function lookUp(header: SetHeader): Promise<JsonWebKeySet> {
    const before = begun;
    arrivals.set(header, before);
    // A fetch that began before the token arrived may have been too early for its key.
    const isKnown = (): boolean => !!find(header) || succeeded > before;
    do {
      try {
        await update(() => !isFresh() || (find(header) !== 'named' && !isCoolingDown()));
      } catch (error) {
        // Whether the key exists that the header names cannot be known now.
        if (age() >= maxAgeMs + staleIfErrorMs || !find(header)) throw error;
      }
    } while (!isKnown() && !isCoolingDown());
    if (!jwks || !isKnown()) throw tooSoon();
    return jwks;
  }

  async function renew(header: SetHeader, tried: Keys): Promise<Keys | undefined> {
    const before = arrivals.get(header);
    if (before === undefined || (header.kid !== undefined && find(header, tried as JsonWebKeySet) === 'named'))
      return undefined;
    if (jwks === tried) {
      if (succeeded > before) return undefined;
      await update(() => !isCoolingDown());
    }
    if (!jwks || jwks === tried) throw tooSoon();
    return jwks;
  }

  const tooSoon = (): SetError =>
    notNow('The key is unknown, and keys may not be fetched again yet', cooldownMs - age());

  /**
   * Joins work that is under way, or starts it. Each caller has a limit of its own, since some runtimes end what a
   * request began together with that request: then the next caller begins anew.
   */
  async function join(shared: Shared, start: () => Promise<void>): Promise<void> {
    const leave = (): void => {
      if (shared.work === mine) shared.work = undefined;
    };
    const mine: Promise<void> = (shared.work ??= start().finally(() => leave()));
    const late = (): SetError => new SetError('ERR_SET_JWKS', 'The keys took too long');
    try {
      await withTimeout(Math.min(2 * timeoutMs, MAX_TIMEOUT_MS), late, () => mine);
    } finally {
      leave();
    }
  }

  async function fetchKeys(): Promise<void> {
    const startedAtMs = readClock(now);
    const turn = ++begun;
    try {
      const loaded = readKeySet(await load({ fetch, headers, timeoutMs, maxBodyBytes }));
      // Newer keys may have come from the cache in the meantime.
      const isNewest = startedAtMs >= fetchedAtMs || fetchedAtMs > readClock(now);
      const isUsable = hasUsableKey(loaded, allAlgorithms());
      if (isNewest) {
        fetchedAtMs = startedAtMs;
        jwks = isUsable ? loaded : undefined;
      }
      if (!isUsable) throw new SetError('ERR_SET_JWKS', 'The JWK Set contains no usable public key');
      failures = retryAt = 0;
      succeeded = turn;
      if (isNewest) void store({ jwks: loaded, fetchedAtMs });
    } catch (error) {
      failure = error;
      retryAt = readClock(now) + Math.min(FIRST_RETRY_MS * 2 ** failures++, cooldownMs);
      throw error;
    }
  }

  async function store(entry: JwksCacheEntry): Promise<void> {
    try {
      await cache?.set(href, entry);
    } catch {
      // The keys are here all the same; others fetch them for themselves.
    }
  }

  async function seed(from: JwksCache): Promise<void> {
    try {
      const entry = await withTimeout(
        timeoutMs,
        () => new Error('late'),
        async () => from.get(href),
      );
      const seeded = readKeySet(entry?.jwks);
      const entryAtMs = Number(entry?.fetchedAtMs);
      // An entry from the future would never grow too old to serve.
      if (!(entryAtMs > fetchedAtMs && entryAtMs <= readClock(now) && hasUsableKey(seeded, allAlgorithms()))) return;
      fetchedAtMs = entryAtMs;
      jwks = seeded;
    } catch {
      // A cache that fails has nothing.
    }
  }

  const resolver = (header: SetHeader): JsonWebKeySet | Promise<JsonWebKeySet> => {
    const found = find(header);
    if (!isFresh() || !(found === 'named' || (found && isCoolingDown()))) return lookUp(header);
    // A token that names its key needs no other. Any other may be signed by a key that was published a moment ago.
    if (found !== 'named' || header.kid === undefined) arrivals.set(header, begun);
    return jwks!;
  };
  const refresh = async (): Promise<void> => {
    // What was requested before may already be out of date. Its outcome is reported to its own callers.
    if (fetching.work) await Promise.allSettled([join(fetching, fetchKeys)]);
    await join(fetching, fetchKeys);
  };
  const remote = Object.assign(resolver, { refresh, [RENEW]: renew, current: undefined });
  return Object.defineProperty(remote, 'current', { get: () => jwks });
}

/** Keys cannot be had now, but perhaps after some milliseconds: a second at least. */
function notNow(message: string, waitMs: number, error?: SetError): SetError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new SetError('ERR_SET_JWKS', message, { ...error, cause: error?.cause, retryAfterSeconds });
}

/** Work that several callers wait for. */
interface Shared {
  work?: Promise<void> | undefined;
}

/** Accepts a key set with whatever keys are in it: one that cannot serve does not harm the others. */
function readKeySet(value: unknown): JsonWebKeySet {
  if (!isKeySet(value)) throw new SetError('ERR_SET_JWKS', 'The response is not a JWK Set');
  return { keys: value.keys as readonly JsonWebKey[] };
}
