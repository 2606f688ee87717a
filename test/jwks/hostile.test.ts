/** Remote key sets with a server that is hostile, broken or down: over real sockets, with the platform's own fetch. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SetErrorCode } from '../../src/errors.js';
import { createRemoteJwks } from '../../src/jwks/remote.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';
import { type Answer, startServer, type TestServer } from '../support/server.js';
import { PATIENTLY } from '../support/timing.js';

/** Ten times what a good response takes, even on a busy machine. Each response that stalls costs it twice. */
const TIMEOUT_MS = 1_500;
const MAX_BYTES = 262_144;
const JSON_TYPE = { 'content-type': 'application/json' };

let server: TestServer;
let transmitter: TestTransmitter;
let token: string;
let weak: object;
const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  const short = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const pair = crypto.subtle.generateKey(short, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
  [server, transmitter] = await Promise.all([startServer(), createTestTransmitter()]);
  weak = await crypto.subtle.exportKey('jwk', (await pair).publicKey);
  token = await transmitter.sign();
});

afterAll(async () => {
  await server.close();
  process.off('unhandledRejection', note);
});

/** Creates an answer with status 200 and this body. */
function ok(body: string | Uint8Array | (() => string)): Answer {
  return (response) => response.writeHead(200, JSON_TYPE).end(typeof body === 'function' ? body() : body);
}

function status(code: number, headers: Record<string, string> = {}): Answer {
  // The body has the right keys, which must not count.
  return (response) =>
    response.writeHead(code, headers).end(code === 204 || code === 304 ? undefined : JSON.stringify(transmitter.jwks));
}

const redirect = (code: number): Answer => status(code, { location: '/target' });

/** Writes a chunk repeatedly, as fast as it is read, until the client disconnects. */
function writeOn(response: ServerResponse, chunk: string | Buffer): void {
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
}

/** Sends a byte every 10 ms until the client disconnects. */
function drip(response: ServerResponse): void {
  response.writeHead(200, JSON_TYPE);
  const timer = setInterval(() => response.write(' '), 10);
  response.once('close', () => clearInterval(timer));
}

const keysText = (): string => JSON.stringify(transmitter.jwks);

