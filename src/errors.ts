/**
 * The one error of this library and its codes.
 *
 * Each cause has a stable code, so that callers never have to interpret a message.
 */
import type { DecodedSet } from './model.js';

/** Why something was rejected or failed. A later version may add codes, but never changes the meaning of one. */
export type SetErrorCode =
  /** The token is not a string. */
  | 'ERR_SET_INPUT'
  /**
   * The token is longer than the caller allows, or the header of a token to verify is longer than 16,384 characters.
   */
  | 'ERR_SET_TOO_LARGE'
  /** Not three parts joined by two dots: empty, encrypted (JWE), JSON serialization, a `Bearer` prefix. */
  | 'ERR_SET_FORMAT'
  /** A part is not canonical, unpadded base64url. */
  | 'ERR_SET_BASE64URL'
  /** A part is not UTF-8, not JSON, or not a JSON object; or the body of a Webhooks 2.0 notification is not JSON. */
  | 'ERR_SET_JSON'
  /** An object in the header or the payload contains a duplicate member. Only verification checks this. */
  | 'ERR_SET_DUPLICATE_MEMBER'
  /**
   * A header parameter (`alg`, `typ`, `kid`) is missing or has the wrong type; verification also rejects `crit` and
   * `b64`.
   */
  | 'ERR_SET_HEADER'
  /** A required claim is missing. */
  | 'ERR_SET_CLAIM_MISSING'
  /** A claim has the wrong type or an impossible value. */
  | 'ERR_SET_CLAIM_INVALID'
  /** A claim is present although the caller forbids it. */
  | 'ERR_SET_CLAIM_FORBIDDEN'
  /** The header's `typ` is not the expected one. */
  | 'ERR_SET_TYP'
  /** The header's `alg` is not among the allowed algorithms. */
  | 'ERR_SET_ALGORITHM'
  /** No key matches the header's `alg` and `kid`; or a key resolver failed, and the error has a `cause`. */
  | 'ERR_SET_KEY_NOT_FOUND'
  /** A key resolver returned an unusable key: not public, too short, or for another algorithm. */
  | 'ERR_SET_KEY_INVALID'
  /** The signature does not match. */
  | 'ERR_SET_SIGNATURE'
  /** `iss` is not an expected issuer. */
  | 'ERR_SET_ISSUER'
  /** `aud` contains no expected audience. */
  | 'ERR_SET_AUDIENCE'
  /** `exp` has passed. */
  | 'ERR_SET_EXPIRED'
  /**
   * `nbf` or `iat` is in the future. If it is less than a day ahead, a clock is off, and the error has
   * `retryAfterSeconds`.
   */
  | 'ERR_SET_NOT_YET_VALID'
  /** `iat` is further in the past than the caller allows. */
  | 'ERR_SET_TOO_OLD'
  /**
   * The payload of an event, or a Webhooks 2.0 notification, does not match its definition; or a logout token has no
   * logout event.
   */
  | 'ERR_SET_EVENT'
  /** A subject identifier lacks a member that its format requires, or a `globalSub` is malformed. */
  | 'ERR_SET_SUBJECT'
  /**
   * Keys cannot be obtained now: the endpoint or its document is at fault, or a lookup must wait. Trying again later
   * may help.
   */
  | 'ERR_SET_JWKS'
  /**
   * This runtime has no `crypto.subtle` (a page loaded over plain http, an old runtime), or lacks an allowed algorithm.
   */
  | 'ERR_SET_WEBCRYPTO'
  /**
   * A delivery failed at the HTTP level: a poll got no usable response, or a push was refused before its SET was read.
   */
  | 'ERR_SET_DELIVERY'
  /** For handlers: the `state` of a verification event is not one that was requested. */
  | 'ERR_SET_STATE'
  /** For handlers: the SET is not for this receiver. */
  | 'ERR_SET_ACCESS'
  /** A stream management request failed: an unexpected status, or a missing endpoint. */
  | 'ERR_SET_STREAM';

/** The details of a {@link SetError}. */
export interface SetErrorOptions {
  /** The name of the claim at fault. */
  readonly claim?: string | undefined;
  /** The error that caused this one. */
  readonly cause?: unknown;
  /** The set whose signature is valid and whose claims were rejected. */
  readonly set?: DecodedSet | undefined;
  /** The status of the HTTP response. */
  readonly status?: number | undefined;
  /** When trying again may help, in seconds from now. */
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * The error that this library throws for a token that it rejects.
 *
 * Decide by `code`; `claim` names the claim at fault, if there is one. The message says what was expected. It never
 * contains the token, a part of it, or key material, so it can be logged.
 */
export class SetError extends Error {
  // An own property: with a static block or an assignment to the prototype, bundlers could not drop the class.
  override readonly name: string = 'SetError';
  declare readonly code: SetErrorCode;
  /** The name of the claim at fault. */
  declare readonly claim?: string;
  /**
   * The decoded set, only when its signature is valid and its claims were rejected. Not enumerable, so that no log
   * prints it.
   */
  declare readonly set?: DecodedSet;
  /** The status of the HTTP response (`ERR_SET_JWKS`, `ERR_SET_DELIVERY`, `ERR_SET_STREAM`). */
  declare readonly status?: number;
  /**
   * When trying again may help, in seconds: the error is not about the SET itself, which should be redelivered.
   */
  declare readonly retryAfterSeconds?: number;

  /**
   * @param code the reason
   * @param message what was expected, for people
   * @param options the details
   */
  constructor(code: SetErrorCode, message: string, options: SetErrorOptions = {}) {
    super(message, options);
    // Defined first: assigning to a member that is not enumerable leaves it so.
    Object.assign(Object.defineProperty(this, 'set', { writable: true }), options, { code });
  }
}

/** Adds the set whose claims were rejected to an error that was created without it. */
export function attachSet(error: SetError, set: DecodedSet): void {
  (error as { set?: DecodedSet }).set = set;
}

/**
 * Reports whether an error is a {@link SetError}, even one created by another copy of this library or in another realm.
 *
 * `instanceof` fails across realms (an iframe, a vm context) and across two installed copies; this does not.
 */
export function isSetError(error: unknown): error is SetError {
  // The tag tells real errors from plain objects such as parsed JSON, in any realm.
  if (Object.prototype.toString.call(error) !== '[object Error]') return false;
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === 'SetError' && typeof code === 'string' && code.startsWith('ERR_SET_');
}
