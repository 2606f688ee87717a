/** Token readers: what each of them accepts, and what a receiver makes of any reader. Runs on every server runtime. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { SetError, type SetErrorCode } from '../../src/errors.js';
import { createPushReceiver, type PushReceiver, type PushReceiverOptions } from '../../src/receiver/push.js';
import {
  tokenFromAuthorization,
  tokenFromForm,
  tokenFromJson,
  type TokenReader,
} from '../../src/receiver/token-readers.js';
import type { VerifiedSet } from '../../src/set.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, type SetVerifier } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';
import { PATIENTLY } from '../support/timing.js';

const ENDPOINT = 'https://receiver.example/events?a=1';
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

let transmitter: TestTransmitter;
let verify: SetVerifier;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  verify = createVerifier(transmitter.jwks, transmitter);
});

/** Creates a receiver that records which SETs it handled, and which errors it reported. */
function makeReceiver(
  readToken: TokenReader,
  options: Partial<PushReceiverOptions> = {},
): { receive: PushReceiver; handled: string[]; errors: unknown[] } {
  const handled: string[] = [];
  const errors: unknown[] = [];
  const onSet = (set: VerifiedSet): void => void handled.push(set.payload.jti);
  const onError = (error: unknown): void => void errors.push(error);
  return { receive: createPushReceiver({ verify, readToken, onSet, onError, ...options }), handled, errors };
}

/** Creates a delivery. A body of a string gets no content type of its own. */
function post(body: string | Uint8Array | ReadableStream | null, headers: Record<string, string> = JSON_TYPE): Request {
  const octets = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return new Request(ENDPOINT, { method: 'POST', headers, body: octets, duplex: 'half' } as RequestInit);
}

/** Creates a request as on a platform without Request.body, such as Firefox. */
const streamless = (request: Request): Request => Object.defineProperty(request, 'body', { value: undefined });

/** Reads what a transmitter sees of a response. */
async function see(response: Response): Promise<{ status: number; headers: Record<string, string>; body: unknown }> {
  const text = await response.text();
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, body: text === '' ? '' : JSON.parse(text) };
}

const HEADERS = { 'cache-control': 'no-store' };
const REFUSAL_HEADERS = { ...HEADERS, 'content-type': 'application/json', 'content-language': 'en' };
const CLOSING = { connection: 'close' };

/** Gives a floating promise the time to be noticed as an unhandled rejection, which fails the run. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** The forms of a content type that count as this media type. */
const formsOf = (type: string): string[] => [
  type,
  type.toUpperCase(),
  `${type};charset=utf-8`,
  ` ${type}\t ; charset=UTF-8`,
  `${type}, ${type}`,
  `${type}; charset=utf-8,${type}`,
  `${type}; a="b, c"`,
];
/** Content types that are not this media type. */
const othersThan = (type: string): (string | undefined)[] => [
  ...[undefined, '', 'text/plain', 'application/secevent+jwt', `${type}x`, `x${type}`, `${type} x`, type.slice(12)],
  ...[`x, ${type}`, `${type}, x`, `${type},`, `a="${type}"`, type.replace('/', '/x+')],
];
const typed = (body: string, type: string | undefined): Request =>
  post(body, type === undefined ? {} : { 'content-type': type });

