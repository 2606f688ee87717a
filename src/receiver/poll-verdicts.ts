/**
 * What the next request says about the SETs of the last response: which were handled, and which are refused (RFC 8936
 * section 2.2).
 *
 * The transmitter forgets a SET when it hears of it. So nothing is added before its time, and nothing goes before a
 * response shows that the transmitter has heard.
 */
import type { DeliveryError } from './delivery-error.js';

/** The members of a poll request that report on SETs. Each is left out when there is nothing to report. */
export interface VerdictMembers {
  /** The names of the SETs that were handled. */
  readonly ack?: readonly string[];
  /** The errors of the SETs that are refused, by their names. */
  readonly setErrs?: { readonly [name: string]: DeliveryError };
}

/** What is still to be reported to a transmitter. */
export interface Verdicts {
  acknowledge(name: string): void;
  refuse(name: string, error: DeliveryError): void;
  isEmpty(): boolean;
  members(): VerdictMembers;
  /**
   * Forgets everything, and returns the names that it was about. For a response to a request that reported all of it.
   */
  clear(): ReadonlySet<string>;
}

/** Creates a list of what is to be reported, with nothing in it. It never holds more than one response. */
export function createVerdicts(): Verdicts {
  const acks = new Set<string>();
  const errors = new Map<string, DeliveryError>();
  return {
    acknowledge: (name) => void acks.add(name),
    refuse: (name, error) => void errors.set(name, error),
    isEmpty: () => !acks.size && !errors.size,
    // Object.fromEntries defines members, so that a SET may be named __proto__.
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
