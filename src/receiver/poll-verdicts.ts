/**
 * The verdicts on the SETs of the last response, which the next request reports: handled, or refused (RFC 8936 section
 * 2.2).
 *
 * The transmitter forgets a SET once the report reaches it. So nothing is added too early, and nothing is removed
 * before a response shows that the report was received.
 */
import type { DeliveryError } from './delivery-error.js';

/** The members of a poll request that report on SETs. Each is absent if it would be empty. */
export interface VerdictMembers {
  /** The names of the SETs that were handled. */
  readonly ack?: readonly string[];
  /** The errors of the SETs that are refused, by name. */
  readonly setErrs?: { readonly [name: string]: DeliveryError };
}

/** Verdicts that are still to be reported to the transmitter. */
export interface Verdicts {
  acknowledge(name: string): void;
  refuse(name: string, error: DeliveryError): void;
  isEmpty(): boolean;
  members(): VerdictMembers;
  /** Removes everything, and returns the names. Call it when a response shows that all of it was received. */
  clear(): ReadonlySet<string>;
}

/** Creates an empty list of verdicts. It never covers more than one response. */
export function createVerdicts(): Verdicts {
  const acks = new Set<string>();
  const errors = new Map<string, DeliveryError>();
  return {
    acknowledge: (name) => void acks.add(name),
    refuse: (name, error) => void errors.set(name, error),
    isEmpty: () => !acks.size && !errors.size,
    // Object.fromEntries defines own members, even for a SET that is named __proto__.
    members: () => ({
      ...(acks.size && { ack: [...acks] }),
      ...(errors.size && { setErrs: Object.fromEntries(errors) }),
    }),
    clear() {
      const names = new Set([...acks, ...errors.keys()]);
      acks.clear();
      errors.clear();
      return names;
    },
  };
}
