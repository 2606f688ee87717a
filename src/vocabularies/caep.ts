/**
 * The entry `secevent/caep`: the events of the OpenID Continuous Access Evaluation Profile 1.0.
 *
 * The subject stands in the `sub_id` of the set (OpenID SSF 1.0 section 3.1): see `subjectOf`.
 */
import { describeEvent } from '../events/define.js';
import { anything, object, type OpenValue, type Rule, string, strings } from '../events/schema.js';
import { common, type CredentialType } from './shared-signals.js';

const LEVELS = ['LOW', 'MEDIUM', 'HIGH'] as const;
const STATUSES = ['compliant', 'not-compliant'] as const;

const claims: Rule<{ readonly [claim: string]: unknown }> = {
  expected: 'an object of at least one claim',
  fits: (value): value is { readonly [claim: string]: unknown } => object.fits(value) && Object.keys(value).length > 0,
};

/**
 * A session ended before its time.
 *
 * @see CAEP 1.0 section 3.1
 */
export const sessionRevoked = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
  common,
);

/**
 * Claims of a token changed; `claims` holds their new values.
 *
 * @see CAEP 1.0 section 3.2
 */
export const tokenClaimsChange = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/token-claims-change',
  { claims },
  common,
);

/**
 * A credential was made, changed, revoked or deleted. The kind of credential is open to what both sides agree on.
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
 * The level of assurance of a session changed, within a namespace that may also be an agreed one.
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
 * A device became compliant with policy, or ceased to be.
 *
 * @see CAEP 1.0 section 3.5
 */
export const deviceComplianceChange = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/device-compliance-change',
  { previous_status: STATUSES, current_status: STATUSES },
  common,
);

/**
 * A session began; `event_timestamp` tells when.
 *
 * The standard does not say of what type `fp_ua` and `ext_id` are. They are not checked. `acr` is a string, as in an ID
 * Token.
 *
 * @see CAEP 1.0 section 3.6
 */
export const sessionEstablished = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/session-established',
  { 'fp_ua?': anything, 'acr?': string, 'amr?': strings, 'ext_id?': anything },
  common,
);

/**
 * A session was used. `fp_ua` and `ext_id` are not checked, as in {@link sessionEstablished}.
 *
 * @see CAEP 1.0 section 3.7
 */
export const sessionPresented = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/caep/event-type/session-presented',
  { 'fp_ua?': anything, 'ext_id?': anything },
  common,
);

/**
 * The risk that lies in a user, a device or another principal changed.
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

/** All events of CAEP 1.0, for `readEvents`. */
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
