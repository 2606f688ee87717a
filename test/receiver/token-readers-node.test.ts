/** Token readers behind toNodeListener, on real servers of HTTP/1 and HTTP/2: the same as with a Request. */
import { Agent, createServer, type IncomingMessage, request as startRequest, type RequestListener } from 'node:http';
import { type ClientHttp2Session, connect, createServer as createServer2, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, createConnection, type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { toNodeListener } from '../../src/receiver/node.js';
import type { NodeRequest } from '../../src/receiver/node-delivery.js';
import { createPushReceiver, type PushReceiver, type PushReceiverOptions } from '../../src/receiver/push.js';
import {
  tokenFromAuthorization,
  tokenFromForm,
  tokenFromJson,
  type TokenReader,
} from '../../src/receiver/token-readers.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, type SetVerifier } from '../../src/verify.js';
import { growthOf, LINEAR, PATIENTLY } from '../support/timing.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

let transmitter: TestTransmitter;
let verify: SetVerifier;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  verify = createVerifier(transmitter.jwks, transmitter);
});

let handled: string[];
let errors: unknown[];
beforeEach(() => {
  handled = [];
  errors = [];
});

function makeReceiver(readToken: TokenReader, options: Partial<PushReceiverOptions> = {}): PushReceiver {
  const onSet: PushReceiverOptions['onSet'] = ({ payload }) => void handled.push(payload.jti);
  const onError = (error: unknown): void => void errors.push(error);
  const limits = { maxBodyBytes: 10_000, bodyTimeoutMs: 600_000 };
  return createPushReceiver({ verify, readToken, onSet, onError, ...limits, ...options });
}

interface Sent {
  readonly headers?: Record<string, string>;
  /** Sent in these chunks, without a declared length. A string is sent whole, with one. */
  readonly body?: string | readonly string[];
}
interface Seen {
  readonly status: number;
  readonly cacheControl: unknown;
  readonly body: string;
}
/** A receiver that can be delivered to. */
interface Endpoint {
  deliver(sent: Sent): Promise<Seen>;
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => server.closeAllConnections(),
  );
  return (server.address() as AddressInfo).port;
}

function overHttp1(port: number, agent?: Agent): Endpoint {
  return {
    deliver: ({ headers = {}, body = '' }) =>
      new Promise((resolve, reject) => {
        const length = typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {};
        const outgoing = startRequest({
          ...(agent && { agent }),
          host: '127.0.0.1',
          port,
          path: '/events?a=1',
          method: 'POST',
          headers: { ...headers, ...length },
        });
        outgoing.on('error', reject);
        outgoing.on('response', (response: IncomingMessage) => {
          let text = '';
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode!,
              cacheControl: response.headers['cache-control'],
              body: text,
            }),
          );
        });
        for (const chunk of typeof body === 'string' ? [body] : body) if (chunk !== '') outgoing.write(chunk);
        outgoing.end();
      }),
  };
}

