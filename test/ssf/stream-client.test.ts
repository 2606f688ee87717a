/** createStreamClient: what it sends for each operation, and what it makes of the response. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FetchLike } from '../../src/http.js';
import { createStreamClient, type StreamClient, type StreamClientOptions } from '../../src/ssf/index.js';
import { rejectionOf } from '../support/refusals.js';
import { type Reply, type ScriptedTransmitter, startScripted } from './scripted-transmitter.js';

const PUSH = 'urn:ietf:rfc:8935';
const POLL = 'urn:ietf:rfc:8936';
const OLD = 'https://schemas.openid.net/secevent/risc/delivery-method/';
const EMAIL = { format: 'email', email: 'jane@example.com' } as const;

let transmitter: ScriptedTransmitter;
beforeAll(async () => {
  transmitter = await startScripted();
});
afterAll(() => transmitter.server.close());
beforeEach(() => transmitter.reset());

const clientOf = (options: Partial<StreamClientOptions> = {}): StreamClient =>
  createStreamClient({ issuer: transmitter.issuer, ...options });

/** Responds with one reply after the other, and with the last one from then on. */
function replyWith(...replies: Reply[]): void {
  transmitter.respond = () => (replies.length > 1 ? replies.shift()! : replies[0]!);
}

/** The requests without their headers. */
const sent = (): object[] => transmitter.requests.map(({ target, query, body }) => ({ target, query, body }));

