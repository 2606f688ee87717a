/** Uses each name of `secevent/akamai`. */
import { decodeSet, type EventOf, readEvent, readEvents, type SetVerifier, type UnknownEvent } from 'secevent';
import {
  akamaiEvents,
  type AkamaiVerifierOptions,
  attributeClient,
  type ClientAttribution,
  createAkamaiVerifier,
  entityCreated,
  entityDeleted,
  entityUpdated,
  type GlobalSub,
  parseGlobalSub,
  parseV2Notifications,
  testNotification,
  userCredentialUpdated,
  type V2Notification,
} from 'secevent/akamai';

export const verifierOf = (options: AkamaiVerifierOptions): SetVerifier =>
  createAkamaiVerifier({ ...options, typ: null });
export const verifier = createAkamaiVerifier({
  host: 'a.example',
  customerId: '1',
  audience: ['a'],
  fetch: async () => ({ status: 404, body: null }),
});
const set = decodeSet('token');
export const found = readEvents(set, akamaiEvents);
export const few = readEvents(set, [entityCreated, entityDeleted, testNotification]);
export const changed: string | undefined = readEvent(set, userCredentialUpdated)?.credentialType;
export const attributes: readonly string[] = readEvent(set, entityUpdated)?.attributes ?? [];
export const notifications: readonly V2Notification[] = parseV2Notifications('[]');
export const address: GlobalSub = parseGlobalSub('capture-v1://a/b/c/d');

export function summarize(event: EventOf<(typeof akamaiEvents)[number]> | UnknownEvent): string {
  switch (event.type) {
    case 'entityUpdated': {
      const client: ClientAttribution = attributeClient(
        event.payload.captureClientId,
        new Map([['a', 'web']]),
        event.payload,
      );
      return client.origin === 'own'
        ? (client.name ?? '')
        : String(client.hostedLogin) + event.payload.attributes.join();
    }
    case 'entityCreated':
    case 'entityDeleted':
      return event.payload.sub;
    case 'userCredentialUpdated':
      return event.payload.credentialType ?? '';
    case 'test':
      return event.payload.id ?? '';
    case 'unknown':
      return event.name;
    default: {
      const none: never = event;
      return none;
    }
  }
}
