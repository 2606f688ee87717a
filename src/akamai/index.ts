/** The entry `secevent/akamai`: Akamai Identity Cloud, Webhooks v3, and archived notifications of Webhooks 2.0. */
export { attributeClient, type ClientAttribution } from './clients.js';
export {
  akamaiEvents,
  entityCreated,
  entityDeleted,
  entityUpdated,
  testNotification,
  userCredentialUpdated,
} from './events.js';
export { type GlobalSub, parseGlobalSub } from './global-sub.js';
export { parseV2Notifications, type V2Notification } from './notifications.js';
export { type AkamaiVerifierOptions, createAkamaiVerifier } from './verifier.js';