describe('tokenFromJson', () => {
  const read = tokenFromJson('payload');

  test.each([
    ['{"payload":"a.b.c"}', 'a.b.c'],
    [' {"other": 1, "payload" :\n"a.b.c", "nested":{"payload":5} }\n', 'a.b.c'],
    ['{"payl\\u006fad":"\\u0061.b.c"}', 'a.b.c'],
    ['{"payload":""}', ''],
    ['{"payload":"é"}', 'é'],
  ])('reads the member of %j', async (body, token) => {
    expect(await read(post(body))).toBe(token);
  });

  test.each(['__proto__', 'constructor', 'toString', 'a b', 'é'])('reads a member called %s', async (member) => {
    expect(await tokenFromJson(member)(post(`{${JSON.stringify(member)}:"a.b.c"}`))).toBe('a.b.c');
  });

  test.each(formsOf('application/json'))('accepts the content type %j', async (type) => {
    expect(await read(typed('{"payload":"a.b.c"}', type))).toBe('a.b.c');
  });

  test.each([...othersThan('application/json'), 'application/problem+json', 'text/json'])(
    'returns undefined for the content type %j, and leaves the body unread',
    async (type) => {
      const request = typed('{"payload":"a.b.c"}', type);
      expect(await read(request)).toBeUndefined();
      expect(request.bodyUsed).toBe(false);
    },
  );

  test('compares media types by ASCII letters only', async () => {
    const request = { headers: new Map([['content-type', 'application/j\u017fon']]) } as unknown as Request;
    expect(await read(request)).toBeUndefined();
  });

  test.each<[name: string, body: string | Uint8Array]>([
    ['empty', ''],
    ['a bare token', 'a.b.c'],
    ['cut off', '{"payload":"a.b.c"'],
    ['followed by more', '{"payload":"a.b.c"}x'],
    ['with single quotes', "{'payload':'a.b.c'}"],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['overlong UTF-8', new Uint8Array([0x22, 0xc0, 0xa2, 0x22])],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0])],
  ])('refuses a body that is %s with ERR_SET_JSON', async (_, body) => {
    const error = await rejectionOf(read(post(body)) as Promise<unknown>);
    expect([error.code, error.message]).toEqual(['ERR_SET_JSON', 'The body is not JSON in UTF-8']);
  });

  test.each([
    ...['null', '5', '"payload"', '["payload"]', '[]', '1e999'],
    ...['{}', '{"Payload":"secret"}', '{"nested":{"payload":"secret"}}'],
    ...[
      '{"payload":null}',
      '{"payload":5}',
      '{"payload":true}',
      '{"payload":["secret"]}',
      '{"payload":{"a":"secret"}}',
    ],
  ])('refuses %s with ERR_SET_INPUT, and names the member', async (body) => {
    const error = await rejectionOf(read(post(body)) as Promise<unknown>);
    expect([error.code, error.message]).toEqual([
      'ERR_SET_INPUT',
      'The body must be a JSON object whose member "payload" is a string',
    ]);
  });

  test.each(['__proto__', 'constructor', 'toString', 'payload'])('refuses an inherited %s', async (member) => {
    // As a library may do it.
    Object.defineProperty(Object.prototype, 'payload', { value: 'a.b.c', configurable: true });
    try {
      const error = await rejectionOf(tokenFromJson(member)(post('{}')) as Promise<unknown>);
      expect(error.code).toBe('ERR_SET_INPUT');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'payload');
    }
  });

  test('refuses JSON that is as deep as it is long', async () => {
    const depth = 100_000;
    for (const body of ['['.repeat(depth), '['.repeat(depth) + ']'.repeat(depth), '{"a":'.repeat(depth)]) {
      const error = await rejectionOf(read(post(body)) as Promise<unknown>);
      expect(error.code).toMatch(/^ERR_SET_(?:JSON|INPUT)$/);
    }
  });
});

