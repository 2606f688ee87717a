/** The entry `secevent/receiver`: receiving SETs by push (RFC 8935), each handled once, and by poll (RFC 8936). */
export { DELIVERY_ERRORS, type DeliveryError, type DeliveryErrorCode } from './delivery-error.js';
export { type NodeListener, type NodeResponse, toNodeListener } from './node.js';
export type { NodeRequest } from './node-request.js';
export { type PollOptions, pollSets, type StopSignal } from './poll.js';
export { createPushReceiver, type PushReceiver, type PushReceiverOptions } from './push.js';
export { type RedisClient, redisReplayStore, type RedisReplayStoreOptions } from './redis.js';
export { memoryReplayStore, type MemoryReplayStoreOptions, type ReplayStore } from './replay.js';
