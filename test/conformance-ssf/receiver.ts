/**
 * The receiver under test: nothing but this package. It manages a stream, receives SETs by push on a real server or by
 * poll, verifies them, and reads every event.
 */
import { isSetError, readEvents, SetError, type VerifiedSet } from '../../src/index.js';
import { createMemoryReplayStore, createPushReceiver, pollSets, toNodeListener } from '../../src/receiver/index.js';
import {
  createClientCredentials,
  createSsfVerifier,
  createStreamClient,
  ssfEvents,
  type SsfVerifierOptions,
  type StreamClient,
  type StreamRequest,
} from '../../src/ssf/index.js';
import { caepEvents } from '../../src/vocabularies/caep.js';
import { riscEvents } from '../../src/vocabularies/risc.js';
import { CLIENT, CLIENT_KEY, STATIC_TOKEN } from './authorization.js';
import { MANAGE, POLL, PUSH, READ, type Variant } from './protocol.js';
import { listen } from './server.js';
import type { StrictTransmitter } from './transmitter.js';

/** The receiver under test. */
export interface Receiver {
  readonly client: StreamClient;
  /** The SETs that were handled, in order. */
  readonly handled: readonly VerifiedSet[];
  /** What was refused or failed. */
  readonly errors: readonly unknown[];
  /** Returns a request for a stream of these events, with the delivery of the variant. */
  streamRequest(types: readonly string[]): StreamRequest;
  /** Begins to poll, if the variant is poll. Push works from the start. */
  start(stream: { readonly delivery: { readonly endpoint_url?: string } }): void;
  /** Ends polling. The last acknowledgements have been sent then. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

const PUSH_AUTHORIZATION = 'Bearer of-the-transmitter';
const EVENTS = [...caepEvents, ...riscEvents, ...ssfEvents];

/** Creates the value of `authorization`, for a variant. */
export function authorizationFor(
  issuer: string,
  { authorization: method }: Variant,
): string | ((refused?: string) => Promise<string>) {
  if (method === 'static') return `Bearer ${STATIC_TOKEN}`;
  const scope = `${READ} ${MANAGE}`;
  return method === 'private_key_jwt'
    ? createClientCredentials({ issuer, clientId: CLIENT.id, ...CLIENT_KEY, scope, method })
    : createClientCredentials({ issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, scope, method });
}

/** Starts a receiver for one transmitter. */
export async function startReceiver(
  { issuer, audience }: StrictTransmitter,
  variant: Variant,
  options: Pick<SsfVerifierOptions, 'jwks'> = {},
): Promise<Receiver> {
  const authorization = authorizationFor(issuer, variant);
  const client = createStreamClient({ issuer, audience, authorization });
  const verify = createSsfVerifier({ issuer, audience, ...options });
  const handled: VerifiedSet[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);

  async function handle(set: VerifiedSet): Promise<void> {
    await client.checkVerification(set);
    if (readEvents(set, EVENTS).some(({ type }) => type === 'unknown'))
      throw new SetError('ERR_SET_EVENT', 'An event type that was not requested');
    handled.push(set);
  }

  const push = createPushReceiver({
    verify,
    onSet: handle,
    onError,
    authenticate: ({ headers }) => headers.get('authorization') === PUSH_AUTHORIZATION,
  });
  const server = await listen(toNodeListener(push));
  const polling = new AbortController();
  let loop: Promise<void> | undefined;

  async function poll(url: string): Promise<void> {
    const headers = async (refused?: Record<string, string>): Promise<Record<string, string>> => ({
      authorization: typeof authorization === 'string' ? authorization : await authorization(refused?.authorization),
    });
    const replay = createMemoryReplayStore();
    const sets = pollSets(url, { verify, headers, replay, onError, signal: polling.signal });
    for await (const set of sets) {
      try {
        await handle(set);
      } catch (error) {
        if (!isSetError(error)) throw error;
        sets.refuse(set, error);
      }
    }
  }

  async function stop(): Promise<void> {
    polling.abort();
    await loop;
  }

  return {
    client,
    handled,
    errors,
    streamRequest: (types) => ({
      events_requested: types,
      description: 'The receiver of secevent',
      delivery:
        variant.delivery === 'poll'
          ? { method: POLL }
          : { method: PUSH, endpoint_url: `${server.origin}/events`, authorization_header: PUSH_AUTHORIZATION },
    }),
    start({ delivery }) {
      if (variant.delivery === 'poll') loop = poll(delivery.endpoint_url!).catch(onError);
    },
    stop,
    async close() {
      await stop();
      await server.close();
    },
  };
}
