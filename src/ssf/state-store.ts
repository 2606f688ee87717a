/**
 * The states of requested verifications, and where they are remembered (OpenID SSF 1.0 section 8.1.4).
 *
 * A state is remembered until its time limit, however often it returns: a redelivered event is not an error. Leaves out
 * stores that several processes share: see redis-state-store.ts.
 */
import { webCrypto } from '../key-import.js';
import { clock } from '../time.js';

/**
 * Remembers the states of requested verifications. A `Set<string>` is one that never forgets.
 *
 * The keys are strings of the client's own. They contain its issuer, so that several clients can share a store.
 */
export interface StateStore {
  /** Remembers a key, for as long as its verification event may take: redeliveries come for days. */
  add(key: string): unknown;
  /** Reports whether a key is remembered. */
  has(key: string): boolean | Promise<boolean>;
}

/** Creates a store in the memory of this process, for the latest 10,000 keys. */
export function createMemoryStateStore(): StateStore {
  const expiries = new Map<string, number>();
  // Nine days, as in Redis.
  const ttlMs = 777_600_000;
  // A receiver requests far fewer in that time.
  const maxKeys = 10_000;

  return {
    add(key) {
      expiries.set(key, clock() + ttlMs);
      const [oldest] = expiries.keys();
      if (expiries.size > maxKeys) expiries.delete(oldest!);
    },
    has: (key) => expiries.get(key)! > clock(),
  };
}

/**
 * Creates a string that nobody can guess, of 128 random bits: a state, or the ID of an assertion.
 *
 * @throws SetError `ERR_SET_WEBCRYPTO`
 */
export function createUnguessable(): string {
  webCrypto();
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
