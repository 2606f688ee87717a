/** One event of a set, as a person wants to know it: in words, of which vocabulary, and who acted. */
import { attributeClient, type ClientAttribution } from '../akamai/clients.js';
import { akamaiEvents } from '../akamai/events.js';
import { isSetError } from '../errors.js';
import type { EventDefinition } from '../events/define.js';
import { readEvents } from '../events/read.js';
import type { JsonObject, SetPayload } from '../model.js';
import { caepEvents } from '../vocabularies/caep.js';
import { oidcEvents } from '../vocabularies/oidc.js';
import { riscEvents } from '../vocabularies/risc.js';
import { scimEvents } from '../vocabularies/scim.js';
import { ssfEvents } from '../vocabularies/ssf.js';
import type { Vocabulary } from './claim-words.js';
import { wordsOf } from './event-words.js';

/** An event of a set. */
export interface EventView {
  /** As it stands in `events`. */
  readonly type: string;
  readonly words: string;
  /** The name of the vocabulary that defines the type, if one does. */
  readonly vocabulary?: Vocabulary;
  readonly payload: JsonObject;
  /** What does not fit the definition. */
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

/** The vocabulary that defines a type. */
export function vocabularyOf(type: string): Vocabulary | undefined {
  return VOCABULARIES.find(([, definitions]) => definitions.some((definition) => definition.type === type))?.[0];
}

/** The events of a set, in their order. */
export function viewEvents({ events }: SetPayload): EventView[] {
  return Object.entries(events).map(([type, payload]) => {
    const vocabulary = vocabularyOf(type);
    const fault = vocabulary === undefined ? undefined : faultOf(type, payload);
    return {
      type,
      words: wordsOf(type, payload),
      payload,
      ...(vocabulary !== undefined && { vocabulary }),
      ...(fault !== undefined && { fault }),
    };
  });
}

function faultOf(type: string, payload: JsonObject): string | undefined {
  const [, definitions] = VOCABULARIES.find(([name]) => name === vocabularyOf(type))!;
  try {
    // One event at a time, so that one that does not fit says nothing about the others.
    readEvents({ payload: { iss: '-', jti: '-', iat: 0, events: { [type]: payload } } }, definitions);
    return undefined;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return error.message;
  }
}

/** The clients that someone calls their own, by ID, with names where they have one. */
export type OwnClients = ReadonlyMap<string, string>;

/** Reads own clients from lines: an ID, and behind it perhaps a name. */
export function readOwnClients(text: string): OwnClients {
  const lines = text.split('\n').map((line) => /^\s*(\S+?)(?:[\s,;:=]+(.*?))?\s*$/.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[1]!, match[2] ?? ''] as const] : [])));
}

/** Which client acted, where the event tells. */
export function clientOf({ captureClientId }: JsonObject): string | undefined {
  return typeof captureClientId === 'string' ? captureClientId : undefined;
}

/** Who a client is, in words. */
export function clientWords(clientId: string, own: OwnClients, payload?: JsonObject): string {
  return attributionWords(attributeClient(clientId, own, payload), own.size > 0);
}

function attributionWords(attribution: ClientAttribution, isListed: boolean): string {
  if (attribution.origin === 'own') return `your client${attribution.name ? ` “${attribution.name}”` : ''}`;
  if (attribution.hostedLogin)
    return 'probably Hosted Login: it writes just these attributes by itself, through clients of Identity Cloud';
  return isListed
    ? 'not one of yours, which is normal: Identity Cloud has clients of its own'
    : 'yours, or one of Identity Cloud itself: list your own to tell';
}
