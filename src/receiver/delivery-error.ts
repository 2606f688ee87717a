/**
 * The errors that a receiver sends to refuse a SET for good (RFC 8935 sections 2.3 and 2.4, RFC 8936 section 2.6).
 * There is none for a failure that is not the SET's fault.
 */
import { isSetError, type SetErrorCode } from '../errors.js';

/** The error codes that a receiver sends: those of RFC 8935 section 2.4, and `invalid_state` of OpenID SSF 1.0. */
export type DeliveryErrorCode =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed'
  | 'access_denied'
  | 'invalid_state';

/** Why a SET is refused, as sent to the transmitter. */
export interface DeliveryError {
  readonly err: DeliveryErrorCode;
  /** A fixed sentence for each cause. It reveals nothing of the token or of this receiver's configuration. */
  readonly description: string;
}

type Refusal = readonly [err: DeliveryErrorCode, description: string];

/**
 * The refusal for each code, or null if the SET is not at fault.
 *
 * RFC 8935 registers no code for a wrong signature: `authentication_failed` follows RFC 8936 (figure 5). It registers
 * none for times and types either: they become `invalid_request`.
 */
const REFUSALS: { readonly [Code in SetErrorCode]: Refusal | null } = {
  ERR_SET_INPUT: ['invalid_request', 'The request does not contain a token as a UTF-8 string'],
  ERR_SET_TOO_LARGE: ['invalid_request', 'The token is too large'],
  ERR_SET_FORMAT: ['invalid_request', 'The token is not a JWS in compact serialization'],
  ERR_SET_BASE64URL: ['invalid_request', 'A part of the token is not canonical base64url'],
  ERR_SET_JSON: ['invalid_request', 'The body or a part of the token is not a JSON object in UTF-8'],
  ERR_SET_DUPLICATE_MEMBER: ['invalid_request', 'A part of the token contains a duplicate member'],
  ERR_SET_HEADER: ['invalid_request', 'A header parameter is missing, invalid or unsupported'],
  ERR_SET_CLAIM_MISSING: ['invalid_request', 'A required claim is missing'],
  ERR_SET_CLAIM_INVALID: ['invalid_request', 'A claim is invalid'],
  ERR_SET_CLAIM_FORBIDDEN: ['invalid_request', 'A claim is present that must be absent'],
  ERR_SET_TYP: ['invalid_request', 'The typ header parameter is not the expected media type'],
  ERR_SET_ALGORITHM: ['invalid_key', 'The alg header parameter is not an accepted algorithm'],
  ERR_SET_KEY_NOT_FOUND: ['invalid_key', 'No key of the issuer matches the kid and alg header parameters'],
  ERR_SET_KEY_INVALID: ['invalid_key', 'The key of the issuer cannot be used'],
  ERR_SET_SIGNATURE: ['authentication_failed', 'The signature does not match'],
  ERR_SET_ISSUER: ['invalid_issuer', 'The issuer is not accepted by this receiver'],
  ERR_SET_AUDIENCE: ['invalid_audience', 'The audience does not include this receiver'],
  ERR_SET_EXPIRED: ['invalid_request', 'The SET has expired'],
  ERR_SET_NOT_YET_VALID: ['invalid_request', 'The SET is dated a day or more in the future'],
  ERR_SET_TOO_OLD: ['invalid_request', 'The SET is older than this receiver accepts'],
  ERR_SET_EVENT: ['invalid_request', 'An event does not match its definition'],
  ERR_SET_SUBJECT: ['invalid_request', 'The subject is missing or invalid'],
  ERR_SET_STATE: ['invalid_state', 'The state is not one that this receiver requested'],
  ERR_SET_ACCESS: ['access_denied', 'The transmitter may not send this SET to this receiver'],
  ERR_SET_JWKS: null,
  ERR_SET_WEBCRYPTO: null,
  ERR_SET_DELIVERY: null,
  ERR_SET_STREAM: null,
};

/** The codes with which a handler refuses a SET. Anything else that it throws is the receiver's own failure. */
export const HANDLER_CODES: readonly SetErrorCode[] = [
  'ERR_SET_EVENT',
  'ERR_SET_SUBJECT',
  'ERR_SET_CLAIM_MISSING',
  'ERR_SET_CLAIM_INVALID',
  'ERR_SET_CLAIM_FORBIDDEN',
  'ERR_SET_STATE',
  'ERR_SET_ACCESS',
];

/**
 * Returns the error to send to the transmitter, or undefined if the SET is not at fault and must be redelivered.
 *
 * An error with `retryAfterSeconds` is never final: a key lookup failed or must wait, or a clock is off.
 *
 * @see RFC 8935 section 2.4
 */
export function deliveryErrorOf(error: unknown): DeliveryError | undefined {
  // An error from another copy of this library may have a code that is unknown here.
  if (
    !isSetError(error) ||
    error.retryAfterSeconds !== undefined ||
    !Object.prototype.hasOwnProperty.call(REFUSALS, error.code)
  )
    return undefined;
  const refusal = REFUSALS[error.code];
  return refusal ? { err: refusal[0], description: refusal[1] } : undefined;
}

/** Returns the error to send when a handler refused a SET by throwing, or undefined if the handler failed. */
export function handlerRefusalOf(error: unknown): DeliveryError | undefined {
  return isSetError(error) && HANDLER_CODES.includes(error.code) ? deliveryErrorOf(error) : undefined;
}