describe('tokenFromForm', () => {
  const read = tokenFromForm('logout_token');

  test.each([
    ['logout_token=a.b.c', 'a.b.c'],
    ['a=1&logout_token=a.b.c&b=2', 'a.b.c'],
    ['logout%5Ftoken=a%2Eb.c', 'a.b.c'],
    ['&logout_token=a.b.c&', 'a.b.c'],
    ['logout_token=a=b', 'a=b'],
    ['logout_token=a+b', 'a b'],
    ['logout_token=', ''],
    ['logout_token', ''],
  ])('reads the field of %j', async (body, token) => {
    expect(await read(post(body, FORM_TYPE))).toBe(token);
  });

  test.each(formsOf('application/x-www-form-urlencoded'))('accepts the content type %j', async (type) => {
    expect(await read(typed('logout_token=a.b.c', type))).toBe('a.b.c');
  });

  test.each([...othersThan('application/x-www-form-urlencoded'), 'multipart/form-data; boundary=a'])(
    'returns undefined for the content type %j, and leaves the body unread',
    async (type) => {
      const request = typed('logout_token=a.b.c', type);
      expect(await read(request)).toBeUndefined();
      expect(request.bodyUsed).toBe(false);
    },
  );

  test.each([
    ...['', '&', 'a=1', 'Logout_token=secret', 'logout_tokens=secret', '?logout_token=secret', '{"logout_token":"a"}'],
    ...['logout_token=a&logout_token=a', 'logout_token=a&logout%5ftoken=b', 'logout_token&logout_token='],
  ])('refuses %j with ERR_SET_INPUT, and names the field', async (body) => {
    const error = await rejectionOf(read(post(body, FORM_TYPE)) as Promise<unknown>);
    expect([error.code, error.message]).toEqual([
      'ERR_SET_INPUT',
      'The body must be a form with exactly one field "logout_token"',
    ]);
  });

  test('returns a malformed field for the verifier to refuse', async () => {
    expect(await read(post('logout_token=%', FORM_TYPE))).toBe('%');
    const octets = new Uint8Array([...new TextEncoder().encode('logout_token='), 0xff]);
    expect(await read(post(octets, FORM_TYPE))).toBe('\ufffd');
  });
});

describe('tokenFromAuthorization', () => {
  const read = tokenFromAuthorization();

  test.each([
    ['Bearer a.b.c', 'a.b.c'],
    ['bearer a.b.c', 'a.b.c'],
    ['BEARER    a.b.c', 'a.b.c'],
    ['Bearer a.b.c d', 'a.b.c d'],
    ['Bearer', ''],
    ['Bearer ', ''],
  ])('reads the token of %j', async (authorization, token) => {
    expect(await read(post(null, { authorization }))).toBe(token);
  });

  test.each([undefined, '', 'a.b.c', 'Basic a.b.c', 'Bearera.b.c', 'Bearer\ta.b.c', 'Bearer,a', 'xBearer a', 'DPoP a'])(
    'returns undefined for %j',
    async (authorization) => {
      expect(await read(post(null, authorization === undefined ? {} : { authorization }))).toBeUndefined();
    },
  );
});

describe('a body of tiny members, which would take many times its size to parse', () => {
  const json = tokenFromJson('payload');
  const form = tokenFromForm('logout_token');
  const INPUT = { code: 'ERR_SET_INPUT', message: 'The body has more than 1000 members or escaped characters' };

  test.each<[name: string, make: (count: number) => string]>([
    ['members', (count) => `{${'"a":1,'.repeat(count - 1)}"payload":"t"}`],
    ['arrays', (count) => `{"payload":"t","a":${'['.repeat(count - 2)}${']'.repeat(count - 2)}}`],
  ])('is refused as JSON with more than a thousand %s', async (_, make) => {
    expect(await json(post(make(1_000)))).toBe('t');
    expect(await rejectionOf(Promise.resolve(json(post(make(1_001)))))).toMatchObject(INPUT);
  });

  test.each(['&', 'a&', '+', '%41', 'a=+%41&'])('is refused as a form with more than a thousand %j', async (unit) => {
    const marks = unit.match(/[&+%]/g)!.length;
    const body = (count: number): string => `logout_token=t&b=${unit.repeat(Math.floor(count / marks))}`;
    expect(await form(post(body(995), FORM_TYPE))).toBe('t');
    expect(await rejectionOf(Promise.resolve(form(post(body(1_002), FORM_TYPE))))).toMatchObject(INPUT);
  });
});

describe('the name of a member or a field', () => {
  test.each([[undefined], [null], [''], [5], [['payload']], [{}]])('that is %j is a TypeError at once', (name) => {
    expect(() => tokenFromJson(name as never)).toThrow(TypeError);
    expect(() => tokenFromForm(name as never)).toThrow(TypeError);
  });

  test('is named by the message', () => {
    expect(() => tokenFromJson(undefined as never)).toThrow('member is undefined: it must be a non-empty string');
    expect(() => tokenFromForm(undefined as never)).toThrow('field is undefined: it must be a non-empty string');
  });
});

