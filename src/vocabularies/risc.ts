/**
 * The entry `secevent/risc`: the events of the OpenID RISC Profile 1.0, and Google's verification event.
 *
 * The subject stands in the `sub_id` of the set (OpenID SSF 1.0 section 3.1), with Google and in older drafts within
 * the event: see `subjectOf`. Leaves out OAuth's token events, which Google sends besides: they come as unknown events.
 */
import { describeEvent } from '../events/define.js';
import { anything, number, type OpenValue, type Rule, string } from '../events/schema.js';
import { type CredentialType, reason } from './shared-signals.js';

/**
 * The user has to change a credential.
 *
 * @see RISC 1.0 section 2.1
 */
export const accountCredentialChangeRequired = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/account-credential-change-required',
);

/**
 * The account was deleted for good.
 *
 * @see RISC 1.0 section 2.2
 */
export const accountPurged = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/account-purged',
);

/**
 * The account was disabled. The standard names two reasons and does not exclude others.
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
 * An email address or phone number was changed. The subject is the old one, and `new-value` may tell the new one.
 *
 * The standard does not say of what type `new-value` is. It is not checked.
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
 * An email address or phone number was given to another user.
 *
 * @see RISC 1.0 section 2.6
 */
export const identifierRecycled = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/identifier-recycled',
);

/**
 * A credential was found to be known to others. The kinds of credentials are those of CAEP.
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
 * The user opted in to the exchange of RISC events.
 *
 * @see RISC 1.0 section 2.8.1
 */
export const optIn = /* @__PURE__ */ describeEvent('https://schemas.openid.net/secevent/risc/event-type/opt-in');

/**
 * The user began to opt out of it.
 *
 * @see RISC 1.0 section 2.8.2
 */
export const optOutInitiated = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/opt-out-initiated',
);

/**
 * The user took the opting out back.
 *
 * @see RISC 1.0 section 2.8.3
 */
export const optOutCancelled = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/opt-out-cancelled',
);

/**
 * The opting out took effect.
 *
 * @see RISC 1.0 section 2.8.4
 */
export const optOutEffective = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/opt-out-effective',
);

/**
 * The user began to recover the account.
 *
 * @see RISC 1.0 section 2.9
 */
export const recoveryActivated = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/recovery-activated',
);

/**
 * The user changed what serves to recover the account.
 *
 * @see RISC 1.0 section 2.10
 */
export const recoveryInformationChanged = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/recovery-information-changed',
);

/**
 * All sessions of the account were ended. Deprecated: new transmitters send CAEP's `sessionRevoked`.
 *
 * @see RISC 1.0 section 2.11
 */
export const sessionsRevoked = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked',
);

/**
 * A test that the receiver asked for: Google's own event, where Shared Signals has that of `secevent/ssf`.
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
