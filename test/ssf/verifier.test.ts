/** createSsfVerifier, with a local transmitter: its configuration, its keys, and the rules of Shared Signals. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SetError } from '../../src/errors.js';
import type { FetchLike } from '../../src/http.js';
import { readEvent } from '../../src/events/read.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createSsfVerifier, streamUpdated, verification } from '../../src/vocabularies/ssf.js';
import { rejectionOf } from '../support/refusals.js';
import { startServer, type TestServer } from '../support/server.js';

const AUDIENCE = 'https://receiver.example/events';
const WELL_KNOWN = '/.well-known/ssf-configuration';

let server: TestServer;
let transmitter: TestTransmitter;
let issuer: string;
let configuration: Record<string, unknown>;
beforeAll(async () => {
  server = await startServer();
  issuer = `${server.url}/tenant/1`;
  transmitter = await createTestTransmitter({ issuer, audience: AUDIENCE });
});
afterAll(() => server.close());
afterEach(() => void vi.useRealTimers());

beforeEach(() => {
  configuration = {
    issuer,
    jwks_uri: `${server.url}/keys`,
    spec_version: '1_0',
    delivery_methods_supported: ['urn:ietf:rfc:8935'],
  };
  server.paths.length = 0;
  server.answer = (response, { url }) => {
    const body = url === `${WELL_KNOWN}/tenant/1` ? configuration : url === '/keys' ? transmitter.jwks : undefined;
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
});

const verifier = (options: object = {}): ReturnType<typeof createSsfVerifier> =>
  createSsfVerifier({ issuer, audience: AUDIENCE, ...options });
const sign = (claims: object = {}, header: object = {}): Promise<string> =>
  transmitter.sign(
    { sub_id: { format: 'opaque', id: 'stream' }, events: { [verification.type]: { state: 's' } }, ...claims },
    header,
  );

/** Returns the error of a verifier when the server does not respond at a path, with a fake clock. */
async function refusalInTime(path: string): Promise<SetError> {
  const { answer } = server;
  server.answer = (response, request) => request.url !== path && answer(response, request);
  const token = await sign();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isRefused = false;
  const refusal = rejectionOf(verifier({ timeoutMs: 200 })(token)).finally(() => (isRefused = true));
  while (!server.paths.includes(path)) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(199);
  expect(isRefused).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  return refusal;
}

