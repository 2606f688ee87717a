/**
 * What the vocabularies of OpenID Shared Signals have in common: the members that every CAEP event can have, and the
 * kinds of credentials.
 */
import { number, object, type OpenValue, type Rule, strings } from '../events/schema.js';

/** Texts by language tag (BCP 47), at least one. */
export interface LocalizedText {
  readonly [languageTag: string]: string;
}

/** CAEP 1.0 section 2 has texts by language tag, its interoperability profile (section 3.2) a single text. */
export const reason: Rule<string | LocalizedText> = {
  expected: 'a text, or an object of texts by language tag',
  fits: (value): value is string | LocalizedText => {
    const texts = object.fits(value) ? Object.values(value) : [value];
    return texts.length > 0 && strings.fits(texts);
  },
};

/** The members that each CAEP event may have (CAEP 1.0 section 2). */
export const common = {
  'event_timestamp?': number,
  'initiating_entity?': ['admin', 'user', 'policy', 'system'],
  'reason_admin?': reason,
  'reason_user?': reason,
} as const;

/** The kind of a credential (CAEP 1.0 section 3.3), or another that both sides have agreed on. */
export type CredentialType = OpenValue<
  | 'password'
  | 'pin'
  | 'x509'
  | 'fido2-platform'
  | 'fido2-roaming'
  | 'fido-u2f'
  | 'verifiable-credential'
  | 'phone-voice'
  | 'phone-sms'
  | 'app'
>;