let sessions: Set<ServerHttp2Session>;
let streams: number;
async function listen2(receiver: PushReceiver): Promise<ClientHttp2Session> {
  sessions = new Set();
  streams = 0;
  const server = createServer2(toNodeListener(receiver));
  server.on('session', (session) => {
    sessions.add(session);
    session.on('stream', (stream) => {
      streams++;
      stream.on('close', () => streams--);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('error', () => undefined);
  closers.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => sessions.forEach((session) => session.destroy()),
    () => client.destroy(),
  );
  return client;
}

function overHttp2(client: ClientHttp2Session): Endpoint {
  return {
    deliver: ({ headers = {}, body = '' }) =>
      new Promise((resolve, reject) => {
        const length = typeof body === 'string' && body !== '' ? { 'content-length': Buffer.byteLength(body) } : {};
        const head = { ':method': 'POST', ':path': '/events?a=1', ...headers, ...length };
        const stream = client.request(head, { endStream: body === '' });
        let text = '';
        let status = 0;
        let cacheControl: unknown;
        stream.on('response', (received) => {
          status = Number(received[':status']);
          cacheControl = received['cache-control'];
        });
        stream.on('data', (chunk) => (text += chunk));
        stream.on('error', reject);
        stream.on('end', () => resolve({ status, cacheControl, body: text }));
        for (const chunk of typeof body === 'string' ? [body] : body) if (chunk !== '') stream.write(chunk);
        if (body !== '') stream.end();
      }),
  };
}

function overWeb(receiver: PushReceiver): Endpoint {
  return {
    async deliver({ headers = {}, body = '' }) {
      const octets = body === '' ? null : new TextEncoder().encode(typeof body === 'string' ? body : body.join(''));
      const init = { method: 'POST', headers, body: octets };
      const response = await receiver(new Request('https://receiver.example/events?a=1', init));
      const { status } = response;
      return { status, cacheControl: response.headers.get('cache-control'), body: await response.text() };
    },
  };
}

const ADAPTERS: readonly (readonly [name: string, connect: (receiver: PushReceiver) => Promise<Endpoint>])[] = [
  ['a Request', async (receiver) => overWeb(receiver)],
  ['HTTP/1', async (receiver) => overHttp1(await listen(toNodeListener(receiver)))],
  ['HTTP/2', async (receiver) => overHttp2(await listen2(receiver))],
  // A wrapper has no core, so it gets a Request.
  ['HTTP/1 behind a wrapper', async (receiver) => overHttp1(await listen(toNodeListener((asked) => receiver(asked))))],
];

const form = tokenFromForm('logout_token');
const json = tokenFromJson('payload');
const bearer = tokenFromAuthorization();

/** Deliveries with a token T, and the status of their responses. */
const DELIVERIES: readonly (readonly [name: string, reader: TokenReader, sent: Sent, status: number])[] = [
  ['JSON', json, { headers: JSON_TYPE, body: '{"payload":"T"}' }, 202],
  ['JSON in chunks', json, { headers: JSON_TYPE, body: ['{"pay', 'load":"', 'T', '"', '}'] }, 202],
  ['JSON of another type', json, { headers: FORM_TYPE, body: '{"payload":"T"}' }, 415],
  ['JSON without a type', json, { body: '{"payload":"T"}' }, 415],
  ['JSON without the member', json, { headers: JSON_TYPE, body: '{"token":"T"}' }, 400],
  ['no JSON', json, { headers: JSON_TYPE, body: 'T' }, 400],
  ['an empty body for JSON', json, { headers: JSON_TYPE }, 400],
  ['a token with more', json, { headers: JSON_TYPE, body: '{"payload":"T "}' }, 400],
  ['a form', form, { headers: FORM_TYPE, body: 'logout_token=T' }, 202],
  ['a form in chunks', form, { headers: FORM_TYPE, body: ['logout_', 'token=T', '&a=1'] }, 202],
  ['a form with two tokens', form, { headers: FORM_TYPE, body: 'logout_token=T&logout_token=T' }, 400],
  ['a form of another type', form, { headers: JSON_TYPE, body: 'logout_token=T' }, 415],
  ['an empty form', form, { headers: FORM_TYPE }, 400],
  ['a header', bearer, { headers: { authorization: 'Bearer T' } }, 202],
  ['a header and a type', bearer, { headers: { authorization: 'Bearer T', ...JSON_TYPE } }, 202],
  ['a header and a body', bearer, { headers: { authorization: 'bearer  T' }, body: 'x' }, 202],
  ['another scheme', bearer, { headers: { authorization: 'Basic T' } }, 415],
  ['no header', bearer, { headers: JSON_TYPE, body: 'T' }, 415],
  ['an empty header', bearer, { headers: { authorization: 'Bearer' } }, 400],
  ['compressed JSON', json, { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: '{}' }, 415],
  ['too much JSON', json, { headers: JSON_TYPE, body: `{"payload":"${'x'.repeat(10_000)}"}` }, 413],
];

describe.each(ADAPTERS)('over %s', (_, connectTo) => {
  test.each(DELIVERIES)('%s gets its response', async (_name, reader, { headers = {}, body = '' }, status) => {
    const token = await transmitter.sign({ jti: 'a' });
    const fill = (text: string): string => text.replaceAll('T', token);
    const sent: Sent = {
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)])),
      body: typeof body === 'string' ? fill(body) : body.map(fill),
    };
    const endpoint = await connectTo(makeReceiver(reader));
    for (let i = 0; i < 2; i++) {
      const seen = await endpoint.deliver(sent);
      expect([seen.status, seen.cacheControl]).toEqual([status, 'no-store']);
      if (status === 202) expect(seen.body).toBe('');
      else expect(JSON.parse(seen.body)).toMatchObject({ err: 'invalid_request' });
    }
    expect(handled).toEqual(status === 202 ? ['a'] : []);
    expect(errors).toHaveLength(status === 202 ? 0 : 2);
  });

  test('a reader gets the URL, the method, the headers and the body', async () => {
    const seen: unknown[] = [];
    const reader: TokenReader = async (request) => {
      seen.push(request instanceof Request, new URL(request.url).pathname, new URL(request.url).search, request.method);
      return void seen.push(request.headers.get('x-key'), await request.text()) as undefined;
    };
    const endpoint = await connectTo(makeReceiver(reader));
    await endpoint.deliver({ headers: { 'x-key': 'k' }, body: ['b', 'ody'] });
    await endpoint.deliver({ headers: { 'x-key': 'k' } });
    const request = [true, '/events', '?a=1', 'POST', 'k'];
    expect(seen).toEqual([...request, 'body', ...request, '']);
  });

  test('a reader works after authenticate has had the request', async () => {
    const authenticate = (request: Request): boolean => request.clone().headers.get('x-key') === 'k';
    const onSet = vi.fn();
    const endpoint = await connectTo(makeReceiver(json, { authenticate, onSet }));
    const body = JSON.stringify({ payload: await transmitter.sign() });
    expect((await endpoint.deliver({ headers: { ...JSON_TYPE, 'x-key': 'k' }, body })).status).toBe(202);
    expect((await endpoint.deliver({ headers: JSON_TYPE, body })).status).toBe(401);
    const request = onSet.mock.calls[0]![1] as Request;
    expect([request instanceof Request, request.headers.get('x-key'), request.bodyUsed]).toEqual([true, 'k', true]);
  });
});

