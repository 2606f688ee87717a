/** Uses each name of `secevent/receiver` and `secevent/testing`. */
import { createRemoteJwks, type SetVerifier, type VerifiedSet } from 'secevent';
import {
  createPushReceiver, DELIVERY_ERRORS, type DeliveryError, type DeliveryErrorCode, memoryReplayStore, type MemoryReplayStoreOptions, type NodeListener,
  type NodeRequest, type NodeResponse, type PollOptions, pollSets, type PushReceiver, type PushReceiverOptions, type RedisClient, redisReplayStore,
  type RedisReplayStoreOptions, type ReplayStore, type StopSignal, toNodeListener,
} from 'secevent/receiver';
import { createTestTransmitter, type TestTransmitter, type TestTransmitterOptions } from 'secevent/testing';

export function receive(verify: SetVerifier, keep: (set: VerifiedSet) => Promise<void>): PushReceiver {
  const memory: MemoryReplayStoreOptions = { maxEntries: 10 };
  const replay: ReplayStore = memoryReplayStore(memory);
  const options: PushReceiverOptions = {
    verify,
    replay,
    onSet: (set, request) => (request.url === set.payload.jti ? undefined : keep(set)),
    authenticate: ({ headers }) => headers.get('authorization') === 'Bearer a',
    successStatus: 202,
    onError: (error, { method }) => void [error, method],
  };
  return createPushReceiver(options);
}

export function listen(receiver: PushReceiver, request: NodeRequest, response: NodeResponse): void {
  const listener: NodeListener = toNodeListener(receiver);
  listener(request, response);
}

const leases: RedisReplayStoreOptions = { leaseSeconds: 30 };
export const redisStore = (client: RedisClient): ReplayStore => redisReplayStore(client, leases);
export const ownStore = redisReplayStore({ eval: async (script: string, options?: { keys?: string[] }) => [script, options] });

export const code: DeliveryErrorCode | null = DELIVERY_ERRORS.ERR_SET_ISSUER;
export const answer = (err: DeliveryErrorCode): DeliveryError => ({ err, description: 'Another issuer' });

export async function poll(verify: SetVerifier, signal: StopSignal): Promise<string> {
  const options: PollOptions = { verify, signal, headers: { authorization: 'Bearer a' } };
  for await (const { payload } of pollSets('https://a.example', options)) return payload.jti;
  return '';
}

export async function sign(): Promise<string> {
  const options: TestTransmitterOptions = { algorithm: 'ES256' };
  const transmitter: TestTransmitter = await createTestTransmitter(options);
  const keys = createRemoteJwks(transmitter.jwksUrl, { fetch: transmitter.fetch });
  await keys.refresh();
  const request = await transmitter.request('https://receiver.example', { sub: 'me' });
  return (await request.text()) + (keys.current?.keys.length ?? 0) + (await transmitter.sign({}, { typ: undefined }));
}
