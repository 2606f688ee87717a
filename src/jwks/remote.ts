/**
 * Remote key sets: the keys that an issuer publishes (RFC 7517 section 5), fetched when they are needed, and kept.
 *
 * The rules, in the order in which they matter: a key that has gone from the set stops verifying with the next fetch; an unknown `kid`,
 * which anyone can write, causes at most one fetch per cooldown; an endpoint that fails is asked ever more rarely, while the keys from
 * before still serve; every wait has a limit.
 */
import { SetError } from '../errors.js';
import { checkTimeout, type FetchLike, type FetchLimits, fetchJson, MAX_TIMEOUT_MS, readUrl, within } from '../http.js';
import type { SetHeader } from '../jws.js';
import { isKeySet, type JsonWebKey, type JsonWebKeySet } from '../keys.js';
import { checkAmount } from '../options.js';
import { clock, readClock } from '../time.js';

/** A key set with the time of its fetch. It is plain data and survives JSON. */
export interface JwksCacheEntry {
  /** The keys, as they were published. */
  readonly jwks: JsonWebKeySet;
  /** When they were asked for, in milliseconds since 1970. */
  readonly fetchedAtMs: number;
}

/**
 * A place that keeps key sets by their URL: to share them among processes, or to begin with them.
 *
 * It is as trusted as the keys themselves: who can write to it decides whose signatures hold.
 */
export interface JwksCache {
  /** Gives what was set last for a URL, or nothing. What it throws counts as nothing. */
  get(url: string): JwksCacheEntry | undefined | null | Promise<JwksCacheEntry | undefined | null>;
  /** Keeps an entry. It is not waited for, and what it throws is ignored. */
  set(url: string, entry: JwksCacheEntry): unknown;
}

