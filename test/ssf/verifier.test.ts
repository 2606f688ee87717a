/** createSsfVerifier, with a local transmitter: its configuration, its keys, and the rules of Shared Signals. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SetError } from '../../src/errors.js';
import type { FetchLike } from '../../src/http.js';
import { readEvent } from '../../src/events/read.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createSsfVerifier, streamUpdated, verification } from '../../src/ssf/index.js';
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

  test.each<[issuer: string | readonly string[], named: string, isAccepted: boolean]>([
    ['http://localhost:1/t', 'http://localhost:1/t', true],
    ['http://kc.internal/t', 'http://kc.internal/t', false],
    ['transmitter', 'transmitter', false],
    [['http://localhost:1', 'https://tx.example'], 'https://tx.example', false],
    [['https://tx.example', 'http://127.0.0.1:2'], 'http://127.0.0.1:2', false],
    [['http://localhost:1', 'http://127.0.0.1:2'], 'http://127.0.0.1:2', true],
  ])(
    'fetches keys over http only if the issuer itself is http on loopback: %j named %s',
    async (of, named, isAccepted) => {
      const fetch: FetchLike = async (url) =>
        Response.json(
          url.endsWith('/jwks') ? transmitter.jwks : { issuer: named, jwks_uri: 'http://127.0.0.1:9/jwks' },
        );
      const options = { issuer: of, configurationUrl: 'https://tx.example/c', audience: AUDIENCE, fetch };
      const token = await sign({ iss: named });
      if (isAccepted) expect((await createSsfVerifier(options)(token)).payload.iss).toBe(named);
      else expect((await rejectionOf(createSsfVerifier(options)(token))).code).toBe('ERR_SET_JWKS');
    },
  );

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

  test.each<[place: string, keysUrl: string, expected: readonly unknown[]]>([
    ['the same origin', 'https://t.example/keys', ['Bearer s3cret', 'Bearer s3cret']],
    ['another host', 'https://keys.example/keys', ['Bearer s3cret', undefined]],
    ['another port', 'https://t.example:8443/keys', ['Bearer s3cret', undefined]],
  ])('sends headers for the configuration, and for keys on %s %j', async (_, jwks_uri, expected) => {
    const seen: unknown[] = [];
    const of = 'https://t.example';
    const fetch: FetchLike = async (url, { headers }) => {
      seen.push(headers['authorization']);
      return Response.json(url === jwks_uri ? transmitter.jwks : { issuer: of, jwks_uri });
    };
    const headers = { authorization: 'Bearer s3cret' };
    await createSsfVerifier({ issuer: of, audience: AUDIENCE, fetch, headers })(await sign({ iss: of }));
    expect(seen).toEqual(expected);
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

  test('accepts what its options allow: exp, sub, typ and algorithms', async () => {
    const lenient = verifier({ exp: 'allow', sub: 'allow', typ: null });
    const token = await sign({ exp: 4_000_000_000, sub: 'user' }, { typ: undefined });
    expect((await lenient(token)).payload.sub).toBe('user');
    expect((await rejectionOf(lenient(await sign({ exp: 1 })))).code).toBe('ERR_SET_EXPIRED');
    expect((await verifier({ exp: 'ignore' })(await sign({ exp: 1 }))).payload.exp).toBe(1);
    expect((await verifier({ typ: ['secevent+jwt', 'JWT'] })(await sign({}, { typ: 'JWT' }))).header.typ).toBe('JWT');
    expect((await rejectionOf(verifier({ algorithms: ['ES256'] })(await sign()))).code).toBe('ERR_SET_ALGORITHM');
  });

  test('treats options of undefined as the defaults', async () => {
    const verify = verifier({ exp: undefined, sub: undefined, typ: undefined, configurationUrl: undefined });
    expect((await rejectionOf(verify(await sign({ exp: 4_000_000_000 })))).claim).toBe('exp');
    expect((await rejectionOf(verify(await sign({ sub: 'user' })))).claim).toBe('sub');
    expect((await rejectionOf(verify(await sign({}, { typ: undefined })))).code).toBe('ERR_SET_TYP');
  });

  test.each<[name: string, options: object]>([
    ['no issuer', { issuer: undefined }],
    ['null', { issuer: null }],
    ['an empty list of issuers', { issuer: [] }],
    ['a configurationUrl that is not a URL', { configurationUrl: 'configuration' }],
    ['a configurationUrl of plain http elsewhere', { configurationUrl: 'http://t.example/c' }],
    ['an unknown rule for exp', { exp: 'never' }],
    ['an option of another library', { jwksUri: 'https://t.example/keys' }],
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

/** Returns a fetch that serves documents by URL, a 404 elsewhere, and the URLs that were fetched. */
function serve(documents: Record<string, unknown>): { fetch: FetchLike; urls: string[] } {
  const urls: string[] = [];
  const fetch: FetchLike = async (url) => {
    urls.push(url);
    return Object.hasOwn(documents, url) ? Response.json(documents[url]) : new Response('', { status: 404 });
  };
  return { fetch, urls };
}

