/** A transmitter that fails: the package reports it with the right code, and recovers once the transmitter has. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SetError } from '../../src/index.js';
import { createSsfVerifier, createStreamClient, type StreamClient } from '../../src/ssf/index.js';
import { rejectionOf } from '../support/refusals.js';
import { EVENT_TYPES } from './event-examples.js';
import { happyPath, unsolicitedVerification } from './modules.js';
import type { Variant } from './protocol.js';
import { authorizationFor, startReceiver } from './receiver.js';
import { signSet } from './signing.js';
import { type Fault, startTransmitter, type StrictTransmitter } from './transmitter.js';

/** A response that is wrong, and the status that the error must have. */
interface Failure {
  readonly name: string;
  readonly respond: Fault['respond'];
  readonly status: number | undefined;
  /** A success, were it not for its body. */
  readonly isDocument?: boolean;
  /** The response never ends. */
  readonly isSlow?: boolean;
  readonly retryAfterSeconds?: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FAILURES: readonly Failure[] = [
  { name: 'status 500', respond: (response) => response.writeHead(500).end(), status: 500 },
  {
    name: 'status 503 with Retry-After',
    respond: (response) => response.writeHead(503, { 'retry-after': '7' }).end(),
    status: 503,
    retryAfterSeconds: 7,
  },
  {
    name: 'a redirect to itself',
    respond: (response, { url }) => response.writeHead(307, { location: url! }).end(),
    status: 307,
  },
  { name: 'a closed connection', respond: (response) => response.destroy(), status: undefined },
  { name: 'no response', respond: () => undefined, status: undefined, isSlow: true },
  {
    name: 'HTML',
    respond: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Hi'),
    status: 200,
    isDocument: true,
  },
  { name: 'an empty body', respond: (response) => response.writeHead(200).end(), status: 200, isDocument: true },
  {
    name: 'half a body',
    respond: (response) => {
      response
        .writeHead(200, { ...JSON_TYPE, 'content-length': '400' })
        .write('{"issuer":', () => void response.destroy());
    },
    status: 200,
    isDocument: true,
  },
  {
    name: 'half of a document',
    respond: (response) => response.writeHead(200, JSON_TYPE).end('{"issuer":"https://'),
    status: 200,
    isDocument: true,
  },
  {
    name: 'a list of numbers',
    respond: (response) => response.writeHead(200, JSON_TYPE).end('[1]'),
    status: 200,
    isDocument: true,
  },
  {
    name: 'a body that never ends',
    respond: (response) => response.writeHead(200, JSON_TYPE).write('{"issuer":'),
    status: 200,
    isDocument: true,
    isSlow: true,
  },
  {
    name: 'a body of a megabyte',
    respond: (response) => response.writeHead(200, JSON_TYPE).end(`"${'a'.repeat(1_000_000)}"`),
    status: 200,
    isDocument: true,
  },
];

/** Checks the code and the status of an error. A document that is JSON, and wrong, may be reported without a status. */
function expectError({ code, status }: SetError, expectedCode: string, failure: Failure): void {
  expect(code).toBe(expectedCode);
  if (failure.name !== 'a list of numbers' || status !== undefined) expect(status).toBe(failure.status);
}

const WITHOUT_DOCUMENT = FAILURES.filter(({ isDocument }) => !isDocument);

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const each of open.splice(0).reverse()) await each.close();
});

/** Waits for a condition, whatever the timers do. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

/**
 * Makes a call that fails at a path of the transmitter, and returns its error. If the response never ends, the time
 * limit of five seconds passes at once.
 */
async function failAt(
  transmitter: StrictTransmitter,
  path: string,
  { respond, isSlow }: Failure,
  call: () => Promise<unknown>,
): Promise<SetError> {
  let requests = 0;
  transmitter.fault = {
    path,
    respond(...exchange) {
      requests++;
      respond(...exchange);
    },
  };
  if (isSlow) vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const error = rejectionOf(call());
  await until(() => requests > 0);
  if (isSlow) {
    // Its headers and its first octets arrive before the limit.
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    vi.advanceTimersByTime(5_000);
  }
  const caught = await error;
  vi.useRealTimers();
  transmitter.fault = undefined;
  return caught;
}

const VARIANT: Variant = { delivery: 'poll', authorization: 'client_secret_basic' };

