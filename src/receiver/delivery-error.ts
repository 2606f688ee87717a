/**
 * What a receiver tells a transmitter that delivered a SET which it refuses (RFC 8935 sections 2.3 and 2.4, RFC 8936 section 2.6).
 */
import { isSetError, type SetErrorCode } from '../errors.js';

/** A code of the registry of SET errors that a receiver sends. */
export type DeliveryErrorCode = 'invalid_request' | 'invalid_key' | 'invalid_issuer' | 'invalid_audience' | 'authentication_failed';

/** An error of one SET, as it goes to the transmitter. */
export interface DeliveryError {
  readonly err: DeliveryErrorCode;
  /** For a person. It holds nothing of the token. */
  readonly description: string;
}

/**
 * The code that a transmitter is told for each reason to refuse a SET, or `null` where the SET is not at fault and should be delivered
 * again.
 *
 * The registry has no code for a signature that does not match: as in RFC 8936 (figure 5) it is `authentication_failed`. Nor has it one for
 * times and types, which are `invalid_request`. An `ERR_SET_KEY_NOT_FOUND` that has a `cause` says that the look-up of keys failed: it is
 * treated as `ERR_SET_JWKS` is.
 *
 * @see RFC 8935 section 2.4
 */
export const DELIVERY_ERRORS: { readonly [Code in SetErrorCode]: DeliveryErrorCode | null } = {
  ERR_SET_INPUT: 'invalid_request',
  ERR_SET_TOO_LARGE: 'invalid_request',
  ERR_SET_FORMAT: 'invalid_request',
  ERR_SET_BASE64URL: 'invalid_request',
  ERR_SET_JSON: 'invalid_request',
  ERR_SET_DUPLICATE_MEMBER: 'invalid_request',
  ERR_SET_HEADER: 'invalid_request',
  ERR_SET_CLAIM_MISSING: 'invalid_request',
  ERR_SET_CLAIM_INVALID: 'invalid_request',
  ERR_SET_CLAIM_FORBIDDEN: 'invalid_request',
  ERR_SET_TYP: 'invalid_request',
  ERR_SET_ALGORITHM: 'invalid_key',
  ERR_SET_KEY_NOT_FOUND: 'invalid_key',
  ERR_SET_KEY_INVALID: 'invalid_key',
  ERR_SET_SIGNATURE: 'authentication_failed',
  ERR_SET_ISSUER: 'invalid_issuer',
  ERR_SET_AUDIENCE: 'invalid_audience',
  ERR_SET_EXPIRED: 'invalid_request',
  ERR_SET_NOT_YET_VALID: 'invalid_request',
  ERR_SET_TOO_OLD: 'invalid_request',
  ERR_SET_EVENT: 'invalid_request',
  ERR_SET_SUBJECT: 'invalid_request',
  ERR_SET_JWKS: null,
  ERR_SET_WEBCRYPTO: null,
  ERR_SET_DELIVERY: null,
};

/** The error that a transmitter is told, or nothing when the SET is not at fault. */
export function deliveryErrorOf(error: unknown): DeliveryError | undefined {
  // An error of another copy of this library may have a code that is not known here.
  let err = isSetError(error) && Object.hasOwn(DELIVERY_ERRORS, error.code) ? DELIVERY_ERRORS[error.code] : null;
  // With a cause it says that the look-up of keys failed, and not that there is none.
  if (isSetError(error) && error.code === 'ERR_SET_KEY_NOT_FOUND' && error.cause !== undefined) err = null;
  return err === null ? undefined : { err, description: (error as Error).message };
}