/** Sends raw text. Returns everything received until the server closes the connection. */
function exchange(port: number, text: string, onSocket: (socket: Socket) => void = () => undefined): Promise<string> {
  return new Promise((resolve) => {
    let response = '';
    const socket = createConnection(port, '127.0.0.1');
    socket.on('data', (chunk) => (response += chunk));
    // Data is still in flight when the server closes the connection.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(response));
    socket.write(text);
    onSocket(socket);
  });
}
const head = (...lines: string[]): string => `${['POST / HTTP/1.1', 'Host: a', ...lines].join('\r\n')}\r\n\r\n`;
const JSON_LINE = 'Content-Type: application/json';
/** A handler that gets a Request must not cause the body to be read beyond its limits. */
const WAYS: readonly (readonly [name: string, options: Partial<PushReceiverOptions>])[] = [
  ['at once', {}],
  ['after authenticate', { authenticate: () => true }],
];

describe.each(WAYS)('a body over HTTP/1 that is read %s', (_, options) => {
  test('and too large without a declared length gets a 413, and the connection is closed', async () => {
    const port = await listen(toNodeListener(makeReceiver(json, options)));
    const chunk = `c350\r\n${'x'.repeat(50_000)}\r\n`;
    const response = await exchange(port, head(JSON_LINE, 'Transfer-Encoding: chunked'), (socket) => {
      const pump = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', pump);
      pump();
    });
    // The client may lose the response when its own data meets the closed connection.
    expect(response).toMatch(/^(?:HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n[^]*)?$/i);
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 413 }]);
  });

  test('and declared too large gets a 413 before it arrives', async () => {
    const port = await listen(toNodeListener(makeReceiver(json, options)));
    const response = await exchange(port, head(JSON_LINE, 'Content-Length: 10001'));
    expect(response).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
  });

  test('and never arrives gets a 503, and the connection is closed', async () => {
    const port = await listen(toNodeListener(makeReceiver(json, { ...options, bodyTimeoutMs: 30 })));
    const response = await exchange(port, `${head(JSON_LINE, 'Content-Length: 100')}{"a`);
    expect(response).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n/i);
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', message: 'The body did not arrive within 30 ms' }]);
  });

  test('and breaks off is an error, and the server keeps working', async () => {
    const readToken = vi.fn(json);
    const port = await listen(toNodeListener(makeReceiver(readToken, options)));
    const socket = createConnection(port, '127.0.0.1');
    socket.write(`${head(JSON_LINE, 'Content-Length: 100')}{"a`);
    await vi.waitFor(() => expect(readToken).toHaveBeenCalled(), PATIENTLY);
    socket.destroy();
    await vi.waitFor(
      () => expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', message: 'Reading the body failed' }]),
      PATIENTLY,
    );
    const body = JSON.stringify({ payload: await transmitter.sign() });
    expect((await overHttp1(port).deliver({ headers: JSON_TYPE, body })).status).toBe(202);
  });

  test('and left unread by a reader that hangs gets a 503', async () => {
    const hanging = makeReceiver(() => new Promise(() => {}), { ...options, bodyTimeoutMs: 30 });
    const port = await listen(toNodeListener(hanging));
    const response = await exchange(port, `${head(JSON_LINE, 'Content-Length: 100')}{"a`);
    expect(response).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n/i);
    expect(errors).toMatchObject([{ message: 'readToken did not finish within 30 ms' }]);
  });
});

