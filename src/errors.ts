/**
 * The one error of this library and its codes.
 *
 * A code is stable and there is one for each cause, so that a caller decides by code and never by message text.
 */

/** The causes for which a token is refused. A later version may add codes; it does not change the meaning of one. */
export type SetErrorCode =
  /** The token is not a string. */
  | 'ERR_SET_INPUT'
  /** The token is longer than the caller allows. */
  | 'ERR_SET_TOO_LARGE'
  /** Not three parts joined by two dots: empty, encrypted (JWE), JSON serialization, a `Bearer` prefix. */
  | 'ERR_SET_FORMAT'
  /** A part is not canonical, unpadded base64url. */
  | 'ERR_SET_BASE64URL'
  /** A part is not UTF-8, not JSON, or not a JSON object; or a body of Webhooks 2.0 is not JSON. */
  | 'ERR_SET_JSON'
  /** An object in the header or the payload has a member twice. Verification alone says so. */
  | 'ERR_SET_DUPLICATE_MEMBER'
  /** A header parameter (`alg`, `typ`, `kid`) is missing or of the wrong type; in verification also any `crit` or `b64`. */
  | 'ERR_SET_HEADER'
  /** A required claim is missing. */
  | 'ERR_SET_CLAIM_MISSING'
  /** A claim has the wrong type or a value that it cannot have. */
  | 'ERR_SET_CLAIM_INVALID'
  /** A claim is there that the caller forbids. */
  | 'ERR_SET_CLAIM_FORBIDDEN'
  /** The header's `typ` is not the expected one. */
  | 'ERR_SET_TYP'
  /** The header's `alg` is not among the allowed algorithms. */
  | 'ERR_SET_ALGORITHM'
  /** There is no key for the header's `alg` and `kid`. */
  | 'ERR_SET_KEY_NOT_FOUND'
  /** The one key that there is cannot be used: not a public key, of another kind, too short. */
  | 'ERR_SET_KEY_INVALID'
  /** The signature does not match. */
  | 'ERR_SET_SIGNATURE'
  /** `iss` is not an expected issuer, or a transmitter's configuration names another. */
  | 'ERR_SET_ISSUER'
  /** `aud` holds no expected audience. */
  | 'ERR_SET_AUDIENCE'
  /** `exp` has passed. */
  | 'ERR_SET_EXPIRED'
  /** `nbf` or `iat` lies in the future. */
  | 'ERR_SET_NOT_YET_VALID'
  /** `iat` lies further back than the caller allows. */
  | 'ERR_SET_TOO_OLD'
  /** The payload of an event is not what its definition says; likewise a notification of Webhooks 2.0. Or a logout token has no logout event. */
  | 'ERR_SET_EVENT'
  /** A subject identifier lacks a member that its format demands, or a `globalSub` is of another form. */
  | 'ERR_SET_SUBJECT'
  /** A remote key set cannot be had: no answer, another status than 200, too large, no key set. Trying again later may help. */
  | 'ERR_SET_JWKS'
  /** There is no `crypto.subtle`: a page that was loaded over plain http, or an old runtime. */
  | 'ERR_SET_WEBCRYPTO'
  /** A transmitter cannot be polled: no answer, a status that says no, an answer that is none. Or a pushed body did not come in time. */
  | 'ERR_SET_DELIVERY';

/**
 * What this library throws for a token that it refuses.
 *
 * `code` tells the cause, and `claim` names the claim where one is at fault. The message says what was expected;
 * it never holds the token, a part of it, or key material, and can be logged.
 */
export class SetError extends Error {
  // An own property: a static block or a property set on the prototype would keep the class in every bundle.
  override readonly name: string = 'SetError';
  declare readonly code: SetErrorCode;
  declare readonly claim?: string;

  /**
   * @param code the cause
   * @param message what was expected, for a person
   * @param options `claim`: the name of the claim at fault; `cause`: the error behind this one
   */
  constructor(code: SetErrorCode, message: string, options?: { readonly claim?: string; readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    if (options?.claim) this.claim = options.claim;
  }
}

/**
 * Tells whether an error is a {@link SetError}, also when another copy of this library or another realm made it.
 *
 * `instanceof` fails across realms (an iframe, a vm context) and across two installed copies; this does not.
 */
export function isSetError(error: unknown): error is SetError {
  // The tag tells real errors from plain objects such as parsed JSON, in any realm.
  if (Object.prototype.toString.call(error) !== '[object Error]') return false;
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === 'SetError' && typeof code === 'string' && code.startsWith('ERR_SET_');
}
