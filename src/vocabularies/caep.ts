/**
 * The entry `secevent/caep`: the events of the OpenID Continuous Access Evaluation Profile 1.0.
 *
 * The subject is in the `sub_id` of the set (OpenID SSF 1.0 section 3.1): see `subjectOf`.
 */
import { describeEvent } from '../events/define.js';
import { anything, object, type OpenValue, type Rule, string, strings } from '../events/schema.js';
import { common } from './shared-signals.js';

/** The kind of a credential (CAEP 1.0 section 3.3), or a kind that transmitter and receiver agreed on. */
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

const LEVELS = ['LOW', 'MEDIUM', 'HIGH'] as const;
const STATUSES = ['compliant', 'not-compliant'] as const;

const claims: Rule<{ readonly [claim: string]: unknown }> = {
  expected: 'an object with at least one claim',
  accepts: (value): value is { readonly [claim: string]: unknown } =>
    object.accepts(value) && Object.keys(value).length > 0,
};

/**
 * A session was revoked.
 *
 * It has only the members that all CAEP events share: see {@link caepEvents}.
 *
 * @see CAEP 1.0 section 3.1
 */
export const sessionRevoked = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
  common,
);

/**
 * Claims in a token changed.
 *
 * - `claims`: the changed claims with their new values, at least one.
 *
 * For the members that all CAEP events share, see {@link caepEvents}.
 *
 * @see CAEP 1.0 section 3.2
 */
export const tokenClaimsChange = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/token-claims-change',
  { claims },
  common,
);

/**
 * A credential was created, changed, revoked or deleted.
 *
 * - `credential_type`: the kind of the credential, such as `password`. Both sides may agree on other kinds.
 * - `change_type`: what happened to the credential.
 * - `friendly_name`: a name for people, such as "Jane's USB authenticator".
 * - `x509_issuer`, `x509_serial`: the issuer and the serial number of an X.509 certificate.
 * - `fido2_aaguid`: the AAGUID of a FIDO2 authenticator, which identifies its model.
 *
 * For the members that all CAEP events share, see {@link caepEvents}.
 *
 * @see CAEP 1.0 section 3.3
 */
export const credentialChange = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/credential-change',

  {
    credential_type: string as Rule<CredentialType>,
    change_type: ['create', 'revoke', 'update', 'delete'],
    'friendly_name?': string,
    'x509_issuer?': string,
    'x509_serial?': string,
    'fido2_aaguid?': string,
  },
  common,
);

/**
 * The user has authenticated with a stronger or a weaker method than at login.
 *
 * - `namespace`: the specification that defines the levels, or an alias that both sides agreed on.
 * - `current_level`, `previous_level`: the assurance level now and before, as defined by the namespace. Without a
 *   `previous_level`, the transmitter does not know it.
 * - `change_direction`: whether the level increased or decreased.
 *
 * For the members that all CAEP events share, see {@link caepEvents}.
 *
 * @see CAEP 1.0 section 3.4
 */
export const assuranceLevelChange = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/assurance-level-change',

  {
    namespace: string as Rule<
      OpenValue<'RFC8176' | 'RFC6711' | 'ISO-IEC-29115' | 'NIST-IAL' | 'NIST-AAL' | 'NIST-FAL'>
    >,
    current_level: string,
    'previous_level?': string,
    'change_direction?': ['increase', 'decrease'],
  },
  common,
);

/**
 * The compliance of a device changed.
 *
 * - `previous_status`, `current_status`: whether the device was compliant before, and whether it is now.
 *
 * For the members that all CAEP events share, see {@link caepEvents}.
 *
 * @see CAEP 1.0 section 3.5
 */
export const deviceComplianceChange = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/device-compliance-change',
  { previous_status: STATUSES, current_status: STATUSES },
  common,
);

/**
 * The transmitter established a session. `event_timestamp` is when.
 *
 * - `fp_ua`: a fingerprint of the user agent. It describes the session, but does not identify it.
 * - `acr`: the authentication context class of the session, as in an ID Token.
 * - `amr`: the authentication methods of the session, as in an ID Token.
 * - `ext_id`: an external ID that links the session to a broader one, such as a federated session.
 *
 * The standard does not state the types of `fp_ua` and `ext_id`, so any value passes. For the members that all CAEP
 * events share, see {@link caepEvents}.
 *
 * @see CAEP 1.0 section 3.6
 */
export const sessionEstablished = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/session-established',
  { 'fp_ua?': anything, 'acr?': string, 'amr?': strings, 'ext_id?': anything },
  common,
);

/**
 * The transmitter saw a session in use. `event_timestamp` is when.
 *
 * - `fp_ua`, `ext_id`: as in {@link sessionEstablished}.
 *
 * For the members that all CAEP events share, see {@link caepEvents}.
 *
 * @see CAEP 1.0 section 3.7
 */
export const sessionPresented = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/session-presented',
  { 'fp_ua?': anything, 'ext_id?': anything },
  common,
);

/**
 * The assessed risk of a user, a device or another principal changed.
 *
 * - `principal`: the kind of entity at risk, such as `USER` or `DEVICE`.
 * - `current_level`, `previous_level`: the risk now and before. Without a `previous_level`, the transmitter does not
 *   know it.
 * - `risk_reason`: what contributed to the change.
 *
 * For the members that all CAEP events share, see {@link caepEvents}.
 *
 * @see CAEP 1.0 section 3.8
 */
export const riskLevelChange = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/risk-level-change',

  {
    principal: string as Rule<OpenValue<'USER' | 'DEVICE' | 'SESSION' | 'TENANT' | 'ORG_UNIT' | 'GROUP'>>,
    current_level: LEVELS,
    'previous_level?': LEVELS,
    'risk_reason?': string,
  },
  common,
);

/**
 * All events of CAEP 1.0, for `readEvents`.
 *
 * Every payload may also have these members:
 *
 * - `event_timestamp`: when the event happened, in seconds since 1970.
 * - `initiating_entity`: what triggered the event: an administrator, the user, the evaluation of a policy, or a system.
 * - `reason_admin`: the reason, for logs and audits.
 * - `reason_user`: the reason, for display to the user.
 *
 * A reason is a string, or an object of strings by language tag.
 */
export const caepEvents = [
  sessionRevoked,
  tokenClaimsChange,
  credentialChange,
  assuranceLevelChange,
  deviceComplianceChange,
  sessionEstablished,
  sessionPresented,
  riskLevelChange,
] as const;