/** The three forms of a delivery: a reader, and a request with a token. */
const ENVELOPES: readonly (readonly [name: string, reader: TokenReader, wrap: (token: string) => Request])[] = [
  ['JSON', tokenFromJson('payload'), (payload) => post(JSON.stringify({ payload }))],
  [
    'form',
    tokenFromForm('logout_token'),
    (token) => post(String(new URLSearchParams({ logout_token: token })), FORM_TYPE),
  ],
  ['header', tokenFromAuthorization(), (token) => post(null, { authorization: `Bearer ${token}` })],
];

describe.each(ENVELOPES)('a delivery in an envelope (%s)', (_, reader, wrap) => {
  test('is verified and handled, and gets the success status', async () => {
    const { receive, handled, errors } = makeReceiver(reader, { successStatus: 200 });
    const response = await receive(wrap(await transmitter.sign({ jti: 'a' })));
    expect(await see(response)).toEqual({ status: 200, headers: HEADERS, body: '' });
    expect({ handled, errors }).toEqual({ handled: ['a'], errors: [] });
  });

  test('is handled once, however often it arrives and in whatever envelope', async () => {
    const anyOf: TokenReader = async (request) => {
      for (const [, each] of ENVELOPES) {
        const token = await each(request);
        if (token !== undefined) return token;
      }
      return undefined;
    };
    const { receive, handled } = makeReceiver(anyOf);
    const token = await transmitter.sign({ jti: 'a' });
    expect((await receive(wrap(token))).status).toBe(202);
    for (const [, , wrapAgain] of ENVELOPES) expect((await receive(wrapAgain(token))).status).toBe(202);
    expect(handled).toEqual(['a']);
  });

  test('is refused as without an envelope', async () => {
    const { receive, handled, errors } = makeReceiver(reader);
    const token = await transmitter.sign({ aud: 'https://other.example' });
    expect(await see(await receive(wrap(token)))).toMatchObject({ status: 400, body: { err: 'invalid_audience' } });
    expect(await see(await receive(wrap('')))).toMatchObject({ status: 400, body: { err: 'invalid_request' } });
    expect(handled).toEqual([]);
    expect(errors).toMatchObject([{ code: 'ERR_SET_AUDIENCE' }, { code: 'ERR_SET_FORMAT' }]);
  });

  test('reaches the handler with its own request, whose body has been read', async () => {
    const onSet = vi.fn();
    const request = wrap(await transmitter.sign());
    await makeReceiver(reader, { onSet }).receive(request);
    expect(onSet.mock.calls[0]![1]).toBe(request);
    expect(request.bodyUsed).toBe(request.body !== null);
  });

  test('is received where requests have no stream, as in Firefox', async () => {
    const { receive, handled } = makeReceiver(reader);
    expect((await receive(streamless(wrap(await transmitter.sign({ jti: 'a' }))))).status).toBe(202);
    expect(handled).toEqual(['a']);
  });

  test('gets a 405, a 401 or a 415 before its token is read', async () => {
    const readToken = vi.fn(reader);
    const { receive } = makeReceiver(readToken, { authenticate: ({ headers }) => !headers.has('x-stranger') });
    const token = await transmitter.sign();
    expect((await receive(new Request(ENDPOINT))).status).toBe(405);
    const stranger = wrap(token);
    stranger.headers.set('x-stranger', '1');
    expect((await receive(stranger)).status).toBe(401);
    const compressed = wrap(token);
    compressed.headers.set('content-encoding', 'gzip');
    const { status, headers } = await see(await receive(compressed));
    expect([status, headers['accept-encoding']]).toEqual([415, 'identity']);
    expect(readToken).not.toHaveBeenCalled();
  });

  test('is not received by a receiver without a reader', async () => {
    const request = wrap(await transmitter.sign());
    const receive = createPushReceiver({ verify, onSet: () => {} });
    expect((await receive(request)).status).toBe(415);
  });
});

