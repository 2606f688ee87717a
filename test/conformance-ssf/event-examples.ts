/** Events of CAEP and RISC as the conformance suite sends them, after the examples of the standards. */

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';

/** A payload, given the time to put into it. */
type Example = (event_timestamp: number) => object;

const empty: Example = () => ({});

/** All event types that the suite supports, besides those of SSF itself. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  [`${CAEP}session-revoked`]: (event_timestamp) => ({
    event_timestamp,
    initiating_entity: 'policy',
    reason_admin: { en: 'Policy Violation: C076E822' },
    reason_user: { en: 'This device is no longer compliant.', it: 'Questo dispositivo non è più conforme.' },
  }),
  [`${CAEP}token-claims-change`]: (event_timestamp) => ({ event_timestamp, claims: { role: 'ro-admin' } }),
  [`${CAEP}credential-change`]: (event_timestamp) => ({
    event_timestamp,
    credential_type: 'fido2-roaming',
    change_type: 'create',
    fido2_aaguid: 'accced6a-63f5-490a-9eea-e59bc1896cfc',
    friendly_name: "Jane's USB authenticator",
    initiating_entity: 'user',
    reason_admin: { en: 'User self-enrollment' },
  }),
  [`${CAEP}assurance-level-change`]: (event_timestamp) => ({
    event_timestamp,
    namespace: 'NIST-AAL',
    current_level: 'nist-aal2',
    previous_level: 'nist-aal1',
    change_direction: 'increase',
    initiating_entity: 'user',
  }),
  [`${CAEP}device-compliance-change`]: (event_timestamp) => ({
    event_timestamp,
    current_status: 'not-compliant',
    previous_status: 'compliant',
    initiating_entity: 'policy',
    reason_admin: { en: 'Location Policy Violation: C076E8A3' },
    reason_user: { en: 'Device is no longer in a trusted location.' },
  }),
  [`${CAEP}session-established`]: (event_timestamp) => ({
    event_timestamp,
    fp_ua: 'abb0b6e7da81a42233f8f2b1a8ddb1b9a4c81611',
    acr: 'AAL2',
    amr: ['otp'],
  }),
  [`${CAEP}session-presented`]: (event_timestamp) => ({
    event_timestamp,
    fp_ua: 'abb0b6e7da81a42233f8f2b1a8ddb1b9a4c81611',
    ext_id: '12345',
  }),
  [`${CAEP}risk-level-change`]: (event_timestamp) => ({
    event_timestamp,
    current_level: 'LOW',
    previous_level: 'HIGH',
    initiating_entity: 'user',
    principal: 'USER',
    risk_reason: 'PASSWORD_FOUND_IN_DATA_BREACH',
  }),
  [`${RISC}account-credential-change-required`]: empty,
  [`${RISC}account-purged`]: empty,
  [`${RISC}account-disabled`]: () => ({ reason: 'hijacking' }),
  [`${RISC}account-enabled`]: empty,
  [`${RISC}identifier-changed`]: () => ({ 'new-value': 'new-valid' }),
  [`${RISC}identifier-recycled`]: empty,
  [`${RISC}credential-compromise`]: () => ({ credential_type: 'password' }),
  [`${RISC}opt-in`]: empty,
  [`${RISC}opt-out-initiated`]: empty,
  [`${RISC}opt-out-cancelled`]: empty,
  [`${RISC}opt-out-effective`]: empty,
  [`${RISC}recovery-activated`]: empty,
  [`${RISC}recovery-information-changed`]: empty,
  [`${RISC}sessions-revoked`]: empty,
};

/** The 22 event types that the suite supports. */
export const EVENT_TYPES = Object.keys(EXAMPLES);

/** The event types of the CAEP Interoperability Profile. A receiver needs one of them. */
export const INTEROP_EVENT_TYPES = [
  'session-revoked',
  'credential-change',
  'device-compliance-change',
  'risk-level-change',
].map((name) => CAEP + name);

/** The subjects that a tester configures. The profile requires these two formats. */
export const EMAIL = { format: 'email', email: 'jane.doe@example.com' } as const;
export const ISS_SUB = { format: 'iss_sub', iss: 'https://idp.example/', sub: '145234573' } as const;

/** Returns the payload of an event. */
export function exampleOf(type: string, timestamp: number): object {
  return EXAMPLES[type]!(timestamp);
}
