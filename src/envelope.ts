/**
 * The envelope of a SET: the claims of RFC 8417 section 2.2 with those of RFC 7519 section 4.1 and RFC 9493 section
 * 4.1.
 *
 * Checks presence and types, and leaves values as they were sent: real transmitters send `aud` as a string or an array,
 * `toe` in seconds or milliseconds, and event names that are no URIs. Leaves out whom to trust.
 */
import { checkMember } from './json.js';
import type { JsonObject, SetPayload } from './model.js';
import { dateOf } from './time.js';

/**
 * Checks that claims form the envelope of a SET.
 *
 * @throws SetError `ERR_SET_CLAIM_MISSING`, `ERR_SET_CLAIM_INVALID`, with the claim
 */
export function checkEnvelope(claims: JsonObject): asserts claims is SetPayload {
  // Events come first: a JWT without them is of some other kind. One call a claim and no loop over their names: an
  // engine reads a member far faster by a name that it knows.
  checkMember('events', claims.events, 'object', true);
  const payloads = Object.values(claims.events as JsonObject);
  for (const payload of payloads.length ? payloads : [null]) checkMember('events', payload, 'object');
  checkMember('iss', claims.iss, 'string', true);
  checkMember('jti', claims.jti, 'string', true);
  checkMember('iat', claims.iat, 'number', true);
  for (const audience of Array.isArray(claims.aud) ? claims.aud : [claims.aud]) checkMember('aud', audience, 'string');
  checkMember('txn', claims.txn, 'string');
  checkMember('sub', claims.sub, 'string');
  checkMember('sub_id', claims.sub_id, 'object');
  checkMember('toe', claims.toe, 'number');
  checkMember('exp', claims.exp, 'number');
  checkMember('nbf', claims.nbf, 'number');
}

/**
 * The audiences of a SET as a list: empty when the claim is absent, one entry when it is a string. The list is the
 * caller's own.
 *
 * @see RFC 7519 section 4.1.3
 */
export function audiences(set: { readonly payload: SetPayload }): readonly string[] {
  const { aud } = set.payload;
  return typeof aud === 'string' ? [aud] : [...(aud ?? [])];
}

/** From here on a number is milliseconds: as seconds it lies beyond the year 5138, as milliseconds in 1973. */
const MILLISECONDS_FROM = 1e11;

/**
 * When the event of a SET happened: its `toe`, or its `iat` where there is none.
 *
 * Both are seconds by the standard. Some transmitters (Akamai in 2020) send milliseconds: values from 1e11 on are read
 * so.
 *
 * @throws SetError `ERR_SET_CLAIM_INVALID` with the claim, when a Date cannot hold the time
 * @see RFC 8417 section 2.2
 */
export function occurredAt(set: { readonly payload: SetPayload }): Date {
  const { toe, iat } = set.payload;
  const time = toe ?? iat;
  return dateOf(time >= MILLISECONDS_FROM ? time : time * 1000, toe === undefined ? 'iat' : 'toe');
}