test('a bare token is not received by a receiver with a reader', async () => {
  for (const [, reader] of ENVELOPES) {
    const { receive } = makeReceiver(reader);
    expect((await receive(await transmitter.request(ENDPOINT))).status).toBe(415);
  }
});

describe('what a reader gets', () => {
  test('is a request with the URL, the method, the headers and the body of the delivery', async () => {
    const seen: unknown[] = [];
    const { receive } = makeReceiver(async (request) => {
      seen.push(request instanceof Request, request.url, request.method, request.headers.get('x-key'));
      seen.push(request.bodyUsed, await request.text(), request.bodyUsed);
      return undefined;
    });
    await receive(post('body', { 'x-key': 'k' }));
    expect(seen).toEqual([true, ENDPOINT, 'POST', 'k', false, 'body', true]);
  });

  test.each<[name: string, read: (request: Request) => Promise<string>]>([
    ['its text', (request) => request.text()],
    ['its octets', async (request) => new TextDecoder().decode(await request.arrayBuffer())],
    ['its JSON', async (request) => ((await request.json()) as string[])[0]!],
    ['its form', async (request) => String((await request.formData()).get('a'))],
    ['a copy of it', (request) => request.clone().text()],
    ['a copy of it and then itself', async (request) => (await request.clone().text()) && (await request.text())],
    [
      'its stream',
      async (request) => {
        const reader = request.body!.getReader();
        let text = '';
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return text;
          text += new TextDecoder().decode(value);
        }
      },
    ],
  ])('can be read by %s', async (name, read) => {
    const token = await transmitter.sign({ jti: 'a' });
    const body = name === 'its JSON' ? JSON.stringify([token]) : name === 'its form' ? `a=${token}` : token;
    const { receive, handled } = makeReceiver(read);
    expect((await receive(post(body, FORM_TYPE))).status).toBe(202);
    expect(handled).toEqual(['a']);
  });

  test('is an empty body if the delivery has none', async () => {
    const seen: unknown[] = [];
    const { receive } = makeReceiver(async (request) => void seen.push(await request.text()) as undefined);
    await receive(post(null));
    await receive(post(''));
    await receive(streamless(post(null)));
    await receive(post(new ReadableStream({ start: (controller) => controller.close() })));
    expect(seen).toEqual(['', '', '', '']);
  });

  test('is not read before it asks', async () => {
    let isPulled = false;
    const pull = (controller: ReadableStreamDefaultController): void => {
      isPulled = true;
      controller.close();
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    const seen: boolean[] = [];
    const { receive } = makeReceiver(async (request) => {
      await settle();
      seen.push(isPulled);
      await request.text();
      return void seen.push(isPulled) as undefined;
    });
    await receive(post(body));
    expect(seen).toEqual([false, true]);
  });

  // Deno and Bun make a URL of any Host header. The constructor of Request refuses these, but not in every runtime.
  test.each(['http://a b/', 'http://[/', '/events'])(
    'is a request even if the URL of the delivery is %s',
    async (url) => {
      const request = Object.defineProperty(post(JSON.stringify({ payload: await transmitter.sign() })), 'url', {
        value: url,
      });
      const readToken = vi.fn(tokenFromJson('payload'));
      expect((await makeReceiver(readToken).receive(request)).status).toBe(202);
      expect(['http://localhost/', url]).toContain(readToken.mock.calls[0]![0].url);
    },
  );
});

