/** The entry `secevent/ssf`: the OpenID Shared Signals Framework 1.0. */
export type { RedisClient } from '../redis-client.js';
export type { PrivateCryptoKey } from './client-assertion.js';
export type { ClientAuthenticationMethod, ClientAuthenticationOptions } from './client-authentication.js';
export { type ClientCredentialsOptions, createClientCredentials } from './client-credentials.js';
export { checkCriticalSubject } from './critical-subject.js';
export { ssfEvents, streamUpdated, verification } from './events.js';
export { createRedisStateStore, type RedisStateStoreOptions } from './redis-state-store.js';
export type { StateStore } from './state-store.js';
export type { Authorization, StreamClient, StreamClientOptions } from './stream-client-api.js';
export { createStreamClient } from './stream-client.js';
export type {
  DeliveryMethod,
  PendingUpdate,
  StreamConfiguration,
  StreamDelivery,
  StreamRequest,
  StreamStatus,
  StreamStatusValue,
  TransmitterMetadata,
} from './stream-types.js';
export { createSsfVerifier, type SsfVerifierOptions } from './verifier.js';