describe('each operation', () => {
  const stream = (): Record<string, unknown> => transmitter.stream();
  const OPERATIONS: readonly (readonly [
    name: string,
    run: (client: StreamClient) => Promise<unknown>,
    request: object,
    reply: () => Reply,
    result: () => unknown,
  ])[] = [
    [
      'create',
      (client) => client.create({ description: 'mine' }),
      { target: 'POST /streams', query: '', body: { description: 'mine' } },
      () => [201, stream()],
      stream,
    ],
    [
      'get',
      (client) => client.get('s-1'),
      { target: 'GET /streams', query: 'stream_id=s-1', body: undefined },
      () => [200, stream()],
      stream,
    ],
    [
      'list',
      (client) => client.list(),
      { target: 'GET /streams', query: '', body: undefined },
      () => [200, [stream(), stream()]],
      () => [stream(), stream()],
    ],
    [
      'update',
      (client) => client.update('s-1', { description: 'mine' }),
      { target: 'PATCH /streams', query: '', body: { stream_id: 's-1', description: 'mine' } },
      () => [200, stream()],
      stream,
    ],
    [
      'replace',
      (client) => client.replace('s-1', {}),
      { target: 'PUT /streams', query: '', body: { stream_id: 's-1' } },
      () => [200, stream()],
      stream,
    ],
    [
      'delete',
      (client) => client.delete('s-1'),
      { target: 'DELETE /streams', query: 'stream_id=s-1', body: undefined },
      () => [204],
      () => true,
    ],
    [
      'getStatus',
      (client) => client.getStatus('s-1'),
      { target: 'GET /status', query: 'stream_id=s-1', body: undefined },
      () => [200, { stream_id: 's-1', status: 'enabled' }],
      () => ({ stream_id: 's-1', status: 'enabled' }),
    ],
    [
      'setStatus',
      (client) => client.setStatus('s-1', 'paused', 'maintenance'),
      { target: 'POST /status', query: '', body: { stream_id: 's-1', status: 'paused', reason: 'maintenance' } },
      () => [200, { stream_id: 's-1', status: 'paused', reason: 'maintenance' }],
      () => ({ stream_id: 's-1', status: 'paused', reason: 'maintenance' }),
    ],
    [
      'addSubject',
      (client) => client.addSubject('s-1', EMAIL),
      { target: 'POST /subjects/add', query: '', body: { stream_id: 's-1', subject: EMAIL } },
      () => [200],
      () => undefined,
    ],
    [
      'addSubject that is not verified',
      (client) => client.addSubject('s-1', EMAIL, { verified: false }),
      { target: 'POST /subjects/add', query: '', body: { stream_id: 's-1', subject: EMAIL, verified: false } },
      () => [204],
      () => undefined,
    ],
    [
      'removeSubject',
      (client) => client.removeSubject('s-1', EMAIL),
      { target: 'POST /subjects/remove', query: '', body: { stream_id: 's-1', subject: EMAIL } },
      () => [204],
      () => undefined,
    ],
    [
      'verify',
      (client) => client.verify('s-1', { state: 'mine' }),
      { target: 'POST /verify', query: '', body: { stream_id: 's-1', state: 'mine' } },
      () => [204],
      () => ({ state: 'mine' }),
    ],
  ];

  test.each(OPERATIONS)('%s sends its request, and returns its result', async (_, run, request, reply, result) => {
    replyWith(reply());
    expect(await run(clientOf())).toEqual(result());
    expect(sent()).toEqual([request]);
    const { headers } = transmitter.requests[0]!;
    expect(headers.accept).toBe('application/json');
    expect(headers['content-type']).toBe('body' in request && request.body ? 'application/json' : undefined);
    expect(headers.authorization).toBeUndefined();
  });

  test.each(OPERATIONS.map(([name, run]) => [name, run] as const))(
    '%s reports a status that is an error, and when to try again',
    async (_, run) => {
      for (const status of [400, 401, 403, 429, 500, 304, 302]) {
        replyWith([status, undefined, { 'retry-after': '17' }]);
        const error = await rejectionOf(run(clientOf()));
        expect([error.code, error.status, error.retryAfterSeconds]).toEqual(['ERR_SET_STREAM', status, 17]);
      }
    },
  );

  const ENDPOINTS = {
    '/streams': 'configuration_endpoint',
    '/status': 'status_endpoint',
    '/verify': 'verification_endpoint',
    '/subjects/add': 'add_subject_endpoint',
    '/subjects/remove': 'remove_subject_endpoint',
  };

  test.each(OPERATIONS.map(([name, run, request]) => [name, run, request] as const))(
    '%s names a missing endpoint, and sends nothing',
    async (_, run, request) => {
      const [, path] = (request as { readonly target: string }).target.split(' ');
      const endpoint = ENDPOINTS[path as keyof typeof ENDPOINTS];
      for (const missing of [undefined, null]) {
        transmitter.metadata[endpoint] = missing;
        const error = await rejectionOf(run(clientOf()));
        expect(error.code).toBe('ERR_SET_STREAM');
        expect(error.message).toContain(endpoint);
      }
      expect(sent()).toEqual([]);
    },
  );

  const ABOUT_ONE = OPERATIONS.filter(([name]) => name !== 'create' && name !== 'list');

  test.each(ABOUT_ONE.map(([name]) => name.split(' ')[0] as keyof StreamClient))(
    '%s rejects with a TypeError without the ID of a stream, and sends nothing',
    async (name) => {
      const method = clientOf()[name] as (...values: unknown[]) => Promise<unknown>;
      for (const id of [undefined, null, '', 5, {}, ['s-1']]) {
        const rest = name === 'setStatus' ? ['paused'] : name.endsWith('Subject') ? [EMAIL] : [{}];
        await expect(method(id, ...rest)).rejects.toThrow(TypeError);
      }
      expect(sent()).toEqual([]);
    },
  );
});

