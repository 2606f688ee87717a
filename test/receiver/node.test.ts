/** toNodeListener on a real Node server: whole and partial bodies, bodies behind a parser, broken connections. */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as startRequest,
  type RequestListener,
  type Server,
} from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { toNodeListener } from '../../src/receiver/node.js';
import type { NodeRequest } from '../../src/receiver/node-delivery.js';
import type { SetError } from '../../src/errors.js';
import { createPushReceiver, type PushReceiver, type PushReceiverOptions } from '../../src/receiver/push.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier } from '../../src/verify.js';
import { PATIENTLY } from '../support/timing.js';

const TYPE = { 'content-type': 'application/secevent+jwt' };

let transmitter: TestTransmitter;
const errors: unknown[] = [];
let receive: PushReceiver;
/** The same with a short time limit, for bodies that never arrive. */
let impatient: PushReceiver;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  const verify = createVerifier(transmitter.jwks, transmitter);
  const options: PushReceiverOptions = {
    verify,
    onSet: () => {},
    maxBodyBytes: 100_000,
    bodyTimeoutMs: 600_000,
    onError: (error) => errors.push(error),
  };
  receive = createPushReceiver(options);
  impatient = createPushReceiver({ ...options, bodyTimeoutMs: 30 });
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

describe('a delivery to a Node server', () => {
  test('is received over a connection that stays open', async () => {
    const port = await listen(toNodeListener(receive));
    for (let i = 0; i < 3; i++) {
      const response = await post(port, await transmitter.sign());
      expect(response.status).toBe(202);
      expect(response.headers.get('content-length')).toBe('0');
      expect(response.headers.get('connection')).not.toBe('close');
    }
  });

  test('reaches the handler with its URL and headers', async () => {
    const seen: Request[] = [];
    const port = await listen(
      toNodeListener(
        async (request) => (seen.push(request), new Response('a text', { status: 418, headers: { 'x-a': 'b' } })),
      ),
    );
    const response = await post(port, 'body', { ...TYPE, 'x-twice': 'a' });
    expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([418, 'b', 'a text']);
    expect(seen[0]!.url).toBe(`http://127.0.0.1:${port}/events?a=1`);
    expect(seen[0]!.headers.get('x-twice')).toBe('a');
  });

  test.each<[name: string, authenticate: (request: Request) => boolean]>([
    ['its headers', (request) => request.headers.get('x-key') === 'k'],
    ['its URL', (request) => new URL(request.url).searchParams.get('a') === '1'],
    ['a copy of it', (request) => request.clone().method === 'POST'],
    [
      'its type',
      (request) =>
        request instanceof Request && request.signal instanceof AbortSignal && request.body instanceof ReadableStream,
    ],
  ])('can be authenticated by %s', async (_, authenticate) => {
    const handled: Request[] = [];
    const verify = createVerifier(transmitter.jwks, transmitter);
    const port = await listen(
      toNodeListener(
        createPushReceiver({ verify, authenticate, onSet: (_set, request) => void handled.push(request) }),
      ),
    );
    expect((await post(port, await transmitter.sign(), { ...TYPE, 'x-key': 'k' })).status).toBe(202);
    const [request] = handled;
    expect(request!.bodyUsed).toBe(true);
    expect(request!.headers.get('x-key')).toBe('k');
    expect(request!.url).toBe(`http://127.0.0.1:${port}/events?a=1`);
    await expect(request!.text()).rejects.toThrow(TypeError);
    expect(request!.bodyUsed).toBe(true);
  });

  const seen: unknown[] = [];
  const look = (request: Request | undefined): void =>
    void seen.push(
      request && Object.getPrototypeOf(request) === Request.prototype,
      request?.headers.get('x-key'),
      request?.url,
    );
  test.each<[name: string, onSet: PushReceiverOptions['onSet']]>([
    ['declares it', (_set, request) => look(request)],
    ['has a default for it', (_set, request = undefined as never) => look(request)],
    ['collects its arguments', (...all) => look(all[1])],
    // Handlers in JavaScript may do this.
    [
      'uses arguments',
      function () {
        look((arguments as unknown as unknown[])[1] as Request);
      },
    ],
    [
      'is wrapped',
      (
        (handler: PushReceiverOptions['onSet']) =>
        (...all: Parameters<typeof handler>) =>
          handler(...all)
      )((_set, request) => look(request)),
    ],
    ['is bound', ((_set: unknown, request: Request) => look(request)).bind(null)],
  ])("reaches a handler that %s with the platform's own request", async (_, onSet) => {
    const verify = createVerifier(transmitter.jwks, transmitter);
    const request = [true, 'k', expect.stringMatching(/^http:.*\/events\?a=1$/)];
    for (const authenticate of [
      undefined,
      (asked: Request) => new Request(asked.clone()).headers.get('x-key') === 'k',
    ]) {
      seen.length = 0;
      const port = await listen(
        toNodeListener(createPushReceiver({ verify, onSet, ...(authenticate && { authenticate }) })),
      );
      expect((await post(port, await transmitter.sign(), { ...TYPE, 'x-key': 'k' })).status).toBe(202);
      expect(seen).toEqual(request);
    }
  });

  test("is reported with the platform's own request, whatever the method", async () => {
    const methods: unknown[] = [];
    const verify = createVerifier(transmitter.jwks, transmitter);
    const onError: PushReceiverOptions['onError'] = (error, request) =>
      void methods.push((error as SetError).status, request instanceof Request, request.method);
    const port = await listen(toNodeListener(createPushReceiver({ verify, onSet: () => {}, onError })));
    for (const method of ['PUT', 'TRACE'])
      expect(await exchange(port, `${method} /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 405 /,
      );
    // A Request cannot have the method TRACE.
    expect(methods).toEqual([405, true, 'PUT', 405, true, 'GET']);
  });

  test.each([
    ['the same type twice', 'application/secevent+jwt', 202],
    ['two types', 'application/json', 415],
  ])('with two content-type lines is treated as on every other runtime: %s', async (_, second, status) => {
    const port = await listen(toNodeListener(receive));
    const token = await transmitter.sign();
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Type: ${second}\r\nConnection: close\r\nContent-Length: ${token.length}\r\n\r\n`;
    expect(await exchange(port, head + token)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('can be read by any other handler', async () => {
    const port = await listen(
      toNodeListener(async (request) =>
        Response.json({ text: await request.text(), used: request.bodyUsed, mode: request.mode }),
      ),
    );
    expect(await (await post(port, 'é'.repeat(50_000))).json()).toEqual({
      text: 'é'.repeat(50_000),
      used: true,
      mode: 'cors',
    });
    expect(await (await post(port, '{"a":1}')).json()).toMatchObject({ text: '{"a":1}' });
  });

  test('with a byte order mark is refused, however it is read', async () => {
    const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(await transmitter.sign())]);
    const port = await listen(toNodeListener(receive));
    expect((await post(port, body)).status).toBe(400);
    expect((await receive(new Request('http://a.example', { method: 'POST', headers: TYPE, body }))).status).toBe(400);
  });

  test('that is refused gets the error', async () => {
    const port = await listen(toNodeListener(receive));
    const response = await post(port, 'no token');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ err: 'invalid_request' });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(405);
  });

  test('in many slow chunks is received', async () => {
    const port = await listen(toNodeListener(receive));
    const token = await transmitter.sign();
    const outgoing = startRequest({ port, host: '127.0.0.1', method: 'POST', headers: TYPE });
    const received = new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve));
    for (let i = 0; i < token.length; i += 100) {
      outgoing.write(token.slice(i, i + 100));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    outgoing.end();
    expect((await received).resume().statusCode).toBe(202);
  });

  test('that is too large gets a 413 while it is still arriving, and the connection is closed', async () => {
    const port = await listen(toNodeListener(receive));
    const socket = createConnection(port, '127.0.0.1');
    let response = '';
    socket.on('data', (chunk) => (response += chunk));
    // Data is still in flight when the server closes the connection.
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `c350\r\n${'x'.repeat(50_000)}\r\n`;
    const pump = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pump);
    pump();
    await closed;
    // The client may lose the response when its own data meets the closed connection.
    expect(response).toMatch(/^(?:HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n[^]*)?$/i);
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 413 }]);
  });

  test('is read no faster than the handler reads it', async () => {
    let take: (() => void) | undefined;
    const port = await listen(
      toNodeListener(async (request) => {
        const reader = (request.body as ReadableStream<Uint8Array>).getReader();
        await reader.read();
        await new Promise<void>((resolve) => (take = resolve));
        for (let size = 0; ;) {
          const { value, done } = await reader.read();
          if (done) return new Response(String(size));
          size += value.length;
        }
      }),
    );
    const socket = createConnection(port, '127.0.0.1');
    const total = 50_000_000;
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`);
    socket.write(Buffer.alloc(total));
    await vi.waitFor(() => expect(take).toBeDefined(), PATIENTLY);
    // Wait until the sender can send no more: on a busy machine, filling the buffers may take a while.
    for (let left = -1; left !== socket.writableLength;) {
      left = socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    // The buffers of the system and of the streams hold a part. The rest waits at the sender.
    expect(socket.writableLength).toBeGreaterThan(total / 2);
    take!();
    const response = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(String(response)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  test('that was aborted before its body is read fails at once', async () => {
    const verify = createVerifier(transmitter.jwks, transmitter);
    let letIn: ((_: boolean) => void) | undefined;
    const authenticate = (): Promise<boolean> => new Promise((resolve) => (letIn = resolve));
    const slow = createPushReceiver({
      verify,
      authenticate,
      onSet: () => {},
      bodyTimeoutMs: 60_000,
      onError: (error) => errors.push(error),
    });
    const aborted = vi.fn();
    const port = await listen((request, response) => {
      request.once('close', aborted);
      toNodeListener(slow)(request, response);
    });
    const socket = createConnection(port, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Length: 100\r\n\r\nabc',
    );
    await vi.waitFor(() => expect(letIn).toBeDefined(), PATIENTLY);
    socket.destroy();
    await vi.waitFor(() => expect(aborted).toHaveBeenCalled(), PATIENTLY);
    letIn!(true);
    await vi.waitFor(
      () => expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', message: 'Reading the body failed' }]),
      PATIENTLY,
    );
  });

  test('without a body leaves the connection open', async () => {
    const port = await listen(toNodeListener(receive));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    const send = (method: string, body: string, type: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const outgoing = startRequest({
          port,
          host: '127.0.0.1',
          method,
          agent,
          headers: { 'content-type': type, 'content-length': body.length },
        });
        outgoing.on('socket', (socket) => sockets.add(socket)).on('error', reject);
        outgoing.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
        outgoing.end(body);
      });
    expect(await send('POST', '', 'text/plain')).toBe(415);
    expect(await send('GET', '', 'text/plain')).toBe(405);
    expect(await send('POST', await transmitter.sign(), 'application/secevent+jwt')).toBe(202);
    expect(sockets.size).toBe(1);
    agent.destroy();
  });

  test('that is declared too large gets a 413 before its body arrives', async () => {
    const port = await listen(toNodeListener(receive));
    const response = await exchange(
      port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Length: 100001\r\n\r\n',
    );
    expect(response).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
  });

  test('whose body never arrives gets a 503, and the connection is closed', async () => {
    const port = await listen(toNodeListener(impatient));
    const response = await exchange(
      port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Length: 100\r\n\r\nabc',
    );
    expect(response).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n/i);
  });

  test('that is aborted halfway is an error, and the server keeps working', async () => {
    const begun = vi.fn();
    const port = await listen((request, response) => {
      request.once('data', begun);
      toNodeListener(receive)(request, response);
    });
    const socket = createConnection(port, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Length: 100\r\n\r\nabc',
    );
    await vi.waitFor(() => expect(begun).toHaveBeenCalled(), PATIENTLY);
    socket.destroy();
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY' }]), PATIENTLY);
    expect((await post(port, await transmitter.sign())).status).toBe(202);
  });

  test.each<[host: string, target: string, url: string]>([
    ['receiver.example', '/events?a=1', 'http://receiver.example/events?a=1'],
    ['receiver.example:8080', '/events', 'http://receiver.example:8080/events'],
    ['[::1]:8080', '/events', 'http://[::1]:8080/events'],
    ['evil.example/other?', '/events', 'http://localhost/events'],
    ['user:password@evil.example', '/events', 'http://localhost/events'],
    ['a b', '/events', 'http://localhost/events'],
    ['[', '/events', 'http://localhost/events'],
    ['', '/events', 'http://localhost/events'],
    ['proxy.example', 'http://receiver.example/events?a=1', 'http://receiver.example/events?a=1'],
    ['receiver.example', '//evil.example/events', 'http://receiver.example//evil.example/events'],
  ])('with the host %j and the target %j has the URL %s', async (host, target, url) => {
    const seen: string[] = [];
    const port = await listen(
      toNodeListener(async (request) => (seen.push(request.url, request.clone().url), receive(request))),
    );
    const token = await transmitter.sign();
    const head = `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/secevent+jwt\r\nConnection: close\r\nContent-Length: ${token.length}\r\n\r\n`;
    expect(await exchange(port, head + token)).toMatch(/^HTTP\/1\.1 202 /);
    expect(seen).toEqual([url, url]);
  });

  test.each(['TRACE', 'PUT', 'DELETE'])('by %s is turned away, and nothing breaks', async (method) => {
    const port = await listen(toNodeListener(receive));
    const response = await exchange(port, `${method} /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(response).toMatch(/^HTTP\/1\.1 (405|500) /);
  });
});

