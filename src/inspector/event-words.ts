/**
 * Events in words, by their type. The words repeat what the payload says, as far as it has the members that they need:
 * a payload that does not fit its definition is still put into words.
 */
import type { JsonObject } from '../model.js';

/** Makes the words for an event of one type. */
type Wording = (payload: JsonObject) => string;

const OPENID = 'https://schemas.openid.net/secevent/';
const CAEP = `${OPENID}caep/event-type/`;
const RISC = `${OPENID}risc/event-type/`;
const SCIM = 'urn:ietf:params:scim:event:';

/** What happened, in words; for a type that is not known, its last part. */
export function wordsOf(type: string, payload: JsonObject): string {
  if (!Object.hasOwn(WORDINGS, type)) return `${lastPart(type)} (unknown event)`;
  const wording = WORDINGS[type]!;
  return typeof wording === 'string' ? wording : wording(payload);
}

const WORDINGS: { readonly [type: string]: Wording | string } = {
  entityCreated: (payload) => `${record(payload)} created`,
  entityUpdated: (payload) => `${list(payload.attributes) || 'something'} changed on a ${record(payload)}`,
  entityDeleted: (payload) => `${record(payload)} deleted`,
  userCredentialUpdated: (payload) => `${text(payload.credentialType) || 'credential'} changed on a ${record(payload)}`,
  test: 'test notification',

  [`${OPENID}ssf/event-type/verification`]: 'test of the stream',
  [`${OPENID}ssf/event-type/stream-updated`]: ({ status }) => `stream ${text(status) || 'updated'}`,

  [`${CAEP}session-revoked`]: (payload) => `session revoked${by(payload)}`,
  [`${CAEP}token-claims-change`]: (payload) =>
    `${list(Object.keys(Object(payload.claims))) || 'claims'} changed in a token${by(payload)}`,
  [`${CAEP}credential-change`]: (payload) =>
    `${text(payload.credential_type)} credential ${past(payload.change_type)}${by(payload)}`.trim(),
  [`${CAEP}assurance-level-change`]: (payload) => `assurance level ${change(payload, 'level')}${by(payload)}`,
  [`${CAEP}device-compliance-change`]: (payload) => `device compliance ${change(payload, 'status')}${by(payload)}`,
  [`${CAEP}session-established`]: (payload) => `session established${by(payload)}`,
  [`${CAEP}session-presented`]: (payload) => `session in use${by(payload)}`,
  [`${CAEP}risk-level-change`]: (payload) =>
    `risk of the ${text(payload.principal).toLowerCase() || 'subject'} ${change(payload, 'level')}${by(payload)}`,

  [`${RISC}account-credential-change-required`]: 'the user has to change a credential',
  [`${RISC}account-purged`]: 'account deleted for good',
  [`${RISC}account-disabled`]: ({ reason }) => `account disabled${text(reason) && ` because of ${text(reason)}`}`,
  [`${RISC}account-enabled`]: 'account enabled',
  [`${RISC}identifier-changed`]: ({ 'new-value': value }) =>
    `address or number changed${text(value) && ` to ${text(value)}`}`,
  [`${RISC}identifier-recycled`]: 'address or number given to another user',
  [`${RISC}credential-compromise`]: (payload) =>
    `${text(payload.credential_type) || 'credential'} found to be known to others`,
  [`${RISC}opt-in`]: 'the user opted in to RISC events',
  [`${RISC}opt-out-initiated`]: 'the user began to opt out of RISC events',
  [`${RISC}opt-out-cancelled`]: 'the user took the opting out back',
  [`${RISC}opt-out-effective`]: 'the user has opted out of RISC events',
  [`${RISC}recovery-activated`]: 'account recovery begun',
  [`${RISC}recovery-information-changed`]: 'recovery information changed',
  [`${RISC}sessions-revoked`]: 'all sessions of the account revoked',
  [`${RISC}verification`]: 'test of the delivery',

  [`${SCIM}feed:add`]: 'resource added to the feed',
  [`${SCIM}feed:remove`]: 'resource taken out of the feed',
  [`${SCIM}prov:create:notice`]: 'resource created',
  [`${SCIM}prov:create:full`]: 'resource created, with its data',
  [`${SCIM}prov:patch:notice`]: ({ attributes }) => `${list(attributes) || 'attributes'} changed on a resource`,
  [`${SCIM}prov:patch:full`]: 'resource changed, with its data',
  [`${SCIM}prov:put:notice`]: ({ attributes }) => `resource replaced${list(attributes) && `: ${list(attributes)}`}`,
  [`${SCIM}prov:put:full`]: 'resource replaced, with its data',
  [`${SCIM}prov:delete`]: 'resource deleted',
  [`${SCIM}prov:activate`]: 'resource activated',
  [`${SCIM}prov:deactivate`]: 'resource deactivated',
  [`${SCIM}misc:asyncresp`]: ({ status }) =>
    `answer to an earlier request${text(status) && `: status ${text(status)}`}`,

  'http://schemas.openid.net/event/backchannel-logout': 'signed out: the receiver should end the session',
};

/** A short name for a type: what follows its last slash, or its last colon. */
export function lastPart(type: string): string {
  let end = type.length;
  while (end > 0 && '/:#'.includes(type.charAt(end - 1))) end--;
  let start = end;
  while (start > 0 && !'/:#'.includes(type.charAt(start - 1))) start--;
  return type.slice(start, end) || type;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const MAX_LISTED = 3;

/** At most three texts, and how many more there are. */
function list(value: unknown): string {
  const texts = Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  if (texts.length < 2) return texts.join('');
  const shown = texts.length > MAX_LISTED ? texts.slice(0, MAX_LISTED - 1) : texts.slice(0, -1);
  return `${shown.join(', ')} and ${texts.length > MAX_LISTED ? `${texts.length - shown.length} more` : texts.at(-1)}`;
}

function record({ entityType }: JsonObject): string {
  return `${text(entityType) || 'user'} profile`;
}

const INITIATORS: { readonly [name: string]: string } = {
  admin: 'an administrator',
  user: 'the user',
  policy: 'policy',
  system: 'the system',
};

function by({ initiating_entity: entity }: JsonObject): string {
  const name = text(entity);
  return name && ` by ${Object.hasOwn(INITIATORS, name) ? INITIATORS[name] : name}`;
}

function past(change: unknown): string {
  const verb = text(change);
  return verb ? `${verb.replace(/e$/, '')}ed` : 'changed';
}

function change(payload: JsonObject, what: string): string {
  const [before, now] = [text(payload[`previous_${what}`]), text(payload[`current_${what}`])];
  return `changed${before && ` from ${before}`}${now && ` to ${now}`}`;
}