describe('the result', () => {
  test('of get is undefined, and of delete false, when there is no such stream', async () => {
    replyWith([404]);
    expect(await clientOf().get('s-1')).toBeUndefined();
    expect(await clientOf().delete('s-1')).toBe(false);
  });

  test.each<[name: string, run: (client: StreamClient) => Promise<unknown>]>([
    ['update', (client) => client.update('s-1', {})],
    ['replace', (client) => client.replace('s-1', {})],
    ['getStatus', (client) => client.getStatus('s-1')],
    ['setStatus', (client) => client.setStatus('s-1', 'enabled')],
    ['verify', (client) => client.verify('s-1')],
    ['create', (client) => client.create({})],
    ['addSubject', (client) => client.addSubject('s-1', EMAIL)],
  ])('of %s is an error with status 404 when there is no such stream', async (_, run) => {
    replyWith([404]);
    expect(await rejectionOf(run(clientOf()))).toMatchObject({ code: 'ERR_SET_STREAM', status: 404 });
  });

  test('of get and delete is an error when only the configuration is missing', async () => {
    const client = createStreamClient({ issuer: `${transmitter.url}/elsewhere` });
    transmitter.respond = () => [404];
    expect(await rejectionOf(client.get('s-1'))).toMatchObject({ code: 'ERR_SET_STREAM', status: 404 });
    expect(await rejectionOf(client.delete('s-1'))).toMatchObject({ code: 'ERR_SET_STREAM', status: 404 });
  });

  test('of update, replace and setStatus is pending after a 202, whatever its body', async () => {
    replyWith([202, 'Accepted']);
    expect(await clientOf().update('s-1', {})).toEqual({ pending: true });
    expect(await clientOf().replace('s-1', {})).toEqual({ pending: true });
    expect(await clientOf().setStatus('s-1', 'disabled')).toEqual({ pending: true });
  });

  test.each([202, 203, 204, 206])(
    'that must have a document is an error after a %d, with the status',
    async (status) => {
      replyWith([status, status === 204 ? undefined : transmitter.stream()]);
      const { create, get, list, getStatus } = clientOf();
      for (const run of [() => create({}), () => get('s-1'), list, () => getStatus('s-1')])
        expect(await rejectionOf(run())).toMatchObject({ code: 'ERR_SET_STREAM', status });
    },
  );

  test('of get, update and replace, and a status, are those of the stream that was asked for', async () => {
    const client = clientOf();
    replyWith([200, { ...transmitter.stream({ stream_id: 'other' }), status: 'enabled' }]);
    for (const run of [
      () => client.get('s-1'),
      () => client.update('s-1', {}),
      () => client.replace('s-1', {}),
      () => client.getStatus('s-1'),
      () => client.setStatus('s-1', 'paused'),
    ]) {
      const error = await rejectionOf(run());
      expect([error.code, error.claim]).toEqual(['ERR_SET_STREAM', 'stream_id']);
    }
  });

  test.each<[name: string, document: () => unknown, count: number]>([
    ['the only stream', () => transmitter.stream(), 1],
    ['null', () => null, 0],
    ['an empty list', () => [], 0],
  ])('of list may be sent as %s', async (_, document, count) => {
    replyWith([200, document()]);
    expect(await clientOf().list()).toEqual(Array(count).fill(transmitter.stream()));
  });

  test('of list is empty after a 404', async () => {
    replyWith([404]);
    expect(await clientOf().list()).toEqual([]);
  });

  test.each<[name: string, run: (client: StreamClient) => Promise<unknown>]>([
    ['delete', (client) => client.delete('s-1')],
    ['addSubject', (client) => client.addSubject('s-1', EMAIL)],
    ['removeSubject', (client) => client.removeSubject('s-1', EMAIL)],
    ['verify', (client) => client.verify('s-1')],
  ])('of %s does not depend on the body of a success', async (_, run) => {
    for (const body of ['OK', '<html>', '{', 'null', 'a'.repeat(300_000)]) {
      replyWith([200, body]);
      await run(clientOf());
    }
  });
});

