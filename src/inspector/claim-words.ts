/**
 * The meaning of each member of a SET: a short phrase and the section that defines it. Data only.
 *
 * Sources: RFC 7515 (JWS), 7519 (JWT), 7797, 8417 (SET), 9493 and 9967 (SCIM), OpenID Connect, SSF, CAEP and RISC 1.0,
 * and the documentation of Akamai Webhooks v3 and of Google Cross-Account Protection.
 */

/** A phrase without a full stop, and the section that defines the member. */
export type ClaimWords = readonly [phrase: string, section?: string];

interface Words {
  readonly [name: string]: ClaimWords;
}

const AKAMAI = 'Akamai Webhooks v3';
const SUBJECT: ClaimWords = ['Who or what the event is about, in the older form', 'SSF §3.1.1'];

/** The meaning of the header parameters. */
export const HEADER_WORDS: Words = {
  alg: ['The signature algorithm, as claimed by the token', 'RFC 7515 §4.1.1'],
  typ: ['The kind of token: secevent+jwt for a SET', 'RFC 8417 §2.3'],
  kid: ['The ID of the signing key: a hint, not proof', 'RFC 7515 §4.1.4'],
  jku: ['A URL of keys, named by the token itself. Never followed', 'RFC 7515 §4.1.2'],
  jwk: ['A key inside the token. Never used', 'RFC 7515 §4.1.3'],
  x5u: ['A URL of a certificate, named by the token itself. Never followed', 'RFC 7515 §4.1.5'],
  x5c: ['A certificate inside the token. Never used', 'RFC 7515 §4.1.6'],
  x5t: ['The SHA-1 digest of a certificate', 'RFC 7515 §4.1.7'],
  'x5t#S256': ['The SHA-256 digest of a certificate', 'RFC 7515 §4.1.8'],
  cty: ['The media type of the payload', 'RFC 7515 §4.1.10'],
  crit: ['Extensions that a recipient must understand', 'RFC 7515 §4.1.11'],
  b64: ['Whether the payload is base64url-encoded', 'RFC 7797 §3'],
};

/** The meaning of the claims. */
export const PAYLOAD_WORDS: Words = {
  iss: ['Who issued the token', 'RFC 7519 §4.1.1'],
  iat: ['When the token was issued', 'RFC 7519 §4.1.6'],
  jti: ['The unique ID of this token, for detecting duplicates', 'RFC 8417 §2.2'],
  aud: ['Who the token is for', 'RFC 7519 §4.1.3'],
  txn: ['The transaction that caused the event; several tokens may share it', 'RFC 8417 §2.2'],
  toe: ['When the event happened', 'RFC 8417 §2.2'],
  events: ['What happened, by event type', 'RFC 8417 §2.2'],
  sub: ['The ID of the subject at the issuer', 'RFC 7519 §4.1.2'],
  sub_id: ['Who or what the token is about', 'RFC 9493 §4.1'],
  exp: ['When the token expires. Unusual in a SET', 'RFC 7519 §4.1.4'],
  nbf: ['When the token becomes valid', 'RFC 7519 §4.1.5'],
  sid: ['The session that ended', 'OIDC Back-Channel Logout §2.4'],
  nonce: ['For ID tokens. Not allowed in a logout token', 'OIDC Back-Channel Logout §2.4'],
  auth_time: ['When the user signed in', 'OIDC Core §2'],
};

