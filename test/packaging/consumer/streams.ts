/** Uses each name of `secevent/ssf` that is about streams. */
import type { VerifiedSet } from 'secevent';
import {
  type Authorization,
  checkCriticalSubject,
  type ClientAuthenticationMethod,
  type ClientAuthenticationOptions,
  type ClientCredentialsOptions,
  createClientCredentials,
  createRedisStateStore,
  createStreamClient,
  type DeliveryMethod,
  type PendingUpdate,
  type PrivateCryptoKey,
  type RedisClient,
  type RedisStateStoreOptions,
  type StateStore,
  type StreamClient,
  type StreamClientOptions,
  type StreamConfiguration,
  type StreamDelivery,
  type StreamRequest,
  type StreamStatus,
  type StreamStatusValue,
  type TransmitterMetadata,
} from 'secevent/ssf';

const redis: RedisClient = { eval: async () => 1 };
const stateOptions: RedisStateStoreOptions = { prefix: 'a:', ttlSeconds: 60 };
export const states: StateStore = createRedisStateStore(redis, stateOptions);
export const ownStates: StateStore = new Set<string>();

const authentication: ClientAuthenticationOptions = { clientId: 'a', clientSecret: 'b' };
export const methods: readonly ClientAuthenticationMethod[] = ['client_secret_post', 'private_key_jwt'];
const credentials: ClientCredentialsOptions = { ...authentication, issuer: 'https://as.example', scope: 'ssf.manage' };
export const authorization: Authorization = createClientCredentials(credentials);
export const withKey = (privateKey: PrivateCryptoKey): Authorization =>
  createClientCredentials({ clientId: 'a', privateKey, tokenEndpoint: 'https://as.example/token', scope: null });

const options: StreamClientOptions = { issuer: 'https://tx.example', audience: ['a'], authorization, states };
export const client: StreamClient = createStreamClient(options);

const method: DeliveryMethod = 'urn:ietf:rfc:8935';
const delivery: StreamDelivery = { method, endpoint_url: 'https://rx.example' };
const request: StreamRequest = { events_requested: ['a'], delivery, extra: { format: 'iss_sub' } };

export async function setUp(set: VerifiedSet): Promise<string | undefined> {
  const metadata: TransmitterMetadata = await client.metadata();
  const stream: StreamConfiguration = await client.ensure(request);
  const updated: StreamConfiguration | PendingUpdate = await client.update(stream.stream_id, { description: 'a' });
  const status: StreamStatus = await client.getStatus(stream.stream_id);
  const value: StreamStatusValue = status.status;
  await client.addSubject(stream.stream_id, { format: 'email', email: 'jane@example.com' }, { verified: true });
  const { state } = await client.verify(stream.stream_id);
  await client.checkVerification(set);
  checkCriticalSubject(set, ['user'], metadata);
  return updated.pending ? state : value;
}