/** How {@link createRemoteJwks} fetches and keeps keys. */
export interface RemoteJwksOptions {
  /** The `fetch` to use. Default: that of the platform, looked up with each request. */
  readonly fetch?: FetchLike;
  /** Headers to send besides. */
  readonly headers?: Record<string, string>;
  /** How long an answer may take, its body included, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
  /** How long keys are fresh after their fetch, in milliseconds. Default 600,000, ten minutes. */
  readonly maxAgeMs?: number;
  /** How long after a fetch an unknown `kid` causes no other, in milliseconds. Default 30,000. */
  readonly cooldownMs?: number;
  /** How long old keys serve after `maxAgeMs` while the endpoint fails, in milliseconds. Default 86,400,000, a day. */
  readonly staleIfErrorMs?: number;
  /** The largest answer, in bytes. Default 262,144. */
  readonly maxBytes?: number;
  /** Accept plain http from hosts other than this one. Whoever can change that traffic can forge SETs. Default `false`. */
  readonly allowInsecureHttp?: boolean;
  /** Where to keep the keys besides. */
  readonly cache?: JwksCache;
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/** The keys behind a URL, as a key resolver. */
export interface RemoteJwks {
  /** Gives the keys for a header: at once while they are fresh. */
  (header: SetHeader): JsonWebKeySet | Promise<JsonWebKeySet>;
  /**
   * Fetches the keys now, whatever the cooldown: after a key was withdrawn, or to have them before the first token comes.
   *
   * @throws SetError `ERR_SET_JWKS`, as a rejection
   */
  refresh(): Promise<void>;
  /** The keys that are held now, perhaps no longer fresh. */
  readonly current: JsonWebKeySet | undefined;
}

const FIRST_RETRY_MS = 1_000;

/**
 * Makes a key resolver from the URL of a JWK Set. Nothing is fetched before the first token.
 *
 * Make it once and keep it, since it holds the keys; two of them share nothing. As a resolver it rejects with `ERR_SET_JWKS` when keys
 * that are needed cannot be had: then the token may be good, and should be tried again later.
 *
 * @param url https, or http on a loopback host
 * @throws TypeError for a mistake in the URL or the options
 * @see RFC 7517 section 5, RFC 8725 section 3.8
 */
export function createRemoteJwks(url: string | { readonly href: string }, options: RemoteJwksOptions = {}): RemoteJwks {
  const href = readUrl(url, options.allowInsecureHttp);
  return keepJwks(href, (limits) => fetchJson(href, 'ERR_SET_JWKS', limits), options);
}

/**
 * Makes a key resolver from work that fetches a JWK Set: when it is done, and how long its result serves.
 *
 * @param href under which the cache keeps the keys
 * @param load fetches the document, within the limits given
 * @throws TypeError for a mistake in the options
 */
export function keepJwks(href: string, load: (limits: FetchLimits) => Promise<unknown>, options: RemoteJwksOptions): RemoteJwks {
  const { fetch, headers = {}, timeoutMs = 5_000, maxAgeMs = 600_000, cooldownMs = 30_000, staleIfErrorMs = 86_400_000 } = options;
  const { maxBytes = 262_144, cache, now = clock } = options;
  for (const [name, value] of Object.entries({ maxAgeMs, cooldownMs, staleIfErrorMs, maxBytes })) checkAmount(name, value);
  checkTimeout('timeoutMs', timeoutMs);
  readClock(now);

  if (fetch !== undefined && typeof fetch !== 'function') throw new TypeError('fetch must be a function');

  let current: JwksCacheEntry | undefined;
  const fetching: Shared = {};
  const seeding: Shared = {};
  let failures = 0;
  let retryAt = 0;
  let refusal: unknown;

  /** Of keys from the future nobody knows the age, because the clock was set back: they are no longer fresh. */
  function age(): number {
    const elapsed = current ? readClock(now) - current.fetchedAtMs : Infinity;
    return elapsed < 0 ? maxAgeMs : elapsed;
  }

  const holds = (kid: string | undefined): boolean => !!current?.jwks.keys.some((key) => key?.kid === kid);
  const isSettled = (kid: string | undefined): boolean => age() < maxAgeMs && (kid === undefined || holds(kid) || age() < cooldownMs);

  async function update(kid: string | undefined): Promise<JsonWebKeySet> {
    try {
      const wait = retryAt - readClock(now);
      if (!fetching.work && wait > 0 && wait <= cooldownMs) throw refusal;
      if (cache && age() >= maxAgeMs) await join(seeding, () => seed(cache));
      if (!isSettled(kid)) await join(fetching, fetchKeys);
    } catch (error) {
      // Of a kid that is unknown nobody can say now whether its key exists. Keys without one serve for any.
      if (age() >= maxAgeMs + staleIfErrorMs || !(kid === undefined || holds(kid) || holds(undefined))) throw error;
    }
    return current!.jwks;
  }

  /**
   * Joins work that runs, or starts it. Each caller has a limit of its own, since some runtimes end what a request began together
   * with that request: then the next caller begins anew.
   */
  async function join(shared: Shared, start: () => Promise<void>): Promise<void> {
    const leave = (): void => {
      if (shared.work === mine) shared.work = undefined;
    };
    const mine: Promise<void> = (shared.work ??= start().finally(() => leave()));
    try {
      await within(Math.min(2 * timeoutMs, MAX_TIMEOUT_MS), 'ERR_SET_JWKS', () => mine);
    } finally {
      leave();
    }
  }

  async function fetchKeys(): Promise<void> {
    const fetchedAtMs = readClock(now);
    try {
      const jwks = readKeySet(await load({ fetch, headers, timeoutMs, maxBytes }));
      failures = retryAt = 0;
      // Newer keys may have come from the cache meanwhile.
      if (current && fetchedAtMs < current.fetchedAtMs && current.fetchedAtMs <= readClock(now)) return;
      current = { jwks, fetchedAtMs };
      void store(current);
    } catch (error) {
      refusal = error;
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
      const entry = await within(timeoutMs, 'ERR_SET_JWKS', async () => from.get(href));
      const fetchedAtMs = Number(entry?.fetchedAtMs);
      // One from the future would never grow too old to serve.
      if (fetchedAtMs > (current?.fetchedAtMs ?? -1) && fetchedAtMs <= readClock(now)) current = { jwks: readKeySet(entry?.jwks), fetchedAtMs };
    } catch {
      // A cache that fails has nothing.
    }
  }

  const resolver = ({ kid }: SetHeader): JsonWebKeySet | Promise<JsonWebKeySet> => (isSettled(kid) ? current!.jwks : update(kid));
  const refresh = async (): Promise<void> => {
    // What was asked for before may already be out of date. How that ends is told to those who wait for it.
    if (fetching.work) await Promise.allSettled([join(fetching, fetchKeys)]);
    await join(fetching, fetchKeys);
  };
  return Object.defineProperty(Object.assign(resolver, { refresh }), 'current', { get: () => current?.jwks }) as RemoteJwks;
}

/** Work that several callers wait for. */
interface Shared {
  work?: Promise<void> | undefined;
}

/** Takes a key set with whatever keys are in it: one that cannot serve is no fault of the others. */
function readKeySet(value: unknown): JsonWebKeySet {
  if (!isKeySet(value)) throw new SetError('ERR_SET_JWKS', 'The answer is no key set: an object with the list "keys"');
  return { keys: value.keys as readonly JsonWebKey[] };
}