describe('a connection over HTTP/1', () => {
  test('is not used again after a body that the reader did not want', async () => {
    const readToken = vi.fn(form);
    const port = await listen(toNodeListener(makeReceiver(readToken)));
    // A server that took the unread body for the next request would respond to it.
    const body = head('Content-Type: text/plain', 'Content-Length: 0').repeat(2);
    const response = await exchange(port, head(JSON_LINE, `Content-Length: ${body.length}`) + body);
    expect(response.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 415']);
    expect(response).toMatch(/\r\nconnection: close\r\n/i);
    expect(readToken).toHaveBeenCalledOnce();
  });

  test('is replaced by a client that keeps connections, and the next delivery succeeds', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => agent.destroy());
    const endpoint = overHttp1(await listen(toNodeListener(makeReceiver(json))), agent);
    for (const jti of ['a', 'b']) {
      expect((await endpoint.deliver({ headers: FORM_TYPE, body: 'x'.repeat(5_000) })).status).toBe(415);
      const body = JSON.stringify({ payload: await transmitter.sign({ jti }) });
      expect((await endpoint.deliver({ headers: JSON_TYPE, body })).status).toBe(202);
    }
    expect(handled).toEqual(['a', 'b']);
  });

  test.each<[name: string, reader: TokenReader, makeSent: (token: string) => Sent, status: number]>([
    ['a body that was read', json, (payload) => ({ headers: JSON_TYPE, body: JSON.stringify({ payload }) }), 202],
    ['a delivery without a body', bearer, (token) => ({ headers: { authorization: `Bearer ${token}` } }), 202],
    ['a refusal without a body', bearer, () => ({}), 415],
  ])('stays open after %s', async (_, reader, makeSent, status) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => agent.destroy());
    const opened = vi.fn();
    const listener = toNodeListener(makeReceiver(reader));
    const sockets = new Set<unknown>();
    const port = await listen((request, response) => {
      if (!sockets.has(request.socket)) opened();
      sockets.add(request.socket);
      listener(request, response);
    });
    const endpoint = overHttp1(port, agent);
    for (let i = 0; i < 3; i++) {
      expect((await endpoint.deliver(makeSent(await transmitter.sign({ jti: `${i}` })))).status).toBe(status);
    }
    expect(opened).toHaveBeenCalledOnce();
  });
});