describe('the body', () => {
  const readBack = (): Record<string, unknown> => ({
    ...transmitter.stream({
      events_supported: ['a', 'b'],
      events_requested: ['a', 'z'],
      events_delivered: ['a'],
      description: 'mine',
      min_verification_interval: 60,
      inactivity_timeout: 3600,
      format: 'iss_sub',
      status: 'enabled',
      extra: { aud: 'theirs' },
      pending: true,
    }),
    delivery: { method: PUSH, endpoint_url: 'https://rx.example/events', authorization_header: 'Bearer a', token: 'b' },
  });
  const own = {
    events_requested: ['a', 'z'],
    delivery: { method: PUSH, endpoint_url: 'https://rx.example/events', authorization_header: 'Bearer a' },
    description: 'mine',
  };

  test('holds only the own members of an object that was read', async () => {
    replyWith([200, readBack()]);
    const client = clientOf();
    const stream = (await client.get('s-1'))!;
    await client.create(stream);
    await client.update('s-1', stream);
    await client.replace('s-1', stream);
    const about = { stream_id: 's-1', ...own };
    expect(transmitter.requests.slice(1).map(({ body }) => body)).toEqual([own, about, about]);
  });

  test('holds only the method of a delivery by poll: its URL is the transmitter’s', async () => {
    replyWith([201, transmitter.stream()]);
    for (const method of [POLL, `${OLD}poll`]) {
      await clientOf().create({ delivery: { method, endpoint_url: 'https://tx.example/poll?id=1' } });
      expect(transmitter.requests.pop()!.body).toEqual({ delivery: { method } });
    }
  });

  test('holds extra members, which never replace the standard ones', async () => {
    replyWith([200, transmitter.stream()]);
    const extra = { format: 'iss_sub', aud: ['me'], stream_id: 'other', description: 'theirs', delivery: 5 };
    await clientOf().update('s-1', { events_requested: [], extra });
    expect(transmitter.requests[0]!.body).toEqual({
      stream_id: 's-1',
      events_requested: [],
      format: 'iss_sub',
      aud: ['me'],
    });
    await clientOf().create({ extra });
    expect(transmitter.requests[1]!.body).toEqual({ format: 'iss_sub', aud: ['me'] });
  });

  test('leaves out members that are null', async () => {
    replyWith([201, transmitter.stream()]);
    const nothing = { events_requested: null, delivery: null, description: null, extra: null };
    await clientOf().create(nothing as object);
    expect(transmitter.requests[0]!.body).toEqual({});
  });

  test.each<[name: string, stream: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['an event type', 'https://example.com/type'],
    ['events_requested that is one type', { events_requested: 'a' }],
    ['events_requested of definitions', { events_requested: [{ type: 'a' }] }],
    ['events_requested with a null', { events_requested: ['a', null] }],
    ['a description that is not a string', { description: 5 }],
    ['a delivery that is not an object', { delivery: PUSH }],
    ['a delivery without a method', { delivery: { endpoint_url: 'https://rx.example/' } }],
    ['a method that is not a string', { delivery: { method: 5, endpoint_url: 'https://rx.example/' } }],
    ['push without a URL', { delivery: { method: PUSH } }],
    ['push to a relative URL', { delivery: { method: PUSH, endpoint_url: '/events' } }],
    ['push over http', { delivery: { method: PUSH, endpoint_url: 'http://rx.example/' } }],
    ['push to a URL with a password', { delivery: { method: PUSH, endpoint_url: 'https://a:b@rx.example/' } }],
    [
      'an authorization_header of two lines',
      { delivery: { method: PUSH, endpoint_url: 'https://rx.example/', authorization_header: 'Bearer a\r\nb: c' } },
    ],
    [
      'an empty authorization_header',
      { delivery: { method: PUSH, endpoint_url: 'https://rx.example/', authorization_header: '' } },
    ],
    ['extra members that are not an object', { extra: 'format' }],
    ['extra members in a list', { extra: ['format'] }],
  ])('is not sent for %s: a TypeError', async (_, stream) => {
    const client = clientOf();
    for (const run of [client.create, client.ensure]) await expect(run(stream as object)).rejects.toThrow(TypeError);
    for (const run of [client.update, client.replace])
      await expect(run('s-1', stream as object)).rejects.toThrow(TypeError);
    expect(transmitter.fetches).toBe(0);
  });

  test.each<[name: string, run: (client: StreamClient) => Promise<unknown>]>([
    ['an unknown status', (client) => client.setStatus('s-1', 'stopped' as 'paused')],
    ['a missing status', (client) => client.setStatus('s-1', undefined as unknown as 'paused')],
    ['a reason that is not a string', (client) => client.setStatus('s-1', 'paused', 5 as unknown as string)],
    ['a missing subject', (client) => client.addSubject('s-1', undefined as unknown as typeof EMAIL)],
    ['a subject that is a string', (client) => client.removeSubject('s-1', 'jane' as unknown as typeof EMAIL)],
    ['verified: "false"', (client) => client.addSubject('s-1', EMAIL, { verified: 'false' as unknown as boolean })],
    ['null for the options', (client) => client.addSubject('s-1', EMAIL, null as unknown as object)],
  ])('is not sent for %s: a TypeError', async (_, run) => {
    await expect(run(clientOf())).rejects.toThrow(TypeError);
    expect(transmitter.fetches).toBe(0);
  });
});