/** The members of events, by vocabulary: a name may have different meanings in two vocabularies. */
export const EVENT_WORDS = {
  'Akamai Identity Cloud, Webhooks v3': {
    attributes: ['The names of the attributes that changed, without their values', AKAMAI],
    captureApplicationId: ['The Identity Cloud application', AKAMAI],
    captureClientId: ['The API client that made the change', AKAMAI],
    entityType: ['The kind of record', AKAMAI],
    globalSub: ['The URI of the record, unique across Identity Cloud', AKAMAI],
    id: ['The ID of the event; jti is the ID of the notification', AKAMAI],
    credentialType: ['What kind of credential changed', AKAMAI],
    sub: ['The ID of the record', AKAMAI],
  },
  'Shared Signals Framework 1.0': {
    state: ['The value that the receiver sent when it requested the verification', 'SSF §8.1.4.1'],
    status: ['The status of the stream', 'SSF §8.1.5'],
    reason: ['Why the status changed', 'SSF §8.1.5'],
  },
  'CAEP 1.0': {
    subject: SUBJECT,
    event_timestamp: ['When the event happened', 'CAEP §2'],
    initiating_entity: ['Who caused the event: admin, user, policy or system', 'CAEP §2'],
    reason_admin: ['Why, for an administrator', 'CAEP §2'],
    reason_user: ['Why, for the user', 'CAEP §2'],
    claims: ['The claims that changed, with their new values', 'CAEP §3.2'],
    credential_type: ['What kind of credential changed', 'CAEP §3.3'],
    change_type: ['What happened to the credential', 'CAEP §3.3'],
    friendly_name: ['The user’s name for the credential', 'CAEP §3.3'],
    x509_issuer: ['Who issued the certificate', 'CAEP §3.3'],
    x509_serial: ['The serial number of the certificate', 'CAEP §3.3'],
    fido2_aaguid: ['The model of the FIDO2 authenticator', 'CAEP §3.3'],
    namespace: ['The specification that defines the levels', 'CAEP §3.4'],
    current_level: ['The level now', 'CAEP §3.4, §3.8'],
    previous_level: ['The level before', 'CAEP §3.4, §3.8'],
    change_direction: ['Whether the level rose or fell', 'CAEP §3.4'],
    current_status: ['The status now', 'CAEP §3.5'],
    previous_status: ['The status before', 'CAEP §3.5'],
    fp_ua: ['A fingerprint of the user agent', 'CAEP §3.6, §3.7'],
    acr: ['How strongly the user was authenticated', 'CAEP §3.6'],
    amr: ['The methods that authenticated the user', 'CAEP §3.6'],
    ext_id: ['An external ID that links the session to a broader one', 'CAEP §3.6, §3.7'],
    principal: ['The kind of entity at risk', 'CAEP §3.8'],
    risk_reason: ['Why the risk changed', 'CAEP §3.8'],
  },
  'RISC 1.0': {
    subject: SUBJECT,
    reason: ['Why the account was disabled', 'RISC §2.3'],
    'new-value': ['The new email address or phone number', 'RISC §2.5'],
    credential_type: ['What kind of credential was compromised', 'RISC §2.7'],
    event_timestamp: ['When the event happened', 'RISC §2.7'],
    reason_admin: ['Why, for an administrator', 'RISC §2.7'],
    reason_user: ['Why, for the user', 'RISC §2.7'],
    state: ['The value that the receiver sent when it requested the verification', 'Google Cross-Account Protection'],
  },
  'SCIM events, RFC 9967': {
    attributes: ['The paths of the attributes, without their values', 'RFC 9967 §2.4'],
    data: ['The data of the resource', 'RFC 9967 §2.4'],
    version: ['The version of the resource', 'RFC 9967 §2.4, §2.5.1.3'],
    method: ['The HTTP method of the request', 'RFC 9967 §2.5.1.3'],
    status: ['The HTTP status of the response', 'RFC 9967 §2.5.1.3'],
    bulkId: ['The temporary ID of the resource in the bulk request', 'RFC 9967 §2.5.1.3'],
    location: ['The URI of the resource', 'RFC 9967 §2.5.1.3'],
    response: ['The body of the response', 'RFC 9967 §2.5.1.3'],
  },
  'OpenID Connect Back-Channel Logout 1.0': {},
} satisfies { readonly [vocabulary: string]: Words };

/** The name of a vocabulary on the page. */
export type Vocabulary = keyof typeof EVENT_WORDS;

/** The members whose value is a time. */
export const TIME_CLAIMS: readonly string[] = [
  'iat',
  'toe',
  'exp',
  'nbf',
  'auth_time',
  'event_timestamp',
  'event_time',
];
