/**
 * What the members of a SET mean, each in a short phrase with the section that defines it. Data only.
 *
 * Sections of RFC 7515 (JWS), 7517 (JWK), 7519 (JWT), 7797, 8417 (SET), 9493, of OpenID Connect, CAEP and RISC 1.0, and Akamai's
 * documentation of Webhooks v3.
 */

/** A phrase, and where to read more. */
export type ClaimWords = readonly [phrase: string, section?: string];

interface Words {
  readonly [name: string]: ClaimWords;
}

const AKAMAI = 'Akamai Webhooks v3';

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

export const EVENT_WORDS: Words = {
  attributes: ['The names of the attributes that changed, never their values', AKAMAI],
  captureApplicationId: ['The application of Identity Cloud', AKAMAI],
  captureClientId: ['The API client that made the change', AKAMAI],
  entityType: ['The kind of record', AKAMAI],
  globalSub: ['The address of the record in all of Identity Cloud', AKAMAI],
  id: ['The ID of the event; jti is that of the notification', AKAMAI],
  credentialType: ['What kind of credential changed', AKAMAI],
  sub: ['The ID of the record or user', 'RFC 8417 §2.2'],
  subject: ['Whom or what the event is about, in the older way', 'RFC 9493 §3'],
  event_timestamp: ['When the event happened', 'CAEP §2'],
  initiating_entity: ['Who caused it: admin, user, policy or system', 'CAEP §2'],
  reason_admin: ['Why, for an administrator', 'CAEP §2'],
  reason_user: ['Why, for the user', 'CAEP §2'],
  claims: ['The claims that changed, with their new values', 'CAEP §3.2'],
  credential_type: ['What kind of credential changed', 'CAEP §3.3'],
  change_type: ['What was done with the credential', 'CAEP §3.3'],
  friendly_name: ['What the user calls the credential', 'CAEP §3.3'],
  namespace: ['Which scale the levels are of', 'CAEP §3.4'],
  current_level: ['The level now', 'CAEP §3.4'],
  previous_level: ['The level before', 'CAEP §3.4'],
  change_direction: ['Whether the level rose or fell', 'CAEP §3.4'],
  current_status: ['The status now', 'CAEP §3.5'],
  previous_status: ['The status before', 'CAEP §3.5'],
  fp_ua: ['A fingerprint of the browser', 'CAEP §3.6'],
  acr: ['How strongly the user was authenticated', 'CAEP §3.6'],
  amr: ['By what methods the user was authenticated', 'CAEP §3.6'],
  ext_id: ['An ID that both sides know', 'CAEP §3.6'],
  principal: ['Whose risk it is', 'CAEP §3.8'],
  risk_reason: ['Why the risk changed', 'CAEP §3.8'],
  reason: ['Why', 'RISC §2.3'],
  'new-value': ['The new address or number', 'RISC §2.5'],
  state: ['What the receiver asked for the test with', 'SSF §8.1.4'],
  status: ['The status of the stream, or of an answer', 'SSF §8.1.5'],
  data: ['The data of the resource', 'RFC 9967 §2.4'],
  version: ['The version of the resource', 'RFC 9967 §2.4'],
};

/** The claims that are times. */
export const TIME_CLAIMS: readonly string[] = ['iat', 'toe', 'exp', 'nbf', 'auth_time', 'event_timestamp', 'event_time'];