async function start(): Promise<readonly [StrictTransmitter, StreamClient]> {
  const transmitter = await startTransmitter(happyPath, VARIANT);
  open.push(transmitter);
  const { issuer, audience } = transmitter;
  return [transmitter, createStreamClient({ issuer, audience, authorization: authorizationFor(issuer, VARIANT) })];
}

/** A call of the client, and the path that it needs. */
interface Call {
  readonly name: string;
  readonly path: string;
  readonly failures: readonly Failure[];
  readonly run: (client: StreamClient, streamId: string) => Promise<unknown>;
}

/** The path of a well-known document, as a fault names it. */
const wellKnown = (name: string): string => `/.well-known/${name}`;
const CALLS: readonly Call[] = [
  {
    name: 'metadata, of the transmitter',
    path: wellKnown('ssf-configuration'),
    failures: FAILURES,
    run: (client) => client.metadata(),
  },
  {
    name: 'list, with the metadata of the authorization server',
    path: wellKnown('oauth-authorization-server'),
    failures: FAILURES,
    run: (client) => client.list(),
  },
  { name: 'list, with the token endpoint', path: '/token', failures: FAILURES, run: (client) => client.list() },
  {
    name: 'list',
    path: '/streams',
    failures: FAILURES.filter(({ name }) => name !== 'an empty body'),
    run: (client) => client.list(),
  },
  { name: 'get', path: '/streams', failures: FAILURES, run: (client, id) => client.get(id) },
  {
    name: 'update',
    path: '/streams',
    failures: FAILURES,
    run: (client, id) => client.update(id, { description: 'a' }),
  },
  { name: 'replace', path: '/streams', failures: FAILURES, run: (client, id) => client.replace(id, {}) },
  { name: 'delete', path: '/streams', failures: WITHOUT_DOCUMENT, run: (client, id) => client.delete(id) },
  { name: 'getStatus', path: '/status', failures: FAILURES, run: (client, id) => client.getStatus(id) },
  { name: 'setStatus', path: '/status', failures: FAILURES, run: (client, id) => client.setStatus(id, 'paused') },
  { name: 'verify', path: '/verify', failures: WITHOUT_DOCUMENT, run: (client, id) => client.verify(id) },
  {
    name: 'addSubject',
    path: '/add_subject',
    failures: WITHOUT_DOCUMENT,
    run: (client, id) => client.addSubject(id, { format: 'email', email: 'jane@example.com' }),
  },
];

describe.each(CALLS)('$name', ({ path, failures, run }) => {
  test.each(failures)('reports $name, and recovers', async (failure) => {
    const [transmitter, client] = await start();
    // Before the fault, so that what the call needs is missing or fresh as it is for users.
    const isSetUp = path.startsWith('/.well-known') || path === '/token';
    const { stream_id } = isSetUp ? { stream_id: '' } : await client.create({ events_requested: EVENT_TYPES });
    const error = await failAt(transmitter, path, failure, () => run(client, stream_id));
    expectError(error, 'ERR_SET_STREAM', failure);
    if (!path.startsWith('/.well-known')) expect(error.retryAfterSeconds).toBe(failure.retryAfterSeconds);
    await run(client, stream_id);
    expect(transmitter.failures).toEqual([]);
  });
});

describe('create', () => {
  test.each(FAILURES)('reports $name, and recovers', async (failure) => {
    const [transmitter, client] = await start();
    const create = (): Promise<unknown> => client.create({ events_requested: EVENT_TYPES });
    const error = await failAt(transmitter, '/streams', failure, create);
    expectError(error, 'ERR_SET_STREAM', failure);
    await create();
    expect(transmitter.failures).toEqual([]);
  });
});

/** Responds with a document of another issuer. */
function documentOf(issuer: string, members: object): Failure {
  const document = JSON.stringify({ issuer, ...members });
  return {
    name: 'another issuer',
    respond: (response) => response.writeHead(200, JSON_TYPE).end(document),
    status: undefined,
  };
}

