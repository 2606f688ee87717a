/**
 * What the members of a SET mean, each in a short phrase with the section that defines it. Data only.
 *
 * Sections of RFC 7515 (JWS), 7519 (JWT), 7797, 8417 (SET), 9493, 9967 (SCIM), of OpenID Connect, SSF, CAEP and RISC
 * 1.0, and the documentation of Akamai's Webhooks v3 and of Google's Cross-Account Protection.
 */

/** A phrase, and where to read more. */
export type ClaimWords = readonly [phrase: string, section?: string];

interface Words {
  readonly [name: string]: ClaimWords;
}

const AKAMAI = 'Akamai Webhooks v3';
const SUBJECT: ClaimWords = ['Whom or what the event is about, in the older way', 'SSF §3.1.1'];

export const HEADER_WORDS: Words = {
  alg: ['The algorithm that the token says it is signed with', 'RFC 7515 §4.1.1'],
  typ: ['What kind of token this is: secevent+jwt for a SET', 'RFC 8417 §2.3'],
  kid: ['Which key of the issuer signed it: a hint, not a proof', 'RFC 7515 §4.1.4'],
  jku: ['Where the token says its keys are. Never followed', 'RFC 7515 §4.1.2'],
  jwk: ['A key that the token brings along. Never used', 'RFC 7515 §4.1.3'],
  x5u: ['Where the token says its certificate is. Never followed', 'RFC 7515 §4.1.5'],
  x5c: ['A certificate that the token brings along. Never used', 'RFC 7515 §4.1.6'],
  x5t: ['The SHA-1 digest of a certificate', 'RFC 7515 §4.1.7'],
  'x5t#S256': ['The SHA-256 digest of a certificate', 'RFC 7515 §4.1.8'],
  cty: ['What kind of content is inside', 'RFC 7515 §4.1.10'],
  crit: ['Extensions that a reader has to understand', 'RFC 7515 §4.1.11'],
  b64: ['Whether the payload is base64url-encoded', 'RFC 7797 §3'],
};

export const PAYLOAD_WORDS: Words = {
  iss: ['Who issued the token', 'RFC 7519 §4.1.1'],
  iat: ['When the token was issued', 'RFC 7519 §4.1.6'],
  jti: ['The unique ID of this token, to notice duplicates by', 'RFC 8417 §2.2'],
  aud: ['For whom the token is meant', 'RFC 7519 §4.1.3'],
  txn: ['The transaction that caused it; several tokens may share one', 'RFC 8417 §2.2'],
  toe: ['When the event itself happened', 'RFC 8417 §2.2'],
  events: ['What happened: each event by its type', 'RFC 8417 §2.2'],
  sub: ['Whom it is about, in the eyes of the issuer', 'RFC 7519 §4.1.2'],
  sub_id: ['Whom or what it is about', 'RFC 9493 §4.1'],
  exp: ['Until when the token holds. Seldom in a SET', 'RFC 7519 §4.1.4'],
  nbf: ['From when the token holds', 'RFC 7519 §4.1.5'],
  sid: ['The session that ended', 'OIDC Back-Channel Logout §2.4'],
  nonce: ['Belongs to ID tokens, and never to a logout token', 'OIDC Back-Channel Logout §2.4'],
  auth_time: ['When the user signed in', 'OIDC Core §2'],
};