describe('the URL', () => {
  const IDS = ['a b', 'a+b', 'a&b=c', 'ü', '%2F', '#', '?', '"', '../..', '\u0000', '💡'];

  test.each(IDS)('carries the stream ID %j', async (id) => {
    transmitter.respond = () => [200, transmitter.stream({ stream_id: id })];
    expect((await clientOf().get(id))!.stream_id).toBe(id);
    const { query } = transmitter.requests[0]!;
    expect([...new URLSearchParams(query)]).toEqual([['stream_id', id]]);
  });

  test('carries a stream ID that is not well-formed, as the replacement character', async () => {
    replyWith([204]);
    await clientOf().delete('a\ud800b');
    expect(new URLSearchParams(transmitter.requests[0]!.query).get('stream_id')).toBe('a\ufffdb');
  });

  test.each([
    ['', 'stream_id=s-1'],
    ['?', 'stream_id=s-1'],
    ['?tenant=a%2Fb%20c+d~&flag&v=2', 'tenant=a%2Fb%20c+d~&flag&v=2&stream_id=s-1'],
    ['?stream_id=other#top', 'stream_id=other&stream_id=s-1'],
    ['#top', 'stream_id=s-1'],
  ])('keeps the query of an endpoint that ends with %j as it is', async (end, query) => {
    transmitter.metadata.configuration_endpoint = `${transmitter.url}/streams${end}`;
    transmitter.respond = () => [200, transmitter.stream()];
    await clientOf().get('s-1');
    await clientOf().create({});
    expect(transmitter.requests.map((each) => each.query)).toEqual([query, end.replace(/^\?|#.*/g, '')]);
  });

  test.each(['http://tx.example/streams', 'ftp://localhost/', '/streams', 'streams', 'https://a:b@tx.example/', ''])(
    'is not %j',
    async (endpoint) => {
      transmitter.metadata.configuration_endpoint = endpoint;
      const error = await rejectionOf(clientOf().list());
      expect(error.code).toBe('ERR_SET_STREAM');
      expect(error.message).toContain('configuration_endpoint');
      expect(sent()).toEqual([]);
    },
  );

  test('is not http on this machine for an issuer elsewhere', async () => {
    const fetch = vi.fn<FetchLike>(async () =>
      Response.json({ issuer: 'https://tx.example', configuration_endpoint: `${transmitter.url}/streams` }),
    );
    const client = createStreamClient({ issuer: 'https://tx.example', fetch });
    expect((await rejectionOf(client.list())).code).toBe('ERR_SET_STREAM');
    expect(fetch).toHaveBeenCalledOnce();
  });

  test('is not followed to another one', async () => {
    replyWith([307, undefined, { location: `${transmitter.url}/elsewhere` }]);
    expect(await rejectionOf(clientOf().create({}))).toMatchObject({ code: 'ERR_SET_STREAM', status: 307 });
    expect(sent()).toHaveLength(1);
  });
});

describe('ensure', () => {
  const push = (endpoint_url: string): object => ({ method: PUSH, endpoint_url });
  const poll = (): object => ({ method: POLL, endpoint_url: `${transmitter.url}/poll` });

  test('creates a stream', async () => {
    replyWith([201, transmitter.stream()]);
    expect(await clientOf().ensure({})).toEqual(transmitter.stream());
    expect(sent()).toEqual([{ target: 'POST /streams', query: '', body: {} }]);
  });

  test('updates the only stream after a 409, whatever its delivery', async () => {
    replyWith([409], [200, transmitter.stream({ delivery: poll() })], [200, transmitter.stream()]);
    const request = { delivery: { method: PUSH, endpoint_url: 'https://rx.example/events' } };
    expect(await clientOf().ensure(request)).toEqual(transmitter.stream());
    expect(sent()).toEqual([
      { target: 'POST /streams', query: '', body: request },
      { target: 'GET /streams', query: '', body: undefined },
      { target: 'PATCH /streams', query: '', body: { stream_id: 's-1', ...request } },
    ]);
  });

  test.each<[name: string, wanted: () => object | undefined, chosen: string]>([
    ['the same push URL', () => push('https://rx.example/2'), 'push-2'],
    [
      'the same push URL by its older name',
      () => ({ ...push('https://rx.example/2'), method: `${OLD}push` }),
      'push-2',
    ],
    ['poll', () => ({ method: POLL }), 'polled'],
    ['poll, as it was read', poll, 'polled'],
    ['poll by its older name', () => ({ method: `${OLD}poll` }), 'polled'],
    ['no delivery, which means poll', () => undefined, 'polled'],
  ])('updates the one of several streams with %s', async (_, wanted, chosen) => {
    const streams = [
      transmitter.stream({ stream_id: 'push-1', delivery: push('https://rx.example/1') }),
      transmitter.stream({ stream_id: 'push-2', delivery: push('https://rx.example/2') }),
      transmitter.stream({ stream_id: 'polled', delivery: poll() }),
    ];
    replyWith([409], [200, streams], [200, transmitter.stream({ stream_id: chosen })]);
    const delivery = wanted();
    const stream = await clientOf().ensure({ ...(delivery && { delivery: delivery as { method: string } }) });
    expect(stream.stream_id).toBe(chosen);
    expect(transmitter.requests[2]!.body).toMatchObject({ stream_id: chosen });
  });

  test('reports the 409 when there is no such stream', async () => {
    const streams = [transmitter.stream(), transmitter.stream()];
    for (const list of [[], streams]) {
      replyWith([409, undefined, { 'retry-after': '5' }], [200, list]);
      const error = await rejectionOf(clientOf().ensure({ delivery: { method: POLL } }));
      expect([error.code, error.status, error.retryAfterSeconds]).toEqual(['ERR_SET_STREAM', 409, 5]);
    }
  });

  test('reports a pending update: the stream is not as it should be yet', async () => {
    replyWith([409], [200, transmitter.stream()], [202]);
    expect(await rejectionOf(clientOf().ensure({}))).toMatchObject({ code: 'ERR_SET_STREAM', status: 202 });
  });

  test('reports any other status at once', async () => {
    replyWith([403]);
    expect(await rejectionOf(clientOf().ensure({}))).toMatchObject({ code: 'ERR_SET_STREAM', status: 403 });
    expect(sent()).toHaveLength(1);
  });
});

test.each<[name: string, options: object]>([
  ['no options', undefined as unknown as object],
  ['no issuer', { issuer: undefined }],
  ['an issuer that is not a URL', { issuer: 'transmitter' }],
  ['an issuer over http', { issuer: 'http://tx.example' }],
  ['an issuer with a query', { issuer: 'https://tx.example?a' }],
  ['an empty list of issuers', { issuer: [] }],
  ['a configurationUrl that is not a URL', { configurationUrl: 'configuration' }],
  ['an empty audience', { audience: '' }],
  ['an audience of null', { audience: null }],
  ['an empty authorization', { authorization: '' }],
  ['an authorization of two lines', { authorization: 'Bearer a\nb' }],
  ['an authorization that is an object', { authorization: { bearer: 'a' } }],
  ['an authorization of null', { authorization: null }],
  ['states that are a list', { states: ['a'] }],
  ['states that only remember', { states: { add() {} } }],
  ['a fetch that is not a function', { fetch: 'fetch' }],
  ['headers of a platform', { headers: new Headers({ a: 'b' }) }],
  ['a timeoutMs that is not a number', { timeoutMs: NaN }],
  ['a negative maxBodyBytes', { maxBodyBytes: -1 }],
])('createStreamClient throws a TypeError at once for %s', (_, options) => {
  const all = options && { issuer: transmitter.issuer, ...options };
  expect(() => createStreamClient(all)).toThrow(TypeError);
});
