/** toNodeListener on a real server of Node: bodies that come as they come, bodies that were read before, and connections that break. */
import { createServer, type IncomingMessage, request as startRequest, type RequestListener, type Server } from 'node:http';
import { connect, constants, createServer as createServer2 } from 'node:http2';
import { type AddressInfo, createConnection } from 'node:net';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { toNodeListener } from '../../src/receiver/node.js';
import type { NodeRequest } from '../../src/receiver/node-request.js';
import { createPushReceiver, type PushReceiver } from '../../src/receiver/push.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier } from '../../src/verify.js';

const TYPE = { 'content-type': 'application/secevent+jwt' };

let transmitter: TestTransmitter;
const errors: unknown[] = [];
let receive: PushReceiver;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  const verify = createVerifier(transmitter.jwks, transmitter);
  receive = createPushReceiver({ verify, onSet: () => {}, maxBodyBytes: 100_000, bodyTimeoutMs: 300, onError: (error) => errors.push(error) });
});

const servers: Server[] = [];
afterEach(async () => {
  errors.length = 0;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const post = async (port: number, body: BodyInit, headers: Record<string, string> = TYPE): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/events?a=1`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);

describe('a delivery to a server of Node', () => {
  test('is received, over connections that stay open', async () => {
    const port = await listen(toNodeListener(receive));
    for (let i = 0; i < 3; i++) {
      const response = await post(port, await transmitter.sign());
      expect(response.status).toBe(202);
      expect(response.headers.get('content-length')).toBe('0');
      expect(response.headers.get('connection')).not.toBe('close');
    }
  });

  test('comes to the handler with its address and its headers', async () => {
    const seen: Request[] = [];
    const port = await listen(toNodeListener(async (request) => (seen.push(request), new Response('a text', { status: 418, headers: { 'x-a': 'b' } }))));
    const response = await post(port, 'body', { ...TYPE, 'x-twice': 'a' });
    expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([418, 'b', 'a text']);
    expect(seen[0]!.url).toBe(`http://127.0.0.1:${port}/events?a=1`);
    expect(seen[0]!.headers.get('x-twice')).toBe('a');
  });

  test.each<[name: string, authenticate: (request: Request) => boolean]>([
    ['its headers', (request) => request.headers.get('x-key') === 'k'],
    ['its address', (request) => new URL(request.url).searchParams.get('a') === '1'],
    ['a copy of it', (request) => request.clone().method === 'POST'],
    ['what it is', (request) => request instanceof Request && request.signal instanceof AbortSignal && request.body instanceof ReadableStream],
  ])('is let in by %s', async (_, authenticate) => {
    const handled: Request[] = [];
    const verify = createVerifier(transmitter.jwks, transmitter);
    const port = await listen(toNodeListener(createPushReceiver({ verify, authenticate, onSet: (_set, request) => void handled.push(request) })));
    expect((await post(port, await transmitter.sign(), { ...TYPE, 'x-key': 'k' })).status).toBe(202);
    const [request] = handled;
    expect(request!.bodyUsed).toBe(true);
    expect(request!.headers.get('x-key')).toBe('k');
    expect(request!.url).toBe(`http://127.0.0.1:${port}/events?a=1`);
    await expect(request!.text()).rejects.toThrow(TypeError);
    expect(request!.bodyUsed).toBe(true);
  });

  test('can be read by any other handler', async () => {
    const port = await listen(toNodeListener(async (request) => Response.json({ text: await request.text(), used: request.bodyUsed, mode: request.mode })));
    expect(await (await post(port, 'é'.repeat(50_000))).json()).toEqual({ text: 'é'.repeat(50_000), used: true, mode: 'cors' });
    expect(await (await post(port, '{"a":1}')).json()).toMatchObject({ text: '{"a":1}' });
  });

  test('with a byte order mark is refused, in whatever way it is read', async () => {
    const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(await transmitter.sign())]);
    const port = await listen(toNodeListener(receive));
    expect((await post(port, body)).status).toBe(400);
    expect((await receive(new Request('http://a.example', { method: 'POST', headers: TYPE, body }))).status).toBe(400);
  });

  test('that is refused is told so', async () => {
    const port = await listen(toNodeListener(receive));
    const response = await post(port, 'no token');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ err: 'invalid_request' });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(405);
  });

  test('in many slow pieces is received', async () => {
    const port = await listen(toNodeListener(receive));
    const token = await transmitter.sign();
    const outgoing = startRequest({ port, host: '127.0.0.1', method: 'POST', headers: TYPE });
    const answered = new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve));
    for (let i = 0; i < token.length; i += 100) {
      outgoing.write(token.slice(i, i + 100));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    outgoing.end();
    expect((await answered).resume().statusCode).toBe(202);
  });

  test('that is too large is a 413 while it still comes, and the connection is closed', async () => {
    const port = await listen(toNodeListener(receive));
    let sent = 0;
    const endless = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        sent += 50_000;
        controller.enqueue(new Uint8Array(50_000));
      },
    });
    // A client that is still sending may see the connection close before it sees the answer.
    const status = await post(port, endless).then((response) => response.status, () => 'closed');
    expect([413, 'closed']).toContain(status);
    expect(errors).toMatchObject([{ code: 'ERR_SET_TOO_LARGE' }]);
    const until = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent).toBeLessThan(until + 5_000_000);
  });

  test('that says to be too large is a 413 before it comes', async () => {
    const port = await listen(toNodeListener(receive));
    const answer = await exchange(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Length: 100001\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
  });

  test('whose body never comes is answered, and the connection is closed', async () => {
    const port = await listen(toNodeListener(receive));
    const answer = await exchange(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Length: 100\r\n\r\nabc');
    expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n/i);
  });

  test('that is aborted in its midst is an error, and the server lives on', async () => {
    const port = await listen(toNodeListener(receive));
    const socket = createConnection(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Length: 100\r\n\r\nabc');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'ERR_SET_INPUT' }]));
    expect((await post(port, await transmitter.sign())).status).toBe(202);
  });

  test.each(['a b', '[', 'evil.example/path?', ''])('from a host called %j is received', async (host) => {
    const port = await listen(toNodeListener(receive));
    const token = await transmitter.sign();
    const head = `POST /events HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/secevent+jwt\r\nConnection: close\r\nContent-Length: ${token.length}\r\n\r\n`;
    expect(await exchange(port, head + token)).toMatch(/^HTTP\/1\.1 202 /);
  });

  test.each(['TRACE', 'PUT', 'DELETE'])('by %s is refused, and nothing breaks', async (method) => {
    const port = await listen(toNodeListener(receive));
    const answer = await exchange(port, `${method} /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 (405|500) /);
  });

  test('over HTTP/2 is received', async () => {
    const server = createServer2(toNodeListener(receive) as never);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = client.request({ [constants.HTTP2_HEADER_METHOD]: 'POST', [constants.HTTP2_HEADER_PATH]: '/events', ...TYPE });
    stream.end(await transmitter.sign());
    const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve));
    expect(headers[':status']).toBe(202);
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});

/** Sends octets, and gives all that comes back until the server closes the connection. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection(port, '127.0.0.1');
    socket.on('data', (chunk) => (answer += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

describe('a body that was read before', () => {
  /** Stands in for a body parser: reads the body and leaves something. */
  const parsing = (leave: (text: string) => unknown): RequestListener => (request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => toNodeListener(receive)(Object.assign(request, { body: leave(text) }) as NodeRequest, response));
  };

  test.each<[name: string, leave: (text: string) => unknown]>([
    ['as text', (text) => text],
    ['as a Buffer', (text) => Buffer.from(text)],
    ['as octets', (text) => new TextEncoder().encode(text)],
  ])('%s is received', async (_, leave) => {
    const port = await listen(parsing(leave));
    expect((await post(port, await transmitter.sign())).status).toBe(202);
  });

  test('and is too large all the same is a 413', async () => {
    const port = await listen(parsing(() => 'x'.repeat(100_001)));
    expect((await post(port, 'x')).status).toBe(413);
  });

  test.each([[{}], [undefined], [null]])('and left as %j is empty, which is refused with what may be the cause', async (left) => {
    const port = await listen(parsing(() => left));
    const response = await post(port, await transmitter.sign());
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ err: 'invalid_request', description: 'The token is empty: an HTTP body parser may leave the body empty' });
  });

  test('by nobody, where a parser left an empty object, is read', async () => {
    const port = await listen((request, response) => toNodeListener(receive)(Object.assign(request, { body: {} }) as NodeRequest, response));
    expect((await post(port, await transmitter.sign())).status).toBe(202);
  });
});

describe('a receiver that breaks', () => {
  test.each<[name: string, receiver: () => unknown]>([
    ['throws', () => { throw new Error('a secret'); }],
    ['rejects', () => Promise.reject(new Error('a secret'))],
    ['gives no answer', () => Promise.resolve(undefined)],
    ['gives an answer that breaks off', async () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('a secret')) }))],
  ])('because it %s is a 500 without a word', async (_, receiver) => {
    const port = await listen(toNodeListener(receiver as PushReceiver));
    const response = await post(port, 'x');
    expect([response.status, await response.text()]).toEqual([500, '']);
  });

  test('because somebody else has answered kills nothing', async () => {
    const port = await listen((request, response) => {
      response.writeHead(200, { 'content-length': '2' }).end('ok');
      toNodeListener(receive)(request, response);
    });
    for (let i = 0; i < 2; i++) expect(await (await post(port, await transmitter.sign())).text()).toBe('ok');
  });

  test('because it is none is a TypeError at once', () => {
    expect(() => toNodeListener(undefined as never)).toThrow(TypeError);
  });
});
