/**
 * The types of a decoded SET: JSON objects, the header (RFC 7515 section 4.1), the claims (RFC 8417 section 2.2).
 *
 * Types only, below everything else, so that an error can carry a set. Leaves out the checks behind them: see json.ts,
 * jws.ts and envelope.ts.
 */

/** A JSON object as it was sent. `__proto__` is an own member like any other. */
export interface JsonObject {
  readonly [member: string]: unknown;
}

/** The header of a token. Only `alg`, `typ` and `kid` have been checked; everything else is as it was sent. */
export interface SetHeader {
  /** The signature algorithm that the token claims, such as `RS256`. Case-sensitive. */
  readonly alg: string;
  /** The media type, `secevent+jwt` for a SET. Older Akamai tokens have none. */
  readonly typ?: string;
  /** The ID of the key: a hint, not a proof. */
  readonly kid?: string;
  readonly [parameter: string]: unknown;
}

/**
 * The claims of a SET, as they were sent.
 *
 * The claims named here have been checked to be of their type; every other claim is unknown.
 *
 * @see RFC 8417 section 2.2
 */
export interface SetPayload {
  /** The issuer, never empty. A URL or a plain name. */
  readonly iss: string;
  /** When the SET was issued, in seconds. */
  readonly iat: number;
  /** The unique ID of this SET within its issuer, never empty. */
  readonly jti: string;
  /** At least one event: its type, an opaque string, and its payload. */
  readonly events: { readonly [type: string]: JsonObject };
  /** The recipients. `audiences` reads both forms. */
  readonly aud?: string | readonly string[];
  /** The transaction that caused the SET. */
  readonly txn?: string;
  /** When the event happened: in seconds, but some transmitters send milliseconds. `occurredAt` reads both. */
  readonly toe?: number;
  /** The subject. Its meaning depends on the profile. */
  readonly sub?: string;
  /** The subject identifier of RFC 9493. */
  readonly sub_id?: JsonObject;
  /** When the token expires, in seconds. Not recommended for a SET. */
  readonly exp?: number;
  /** The time before which the token is not valid, in seconds. */
  readonly nbf?: number;
  readonly [claim: string]: unknown;
}

/**
 * A SET that was decoded and **not** verified: anyone may have written it.
 *
 * Its form was checked, its signature was not. It belongs to the caller: changing it does not affect later results.
 */
export interface DecodedSet {
  /** The header of the token. */
  readonly header: SetHeader;
  /** The claims of the token, as they were sent. */
  readonly payload: SetPayload;
  /**
   * The octets of the signature, empty for an unsecured token. They are checked immediately, but decoded on first use
   * by an accessor: copies by spread, `structuredClone` or JSON lack it.
   */
  readonly signature: Uint8Array;
}