describe('the place of the configuration', () => {
  const keysUrl = 'https://t.example/keys';
  const configurationOf = (of: string): object => ({ issuer: of, jwks_uri: keysUrl });
  const verifyWith = async (options: object, iss: string): Promise<string> =>
    (await createSsfVerifier({ audience: AUDIENCE, ...options } as never)(await sign({ iss }))).payload.iss;

  test.each<[issuer: string, url: string]>([
    ['https://t.example', 'https://t.example/.well-known/risc-configuration'],
    ['https://t.example/tenant/', 'https://t.example/.well-known/risc-configuration/tenant'],
  ])('of %s is %s after a 404', async (of, url) => {
    const { fetch, urls } = serve({ [url]: configurationOf(of), [keysUrl]: transmitter.jwks });
    expect(await verifyWith({ issuer: of, fetch }, of)).toBe(of);
    expect(urls).toEqual([url.replace('risc-', 'ssf-'), url, keysUrl]);
  });

  test.each([403, 500, 503])('is not looked for elsewhere after a %i', async (status) => {
    const fetch = vi.fn<FetchLike>(async () => new Response('', { status }));
    const error = await rejectionOf(verifyWith({ issuer: 'https://t.example', fetch }, 'https://t.example'));
    expect({ code: error.code, status: error.status }).toEqual({ code: 'ERR_SET_JWKS', status });
    expect(fetch).toHaveBeenCalledOnce();
  });

  test('is reported once neither path exists', async () => {
    const { fetch, urls } = serve({});
    const error = await rejectionOf(verifyWith({ issuer: 'https://t.example', fetch }, 'https://t.example'));
    expect(error.message).toBe('GET https://t.example/.well-known/risc-configuration failed: status 404, not 200');
    expect(urls).toHaveLength(2);
  });

  test.each([
    'https://t.example/.well-known/ssf-configuration/slug',
    'https://t.example/.well-known/ssf-configuration',
    'https://t.example/tenant/.well-known/ssf-configuration/',
  ])('is the issuer itself for %s', async (of) => {
    const { fetch, urls } = serve({ [of]: configurationOf(of), [keysUrl]: transmitter.jwks });
    expect(await verifyWith({ issuer: of, fetch }, of)).toBe(of);
    expect(urls).toEqual([of, keysUrl]);
  });

  test.each([
    ['a string', 'https://t.example/realms/r/.well-known/ssf-configuration'],
    ['a URL', new URL('https://t.example/realms/r/.well-known/ssf-configuration')],
  ])('is the configurationUrl, %s', async (_, configurationUrl) => {
    const of = 'https://t.example/realms/r';
    const { fetch, urls } = serve({ [String(configurationUrl)]: configurationOf(of), [keysUrl]: transmitter.jwks });
    expect(await verifyWith({ issuer: of, configurationUrl, fetch }, of)).toBe(of);
    expect(urls).toEqual([String(configurationUrl), keysUrl]);
  });

  test('with a configurationUrl, the issuer need not be a URL, and there is no second path', async () => {
    const configurationUrl = 'https://t.example/configuration';
    const { fetch } = serve({ [configurationUrl]: configurationOf('transmitter'), [keysUrl]: transmitter.jwks });
    expect(await verifyWith({ issuer: 'transmitter', configurationUrl, fetch }, 'transmitter')).toBe('transmitter');
    const missing = serve({});
    expect(
      (await rejectionOf(verifyWith({ issuer: 'transmitter', configurationUrl, fetch: missing.fetch }, 'transmitter')))
        .status,
    ).toBe(404);
    expect(missing.urls).toEqual([configurationUrl]);
  });

  test('of several issuers is that of the first, and it may name any of them', async () => {
    const issuers = ['https://t.example', 'https://t.example/'];
    const { fetch, urls } = serve({
      'https://t.example/.well-known/ssf-configuration': configurationOf('https://t.example/'),
      [keysUrl]: transmitter.jwks,
    });
    for (const iss of issuers) expect(await verifyWith({ issuer: issuers, fetch }, iss)).toBe(iss);
    expect(urls[0]).toBe('https://t.example/.well-known/ssf-configuration');
    expect((await rejectionOf(verifyWith({ issuer: issuers, fetch }, 'https://other.example'))).code).toBe(
      'ERR_SET_ISSUER',
    );
    const other = serve({
      'https://t.example/.well-known/ssf-configuration': configurationOf('https://other.example'),
    });
    const error = await rejectionOf(verifyWith({ issuer: issuers, fetch: other.fetch }, 'https://t.example'));
    expect(error.message).toBe(
      'The transmitter configuration names another issuer: it must be "https://t.example" or "https://t.example/"',
    );
  });
});

test('stream-updated is read from a verified set', async () => {
  const set = await verifier()(await sign({ events: { [streamUpdated.type]: { status: 'paused' } } }));
  expect(readEvent(set, streamUpdated)?.status).toBe('paused');
});
