/** The events of a set as the page shows them: in words, with their vocabulary and the client that acted. */
import { attributeClient, type ClientAttribution } from '../akamai/clients.js';
import { akamaiEvents } from '../akamai/events.js';
import { isSetError } from '../errors.js';
import type { EventDefinition } from '../events/define.js';
import { readEvents } from '../events/read.js';
import { isJsonObject } from '../json.js';
import type { JsonObject, SetPayload } from '../model.js';
import { caepEvents } from '../vocabularies/caep.js';
import { oidcEvents } from '../vocabularies/oidc.js';
import { riscEvents } from '../vocabularies/risc.js';
import { scimEvents } from '../vocabularies/scim.js';
import { ssfEvents } from '../ssf/events.js';
import type { Vocabulary } from './claim-words.js';
import { eventWords } from './event-words.js';

/** An event as the page shows it. */
export interface EventView {
  /** Its name in `events`. */
  readonly type: string;
  readonly words: string;
  /** The vocabulary that defines the type, if it is a known one. */
  readonly vocabulary?: Vocabulary;
  readonly payload: JsonObject;
  /** Why the payload does not match the definition. */
  readonly fault?: string;
}

const VOCABULARIES: readonly (readonly [name: Vocabulary, definitions: readonly EventDefinition[]])[] = [
  ['Akamai Identity Cloud, Webhooks v3', akamaiEvents],
  ['Shared Signals Framework 1.0', ssfEvents],
  ['CAEP 1.0', caepEvents],
  ['RISC 1.0', riscEvents],
  ['SCIM events, RFC 9967', scimEvents],
  ['OpenID Connect Back-Channel Logout 1.0', oidcEvents],
];

/** Returns the vocabulary that defines a type. */
export function vocabularyOf(type: string): Vocabulary | undefined {
  return VOCABULARIES.find(([, definitions]) => definitions.some((definition) => definition.type === type))?.[0];
}

/** Returns the events of a set, in their order. As in `readEvents`, a member that is not an object is not an event. */
export function viewEvents({ events }: SetPayload): EventView[] {
  return Object.entries(events).flatMap(([type, payload]) => {
    if (!isJsonObject(payload)) return [];
    const vocabulary = vocabularyOf(type);
    const fault = vocabulary === undefined ? undefined : faultOf(type, payload);
    return {
      type,
      words: eventWords(type, payload),
      payload,
      ...(vocabulary !== undefined && { vocabulary }),
      ...(fault !== undefined && { fault }),
    };
  });
}

function faultOf(type: string, payload: JsonObject): string | undefined {
  const [, definitions] = VOCABULARIES.find(([name]) => name === vocabularyOf(type))!;
  try {
    // Each event is read alone, so that a fault in one does not affect the others.
    readEvents({ payload: { iss: '-', jti: '-', iat: 0, events: { [type]: payload } } }, definitions);
    return undefined;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return error.message;
  }
}

/** The user's own clients: a map from IDs to names. The name is empty for a client without one. */
export type OwnClients = ReadonlyMap<string, string>;

/** Reads the user's own clients from lines, each an ID with an optional name after it. */
export function readOwnClients(text: string): OwnClients {
  const lines = text.split('\n').map((line) => /^(\S[^\s,;:=]*)(?:[\s,;:=]+([^\s,;:=].*)?)?$/.exec(line.trim()));
  return new Map(lines.flatMap((match) => (match ? [[match[1]!, match[2] ?? ''] as const] : [])));
}

/** Returns the ID of the client that caused the event, if the event names it. */
export function clientOf({ captureClientId }: JsonObject): string | undefined {
  return typeof captureClientId === 'string' ? captureClientId : undefined;
}

/** Returns who a client is, in words. */
export function clientWords(clientId: string, own: OwnClients, payload?: JsonObject): string {
  return attributionWords(attributeClient(clientId, own, payload), own.size > 0);
}

function attributionWords(attribution: ClientAttribution, hasOwnClients: boolean): string {
  if (attribution.origin === 'own') return `your client${attribution.name ? ` “${attribution.name}”` : ''}`;
  if (attribution.hostedLogin)
    return 'probably Hosted Login, which changes these attributes through internal clients of Identity Cloud';
  return hasOwnClients
    ? 'not in your list. Identity Cloud also uses internal clients, so an unknown ID is normal'
    : 'your client or an internal one of Identity Cloud. List your clients below to find out';
}
