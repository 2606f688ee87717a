/**
 * Events in words, by type. A wording uses only members that are present and of the expected type, so that a payload
 * that does not match its definition has words too.
 */
import type { JsonObject } from '../model.js';
import { ownMember } from './own-member.js';

/** Returns the words for an event of one type. */
type Wording = (payload: JsonObject) => string;

const OPENID = 'https://schemas.openid.net/secevent/';
const CAEP = `${OPENID}caep/event-type/`;
const RISC = `${OPENID}risc/event-type/`;
const SCIM = 'urn:ietf:params:scim:event:';

/** Returns what happened, in words; for an unknown type, its last part. */
export function eventWords(type: string, payload: JsonObject): string {
  const wording = ownMember(WORDINGS, type);
  if (wording === undefined) return `${lastPart(type)} (unknown event)`;
  return typeof wording === 'string' ? wording : wording(payload);
}

const WORDINGS: { readonly [type: string]: Wording | string } = {
  entityCreated: (payload) => `${profileWords(payload)} created`,
  entityUpdated: (payload) => `${listWords(payload.attributes, 'something')} changed on a ${profileWords(payload)}`,
  entityDeleted: (payload) => `${profileWords(payload)} deleted`,
  userCredentialUpdated: (payload) =>
    `${stringOr(payload.credentialType, 'credential')} changed on a ${profileWords(payload)}`,
  test: 'test notification',

  [`${OPENID}ssf/event-type/verification`]: 'stream verification',
  [`${OPENID}ssf/event-type/stream-updated`]: ({ status }) => `stream ${stringOr(status, 'updated')}`,

  [`${CAEP}session-revoked`]: (payload) => `session revoked${byWhom(payload)}`,
  [`${CAEP}token-claims-change`]: (payload) =>
    `${listWords(Object.keys(Object(payload.claims) as object), 'claims')} changed in a token${byWhom(payload)}`,
  [`${CAEP}credential-change`]: (payload) =>
    `${stringOr(payload.credential_type)} credential ${pastTense(payload.change_type)}${byWhom(payload)}`.trim(),
  [`${CAEP}assurance-level-change`]: (payload) => `assurance level ${changeWords(payload, 'level')}${byWhom(payload)}`,
  [`${CAEP}device-compliance-change`]: (payload) =>
    `device compliance ${changeWords(payload, 'status')}${byWhom(payload)}`,
  [`${CAEP}session-established`]: (payload) => `session established${byWhom(payload)}`,
  [`${CAEP}session-presented`]: (payload) => `session in use${byWhom(payload)}`,
  [`${CAEP}risk-level-change`]: (payload) => {
    const principal = stringOr(payload.principal, 'subject').toLowerCase();
    return `${principal} risk level ${changeWords(payload, 'level')}${byWhom(payload)}`;
  },

  [`${RISC}account-credential-change-required`]: 'user must change a credential',
  [`${RISC}account-purged`]: 'account permanently deleted',
  [`${RISC}account-disabled`]: ({ reason }) => `account disabled${optional(' (', reason, ')')}`,
  [`${RISC}account-enabled`]: 'account enabled',
  [`${RISC}identifier-changed`]: ({ 'new-value': value }) =>
    `email address or phone number changed${optional(' to ', value)}`,
  [`${RISC}identifier-recycled`]: 'email address or phone number reassigned to another user',
  [`${RISC}credential-compromise`]: (payload) => `${stringOr(payload.credential_type, 'credential')} compromised`,
  [`${RISC}opt-in`]: 'user opted in to RISC events',
  [`${RISC}opt-out-initiated`]: 'user started to opt out of RISC events',
  [`${RISC}opt-out-cancelled`]: 'user canceled the opt-out of RISC events',
  [`${RISC}opt-out-effective`]: 'user has opted out of RISC events',
  [`${RISC}recovery-activated`]: 'account recovery started',
  [`${RISC}recovery-information-changed`]: 'account recovery information changed',
  [`${RISC}sessions-revoked`]: 'all sessions of the account revoked',
  [`${RISC}verification`]: 'stream verification',

  [`${SCIM}feed:add`]: 'resource added to the feed',
  [`${SCIM}feed:remove`]: 'resource removed from the feed',
  [`${SCIM}prov:create:notice`]: 'resource created',
  [`${SCIM}prov:create:full`]: 'resource created, with its data',
  [`${SCIM}prov:patch:notice`]: ({ attributes }) => `${listWords(attributes, 'attributes')} changed on a resource`,
  [`${SCIM}prov:patch:full`]: 'resource changed, with its data',
  [`${SCIM}prov:put:notice`]: ({ attributes }) => `resource replaced${optional(': ', listWords(attributes))}`,
  [`${SCIM}prov:put:full`]: 'resource replaced, with its data',
  [`${SCIM}prov:delete`]: 'resource deleted',
  [`${SCIM}prov:activate`]: 'resource activated',
  [`${SCIM}prov:deactivate`]: 'resource deactivated',
  [`${SCIM}misc:asyncresp`]: ({ status }) => `response to an earlier request${optional(': status ', status)}`,

  'http://schemas.openid.net/event/backchannel-logout': 'user logged out: end the session',
};

/** Returns a short name for a type: what follows its last slash, colon or number sign. */
export function lastPart(type: string): string {
  let end = type.length;
  while (end > 0 && '/:#'.includes(type.charAt(end - 1))) end--;
  let start = end;
  while (start > 0 && !'/:#'.includes(type.charAt(start - 1))) start--;
  return type.slice(start, end) || type;
}

/** Returns a value that is a non-empty string, or else the fallback. */
function stringOr(value: unknown, fallback = ''): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}

/** Returns a value that is a non-empty string between its prefix and suffix, or else nothing of the three. */
function optional(prefix: string, value: unknown, suffix = ''): string {
  const text = stringOr(value);
  return text && `${prefix}${text}${suffix}`;
}

const MAX_LISTED = 3;

/** Lists the strings of an array. If there are more than three, it lists two and counts the rest. */
function listWords(value: unknown, fallback = ''): string {
  const texts = Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  if (texts.length < 2) return texts.join('') || fallback;
  const shown = texts.length > MAX_LISTED ? texts.slice(0, MAX_LISTED - 1) : texts.slice(0, -1);
  return `${shown.join(', ')} and ${texts.length > MAX_LISTED ? `${texts.length - shown.length} more` : texts[texts.length - 1]}`;
}

function profileWords({ entityType }: JsonObject): string {
  return `${stringOr(entityType, 'user')} profile`;
}

const INITIATORS: { readonly [name: string]: string } = {
  admin: 'an administrator',
  user: 'the user',
  policy: 'policy',
  system: 'the system',
};

function byWhom({ initiating_entity: entity }: JsonObject): string {
  const name = stringOr(entity);
  return optional(' by ', ownMember(INITIATORS, name) ?? name);
}

function pastTense(verb: unknown): string {
  return `${stringOr(verb, 'change').replace(/e$/, '')}ed`;
}

function changeWords(payload: JsonObject, what: string): string {
  return `changed${optional(' from ', payload[`previous_${what}`])}${optional(' to ', payload[`current_${what}`])}`;
}
