/** toNodeListener on Node's HTTP/2 server: an unwanted body ends its stream, whatever the client does. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { toNodeListener } from '../../src/receiver/node.js';
import { createPushReceiver, type PushReceiverOptions } from '../../src/receiver/push.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier } from '../../src/verify.js';

const TYPE = 'application/secevent+jwt';
const WAIT = { timeout: 20_000, interval: 10 };

let transmitter: TestTransmitter;
beforeAll(async () => void (transmitter = await createTestTransmitter()));

let server: Http2Server;
let url: string;
/** What is open on the server, and how many streams have begun. */
let sessions: Set<ServerHttp2Session>;
let streams: number;
let begun: number;
/** Starts the server with a receiver with these options, or with another handler. */
async function start(
  more: Partial<PushReceiverOptions> | ((request: Request) => Promise<Response>) = {},
): Promise<void> {
  const verify = createVerifier(transmitter.jwks, transmitter);
  const handler =
    typeof more === 'function'
      ? more
      : createPushReceiver({ verify, onSet: () => {}, maxBodyBytes: 10_000, bodyTimeoutMs: 600_000, ...more });
  sessions = new Set();
  streams = begun = 0;
  server = createServer(toNodeListener(handler));
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('stream', (stream) => {
      streams++;
      begun++;
      stream.on('close', () => streams--);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const clients: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const session of sessions) session.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function open(): ClientHttp2Session {
  const client = connect(url);
  // A server may reset an unwanted stream.
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

/** Begins a delivery, and leaves its body unfinished. */
function begin(client: ClientHttp2Session, type = TYPE): { stream: ClientHttp2Stream; status: Promise<unknown> } {
  const stream = client.request({ ':method': 'POST', ':path': '/events', 'content-type': type });
  stream.on('error', () => undefined);
  const status = new Promise((resolve) => {
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('close', () => resolve('closed'));
  });
  return { stream, status };
}

async function deliver(client: ClientHttp2Session, body: string): Promise<unknown> {
  const { stream, status } = begin(client);
  stream.end(body);
  stream.resume();
  return status;
}

const onError = (_error: unknown, request: Request): void => void request.headers;
const SLOW = { bodyTimeoutMs: 200 };
/** Unwanted bodies: their type, how many octets are sent at once, the expected status, and what receives them. */
const UNWANTED: readonly (readonly [
  name: string,
  type: string,
  octets: number,
  status: number,
  options: Parameters<typeof start>[0],
])[] = [
  ['too large', TYPE, 60_000, 413, {}],
  ['too slow', TYPE, 100, 503, SLOW],
  ['of the wrong type', 'application/json', 60_000, 415, {}],
  // A callback that gets a Request must not cause the body to be read.
  ['too large, and reported', TYPE, 60_000, 413, { onError }],
  ['too slow, and reported', TYPE, 100, 503, { ...SLOW, onError }],
  ['of the wrong type, and reported', 'application/json', 60_000, 415, { onError }],
  ['too large, after authentication', TYPE, 60_000, 413, { authenticate: () => true, onError }],
  ['too slow, after authentication', TYPE, 100, 503, { ...SLOW, authenticate: () => true, onError }],
  ['not authenticated', TYPE, 60_000, 401, { authenticate: ({ headers }) => headers.has('authorization'), onError }],
  ['not read by another handler', TYPE, 60_000, 403, async () => new Response(null, { status: 403 })],
  [
    'partly read by another handler',
    TYPE,
    60_000,
    403,
    async (request) => (await request.body!.getReader().read(), new Response(null, { status: 403 })),
  ],
];

test('a delivery over HTTP/2 is received', async () => {
  await start();
  const client = open();
  for (let i = 0; i < 3; i++) expect(await deliver(client, await transmitter.sign())).toBe(202);
  await vi.waitFor(() => expect(streams).toBe(0), WAIT);
});

describe.each(UNWANTED)('a body that is %s', (_, type, octets, status, options) => {
  beforeEach(() => start(options));

  test('ends its stream, and other streams are served', async () => {
    const client = open();
    const unwanted = Array.from({ length: 20 }, () => begin(client, type));
    for (const { stream } of unwanted) stream.write(Buffer.alloc(octets, 'x'));
    for (const each of unwanted) expect(await each.status).toBe(status);
    await vi.waitFor(() => expect(streams).toBe(0), WAIT);
    if (status === 413 || status === 415) expect(await deliver(client, await transmitter.sign())).toBe(202);
  });

  test('leaves nothing open when its client disconnects after the response', async () => {
    for (let round = 0; round < 3; round++) {
      const client = open();
      const unwanted = Array.from({ length: 25 }, () => begin(client, type));
      for (const { stream } of unwanted) stream.write(Buffer.alloc(octets, 'x'));
      for (const each of unwanted) expect(await each.status).toBe(status);
      client.destroy();
    }
    await vi.waitFor(() => expect([streams, sessions.size]).toEqual([0, 0]), WAIT);
  });

  test('leaves nothing open when its client disconnects at once', async () => {
    const client = open();
    const unwanted = Array.from({ length: 25 }, () => begin(client, type));
    for (const { stream } of unwanted) stream.write(Buffer.alloc(octets, 'x'));
    await vi.waitFor(() => expect(begun).toBe(25), WAIT);
    client.destroy();
    await vi.waitFor(() => expect([streams, sessions.size]).toEqual([0, 0]), WAIT);
  });

  test('and never ends is not read forever', async () => {
    const client = open();
    const { stream, status: received } = begin(client, type);
    const sending = setInterval(() => stream.destroyed || stream.write(Buffer.alloc(octets, 'x')), 5);
    try {
      expect(await received).toBe(status);
      await vi.waitFor(() => expect(streams).toBe(0), WAIT);
    } finally {
      clearInterval(sending);
    }
  });
});

test.each([
  ['an empty object', {}, 500],
  ['an empty string', '', 500],
])('a body that something else has read and left as %s does not pass for an empty one', async (_, left, status) => {
  await start();
  const listener = server.listeners('request')[0] as (...args: unknown[]) => void;
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    request.resume().on('end', () => listener(Object.assign(request, { body: left }), response));
  });
  expect(await deliver(open(), await transmitter.sign())).toBe(status);
});

test('a request without a body has an empty one', async () => {
  await start();
  const client = open();
  const stream = client.request({ ':method': 'POST', ':path': '/events', 'content-type': TYPE }, { endStream: true });
  const status = await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
  expect(status).toBe(400);
});
