/** The option `authorization` of a stream client: when it is obtained and sent, and what is never told. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { SetError } from '../../src/errors.js';
import type { FetchLike } from '../../src/http.js';
import { createStreamClient, type StreamClient, type StreamClientOptions } from '../../src/ssf/index.js';
import { rejectionOf } from '../support/refusals.js';
import { type ScriptedTransmitter, startScripted } from './scripted-transmitter.js';

let transmitter: ScriptedTransmitter;
beforeAll(async () => {
  transmitter = await startScripted();
});
afterAll(() => transmitter.server.close());
beforeEach(() => transmitter.reset());

const clientOf = (options: Partial<StreamClientOptions> = {}): StreamClient =>
  createStreamClient({ issuer: transmitter.issuer, ...options });

const sentAuthorizations = (): unknown[] => transmitter.requests.map(({ headers }) => headers.authorization);

test('a string is sent with each request', async () => {
  transmitter.respond = () => [200, []];
  const client = clientOf({ authorization: 'Bearer a' });
  await client.list();
  await client.list();
  expect(sentAuthorizations()).toEqual(['Bearer a', 'Bearer a']);
});

test('a string is not sent again after a 401', async () => {
  transmitter.respond = () => [401];
  const error = await rejectionOf(clientOf({ authorization: 'Bearer a' }).list());
  expect([error.code, error.status]).toEqual(['ERR_SET_STREAM', 401]);
  expect(sentAuthorizations()).toEqual(['Bearer a']);
});

test('a function is called for each request', async () => {
  transmitter.respond = () => [200, []];
  let calls = 0;
  const client = clientOf({ authorization: async () => `Bearer ${++calls}` });
  await client.list();
  await client.list();
  expect(sentAuthorizations()).toEqual(['Bearer 1', 'Bearer 2']);
});

describe('after a 401, a function', () => {
  test('is called once more, with the refused value, and the same request is sent', async () => {
    const authorization = vi.fn((refused?: string) => (refused === 'Bearer old' ? 'Bearer new' : 'Bearer old'));
    transmitter.respond = ({ headers }) =>
      headers.authorization === 'Bearer new' ? [201, transmitter.stream()] : [401];
    await clientOf({ authorization }).create({ description: 'mine' });
    expect(authorization.mock.calls).toEqual([[undefined], ['Bearer old']]);
    const [first, second] = transmitter.requests;
    expect(second!.target).toBe('POST /streams');
    expect(second!.body).toEqual(first!.body);
  });

  test('is not called a third time', async () => {
    const authorization = vi.fn(() => 'Bearer a');
    transmitter.respond = () => [401, undefined, { 'retry-after': '3' }];
    const error = await rejectionOf(clientOf({ authorization }).get('s-1'));
    expect([error.code, error.status, error.retryAfterSeconds]).toEqual(['ERR_SET_STREAM', 401, 3]);
    expect(authorization).toHaveBeenCalledTimes(2);
    expect(sentAuthorizations()).toEqual(['Bearer a', 'Bearer a']);
  });

  test('is not needed after any other status', async () => {
    const authorization = vi.fn(() => 'Bearer a');
    for (const status of [400, 403, 407, 429, 500]) {
      transmitter.respond = () => [status];
      await rejectionOf(clientOf({ authorization }).list());
    }
    expect(authorization).toHaveBeenCalledTimes(5);
  });
});

test.each([undefined, null, '', 5, { bearer: 'a' }, 'Bearer a\r\nx: y', 'Bearer \u0000', 'Bearer \u20ac'])(
  'a function that returns %j is a mistake: a TypeError that quotes nothing, and nothing is sent',
  async (value) => {
    const client = clientOf({ authorization: () => value as string });
    const error: unknown = await client.list().catch((each: unknown) => each);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).not.toContain('Bearer');
    expect(transmitter.requests).toEqual([]);
  },
);

test.each([new Error('no token'), new SetError('ERR_SET_STREAM', 'no token', { status: 503 }), 'a string'])(
  'what a function throws is passed on: %s',
  async (thrown) => {
    const client = clientOf({
      authorization: () => {
        throw thrown;
      },
    });
    expect(await client.list().catch((error: unknown) => error)).toBe(thrown);
    expect(transmitter.requests).toEqual([]);
  },
);

test('no error tells the authorization, the authorization_header, or the query of an endpoint', async () => {
  const SECRETS = ['token-1', 'token-2', 'token-3'];
  transmitter.metadata.configuration_endpoint = `${transmitter.url}/streams?key=token-3`;
  const delivery = {
    method: 'urn:ietf:rfc:8935',
    endpoint_url: 'https://rx.example/',
    authorization_header: 'Bearer token-2',
  };
  const responses = ['<html>', '{}', '"token-1"'];
  for (const status of [200, 201, 202, 307, 400, 401, 403, 404, 409, 429, 500]) {
    for (const body of responses) {
      transmitter.respond = () => [status, body];
      const client = clientOf({ authorization: () => 'Bearer token-1' });
      const error = await rejectionOf(client.create({ delivery }));
      const told = `${error.message} ${String(error.cause)} ${JSON.stringify(error)}`;
      for (const secret of SECRETS) expect(told).not.toContain(secret);
    }
  }
  const unreachable: FetchLike = async (url) => {
    if (url.includes('well-known')) return Response.json(transmitter.metadata);
    throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
  };
  const error = await rejectionOf(clientOf({ authorization: 'Bearer token-1', fetch: unreachable }).list());
  expect(error.message).toBe(`GET ${transmitter.url}/streams failed: getaddrinfo ENOTFOUND`);
});

test('a function may take 30 seconds, and no longer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const fetch: FetchLike = async () => Response.json(transmitter.metadata);
    const authorization = vi.fn(() => new Promise<string>(() => undefined));
    let isRefused = false;
    const refusal = rejectionOf(clientOf({ authorization, fetch, timeoutMs: 10 }).list()).finally(
      () => (isRefused = true),
    );
    while (!authorization.mock.calls.length) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(29_999);
    expect(isRefused).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await refusal).code).toBe('ERR_SET_STREAM');
  } finally {
    vi.useRealTimers();
  }
});

describe('additional headers', () => {
  test('are sent for the configuration and to endpoints on its origin only', async () => {
    const issuer = 'https://tx.example';
    const seen: Record<string, unknown> = {};
    const fetch: FetchLike = async (url, { headers }) => {
      seen[new URL(url).host] = headers['x-api-key'];
      return url.includes('well-known')
        ? Response.json({
            issuer,
            configuration_endpoint: 'https://tx.example/streams',
            status_endpoint: 'https://other.example/status',
          })
        : Response.json(url.includes('status') ? { stream_id: 's-1', status: 'enabled' } : []);
    };
    const client = createStreamClient({ issuer, fetch, headers: { 'x-api-key': 'secret' } });
    await client.list();
    await client.getStatus('s-1');
    expect(seen).toEqual({ 'tx.example': 'secret', 'other.example': undefined });
  });

  test('do not replace the content type and the authorization', async () => {
    transmitter.respond = () => [201, transmitter.stream()];
    const headers = { 'content-type': 'text/plain', authorization: 'Basic a', accept: 'application/json;q=1' };
    await clientOf({ headers, authorization: 'Bearer a' }).create({});
    expect(transmitter.requests[0]!.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer a',
      accept: 'application/json;q=1',
    });
  });
});
