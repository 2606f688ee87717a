/** toNodeListener on Node's HTTP/2 server: a body that is not wanted ends its stream, whatever its client does. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { toNodeListener } from '../../src/receiver/node.js';
import { createPushReceiver } from '../../src/receiver/push.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier } from '../../src/verify.js';

const TYPE = 'application/secevent+jwt';
const WAIT = { timeout: 20_000, interval: 10 };

let transmitter: TestTransmitter;
beforeAll(async () => void (transmitter = await createTestTransmitter()));

let server: Http2Server;
let url: string;
/** What is open on the server. */
let sessions: Set<ServerHttp2Session>;
let streams: number;
let begun: number;
beforeEach(async () => {
  const verify = createVerifier(transmitter.jwks, transmitter);
  const receive = createPushReceiver({ verify, onSet: () => {}, maxBodyBytes: 10_000, bodyTimeoutMs: 200 });
  sessions = new Set();
  streams = begun = 0;
  server = createServer(toNodeListener(receive));
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
});
const clients: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const session of sessions) session.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function open(): ClientHttp2Session {
  const client = connect(url);
  // A server may reset what is not wanted.
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

/** Begins a delivery, and leaves its body open. */
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

/** Why a body is not wanted: its type, how many octets come at once, and the status. */
const UNWANTED: readonly (readonly [name: string, type: string, octets: number, status: number])[] = [
  ['too large', TYPE, 60_000, 413],
  ['too slow', TYPE, 100, 503],
  ['of another type', 'application/json', 60_000, 415],
];

test('a delivery over HTTP/2 is received', async () => {
  const client = open();
  for (let i = 0; i < 3; i++) expect(await deliver(client, await transmitter.sign())).toBe(202);
  await vi.waitFor(() => expect(streams).toBe(0), WAIT);
});

describe.each(UNWANTED)('a body that is %s', (_, type, octets, status) => {
  test('ends its stream, and those beside it are served', async () => {
    const client = open();
    const unwanted = Array.from({ length: 20 }, () => begin(client, type));
    for (const { stream } of unwanted) stream.write(Buffer.alloc(octets, 'x'));
    for (const each of unwanted) expect(await each.status).toBe(status);
    await vi.waitFor(() => expect(streams).toBe(0), WAIT);
    expect(await deliver(client, await transmitter.sign())).toBe(202);
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

  test('and never ends is not read for ever', async () => {
    const client = open();
    const { stream, status: answered } = begin(client, type);
    const sending = setInterval(() => stream.destroyed || stream.write(Buffer.alloc(octets, 'x')), 5);
    try {
      expect(await answered).toBe(status);
      await vi.waitFor(() => expect(streams).toBe(0), WAIT);
    } finally {
      clearInterval(sending);
    }
  });
});
