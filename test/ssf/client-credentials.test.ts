/** createClientCredentials: which request gets a token, how long it is used, and what is refused. */
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FetchInit, FetchLike } from '../../src/http.js';
import { type ClientCredentialsOptions, createClientCredentials } from '../../src/ssf/index.js';
import { rejectionOf } from '../support/refusals.js';

const ISSUER = 'https://as.example/tenant';
const METADATA_URL = 'https://as.example/.well-known/oauth-authorization-server/tenant';
const TOKEN_URL = 'https://as.example/token';
const SECRET = 's3cr3t';

/** A request that the server received. */
interface Received {
  readonly url: string;
  readonly init: FetchInit;
  readonly form: Record<string, string>;
}

/** The requests to the token endpoint, and the URLs of all requests. */
const requests: Received[] = [];
const urls: string[] = [];
let metadata: unknown;
let respond: (count: number) => Response | Promise<Response>;

const tokenResponse = (members: object = {}, init: ResponseInit = {}): Response =>
  Response.json({ access_token: `token-${requests.length}`, token_type: 'Bearer', expires_in: 3600, ...members }, init);

beforeEach(() => {
  requests.length = urls.length = 0;
  metadata = { issuer: ISSUER, token_endpoint: TOKEN_URL };
  respond = () => tokenResponse();
});
afterEach(() => void vi.useRealTimers());

const fetch: FetchLike = async (url, init) => {
  urls.push(url);
  if (init.method === 'GET') return url === METADATA_URL ? Response.json(metadata) : new Response('', { status: 404 });
  requests.push({ url, init, form: Object.fromEntries(new URLSearchParams(init.body)) });
  return respond(requests.length);
};

const credentials = (options: Partial<ClientCredentialsOptions> = {}): ((refused?: string) => Promise<string>) =>
  createClientCredentials({
    issuer: ISSUER,
    clientId: 'rx',
    ...(options.privateKey === undefined && { clientSecret: SECRET }),
    scope: 'ssf.manage',
    fetch,
    ...options,
  });