describe('a header over HTTP/1 that is sent twice', () => {
  test.each([
    ['the same type', JSON_LINE, 202],
    ['another type', 'Content-Type: text/plain', 415],
  ])('counts as on every other runtime: %s', async (_, second, status) => {
    const port = await listen(toNodeListener(makeReceiver(json)));
    const body = JSON.stringify({ payload: await transmitter.sign() });
    const lines = [JSON_LINE, second, 'Connection: close', `Content-Length: ${body.length}`];
    expect(await exchange(port, head(...lines) + body)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('does not hide a second authorization', async () => {
    const port = await listen(toNodeListener(makeReceiver(bearer)));
    const line = `Authorization: Bearer ${await transmitter.sign()}`;
    expect(await exchange(port, head(line, 'Connection: close'))).toMatch(/^HTTP\/1\.1 202 /);
    expect(await exchange(port, head(line, line, 'Connection: close'))).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a body over HTTP/2', () => {
  test.each<[name: string, options: Partial<PushReceiverOptions>, type: string, status: number]>([
    ['too large', {}, 'application/json', 413],
    ['too slow', { maxBodyBytes: 1_000_000, bodyTimeoutMs: 200 }, 'application/json', 503],
    ['not wanted', {}, 'text/plain', 415],
    ['too large, after authenticate', { authenticate: () => true }, 'application/json', 413],
  ])('that is %s ends its stream, and other streams are served', async (_, options, type, status) => {
    const client = await listen2(makeReceiver(json, options));
    for (let i = 0; i < 5; i++) {
      const stream = client.request({ ':method': 'POST', ':path': '/', 'content-type': type });
      stream.on('error', () => undefined);
      stream.write(Buffer.alloc(60_000, 'x'));
      stream.write(Buffer.alloc(60_000, 'x'));
      expect(await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])))).toBe(
        status,
      );
    }
    await vi.waitFor(() => expect(streams).toBe(0), PATIENTLY);
    const body = JSON.stringify({ payload: await transmitter.sign() });
    expect((await overHttp2(client).deliver({ headers: JSON_TYPE, body })).status).toBe(202);
  });

  test('that breaks off is an error, and leaves nothing open', async () => {
    const client = await listen2(makeReceiver(json));
    const stream = client.request({ ':method': 'POST', ':path': '/', 'content-type': 'application/json' });
    stream.on('error', () => undefined);
    stream.write('{"payload');
    await vi.waitFor(() => expect(streams).toBe(1), PATIENTLY);
    stream.destroy(new Error('enough'));
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 503 }]), PATIENTLY);
    await vi.waitFor(() => expect(streams).toBe(0), PATIENTLY);
    expect(handled).toEqual([]);
  });
});

