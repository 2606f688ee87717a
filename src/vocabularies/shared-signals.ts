/** What the events of CAEP and RISC, and Okta's own, have in common. */
import { number, object, type Rule, strings } from '../events/schema.js';

/**
 * Accepts a string, or an object of strings by language tag (BCP 47) with at least one member. CAEP 1.0 section 2
 * requires the object, and section 3.2 of its interoperability profile the string.
 */
export const reason: Rule<string | { readonly [languageTag: string]: string }> = {
  expected: 'a string, or an object of strings by language tag',
  accepts: (value): value is string | { readonly [languageTag: string]: string } => {
    const texts = object.accepts(value) ? Object.values(value) : [value];
    return texts.length > 0 && strings.accepts(texts);
  },
};

/** The members that every CAEP event may have (CAEP 1.0 section 2). */
export const common = {
  'event_timestamp?': number,
  'initiating_entity?': ['admin', 'user', 'policy', 'system'],
  'reason_admin?': reason,
  'reason_user?': reason,
} as const;