describe('a reader that returns', () => {
  test('undefined leads to a 415 that says why, and the body is not read', async () => {
    const cancel = vi.fn();
    const pull = vi.fn();
    const body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
    const { receive, errors } = makeReceiver(() => undefined);
    expect(await see(await receive(post(body)))).toEqual({
      status: 415,
      headers: REFUSAL_HEADERS,
      body: { err: 'invalid_request', description: 'The request does not contain a token in an accepted form' },
    });
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 415 }]);
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), PATIENTLY);
    expect(pull).not.toHaveBeenCalled();
  });

  test('a token without reading the body leads to a success, and the body is canceled', async () => {
    const cancel = vi.fn();
    const body = new ReadableStream({ cancel }, { highWaterMark: 0 });
    const token = await transmitter.sign();
    const { receive } = makeReceiver(tokenFromAuthorization());
    expect((await receive(post(body, { authorization: `Bearer ${token}` }))).status).toBe(202);
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), PATIENTLY);
  });

  test('a token while the body is still arriving leads to a success, and the body is canceled', async () => {
    const cancel = vi.fn();
    let hasBegun: (_: unknown) => void = () => undefined;
    const begun = new Promise((resolve) => (hasBegun = resolve));
    const pull = (): Promise<void> => (hasBegun(undefined), new Promise(() => {}));
    const token = await transmitter.sign();
    const settled = vi.fn();
    const { receive } = makeReceiver(async (request) => {
      // A part of the body must not pass for all of it, and a promise that is left alone must not reject.
      void request.text().finally(settled);
      await begun;
      return token;
    });
    const response = await receive(post(new ReadableStream({ pull, cancel }, { highWaterMark: 0 })));
    expect(response.status).toBe(202);
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), PATIENTLY);
    await settle();
    expect(settled).not.toHaveBeenCalled();
  });

  test.each<[name: string, value: unknown]>([
    ['null', null],
    ['a number', 5],
    ['a list', ['a.b.c']],
    ['a boxed string', Object('a.b.c')],
    ['bytes', new Uint8Array(3)],
    ['a promise of an object', Promise.resolve({})],
  ])('%s leads to a 500', async (_, value) => {
    const { receive, errors } = makeReceiver((() => value) as TokenReader);
    expect(await see(await receive(post('x')))).toEqual({ status: 500, headers: HEADERS, body: '' });
    expect(errors).toEqual([new TypeError('readToken must return a string or undefined')]);
  });
});

describe('a reader that throws', () => {
  test.each<[name: string, fail: TokenReader]>([
    [
      'at once',
      () => {
        throw new Error('a secret');
      },
    ],
    ['later', () => Promise.reject(new Error('a secret'))],
    [
      'after it has read the body',
      async (request) => {
        await request.text();
        throw new Error('a secret');
      },
    ],
  ])('%s leads to a 500 with an empty body', async (_, fail) => {
    const { receive, errors } = makeReceiver(fail);
    expect(await see(await receive(post('x')))).toEqual({ status: 500, headers: HEADERS, body: '' });
    expect(errors).toEqual([new Error('a secret')]);
  });

  test.each<[code: SetErrorCode, status: number, description: string]>([
    ['ERR_SET_INPUT', 400, 'The request does not contain a token as a UTF-8 string'],
    ['ERR_SET_JSON', 400, 'The body or a part of the token is not a JSON object in UTF-8'],
    ['ERR_SET_FORMAT', 400, 'The token is not a JWS in compact serialization'],
    ['ERR_SET_TOO_LARGE', 413, 'The token is too large'],
  ])('%s leads to a %i with a fixed sentence', async (code, status, description) => {
    const error = new SetError(code, 'a secret');
    const { receive, errors } = makeReceiver(() => Promise.reject(error));
    expect(await see(await receive(post('x')))).toEqual({
      status,
      headers: REFUSAL_HEADERS,
      body: { err: 'invalid_request', description },
    });
    expect(errors).toEqual([error]);
  });

  test.each<[error: SetError, retryAfter: string]>([
    [new SetError('ERR_SET_DELIVERY', 'a secret'), '5'],
    [new SetError('ERR_SET_JWKS', 'a secret', { retryAfterSeconds: 20 }), '20'],
    [new SetError('ERR_SET_INPUT', 'a secret', { retryAfterSeconds: 7 }), '7'],
  ])('%o leads to a 503', async (error, retryAfter) => {
    const { receive, errors } = makeReceiver(() => Promise.reject(error));
    expect(await see(await receive(post('x')))).toEqual({
      status: 503,
      headers: { ...HEADERS, 'retry-after': retryAfter },
      body: '',
    });
    expect(errors).toEqual([error]);
  });
});