describe('createSsfVerifier', () => {
  test('discovers the keys through the configuration of the issuer', async () => {
    const set = await verifier()(await sign());
    expect(readEvent(set, verification)).toEqual({ state: 's' });
    expect(server.paths).toEqual([`${WELL_KNOWN}/tenant/1`, '/keys']);
  });

  test('fetches nothing before the first token', () => {
    verifier();
    expect(server.paths).toEqual([]);
  });

  test('fetches the configuration once for all waiting callers, and caches it with the keys', async () => {
    const verify = verifier();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => sign()));
    await Promise.all(tokens.map(verify));
    await verify(tokens[0]!);
    expect(server.paths).toEqual([`${WELL_KNOWN}/tenant/1`, '/keys']);
  });

  test.each<[issuer: string, url: string]>([
    ['https://t.example', 'https://t.example/.well-known/ssf-configuration'],
    ['https://t.example/', 'https://t.example/.well-known/ssf-configuration'],
    ['https://t.example/tenant', 'https://t.example/.well-known/ssf-configuration/tenant'],
    ['https://t.example/tenant/1/', 'https://t.example/.well-known/ssf-configuration/tenant/1'],
    ['https://t.example:8443/tenant', 'https://t.example:8443/.well-known/ssf-configuration/tenant'],
  ])('fetches the configuration of %s from %s', async (of, url) => {
    const urls: string[] = [];
    const fetch: FetchLike = async (each) => {
      urls.push(each);
      return Response.json(each === url ? { issuer: of, jwks_uri: 'https://keys.example/jwks' } : transmitter.jwks);
    };
    const set = await createSsfVerifier({ issuer: of, audience: AUDIENCE, fetch })(await sign({ iss: of }));
    expect(set.payload.iss).toBe(of);
    expect(urls).toEqual([url, 'https://keys.example/jwks']);
  });

  test.each<[name: string, named: () => unknown, code: string]>([
    ['another issuer', () => 'https://other.example', 'ERR_SET_JWKS'],
    ['the issuer with a slash', () => `${issuer}/`, 'ERR_SET_JWKS'],
    // Without an issuer it is not a configuration, but perhaps a maintenance page: the token may be valid.
    ['no issuer', () => undefined, 'ERR_SET_JWKS'],
    ['a list with the issuer', () => [issuer], 'ERR_SET_JWKS'],
  ])('refuses a configuration that names %s', async (_, named, code) => {
    configuration = { ...configuration, issuer: named() };
    const error = await rejectionOf(verifier()(await sign()));
    expect(error.code).toBe(code);
    expect(server.paths).toEqual([`${WELL_KNOWN}/tenant/1`]);
  });

  test.each([
    undefined,
    null,
    5,
    '',
    { href: 'https://keys.example' },
    'keys',
    'http://keys.example/jwks',
    'file:///etc/passwd',
    'https://a:b@keys.example',
  ])('refuses a configuration with the jwks_uri %j', async (jwks_uri) => {
    configuration = { ...configuration, jwks_uri };
    expect((await rejectionOf(verifier()(await sign()))).code).toBe('ERR_SET_JWKS');
    expect(server.paths).toEqual([`${WELL_KNOWN}/tenant/1`]);
  });

  test('does not fetch keys over http from this machine for an issuer elsewhere', async () => {
    const fetch = vi.fn<FetchLike>(async () =>
      Response.json({ issuer: 'https://t.example', jwks_uri: `${server.url}/keys` }),
    );
    const verify = createSsfVerifier({ issuer: 'https://t.example', audience: AUDIENCE, fetch });
    expect((await rejectionOf(verify(await sign({ iss: 'https://t.example' })))).code).toBe('ERR_SET_JWKS');
    expect(fetch).toHaveBeenCalledOnce();
  });

  test.each<[name: string, answer: TestServer['answer']]>([
    ['404', (response) => response.writeHead(404).end()],
    ['a redirect', (response) => response.writeHead(302, { location: '/keys' }).end()],
    ['not JSON', (response) => response.end('<html>')],
    ['null', (response) => response.end('null')],
    ['a list', (response) => response.end('[]')],
  ])('reports ERR_SET_JWKS when the configuration is %s', async (_, answer) => {
    server.answer = answer;
    expect((await rejectionOf(verifier()(await sign()))).code).toBe('ERR_SET_JWKS');
  });

  test('reports ERR_SET_JWKS when the configuration does not arrive in time', async () => {
    expect((await refusalInTime(`${WELL_KNOWN}/tenant/1`)).code).toBe('ERR_SET_JWKS');
  });

  test.each(['the configuration', 'the keys'])('limits the size of %s', async (name) => {
    const { answer } = server;
    server.answer = (response, request) => {
      if ((request.url === '/keys') === (name === 'the keys'))
        response.end(JSON.stringify({ ...configuration, ...transmitter.jwks, more: 'x'.repeat(300_000) }));
      else answer(response, request);
    };
    expect(await rejectionOf(verifier()(await sign()))).toMatchObject({
      code: 'ERR_SET_JWKS',
      message: expect.stringMatching(/^GET http:.* failed: The body is larger than 262144 bytes$/),
    });
    expect((await verifier({ maxBodyBytes: 400_000 })(await sign())).payload.iss).toBe(issuer);
  });

  test('limits the time for the keys', async () => {
    expect((await refusalInTime('/keys')).message).toMatch(/^GET http:.*\/keys failed: no response within 200 ms$/);
  });

  test('does not send headers of the caller to the host that jwks_uri names', async () => {
    const seen: unknown[] = [];
    const { answer } = server;
    server.answer = (response, request) => (seen.push(request.headers.authorization), answer(response, request));
    await verifier({ headers: { authorization: 'Bearer s3cret' } })(await sign());
    expect(seen).toEqual([undefined, undefined]);
  });

  test('caches the issuers with and without a trailing slash separately', async () => {
    const entries = new Map();
    const cache = {
      get: (url: string) => entries.get(url),
      set: (url: string, entry: unknown) => entries.set(url, entry),
    };
    await verifier({ jwks: { cache } })(await sign());
    server.paths.length = 0;
    expect(
      (await rejectionOf(verifier({ jwks: { cache }, issuer: `${issuer}/` })(await sign({ iss: `${issuer}/` })))).code,
    ).toBe('ERR_SET_JWKS');
    await verifier({ jwks: { cache } })(await sign());
    expect(server.paths).toEqual([`${WELL_KNOWN}/tenant/1`]);
  });

  test('recovers from an outage, and does not fetch for each token meanwhile', async () => {
    let now = Date.now();
    const verify = verifier({ now: () => now });
    const { answer } = server;
    server.answer = (response) => response.writeHead(503).end();
    for (let i = 0; i < 10; i++) expect((await rejectionOf(verify(await sign()))).code).toBe('ERR_SET_JWKS');
    expect(server.paths).toHaveLength(1);
    server.answer = answer;
    now += 1_001;
    expect((await verify(await sign())).payload.iss).toBe(issuer);
  });

  test('uses old keys during an outage, and follows a jwks_uri that moved', async () => {
    let now = Date.now();
    const verify = verifier({ now: () => now, clockToleranceSeconds: 10_000 });
    await verify(await sign());
    const { answer } = server;
    server.answer = (response) => response.writeHead(503).end();
    now += 600_001;
    await verify(await sign());
    server.paths.length = 0;
    configuration = { ...configuration, jwks_uri: `${server.url}/moved` };
    server.answer = (response, request) =>
      request.url === '/moved' ? response.end(JSON.stringify(transmitter.jwks)) : answer(response, request);
    now += 30_001;
    await verify(await sign());
    expect(server.paths).toEqual([`${WELL_KNOWN}/tenant/1`, '/moved']);
  });

  test.each<[name: string, claims: object, header: object, code: string, claim?: string]>([
    ['exp', { exp: 4_000_000_000 }, {}, 'ERR_SET_CLAIM_FORBIDDEN', 'exp'],
    ['sub', { sub: 'user' }, {}, 'ERR_SET_CLAIM_FORBIDDEN', 'sub'],
    ['another issuer', { iss: 'https://other.example' }, {}, 'ERR_SET_ISSUER', 'iss'],
    ['another audience', { aud: 'https://other.example' }, {}, 'ERR_SET_AUDIENCE', 'aud'],
    ['no typ', {}, { typ: undefined }, 'ERR_SET_TYP'],
    ['the typ of an ID token', {}, { typ: 'JWT' }, 'ERR_SET_TYP'],
    ['HS256', {}, { alg: 'HS256' }, 'ERR_SET_ALGORITHM'],
    ['an iat in the future', { iat: 15_203_800_012 }, {}, 'ERR_SET_NOT_YET_VALID', 'iat'],
  ])('refuses a SET with %s', async (_, claims, header, code, claim) => {
    const error = await rejectionOf(verifier()(await sign(claims, header)));
    expect({ code: error.code, claim: error.claim }).toEqual({ code, claim });
  });

  test('forbids exp and sub, whatever the options say', async () => {
    const lenient = verifier({ exp: 'allow', sub: 'allow', typ: null });
    expect((await rejectionOf(lenient(await sign({ exp: 4_000_000_000 })))).claim).toBe('exp');
    expect((await rejectionOf(lenient(await sign({ sub: 'user' })))).claim).toBe('sub');
    expect((await rejectionOf(lenient(await sign({}, { typ: undefined })))).code).toBe('ERR_SET_TYP');
  });

  test.each<[name: string, options: object]>([
    ['no issuer', { issuer: undefined }],
    ['null', { issuer: null }],
    ['a list of issuers', { issuer: ['https://t.example'] }],
    ['a URL object', { issuer: new URL('https://t.example') }],
    ['a string that is not a URL', { issuer: 'transmitter' }],
    ['white space around', { issuer: ' https://t.example' }],
    ['no slashes', { issuer: 'https:t.example' }],
    ['upper case in the host', { issuer: 'https://T.example' }],
    ['dots in the path', { issuer: 'https://t.example/a/../b' }],
    ['an empty query', { issuer: 'https://t.example?' }],
    ['an empty fragment', { issuer: 'https://t.example#' }],
    ['plain http elsewhere', { issuer: 'http://t.example' }],
    ['a query', { issuer: 'https://t.example/?a=1' }],
    ['a fragment', { issuer: 'https://t.example/#a' }],
    ['a password', { issuer: 'https://a:b@t.example' }],
    ['no audience', { audience: undefined }],
    ['an invalid timeout', { timeoutMs: -1 }],
    ['an invalid fetch', { fetch: 'fetch' }],
  ])('throws a TypeError for %s', (_, options) => {
    expect(() => verifier(options)).toThrow(TypeError);
  });
});

test('stream-updated is read from a verified set', async () => {
  const set = await verifier()(await sign({ events: { [streamUpdated.type]: { status: 'paused' } } }));
  expect(readEvent(set, streamUpdated)?.status).toBe('paused');
});