const REFUSED: Record<string, Answer> = {
  'a redirect with 301': redirect(301),
  'a redirect with 302': redirect(302),
  'a redirect with 303': redirect(303),
  'a redirect with 307': redirect(307),
  'a redirect with 308': redirect(308),
  'a 300 without a location': status(300),
  'a 201': status(201),
  'a 204': status(204),
  'a 206': status(206),
  'a 304': status(304),
  'a 401': status(401, { 'www-authenticate': 'Basic realm="x"' }),
  'a 404': status(404),
  'a 429': status(429, { 'retry-after': '1' }),
  'a 500': status(500),
  'a 503': status(503),
  'a 404 that never ends': (response) => writeOn(response.writeHead(404), 'x'.repeat(65_536)),
  HTML: (response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>'),
  'an empty body': ok(''),
  'white space': ok(' \n'),
  'truncated JSON': ok(() => keysText().slice(0, -1)),
  'JSON with text after it': ok(() => `${keysText()} x`),
  null: ok('null'),
  'a number': ok('1'),
  'a string': ok('"keys"'),
  'a list': ok('[]'),
  'a list of keys': ok(() => JSON.stringify(transmitter.jwks.keys)),
  'a single key': ok(() => JSON.stringify(transmitter.jwks.keys[0])),
  '{}': ok('{}'),
  '{"keys":{}}': ok('{"keys":{}}'),
  '{"keys":null}': ok('{"keys":null}'),
  '{"keys":"x"}': ok('{"keys":"x"}'),
  '{"Keys":[]}': ok('{"Keys":[]}'),
  'keys in "__proto__"': ok(() => `{"__proto__":${keysText()}}`),
  'invalid UTF-8': ok(Buffer.from('7b226b657973223a5b5d2c2278223a22ff227d', 'hex')),
  'UTF-16': ok(Buffer.from('\ufeff{"keys":[]}', 'utf16le')),
  'more than maxBodyBytes, with content-length': (response) => {
    const body = ' '.repeat(MAX_BYTES + 1 - keysText().length) + keysText();
    response.writeHead(200, { ...JSON_TYPE, 'content-length': String(body.length) }).end(body);
  },
  'more than maxBodyBytes, in chunks': (response) => {
    response.writeHead(200, JSON_TYPE).write(' '.repeat(MAX_BYTES));
    response.end(keysText());
  },
  'an endless body': (response) => writeOn(response.writeHead(200, JSON_TYPE), ' '.repeat(16_384)),
  'a gzip bomb': (response) =>
    response
      .writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' })
      .end(gzipSync(Buffer.alloc(64 * 1_048_576, ' '))),
  'broken gzip': (response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end('not gzip'),
  'truncated gzip': (response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(gzipSync(keysText()).subarray(0, -12));
  },
  'headers that never arrive': () => undefined,
  'headers without a body': (response) => response.writeHead(200, JSON_TYPE).flushHeaders(),
  'a body that stalls': (response) => response.writeHead(200, JSON_TYPE).write('{"ke'),
  'a body that stalls after all its keys': (response) => response.writeHead(200, JSON_TYPE).write(keysText()),
  'a slow drip': drip,
  'a connection reset before the headers': (_, request) => void request.socket.resetAndDestroy(),
  'a connection reset in the middle of the body': (response, request) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': '1000' }).write(keysText().slice(0, 100));
    setTimeout(() => request.socket.resetAndDestroy(), 10);
  },
  'a connection closed in the middle of the body': (response, request) => {
    response.writeHead(200, JSON_TYPE).write(keysText());
    setTimeout(() => request.socket.end(), 10);
  },
  'a protocol other than HTTP': (_, request) => void request.socket.end('220 mail.example ESMTP\r\n'),
  'headers of 600,000 bytes': (_, request) => {
    request.socket.write('HTTP/1.1 200 OK\r\n');
    request.socket.end('x: y\r\n'.repeat(100_000));
  },
  'brackets, 200,000 deep': ok('['.repeat(200_000)),
  'brackets, 100,000 deep and closed': ok('['.repeat(100_000) + ']'.repeat(100_000)),
  'objects, 40,000 deep': ok('{"a":'.repeat(40_000)),
};

/** Creates a verifier whose keys come from the server, with a clock that the test can set. */
function makeReceiver(path: string) {
  const clock = { now: Date.now() };
  const keys = createRemoteJwks(server.url + path, {
    timeoutMs: TIMEOUT_MS,
    maxBodyBytes: MAX_BYTES,
    now: () => clock.now,
  });
  return { clock, keys, verify: createVerifier(keys, { issuer: transmitter.issuer, audience: transmitter.audience }) };
}

/** Waits until the client has ended every request. */
async function expectNothingOpen(): Promise<void> {
  await vi.waitFor(() => expect(server.open()).toBe(0), PATIENTLY);
}

describe.each(Object.entries(REFUSED))('%s', (_name, answer) => {
  test('is ERR_SET_JWKS in time, leaves nothing open, and a good response later works', async () => {
    const { clock, keys, verify } = makeReceiver('/keys');
    server.paths.length = 0;
    server.answer = (response, request) =>
      request.url === '/keys' ? answer(response, request) : ok(keysText)(response, request);
    const begun = performance.now();
    expect((await rejectionOf(verify(token))).code).toBe('ERR_SET_JWKS');
    // Much longer than the timeout, for slow machines, but not forever.
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS + 15_000);
    expect(new Set(server.paths)).toEqual(new Set(['/keys']));
    expect(keys.current).toBeUndefined();
    await expectNothingOpen();

    server.answer = ok(keysText);
    clock.now += 1_000;
    expect((await verify(token)).payload.iss).toBe(transmitter.issuer);

    // Keys that were fetched survive the same response.
    server.answer = answer;
    expect((await rejectionOf(keys.refresh())).code).toBe('ERR_SET_JWKS');
    expect(keys.current).toEqual(transmitter.jwks);
    clock.now += 600_000;
    await verify(token);
    await expectNothingOpen();
  });
});

