/**
 * The entry `secevent/okta`: the CAEP events that Okta sends, and the three event types that Okta defines for the SETs that
 * it receives.
 *
 * `createSsfVerifier` verifies Okta's SETs; the issuer is the URL of the org without a trailing slash. Okta names the
 * subject in the event (see `subjectOf`), and sends `event_timestamp` in milliseconds (see `occurredAt`).
 */
import { describeEvent, joinEvents } from '../events/define.js';
import { number, object, string } from '../events/schema.js';
import { caepEvents } from '../vocabularies/caep.js';
import { common } from '../vocabularies/shared-signals.js';

const LEVELS = ['low', 'medium', 'high', 'secure', 'none'] as const;
const required = { event_timestamp: number, subject: object } as const;
const levels = { current_level: LEVELS, previous_level: LEVELS } as const;

/**
 * The risk level of a user changed.
 *
 * - `current_level`, `previous_level`: the level now and before, in lower case, unlike CAEP's.
 *
 * For its other members, see {@link oktaEvents}.
 *
 * @see Okta, SSF Security Event Tokens
 */
export const userRiskChange = /* @__PURE__ */ describeEvent(
  'https://schemas.okta.com/secevent/okta/event-type/user-risk-change',
  levels,
  required,
  common,
);

/**
 * The risk level of a device changed.
 *
 * - `current_level`, `previous_level`: as in {@link userRiskChange}.
 *
 * For its other members, see {@link oktaEvents}.
 *
 * @see Okta, SSF Security Event Tokens
 */
export const deviceRiskChange = /* @__PURE__ */ describeEvent(
  'https://schemas.okta.com/secevent/okta/event-type/device-risk-change',
  levels,
  required,
  common,
);

/**
 * The IP address of a session changed.
 *
 * - `current_ip_address`, `previous_ip_address`: the address now and before.
 *
 * For its other members, see {@link oktaEvents}.
 *
 * @see Okta, SSF Security Event Tokens
 */
export const ipChange = /* @__PURE__ */ describeEvent(
  'https://schemas.okta.com/secevent/okta/event-type/ip-change',
  { current_ip_address: string, previous_ip_address: string },
  required,
  common,
);

/**
 * All events of CAEP 1.0, and the three that Okta defines for what it receives, for `readEvents`.
 *
 * Okta sends CAEP's `sessionRevoked` and `credentialChange`, whose `credential_type` may also be
 * `OKTA_VERIFY_PUSH`, `DUO_SECURITY` or `ALL_FACTORS`. Its own three are what security providers send to Okta; they have
 * these members, like CAEP's:
 *
 * - `event_timestamp`: when the event happened. Always present.
 * - `subject`: the user and the device. `subjectOf` reads it.
 * - `initiating_entity`: what triggered the event: an administrator, the user, the evaluation of a policy, or a system.
 * - `reason_admin`, `reason_user`: the reason, for audits and for the user. Each is a string, or an object of strings
 *   by language tag.
 */
export const oktaEvents = /* @__PURE__ */ joinEvents([userRiskChange, deviceRiskChange, ipChange], caepEvents);