/** Readers that differ in what they make of a body that fails. */
const HANDLINGS: readonly (readonly [name: string, wrap: (read: TokenReader) => TokenReader])[] = [
  ['passes the error on', (read) => read],
  [
    'wraps the error',
    (read) => (request) =>
      Promise.resolve(read(request)).catch((cause) => Promise.reject(new Error('mine', { cause }))),
  ],
  [
    'throws a SetError of its own',
    (read) => (request) =>
      Promise.resolve(read(request)).catch(() => Promise.reject(new SetError('ERR_SET_ISSUER', 'mine'))),
  ],
  ['returns undefined', (read) => (request) => Promise.resolve(read(request)).catch(() => undefined)],
  ['returns a token', (read) => (request) => Promise.resolve(read(request)).catch(() => transmitter.sign())],
  ['never ends', (read) => (request) => Promise.resolve(read(request)).catch(() => new Promise<undefined>(() => {}))],
  [
    'does not wait for the body',
    (read) => async (request) => {
      let hasFailed: (_: unknown) => void = () => undefined;
      const failed = new Promise((resolve) => (hasFailed = resolve));
      Promise.resolve(read(request)).catch(hasFailed);
      await failed;
      return transmitter.sign();
    },
  ],
];

describe.each(HANDLINGS)('if a body fails, and the reader %s', (_, wrap) => {
  const reader = wrap(tokenFromJson('payload'));

  test('the response is 413 for a body that is too large', async () => {
    let pulled = 0;
    const cancel = vi.fn();
    const pull = (controller: ReadableStreamDefaultController): void => {
      pulled++;
      controller.enqueue(new Uint8Array(100));
    };
    const { receive, handled, errors } = makeReceiver(reader, { maxBodyBytes: 1_000 });
    expect(await see(await receive(post(new ReadableStream({ pull, cancel }))))).toEqual({
      status: 413,
      headers: { ...REFUSAL_HEADERS, ...CLOSING },
      body: { err: 'invalid_request', description: 'The body is too large' },
    });
    expect(errors).toMatchObject([
      { code: 'ERR_SET_DELIVERY', status: 413, message: 'The body is larger than 1000 bytes' },
    ]);
    expect(handled).toEqual([]);
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), PATIENTLY);
    expect(pulled).toBeLessThan(20);
  });

  test('the response is 413 for a body that is declared too large, and is not read', async () => {
    const pull = vi.fn();
    const request = post(new ReadableStream({ pull }, { highWaterMark: 0 }), { ...JSON_TYPE, 'content-length': '101' });
    const { receive, errors } = makeReceiver(reader, { maxBodyBytes: 100 });
    expect((await receive(request)).status).toBe(413);
    expect(errors).toMatchObject([{ status: 413, message: 'The body is larger than 100 bytes' }]);
    expect(pull).not.toHaveBeenCalled();
  });

  test('the response is 413 where requests have no stream, as in Firefox', async () => {
    const { receive } = makeReceiver(reader, { maxBodyBytes: 100 });
    expect((await receive(streamless(post('x'.repeat(101))))).status).toBe(413);
  });

  test('the response is 503 for a body that breaks off', async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('a secret')) });
    const { receive, errors } = makeReceiver(reader);
    expect(await see(await receive(post(broken)))).toEqual({
      status: 503,
      headers: { ...HEADERS, ...CLOSING, 'retry-after': '5' },
      body: '',
    });
    expect(errors).toMatchObject([
      { code: 'ERR_SET_DELIVERY', message: 'Reading the body failed', cause: { message: 'a secret' } },
    ]);
  });

  test('the response is 503 for a body that does not arrive in time', async () => {
    const cancel = vi.fn();
    const { receive, handled, errors } = makeReceiver(reader, { bodyTimeoutMs: 30 });
    expect(await see(await receive(post(new ReadableStream({ cancel }))))).toEqual({
      status: 503,
      headers: { ...HEADERS, ...CLOSING, 'retry-after': '5' },
      body: '',
    });
    expect(errors).toMatchObject([
      { code: 'ERR_SET_DELIVERY', status: 503, message: 'The body did not arrive within 30 ms' },
    ]);
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), PATIENTLY);
    await settle();
    expect([handled, errors.length]).toEqual([[], 1]);
  });

  test('the response is 500 for a body that something else has read', async () => {
    const request = post('{"payload":"a.b.c"}');
    await request.text();
    const { receive, errors } = makeReceiver(reader);
    expect(await see(await receive(request))).toEqual({ status: 500, headers: HEADERS, body: '' });
    expect(errors).toMatchObject([{ name: 'TypeError', message: expect.stringContaining('was read before') }]);
  });
});