/** Answers with key sets, and the code with which a token is then refused; without one it is accepted. */
const KEY_SETS: Record<string, readonly [answer: Answer, code?: SetErrorCode]> = {
  'an empty set': [ok('{"keys":[]}'), 'ERR_SET_JWKS'],
  'a set of junk': [ok('{"keys":[null,1,"x",[],[[]],{},true]}'), 'ERR_SET_JWKS'],
  'a key nested 40,000 deep': [ok(`{"keys":[${'['.repeat(40_000)}${']'.repeat(40_000)}]}`), 'ERR_SET_JWKS'],
  'a weak key and a secret with the kid': [
    ok(() => {
      const { kid } = transmitter.jwks.keys[0]!;
      return JSON.stringify({
        keys: [
          { ...weak, kid },
          { kty: 'oct', kid, k: 'c2VjcmV0', alg: 'RS256' },
        ],
      });
    }),
    'ERR_SET_JWKS',
  ],
  'a weak key and a secret before the good key': [
    ok(() => {
      const good = transmitter.jwks.keys[0]!;
      return JSON.stringify({
        keys: [{ ...weak, kid: good.kid }, { kty: 'oct', kid: good.kid, k: 'c2VjcmV0', alg: 'RS256' }, good],
      });
    }),
  ],
  'a byte order mark': [ok(() => `\ufeff${keysText()}`)],
  'another content type': [
    (response) => response.writeHead(200, { 'content-type': 'text/plain; charset=utf-16' }).end(keysText()),
  ],
  'no content type': [(response) => response.writeHead(200).end(keysText())],
  gzip: [(response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(gzipSync(keysText()))],
  'exactly maxBodyBytes': [ok(() => ' '.repeat(MAX_BYTES - keysText().length) + keysText())],
  'a "__proto__" beside the keys': [ok(() => `{"__proto__":{"keys":[],"polluted":1},${keysText().slice(1)}`)],
  'a "__proto__" in a key': [ok(() => keysText().replace('[{', '[{"__proto__":{"kid":"x","polluted":1},'))],
  'a set with other members': [ok(() => `{"then":1,"length":0,"kid":null,${keysText().slice(1)}`)],
  '10,000 keys': [
    ok(() =>
      JSON.stringify({
        keys: [...Array.from({ length: 10_000 }, (_, i) => ({ kid: `k${i}` })), transmitter.jwks.keys[0]],
      }),
    ),
  ],
  'ten keys with one kid, the last of which is right': [
    ok(() => {
      const good = transmitter.jwks.keys[0]!;
      const n = (i: number): string => `${good.n!.slice(0, -4)}AAA${'EIMQUYcgko'[i]}`;
      return JSON.stringify({ keys: [...Array.from({ length: 9 }, (_, i) => ({ ...good, n: n(i) })), good] });
    }),
  ],
};

test.each(Object.entries(KEY_SETS))('%s: %s', async (_name, [answer, code]) => {
  const { keys, verify } = makeReceiver('/keys');
  server.answer = answer;
  if (code) expect((await rejectionOf(verify(token))).code).toBe(code);
  else expect((await verify(token)).payload.iss).toBe(transmitter.issuer);
  if (code) expect(keys.current).toBeUndefined();
  else expect(keys.current).toBeDefined();
  expect({}).not.toHaveProperty('polluted');
  await expectNothingOpen();
});

test('two keys with one kid, the second of which is right', async () => {
  const { verify } = makeReceiver('/keys');
  const wrong = (await createTestTransmitter()).jwks.keys[0]!;
  const good = transmitter.jwks.keys[0]!;
  server.answer = ok(JSON.stringify({ keys: [{ ...wrong, kid: good.kid }, good] }));
  await verify(token);
});

test('a server that is down is ERR_SET_JWKS, and works again when it is back', async () => {
  const stopped = await startServer();
  const clock = { now: Date.now() };
  const keys = createRemoteJwks(`${stopped.url}/keys`, { timeoutMs: TIMEOUT_MS, now: () => clock.now });
  await stopped.close();
  const error = await rejectionOf(keys.refresh());
  expect(error.code).toBe('ERR_SET_JWKS');
  expect(error.cause).toBeInstanceOf(TypeError);
  const back = await startServer(Number(new URL(stopped.url).port));
  back.answer = ok(keysText);
  clock.now += 1_000;
  await createVerifier(keys, { issuer: transmitter.issuer, audience: transmitter.audience })(token);
  await back.close();
});

test('a host without an address is ERR_SET_JWKS', async () => {
  expect(
    (await rejectionOf(createRemoteJwks('https://transmitter.invalid/keys', { timeoutMs: TIMEOUT_MS }).refresh())).code,
  ).toBe('ERR_SET_JWKS');
});

test('TLS with a server that does not support it is ERR_SET_JWKS', async () => {
  const keys = createRemoteJwks(`${server.url.replace('http', 'https')}/keys`, { timeoutMs: TIMEOUT_MS });
  expect((await rejectionOf(keys.refresh())).code).toBe('ERR_SET_JWKS');
});

test('the request is a GET with the given headers', async () => {
  const seen: unknown[] = [];
  server.answer = (response, request) => {
    seen.push(request.method, request.headers.accept, request.headers.authorization);
    ok(keysText)(response, request);
  };
  await createRemoteJwks(`${server.url}/keys`, { headers: { authorization: 'Bearer x' } }).refresh();
  expect(seen).toEqual(['GET', 'application/json', 'Bearer x']);
});

test('no test above left an unhandled rejection', async () => {
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(rejections).toEqual([]);
});