describe('a body behind a body parser', () => {
  /** Imitates a body parser: reads the body, and leaves what `leave` returns. */
  const parsing =
    (
      readToken: TokenReader,
      leave: (text: string) => unknown,
      options?: Partial<PushReceiverOptions>,
    ): RequestListener =>
    (request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => {
        const listener = toNodeListener(makeReceiver(readToken, options));
        listener(Object.assign(request, { body: leave(text) }) as NodeRequest, response);
      });
    };
  const LEFT: readonly (readonly [name: string, leave: (text: string) => unknown])[] = [
    ['as a string', (text) => text],
    ['as a Buffer', (text) => Buffer.from(text)],
    ['as a Uint8Array', (text) => new TextEncoder().encode(text)],
  ];

  test.each(LEFT)('is received if it was left %s', async (_, leave) => {
    const token = await transmitter.sign({ jti: 'a' });
    const asJson = overHttp1(await listen(parsing(json, leave)));
    expect((await asJson.deliver({ headers: JSON_TYPE, body: `{"payload":"${token}"}` })).status).toBe(202);
    const asForm = overHttp1(await listen(parsing(form, leave)));
    expect((await asForm.deliver({ headers: FORM_TYPE, body: `logout_token=${token}` })).status).toBe(202);
    expect(handled).toEqual(['a', 'a']);
  });

  test.each(LEFT)('gets a 413 if it is too large and was left %s', async (_, leave) => {
    const endpoint = overHttp1(await listen(parsing(json, leave, { maxBodyBytes: 10 })));
    expect((await endpoint.deliver({ headers: JSON_TYPE, body: ['{"payload":"a"}'] })).status).toBe(413);
  });

  test.each<[name: string, reader: TokenReader]>([
    ['that reads it', json],
    ['that swallows the error', async (request) => request.text().catch(() => undefined)],
  ])('gets a 500 if it was parsed, and a reader %s; onError gets the reason', async (_, reader) => {
    const endpoint = overHttp1(await listen(parsing(reader, (text) => JSON.parse(text))));
    const body = JSON.stringify({ payload: await transmitter.sign() });
    expect((await endpoint.deliver({ headers: JSON_TYPE, body })).status).toBe(500);
    expect(errors).toMatchObject([{ name: 'TypeError', message: expect.stringContaining('perhaps by a body parser') }]);
  });

  test('does not matter to a reader of headers', async () => {
    const endpoint = overHttp1(await listen(parsing(bearer, () => ({}))));
    const headers = { authorization: `Bearer ${await transmitter.sign({ jti: 'a' })}`, ...JSON_TYPE };
    expect((await endpoint.deliver({ headers })).status).toBe(202);
    expect((await endpoint.deliver({ headers, body: '{}' })).status).toBe(202);
    expect((await endpoint.deliver({ headers: JSON_TYPE, body: '{}' })).status).toBe(415);
  });
});

test('without a reader, a delivery creates one Request, for the handler', async () => {
  const created = vi.fn();
  class CountedRequest extends Request {
    constructor(...[input, init]: ConstructorParameters<typeof Request>) {
      super(input, init);
      created();
    }
  }
  vi.stubGlobal('Request', CountedRequest);
  try {
    const receive = createPushReceiver({ verify, onSet: () => {} });
    const endpoint = overHttp1(await listen(toNodeListener(receive)));
    const headers = { 'content-type': 'application/secevent+jwt' };
    for (let i = 1; i < 4; i++) {
      expect((await endpoint.deliver({ headers, body: await transmitter.sign() })).status).toBe(202);
      expect(created).toHaveBeenCalledTimes(i);
    }
  } finally {
    vi.unstubAllGlobals();
  }
});

describe('the cost of a reader', () => {
  const octets = (unit: string, times: number): Uint8Array => new TextEncoder().encode(unit.repeat(times));
  test.each<[name: string, reader: TokenReader, headers: Record<string, string>, unit: string]>(
    [
      ...['{"a":', '[', '[],', '"', '\\', ' ', '{}'].map((unit) => ['JSON', json, JSON_TYPE, unit] as const),
      ...['&', 'a&', 'logout_token=&', '%', '%4', '+', '=', '\xff'].map(
        (unit) => ['a form', form, FORM_TYPE, unit] as const,
      ),
    ].map(([...row]) => row),
  )('of %s is linear in the length of its body (%#: %j)', async (_, reader, headers, unit) => {
    const read = async (body: Uint8Array): Promise<unknown> => {
      const request = new Request('https://receiver.example/', { method: 'POST', headers, body: body as BodyInit });
      return Promise.resolve(reader(request)).catch(() => undefined);
    };
    const times = Math.floor(100_000 / unit.length);
    expect(await growthOf(read, octets(unit, times), octets(unit, times * 4))).toBeLessThan(LINEAR);
  });

  test.each(['Bearer', 'Bearer  ', ' ', 'a,', 'application/json,', '\t', ';', '"'])(
    'is linear in the length of a header of %j',
    async (unit) => {
      const read = (value: string): unknown => {
        const request = {
          headers: { get: () => value },
          arrayBuffer: async () => new ArrayBuffer(0),
        } as unknown as Request;
        return [bearer(request), Promise.resolve(json(request)).catch(() => undefined)];
      };
      expect(await growthOf(read, unit.repeat(50_000), unit.repeat(200_000))).toBeLessThan(LINEAR);
    },
  );
});
