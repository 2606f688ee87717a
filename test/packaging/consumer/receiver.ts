/** Uses each name of `secevent/receiver` and `secevent/testing`. */
import { createRemoteJwks, SetError, type SetVerifier, type VerifiedSet } from 'secevent';
import {
  createMemoryReplayStore,
  createPushReceiver,
  createRedisReplayStore,
  type DeliveryError,
  type DeliveryErrorCode,
  deliveryErrorOf,
  type HttpRequest,
  type HttpResponse,
  type MemoryReplayStoreOptions,
  type NodeListener,
  type NodeRequest,
  type NodeResponse,
  type PolledSets,
  type PollHeaders,
  type PollOptions,
  pollSets,
  type PushReceiver,
  type PushReceiverOptions,
  type RedisClient,
  type RedisReplayStoreOptions,
  replayKey,
  type ReplayStore,
  type StopSignal,
  tokenFromAuthorization,
  tokenFromForm,
  tokenFromJson,
  type TokenReader,
  toNodeListener,
} from 'secevent/receiver';
import { createTestTransmitter, type TestTransmitter, type TestTransmitterOptions } from 'secevent/testing';

export function receive(verify: SetVerifier, keep: (set: VerifiedSet) => Promise<void>): PushReceiver {
  const memory: MemoryReplayStoreOptions = { maxEntries: 10 };
  const replay: ReplayStore = createMemoryReplayStore(memory);
  const options: PushReceiverOptions = {
    verify,
    replay,
    onSet: (set, request) => (request.url === set.payload.jti ? undefined : keep(set)),
    authenticate: ({ headers }) => headers.get('authorization') === 'Bearer a',
    successStatus: 202,
    onError: (error, { method }, rejected) => void [error, method, rejected?.payload.jti],
  };
  return createPushReceiver(options);
}

export function readers(isOurs: (type: string | null) => boolean): PushReceiverOptions['readToken'][] {
  const fromText: TokenReader = async (request) =>
    isOurs(request.headers.get('content-type')) ? request.text() : undefined;
  return [fromText, tokenFromJson('payload'), tokenFromForm('logout_token'), tokenFromAuthorization()];
}

export function listen(receiver: PushReceiver, request: NodeRequest, response: NodeResponse): void {
  const listener: NodeListener = toNodeListener(receiver);
  listener(request, response);
}

const leases: RedisReplayStoreOptions = { leaseSeconds: 30 };
export const redisStore = (client: RedisClient): ReplayStore => createRedisReplayStore(client, leases);

export const errorOf = (error: unknown): DeliveryErrorCode | undefined => deliveryErrorOf(error)?.err;
export const refusal = (err: DeliveryErrorCode): DeliveryError => ({ err, description: 'Another issuer' });
export const respond = (receiver: PushReceiver, request: HttpRequest): Promise<HttpResponse> => receiver(request);

export async function poll(verify: SetVerifier, signal: StopSignal): Promise<string> {
  const options: PollOptions = {
    verify,
    signal,
    headers: async () => ({ authorization: 'Bearer a' }),
    replay: createMemoryReplayStore(),
  };
  const sets: PolledSets = pollSets('https://a.example', options);
  for await (const set of sets) {
    if (set.payload.txn === undefined) sets.refuse(set, new SetError('ERR_SET_CLAIM_MISSING', 'txn is missing'));
    else return replayKey(set);
  }
  return '';
}

export async function sign(): Promise<string> {
  const options: TestTransmitterOptions = { algorithm: 'ES256' };
  const transmitter: TestTransmitter = await createTestTransmitter(options);
  const keys = createRemoteJwks(transmitter.jwksUrl, { fetch: transmitter.fetch });
  await keys.refresh();
  const jti = await transmitter.enqueue({ sub: 'me' }, { typ: undefined });
  const request = await transmitter.request('https://receiver.example', transmitter.pending.get(jti) ?? { sub: 'me' });
  await transmitter.rotate();
  return (await request.text()) + (keys.current?.keys.length ?? 0) + (await transmitter.sign({}, { typ: undefined }));
}

export async function errorsOf(verify: SetVerifier): Promise<string[]> {
  const { pollUrl, configurationUrl, fetch, acknowledged, refused }: TestTransmitter = await createTestTransmitter();
  for await (const set of pollSets(pollUrl, { verify, fetch })) if (set.payload.jti === acknowledged[0]) break;
  return [configurationUrl, ...[...refused.values()].map(({ err, description = '' }) => err + description)];
}

export const pollHeaders: PollHeaders = async (refused) => ({ authorization: refused ? 'Bearer new' : 'Bearer old' });
