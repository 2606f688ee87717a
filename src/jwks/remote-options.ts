/**
 * The options and the result of remote key sets, as callers see them.
 */
import type { FetchLike } from '../http.js';
import type { JsonWebKeySet } from '../keys.js';
import type { SetHeader } from '../model.js';

/** A key set with the time of its fetch: plain data that survives JSON. */
export interface JwksCacheEntry {
  /** The keys, as they were published. */
  readonly jwks: JsonWebKeySet;
  /** When they were requested, in milliseconds since 1970. */
  readonly fetchedAtMs: number;
}

/**
 * Keeps key sets by their URL, to share them among processes or to start with them.
 *
 * It is as trusted as the keys themselves: anyone who can write to it can forge SETs.
 */
export interface JwksCache {
  /** Returns what was last set for a URL, or nothing. An error counts as nothing. */
  get(url: string): JwksCacheEntry | undefined | null | Promise<JwksCacheEntry | undefined | null>;
  /** Keeps an entry. The library does not wait for it, and ignores an error. */
  set(url: string, entry: JwksCacheEntry): unknown;
}

/** How fetched keys are kept. */
export interface JwksOptions {
  /** How long keys are fresh after their fetch, in milliseconds. Default 600,000, ten minutes. */
  readonly maxAgeMs?: number;
  /** How long after a fetch an unknown `kid` does not cause another, in milliseconds. Default 30,000. */
  readonly cooldownMs?: number;
  /** How long old keys are used after `maxAgeMs` if the endpoint fails, in milliseconds. Default 86,400,000, a day. */
  readonly staleIfErrorMs?: number;
  /** Another place to keep the keys. */
  readonly cache?: JwksCache;
}

/** How documents are fetched. */
export interface FetchOptions {
  /** The `fetch` to use. Default: the platform's, looked up for each request. */
  readonly fetch?: FetchLike;
  /** Additional headers to send. */
  readonly headers?: Record<string, string>;
  /** How long a response may take, including its body, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
  /** The largest response, in bytes. Default 262,144. */
  readonly maxBodyBytes?: number;
}

/** How `createRemoteJwks` fetches and keeps keys. */
export interface RemoteJwksOptions extends JwksOptions, FetchOptions {
  /**
   * Whether to accept plain http from hosts other than loopback ones. Anyone who can change that traffic can forge
   * SETs. Default `false`.
   */
  readonly allowInsecureHttp?: boolean;
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/** The keys behind a URL, as a key resolver. */
export interface RemoteJwks {
  /**
   * Returns the keys for a header: immediately while they are fresh.
   *
   * @throws SetError `ERR_SET_JWKS` with `retryAfterSeconds`, as a rejection, when keys cannot be fetched, or when the
   * key is unknown and may not be looked up yet
   */
  (header: SetHeader): JsonWebKeySet | Promise<JsonWebKeySet>;
  /**
   * Fetches the keys now, whatever the cooldown: after a key was withdrawn, or to have them before the first token.
   *
   * @throws SetError `ERR_SET_JWKS`, as a rejection
   */
  refresh(): Promise<void>;
  /** The current keys, fresh or not. */
  readonly current: JsonWebKeySet | undefined;
}