describe('another issuer', () => {
  test.each([
    ['the transmitter', 'ssf-configuration', { configuration_endpoint: 'http://127.0.0.1:9/streams' }],
    ['the authorization server', 'oauth-authorization-server', { token_endpoint: 'http://127.0.0.1:9/token' }],
  ])('in the metadata of %s is reported, and nothing is sent there', async (_, name, members) => {
    const [transmitter, client] = await start();
    const failure = documentOf('https://other.example', members);
    const error = await failAt(transmitter, wellKnown(name), failure, () => client.list());
    expect(error.code).toBe('ERR_SET_ISSUER');
    expect(await client.list()).toEqual([]);
    expect(transmitter.failures).toEqual([]);
  });

  test.each(['create', 'get', 'update'] as const)('in a stream is reported by %s', async (name) => {
    const [transmitter, client] = await start();
    const stream = await client.create({ events_requested: EVENT_TYPES });
    const failure = documentOf('', { ...stream, iss: 'https://other.example' });
    const { stream_id } = stream;
    const calls = {
      create: () => client.create({}),
      get: () => client.get(stream_id),
      update: () => client.update(stream_id, {}),
    };
    expect((await failAt(transmitter, '/streams', failure, calls[name])).code).toBe('ERR_SET_ISSUER');
    expect(await client.get(stream_id)).toEqual(stream);
  });
});

describe('the verifier', () => {
  test.each(
    [wellKnown('ssf-configuration'), '/jwks'].flatMap((path) =>
      FAILURES.map((failure) => ({ ...failure, path, title: `${failure.name} at ${path}` })),
    ),
  )('reports $title, and recovers', async ({ path, ...failure }) => {
    const [transmitter] = await start();
    const { issuer, audience } = transmitter;
    let now = Date.now();
    const verify = createSsfVerifier({ issuer, audience, now: () => now });
    const iat = Math.floor(now / 1000);
    const set = { type: EVENT_TYPES[0]!, payload: {}, sub_id: { format: 'opaque', id: '1' } };
    const token = await signSet(set, { iss: issuer, aud: audience, iat, jti: 'one' });
    const error = await failAt(transmitter, path, failure, () => verify(token));
    expectError(error, 'ERR_SET_JWKS', failure);
    // After a failure, the next attempt has to wait a second.
    now += 1_001;
    expect((await verify(token)).payload.jti).toBe('one');
  });
});

describe('a poll loop', () => {
  const variant: Variant = { delivery: 'poll', authorization: 'static' };

  /** Polls a stream with an unsolicited verification event, while the first response is wrong. */
  async function pollThrough({ respond }: Failure) {
    const transmitter = await startTransmitter(unsolicitedVerification, variant);
    const receiver = await startReceiver(transmitter, variant);
    open.push(transmitter, receiver);
    const { client, streamRequest, errors } = receiver;
    const stream = await client.create(streamRequest(EVENT_TYPES));
    let requests = 0;
    transmitter.fault = {
      path: '/events',
      respond(...exchange) {
        requests++;
        transmitter.fault = undefined;
        respond(...exchange);
      },
    };
    // A loop measures how long a poll has waited.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    receiver.start(stream);
    await until(() => requests > 0);
    return { transmitter, errors };
  }

  const codeAndStatus = (errors: readonly unknown[]): unknown[] =>
    errors.map((error) => (error instanceof SetError ? [error.code, error.status] : error));

  test.each(
    FAILURES.filter(({ isSlow, name }) => !isSlow && name !== 'a redirect to itself' && name !== 'an empty body'),
  )('reports $name, and polls again after a pause', async (failure) => {
    const { transmitter, errors } = await pollThrough(failure);
    await until(() => errors.length > 0);
    expect(transmitter.acknowledged).toEqual([]);
    await vi.advanceTimersByTimeAsync((failure.retryAfterSeconds ?? 1) * 1000);
    await until(() => transmitter.acknowledged.length > 0);
    expect(codeAndStatus(errors)).toEqual([['ERR_SET_DELIVERY', failure.status]]);
    expect(transmitter.verdict()).toEqual([]);
  });

  test.each(FAILURES.filter(({ isSlow }) => isSlow))(
    'polls again after $name, which is no failure',
    async (failure) => {
      const { transmitter, errors } = await pollThrough(failure);
      await vi.advanceTimersByTimeAsync(300_000);
      await until(() => transmitter.acknowledged.length > 0);
      expect([errors, transmitter.verdict()]).toEqual([[], []]);
    },
  );

  test('ends with a redirect, which it does not follow', async () => {
    const redirect = FAILURES.find(({ name }) => name === 'a redirect to itself')!;
    const { transmitter, errors } = await pollThrough(redirect);
    await until(() => errors.length > 1);
    expect(codeAndStatus(errors)).toEqual([
      ['ERR_SET_DELIVERY', 307],
      ['ERR_SET_DELIVERY', 307],
    ]);
    expect(transmitter.failures).toEqual([]);
  });
});