/** Sends a request as raw text. Returns everything received until the server closes the connection. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let response = '';
    const socket = createConnection(port, '127.0.0.1');
    socket.on('data', (chunk) => (response += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(response));
    socket.write(text);
  });
}

describe('a body behind a body parser', () => {
  /** Imitates a body parser: reads the body, and leaves what `leave` returns. */
  const parsing =
    (leave: (text: string) => unknown): RequestListener =>
    (request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () =>
        toNodeListener(receive)(Object.assign(request, { body: leave(text) }) as NodeRequest, response),
      );
    };

  test.each<[name: string, leave: (text: string) => unknown]>([
    ['as a string', (text) => text],
    ['as a Buffer', (text) => Buffer.from(text)],
    ['as a Uint8Array', (text) => new TextEncoder().encode(text)],
  ])('is received if it was left %s', async (_, leave) => {
    const port = await listen(parsing(leave));
    expect((await post(port, await transmitter.sign())).status).toBe(202);
  });

  test('gets a 413 if it is too large', async () => {
    const port = await listen(parsing(() => 'x'.repeat(100_001)));
    expect((await post(port, 'x')).status).toBe(413);
  });

  test.each([[{}], [undefined], [null], ['']])(
    'gets a 500 if it was read and left as %j, and onError gets the reason',
    async (left) => {
      const port = await listen(parsing(() => left));
      expect((await post(port, await transmitter.sign())).status).toBe(500);
      expect(errors).toMatchObject([
        { name: 'TypeError', message: expect.stringContaining('perhaps by a body parser') },
      ]);
    },
  );

  test.each([
    ['application/secevent+jwt', 202],
    ['application/json', 415],
  ])('counts as unread if its getter throws (%s)', async (type, status) => {
    const crashed = vi.fn();
    process.on('unhandledRejection', crashed);
    const port = await listen((request, response) => {
      const get = (): never => {
        throw new Error('Invalid JSON');
      };
      toNodeListener(receive)(Object.defineProperty(request, 'body', { get }) as NodeRequest, response);
    });
    expect((await post(port, await transmitter.sign(), { 'content-type': type })).status).toBe(status);
    process.off('unhandledRejection', crashed);
    expect(crashed).not.toHaveBeenCalled();
  });

  test('does not pass for an empty one behind a wrapper either', async () => {
    const port = await listen((request, response) => {
      request
        .resume()
        .on('end', () =>
          toNodeListener((asked) => receive(asked))(Object.assign(request, { body: {} }) as NodeRequest, response),
        );
    });
    expect((await post(port, await transmitter.sign())).status).toBe(503);
  });

  test('counts as empty if it was empty', async () => {
    const port = await listen(parsing(() => ({})));
    expect((await post(port, '')).status).toBe(400);
  });

  test.each([[{}], ['']])('is read if the parser left %j without reading it', async (body) => {
    const port = await listen((request, response) =>
      toNodeListener(receive)(Object.assign(request, { body }) as NodeRequest, response),
    );
    expect((await post(port, await transmitter.sign())).status).toBe(202);
  });

  test('gets a 500 if a part of it was read', async () => {
    const port = await listen((request, response) => {
      request.once('data', () => {
        request.pause();
        toNodeListener(receive)(request as NodeRequest, response);
      });
    });
    const socket = createConnection(port, '127.0.0.1');
    const received = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    const token = await transmitter.sign();
    socket.write(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nContent-Length: ${token.length}\r\n\r\n${token.slice(0, 100)}`,
    );
    expect(await received).toMatch(/^HTTP\/1\.1 500 /);
    socket.destroy();
  });
});

test.each<[name: string, wrap: (receiver: PushReceiver) => PushReceiver]>([
  [
    'copies its properties',
    (receiver) => Object.assign(async () => new Response(null, { status: 403 }), receiver) as PushReceiver,
  ],
  ['is a Proxy', (receiver) => new Proxy(receiver, { apply: async () => new Response(null, { status: 403 }) })],
])('a wrapper of a receiver that %s is not bypassed', async (_, wrap) => {
  const port = await listen(toNodeListener(wrap(receive)));
  expect((await post(port, await transmitter.sign())).status).toBe(403);
});

describe('a failing receiver', () => {
  test.each<[name: string, receiver: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('a secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('a secret'))],
    ['returns nothing', () => Promise.resolve(undefined)],
    [
      'returns a response whose body fails',
      async () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('a secret')) })),
    ],
  ])('that %s leads to a 500 with an empty body', async (_, receiver) => {
    const port = await listen(toNodeListener(receiver as PushReceiver));
    const response = await post(port, 'x');
    expect([response.status, await response.text()]).toEqual([500, '']);
  });

  test('breaks nothing if something else has already responded', async () => {
    const port = await listen((request, response) => {
      response.writeHead(200, { 'content-length': '2' }).end('ok');
      toNodeListener(receive)(request, response);
    });
    for (let i = 0; i < 2; i++) expect(await (await post(port, await transmitter.sign())).text()).toBe('ok');
  });

  test.each(['headersSent', 'writeHead', 'destroy'])(
    'leaves no unhandled rejection if the response throws at %s',
    async (member) => {
      const request = {
        method: 'GET',
        url: '/',
        headers: {},
        on: () => undefined,
        pause: () => undefined,
        resume: () => undefined,
      };
      const broken = (): never => {
        throw new Error('gone');
      };
      const response = {
        headersSent: false,
        writeHead: () => undefined,
        end: () => undefined,
        destroy: () => undefined,
      };
      if (member === 'destroy') Object.assign(response, { writeHead: broken, destroy: broken });
      else Object.defineProperty(response, member, member === 'headersSent' ? { get: broken } : { value: broken });
      toNodeListener(receive)(request, response);
      // An unhandled rejection fails the test run.
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  );

  test('is a TypeError at once if it is not a function', () => {
    expect(() => toNodeListener(undefined as never)).toThrow(TypeError);
  });
});