test('a body of exactly the largest size is read', async () => {
  const body = JSON.stringify({ payload: await transmitter.sign() });
  const receiverFor = (maxBodyBytes: number): PushReceiver =>
    makeReceiver(tokenFromJson('payload'), { maxBodyBytes }).receive;
  for (const wrap of [(request: Request) => request, streamless]) {
    expect((await receiverFor(body.length)(wrap(post(body)))).status).toBe(202);
    expect((await receiverFor(body.length - 1)(wrap(post(body)))).status).toBe(413);
  }
});

describe('a reader that takes too long', () => {
  const LATE = { status: 503, headers: { ...HEADERS, ...CLOSING, 'retry-after': '5' }, body: '' };
  const ERROR = { code: 'ERR_SET_DELIVERY', status: 503, message: 'readToken did not finish within 30 ms' };

  test.each<[name: string, finish: () => Promise<string>]>([
    ['a token', () => transmitter.sign()],
    ['an error', () => Promise.reject(new Error('late'))],
  ])('leads to a 503, and %s that comes later is ignored', async (_, finish) => {
    let goOn: () => void = () => undefined;
    const finished = vi.fn();
    const { receive, handled, errors } = makeReceiver(
      () => new Promise<void>((resolve) => (goOn = resolve)).then(finish).finally(finished),
      { bodyTimeoutMs: 30 },
    );
    expect(await see(await receive(post('x')))).toEqual(LATE);
    goOn();
    await vi.waitFor(() => expect(finished).toHaveBeenCalledOnce(), PATIENTLY);
    await settle();
    expect(handled).toEqual([]);
    expect(errors).toMatchObject([ERROR]);
  });

  test('leads to a 503 even after it has read the body', async () => {
    const { receive, errors } = makeReceiver((request) => request.text().then(() => new Promise(() => {})), {
      bodyTimeoutMs: 30,
    });
    expect(await see(await receive(post('x')))).toEqual(LATE);
    expect(errors).toMatchObject([ERROR]);
  });

  test('gets an error from a body that it waits for', async () => {
    const failed = vi.fn();
    const reader: TokenReader = (request) => request.text().catch((error: unknown) => (failed(error), undefined));
    const { receive } = makeReceiver(reader, { bodyTimeoutMs: 30 });
    expect((await receive(post(new ReadableStream()))).status).toBe(503);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce(), PATIENTLY);
  });

  test('cannot read the body afterwards', async () => {
    const outcome = vi.fn();
    let goOn: () => void = () => undefined;
    const reader: TokenReader = async (request) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      return request.text().then(outcome, outcome);
    };
    const { receive } = makeReceiver(reader, { bodyTimeoutMs: 30 });
    expect((await receive(post('{}'))).status).toBe(503);
    goOn();
    await vi.waitFor(() => expect(outcome).toHaveBeenCalledOnce(), PATIENTLY);
    expect(outcome.mock.calls[0]![0]).toMatchObject({ message: 'The body can be read only while readToken runs' });
  });

  test('is not called if the whole body must be read first and does not arrive', async () => {
    const reader = vi.fn(() => undefined);
    const { receive } = makeReceiver(reader, { bodyTimeoutMs: 30 });
    const request = Object.defineProperties(post('x'), {
      body: { value: undefined },
      arrayBuffer: { value: () => new Promise(() => {}) },
    });
    expect((await receive(request)).status).toBe(503);
    expect(reader).not.toHaveBeenCalled();
  });
});