describe('the request', () => {
  test('goes to the token endpoint in the metadata of the issuer, as a form', async () => {
    expect(await credentials()()).toBe('Bearer token-1');
    expect(urls).toEqual([METADATA_URL, TOKEN_URL]);
    const [{ init, form }] = requests as [Received];
    expect(form).toEqual({ grant_type: 'client_credentials', scope: 'ssf.manage' });
    expect(init.redirect).toBe('manual');
    expect(init.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${btoa(`rx:${SECRET}`)}`,
    });
  });

  test('goes to a given token endpoint without metadata', async () => {
    for (const tokenEndpoint of [TOKEN_URL, new URL(TOKEN_URL)]) {
      await createClientCredentials({ tokenEndpoint, clientId: 'rx', clientSecret: SECRET, scope: 'a', fetch })();
    }
    await credentials({ tokenEndpoint: TOKEN_URL })();
    expect(urls).toEqual([TOKEN_URL, TOKEN_URL, TOKEN_URL]);
  });

  test.each<[issuer: string, urls: string[]]>([
    [
      'https://as.example',
      [
        'https://as.example/.well-known/oauth-authorization-server',
        'https://as.example/.well-known/openid-configuration',
      ],
    ],
    [
      'https://as.example/a/b/',
      [
        'https://as.example/.well-known/oauth-authorization-server/a/b',
        'https://as.example/a/b/.well-known/openid-configuration',
      ],
    ],
  ])('finds the metadata of %s where OAuth or else OpenID Connect has it', async (issuer, expected) => {
    const tried: string[] = [];
    const second: FetchLike = async (url, init) => {
      if (init.method === 'GET') tried.push(url);
      return tried.length === 2
        ? init.method === 'GET'
          ? Response.json({ issuer, token_endpoint: TOKEN_URL })
          : Response.json({ access_token: 'a', token_type: 'bearer' })
        : new Response('', { status: 404 });
    };
    expect(await credentials({ issuer, fetch: second })()).toBe('Bearer a');
    expect(tried).toEqual(expected);
  });

  test('has the scope, no scope, and additional parameters', async () => {
    await credentials({ scope: 'ssf.read ssf.manage', parameters: { resource: 'https://tx.example/' } })();
    await credentials({ scope: null })();
    expect(requests.map(({ form }) => form)).toEqual([
      { grant_type: 'client_credentials', scope: 'ssf.read ssf.manage', resource: 'https://tx.example/' },
      { grant_type: 'client_credentials' },
    ]);
  });

  test('encodes the ID and the secret for the Basic scheme', async () => {
    await credentials({ clientId: 'rx: 1', clientSecret: 'p+ss%20 w:rd/é' })();
    const header = requests[0]!.init.headers.authorization!;
    const [id, secret] = Buffer.from(header.replace('Basic ', ''), 'base64').toString().split(':');
    const decode = (text?: string): unknown => new URLSearchParams(`a=${text}`).get('a');
    expect([decode(id), decode(secret)]).toEqual(['rx: 1', 'p+ss%20 w:rd/é']);
  });

  test('pads the Basic scheme for every length', async () => {
    for (const clientSecret of ['a', 'ab', 'abc', 'abcd', '>>>???']) {
      await credentials({ clientSecret })();
      const header = requests.pop()!.init.headers.authorization;
      expect(header).toBe(`Basic ${btoa(`rx:${encodeURIComponent(clientSecret)}`)}`);
    }
  });

  test('has the secret in the form with client_secret_post', async () => {
    await credentials({ method: 'client_secret_post', parameters: { client_id: 'other', grant_type: 'other' } })();
    expect(requests[0]!.form).toEqual({
      grant_type: 'client_credentials',
      scope: 'ssf.manage',
      client_id: 'rx',
      client_secret: SECRET,
    });
    expect(requests[0]!.init.headers.authorization).toBeUndefined();
  });

  test('sends additional headers to the origin of the issuer only', async () => {
    const headers = { 'x-api-key': 'a' };
    await credentials({ headers })();
    metadata = { issuer: ISSUER, token_endpoint: 'https://login.example/token' };
    await credentials({ headers })();
    await credentials({ headers, tokenEndpoint: 'https://login.example/token' })();
    expect(requests.map(({ init }) => init.headers['x-api-key'])).toEqual(['a', undefined, 'a']);
  });
});

describe('private_key_jwt', () => {
  test.each(['RS256', 'RS512', 'PS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA'])('signs with %s', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'key-1' }] });
    const options = { privateKey: privateKey as CryptoKey, keyId: 'key-1' };
    await credentials(options)();
    await credentials({ ...options, method: 'private_key_jwt' })();
    const ids = new Set<unknown>();
    for (const { form, init } of requests) {
      expect(init.headers.authorization).toBeUndefined();
      const { client_assertion, ...others } = form;
      expect(others).toEqual({
        grant_type: 'client_credentials',
        scope: 'ssf.manage',
        client_id: 'rx',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      });
      const { payload, protectedHeader } = await jwtVerify(client_assertion!, keys);
      expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: 'key-1' });
      const { iat, exp, jti, ...claims } = payload;
      expect(claims).toEqual({ iss: 'rx', sub: 'rx', aud: ISSUER });
      expect(exp! - iat!).toBe(60);
      expect(Math.abs(iat! - Date.now() / 1000)).toBeLessThan(60);
      ids.add(jti);
    }
    expect(ids.size).toBe(2);
  });

  test('has the token endpoint as its audience if the issuer is not known, and no kid without a keyId', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const options = { clientId: 'rx', privateKey: privateKey as CryptoKey, scope: null, fetch };
    await createClientCredentials({ ...options, tokenEndpoint: TOKEN_URL })();
    await createClientCredentials({ ...options, tokenEndpoint: TOKEN_URL, issuer: ISSUER })();
    const audiences: unknown[] = [];
    for (const { form } of requests) {
      const { payload, protectedHeader } = await jwtVerify(form.client_assertion!, publicKey);
      expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT' });
      audiences.push(payload.aud);
    }
    expect(audiences).toEqual([TOKEN_URL, ISSUER]);
  });
});

describe('a token', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  const seconds = (count: number): void => void vi.advanceTimersByTime(count * 1000);

  test.each<[expiresIn: unknown, usableSeconds: number]>([
    [3600, 3540],
    [120, 60],
    [100, 50],
    [20, 10],
    ['3600', 3540],
    [undefined, 30],
    [null, 30],
    ['soon', 30],
    [-5, 30],
    [{ toString: 1, valueOf: 1 }, 30],
  ])('with expires_in %j is used for %d seconds', async (expires_in, usableSeconds) => {
    respond = () => tokenResponse({ expires_in });
    const authorization = credentials();
    expect(await authorization()).toBe('Bearer token-1');
    seconds(usableSeconds - 0.001);
    expect(await authorization()).toBe('Bearer token-1');
    seconds(0.001);
    expect(await authorization()).toBe('Bearer token-2');
  });

  test('with expires_in 0 is used once', async () => {
    respond = () => tokenResponse({ expires_in: 0 });
    const authorization = credentials();
    expect([await authorization(), await authorization()]).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test('is replaced when it was refused, and kept when another one was', async () => {
    const authorization = credentials();
    expect(await authorization()).toBe('Bearer token-1');
    expect(await authorization('Bearer other')).toBe('Bearer token-1');
    expect(await authorization('Bearer token-1')).toBe('Bearer token-2');
    expect(await authorization('Bearer token-1')).toBe('Bearer token-2');
    expect(await authorization()).toBe('Bearer token-2');
  });

  test('is replaced when the clock was set back: nobody knows how old it is', async () => {
    const authorization = credentials();
    await authorization();
    vi.setSystemTime(Date.now() - 1_000);
    expect(await authorization()).toBe('Bearer token-2');
  });

  test('is requested once for all waiting callers', async () => {
    const authorization = credentials();
    const first = await Promise.all(Array.from({ length: 20 }, () => authorization()));
    expect(new Set(first)).toEqual(new Set(['Bearer token-1']));
    const second = await Promise.all(first.map((refused) => authorization(refused)));
    expect(new Set(second)).toEqual(new Set(['Bearer token-2']));
    expect(requests).toHaveLength(2);
  });

  test('is requested again after a failure, which all waiting callers get', async () => {
    respond = (count) => (count === 1 ? new Response('', { status: 503 }) : tokenResponse());
    const authorization = credentials();
    const outcomes = await Promise.allSettled([authorization(), authorization()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await authorization()).toBe('Bearer token-2');
  });
});

describe('a response', () => {
  test.each([400, 401, 403, 429, 500, 302, 204, 201])('with status %d is an error', async (status) => {
    respond = () => new Response(null, { status, headers: { 'retry-after': '9' } });
    const error = await rejectionOf(credentials()());
    expect([error.code, error.status, error.retryAfterSeconds]).toEqual(['ERR_SET_STREAM', status, 9]);
  });

  test.each(['invalid_client', 'invalid_scope', 'unauthorized_client', 'invalid_target'])(
    'with the error %s names it',
    async (error) => {
      for (const status of [400, 401]) {
        respond = () => Response.json({ error, error_description: 'secret' }, { status });
        const { message } = await rejectionOf(credentials()());
        expect(message).toBe(`The token endpoint returned status ${status}: ${error}`);
      }
    },
  );

  test('with any other error does not quote it', async () => {
    for (const error of ['secret', 5, { a: 'secret' }, null]) {
      respond = () => Response.json({ error }, { status: 400 });
      const { message } = await rejectionOf(credentials()());
      expect(message).toBe('The token endpoint returned status 400');
    }
  });

  test.each<[name: string, respond: () => Response]>([
    ['is not JSON', () => new Response('<html>')],
    ['is empty', () => new Response('')],
    ['is half a document', () => new Response('{"access_token":"a","token_ty')],
    ['is null', () => Response.json(null)],
    ['is a list', () => Response.json([])],
    ['has no token', () => tokenResponse({ access_token: undefined })],
    ['has an empty token', () => tokenResponse({ access_token: '' })],
    ['has a token that is not a string', () => tokenResponse({ access_token: ['a'] })],
    ['has a token of two lines', () => tokenResponse({ access_token: 'a\r\nx: y' })],
    ['has a token with a space', () => tokenResponse({ access_token: 'a b' })],
    ['has a token that is not ASCII', () => tokenResponse({ access_token: 'é' })],
    ['has no type', () => tokenResponse({ token_type: undefined })],
    ['has another type', () => tokenResponse({ token_type: 'DPoP' })],
    ['has a type that is no string', () => tokenResponse({ token_type: { toString: 1, valueOf: 1 } })],
  ])('that %s is an error', async (_, answer) => {
    respond = answer;
    const error = await rejectionOf(credentials()());
    expect([error.code, error.status]).toEqual(['ERR_SET_STREAM', 200]);
  });

  test('may name the type in any case', async () => {
    for (const token_type of ['bearer', 'BEARER']) {
      respond = () => tokenResponse({ token_type });
      expect(await credentials()()).toMatch(/^Bearer token-/);
    }
  });

  test('is limited in size', async () => {
    respond = () => tokenResponse({ more: 'a'.repeat(1_000) });
    const error = await rejectionOf(credentials({ maxBodyBytes: 500 })());
    expect(error).toMatchObject({ code: 'ERR_SET_STREAM', status: 200, cause: { code: 'ERR_SET_TOO_LARGE' } });
  });

  test('is limited in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    respond = () => new Promise(() => undefined);
    let isRefused = false;
    const refusal = rejectionOf(credentials({ timeoutMs: 200 })()).finally(() => (isRefused = true));
    await vi.advanceTimersByTimeAsync(199);
    expect(isRefused).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await refusal).code).toBe('ERR_SET_STREAM');
  });
});

describe('the metadata', () => {
  test.each<[name: string, document: unknown, code: string]>([
    ['of another issuer', { issuer: 'https://other.example', token_endpoint: TOKEN_URL }, 'ERR_SET_ISSUER'],
    ['of the issuer with a slash', { issuer: `${ISSUER}/`, token_endpoint: TOKEN_URL }, 'ERR_SET_ISSUER'],
    ['without an issuer', { token_endpoint: TOKEN_URL }, 'ERR_SET_STREAM'],
    ['without a token endpoint', { issuer: ISSUER }, 'ERR_SET_STREAM'],
    [
      'with a token endpoint over http',
      { issuer: ISSUER, token_endpoint: 'http://as.example/token' },
      'ERR_SET_STREAM',
    ],
    [
      'with a token endpoint on this machine',
      { issuer: ISSUER, token_endpoint: 'http://127.0.0.1/t' },
      'ERR_SET_STREAM',
    ],
    ['that is a list', [], 'ERR_SET_STREAM'],
  ])('%s is refused before the secret is sent', async (_, document, code) => {
    metadata = document;
    expect((await rejectionOf(credentials()())).code).toBe(code);
    expect(requests).toEqual([]);
  });

  test('may name a token endpoint over http if the issuer is on this machine too', async () => {
    const issuer = 'http://localhost:9/as';
    const local: FetchLike = async (url) =>
      Response.json(
        url.includes('well-known')
          ? { issuer, token_endpoint: 'http://127.0.0.1:9/token' }
          : { access_token: 'a', token_type: 'Bearer' },
      );
    expect(await credentials({ issuer, fetch: local })()).toBe('Bearer a');
  });
});

test('no error tells the secret, the assertion or the token', async () => {
  const { privateKey } = await generateKeyPair('ES256');
  const bodies = [{}, { access_token: `${SECRET} token`, token_type: 'Bearer' }, { error: SECRET }];
  for (const options of [{}, { method: 'client_secret_post' as const }, { privateKey: privateKey as CryptoKey }]) {
    for (const status of [200, 307, 400, 401, 500]) {
      for (const body of bodies) {
        respond = () => new Response(JSON.stringify(body), { status });
        const error = await rejectionOf(credentials(options)());
        const told = `${error.message} ${String(error.cause)} ${JSON.stringify(error)}`;
        expect(told).not.toContain(SECRET);
        expect(told).not.toContain(btoa(`rx:${SECRET}`));
        expect(told).not.toContain(requests.pop()!.form.client_assertion ?? 'eyJ');
      }
    }
  }
});

const key = (await generateKeyPair('ES256')) as CryptoKeyPair;
const encryption = (await crypto.subtle.generateKey(
  { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  false,
  ['encrypt', 'decrypt'],
)) as CryptoKeyPair;

test.each<[name: string, options: object]>([
  ['no options', undefined as unknown as object],
  ['neither an issuer nor a token endpoint', { issuer: undefined }],
  ['an empty issuer', { issuer: '' }],
  ['an issuer over http', { issuer: 'http://as.example' }],
  ['an issuer with a query', { issuer: 'https://as.example?a' }],
  ['an issuer that is a list', { issuer: [ISSUER] }],
  ['a token endpoint over http', { tokenEndpoint: 'http://as.example/token' }],
  ['a token endpoint with a password', { tokenEndpoint: 'https://a:b@as.example/token' }],
  ['no client ID', { clientId: undefined }],
  ['an empty client ID', { clientId: '' }],
  ['neither a secret nor a key', { clientSecret: undefined }],
  ['an empty secret', { clientSecret: '' }],
  ['a secret that is not a string', { clientSecret: 5 }],
  ['both a secret and a key', { privateKey: key.privateKey }],
  [
    'a key with a method for secrets',
    { clientSecret: undefined, privateKey: key.privateKey, method: 'client_secret_basic' },
  ],
  ['a secret with the method for keys', { method: 'private_key_jwt' }],
  ['an unknown method', { method: 'tls_client_auth' }],
  ['a public key', { clientSecret: undefined, privateKey: key.publicKey }],
  ['a key that is not for signing', { clientSecret: undefined, privateKey: encryption.privateKey }],
  ['a key as JSON', { clientSecret: undefined, privateKey: { kty: 'EC', d: 'a' } }],
  ['a key as PEM', { clientSecret: undefined, privateKey: '-----BEGIN PRIVATE KEY-----' }],
  ['a keyId that is not a string', { clientSecret: undefined, privateKey: key.privateKey, keyId: 5 }],
  ['no scope', { scope: undefined }],
  ['an empty scope', { scope: '' }],
  ['scopes that are a list', { scope: ['ssf.manage'] }],
  ['parameters that are a list', { parameters: ['a'] }],
  ['a parameter that is not a string', { parameters: { resource: 5 } }],
  ['a fetch that is not a function', { fetch: 'fetch' }],
  ['headers that are not an object', { headers: 'a: b' }],
  ['a timeoutMs that is not a number', { timeoutMs: '5' }],
])('a mistake is a TypeError at once, which quotes nothing: %s', (_, options) => {
  const defaults = { issuer: ISSUER, clientId: 'rx', clientSecret: SECRET, scope: 'ssf.manage' };
  let error: unknown;
  try {
    createClientCredentials(options && ({ ...defaults, ...options } as ClientCredentialsOptions));
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).message).not.toMatch(/s3cr3t|BEGIN/);
});
