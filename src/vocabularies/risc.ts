/**
 * The entry `secevent/risc`: the events of the OpenID RISC Profile 1.0, and Google's verification event.
 *
 * The subject is in the `sub_id` of the set (OpenID SSF 1.0 section 3.1), or in the event with Google and in older
 * drafts: see `subjectOf`. Leaves out OAuth's token events, which Google also sends: they are unknown events here.
 */
import { describeEvent } from '../events/define.js';
import { anything, number, type OpenValue, type Rule, string } from '../events/schema.js';
import type { CredentialType } from './caep.js';
import { reason } from './shared-signals.js';

/**
 * The user was required to change a credential, such as the password.
 *
 * @see RISC 1.0 section 2.1
 */
export const accountCredentialChangeRequired = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/account-credential-change-required',
);

/**
 * The account was permanently deleted.
 *
 * @see RISC 1.0 section 2.2
 */
export const accountPurged = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/account-purged',
);

/**
 * The account was disabled. It may be enabled again.
 *
 * - `reason`: why it was disabled. The standard names two reasons and does not exclude others.
 *
 * @see RISC 1.0 section 2.3
 */
export const accountDisabled = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
  {
    'reason?': string as Rule<OpenValue<'hijacking' | 'bulk-account'>>,
  },
);

/**
 * The account was enabled.
 *
 * @see RISC 1.0 section 2.4
 */
export const accountEnabled = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/account-enabled',
);

/**
 * An email address or phone number changed. The subject is the old one.
 *
 * - `new-value`: the new one. The standard does not state its type, so any value passes.
 *
 * @see RISC 1.0 section 2.5
 */
export const identifierChanged = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/identifier-changed',
  {
    'new-value?': anything,
  },
);

/**
 * An email address or phone number was recycled: it now belongs to another user.
 *
 * @see RISC 1.0 section 2.6
 */
export const identifierRecycled = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/identifier-recycled',
);

/**
 * A credential was found to be compromised.
 *
 * - `credential_type`: the kind of the credential, as in CAEP.
 * - `event_timestamp`: when the transmitter discovered it, in seconds since 1970.
 * - `reason_admin`, `reason_user`: the reason, for administrators and for the user. Each is a string, or an object of
 *   strings by language tag.
 *
 * @see RISC 1.0 section 2.7
 */
export const credentialCompromise = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/credential-compromise',
  {
    credential_type: string as Rule<CredentialType>,
    'event_timestamp?': number,
    'reason_admin?': reason,
    'reason_user?': reason,
  },
);

/**
 * The user opted in to RISC events.
 *
 * @see RISC 1.0 section 2.8.1
 */
export const optIn = /* @__PURE__ */ describeEvent('https://schemas.openid.net/secevent/risc/event-type/opt-in');

/**
 * The user asked to opt out of RISC events. They continue for a while, so that a hijacker cannot stop them at once.
 *
 * @see RISC 1.0 section 2.8.2
 */
export const optOutInitiated = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/opt-out-initiated',
);

/**
 * The user canceled the request to opt out of RISC events.
 *
 * @see RISC 1.0 section 2.8.3
 */
export const optOutCancelled = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/opt-out-cancelled',
);

/**
 * The user is now opted out of RISC events.
 *
 * @see RISC 1.0 section 2.8.4
 */
export const optOutEffective = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/opt-out-effective',
);

/**
 * The user started to recover the account.
 *
 * @see RISC 1.0 section 2.9
 */
export const recoveryActivated = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/recovery-activated',
);

/**
 * The user changed the information for recovering the account, such as a recovery email address.
 *
 * @see RISC 1.0 section 2.10
 */
export const recoveryInformationChanged = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/recovery-information-changed',
);

/**
 * All sessions of the account were revoked. Deprecated: new transmitters send CAEP's `sessionRevoked`.
 *
 * @see RISC 1.0 section 2.11
 */
export const sessionsRevoked = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked',
);

/**
 * A test event that the receiver requested from Google. Shared Signals has its own: see `secevent/ssf`.
 *
 * - `state`: the value from the receiver's request.
 *
 * @see Google, Cross-Account Protection
 */
export const verification = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/verification',
  {
    'state?': string,
  },
);

/** All events of RISC 1.0 and Google's verification event, for `readEvents`. */
export const riscEvents = [
  accountCredentialChangeRequired,
  accountPurged,
  accountDisabled,
  accountEnabled,
  identifierChanged,
  identifierRecycled,
  credentialCompromise,
  optIn,
  optOutInitiated,
  optOutCancelled,
  optOutEffective,
  recoveryActivated,
  recoveryInformationChanged,
  sessionsRevoked,
  verification,
] as const;
