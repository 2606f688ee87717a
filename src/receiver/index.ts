/** The entry `secevent/receiver`: receives SETs by push (RFC 8935) and by poll (RFC 8936), and handles each once. */
export type { HttpRequest, HttpResponse } from '../http.js';
export type { StopSignal } from '../post.js';
export type { RedisClient } from '../redis-client.js';
export { type DeliveryError, type DeliveryErrorCode, deliveryErrorOf } from './delivery-error.js';
export { type NodeListener, type NodeResponse, toNodeListener } from './node.js';
export type { NodeRequest } from './node-delivery.js';
export { type PolledSets, type PollOptions, pollSets } from './poll.js';
export type { PollHeaders } from './poll-request.js';
export { createPushReceiver, type PushReceiver, type PushReceiverOptions } from './push.js';
export { createRedisReplayStore, type RedisReplayStoreOptions } from './redis.js';
export { createMemoryReplayStore, type MemoryReplayStoreOptions, replayKey, type ReplayStore } from './replay.js';
export { tokenFromAuthorization, tokenFromForm, tokenFromJson, type TokenReader } from './token-readers.js';