/** The members of events, by the vocabulary that defines them: one name may mean different things in two of them. */
export const EVENT_WORDS = {
  'Akamai Identity Cloud, Webhooks v3': {
    attributes: ['The names of the attributes that changed, never their values', AKAMAI],
    captureApplicationId: ['The application of Identity Cloud', AKAMAI],
    captureClientId: ['The API client that made the change', AKAMAI],
    entityType: ['The kind of record', AKAMAI],
    globalSub: ['The address of the record in all of Identity Cloud', AKAMAI],
    id: ['The ID of the event; jti is that of the notification', AKAMAI],
    credentialType: ['What kind of credential changed', AKAMAI],
    sub: ['The ID of the record', AKAMAI],
  },
  'Shared Signals Framework 1.0': {
    state: ['What the receiver asked for the test with', 'SSF §8.1.4.1'],
    status: ['The status of the stream', 'SSF §8.1.5'],
    reason: ['Why the status changed', 'SSF §8.1.5'],
  },
  'CAEP 1.0': {
    subject: SUBJECT,
    event_timestamp: ['When the event happened', 'CAEP §2'],
    initiating_entity: ['Who caused it: admin, user, policy or system', 'CAEP §2'],
    reason_admin: ['Why, for an administrator', 'CAEP §2'],
    reason_user: ['Why, for the user', 'CAEP §2'],
    claims: ['The claims that changed, with their new values', 'CAEP §3.2'],
    credential_type: ['What kind of credential changed', 'CAEP §3.3'],
    change_type: ['What was done with the credential', 'CAEP §3.3'],
    friendly_name: ['What the user calls the credential', 'CAEP §3.3'],
    x509_issuer: ['Who issued the certificate', 'CAEP §3.3'],
    x509_serial: ['The serial number of the certificate', 'CAEP §3.3'],
    fido2_aaguid: ['The model of the authenticator', 'CAEP §3.3'],
    namespace: ['Which scale the levels are of', 'CAEP §3.4'],
    current_level: ['The level now', 'CAEP §3.4, §3.8'],
    previous_level: ['The level before', 'CAEP §3.4, §3.8'],
    change_direction: ['Whether the level rose or fell', 'CAEP §3.4'],
    current_status: ['The status now', 'CAEP §3.5'],
    previous_status: ['The status before', 'CAEP §3.5'],
    fp_ua: ['A fingerprint of the browser', 'CAEP §3.6, §3.7'],
    acr: ['How strongly the user was authenticated', 'CAEP §3.6'],
    amr: ['By what methods the user was authenticated', 'CAEP §3.6'],
    ext_id: ['An ID that both sides know', 'CAEP §3.6, §3.7'],
    principal: ['Whose risk it is', 'CAEP §3.8'],
    risk_reason: ['Why the risk changed', 'CAEP §3.8'],
  },
  'RISC 1.0': {
    subject: SUBJECT,
    reason: ['Why the account was disabled', 'RISC §2.3'],
    'new-value': ['The new address or number', 'RISC §2.5'],
    credential_type: ['What kind of credential is known to others', 'RISC §2.7'],
    event_timestamp: ['When the event happened', 'RISC §2.7'],
    reason_admin: ['Why, for an administrator', 'RISC §2.7'],
    reason_user: ['Why, for the user', 'RISC §2.7'],
    state: ['What the receiver asked for the test with', 'Google Cross-Account Protection'],
  },
  'SCIM events, RFC 9967': {
    attributes: ['The paths of the attributes, without their values', 'RFC 9967 §2.4'],
    data: ['The data of the resource', 'RFC 9967 §2.4'],
    version: ['The version of the resource', 'RFC 9967 §2.4, §2.5.1.3'],
    method: ['The HTTP method of the request', 'RFC 9967 §2.5.1.3'],
    status: ['The HTTP status of the answer', 'RFC 9967 §2.5.1.3'],
    bulkId: ['What the request called the resource, before it had an ID', 'RFC 9967 §2.5.1.3'],
    location: ['The address of the resource', 'RFC 9967 §2.5.1.3'],
    response: ['The body of the answer', 'RFC 9967 §2.5.1.3'],
  },
  'OpenID Connect Back-Channel Logout 1.0': {},
} satisfies { readonly [vocabulary: string]: Words };

/** The vocabularies, by the names that the page gives them. */
export type Vocabulary = keyof typeof EVENT_WORDS;

/** The claims that are times. */
export const TIME_CLAIMS: readonly string[] = [
  'iat',
  'toe',
  'exp',
  'nbf',
  'auth_time',
  'event_timestamp',
  'event_time',
];
