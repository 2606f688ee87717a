/** What a stream client makes of the documents of a transmitter: their types, their owner, and nonsense. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FetchLike } from '../../src/http.js';
import { createStreamClient, type StreamClient, type StreamClientOptions } from '../../src/ssf/index.js';
import { rejectionOf } from '../support/refusals.js';
import { type ScriptedTransmitter, startScripted } from './scripted-transmitter.js';

const POLL = 'urn:ietf:rfc:8936';

let transmitter: ScriptedTransmitter;
beforeAll(async () => {
  transmitter = await startScripted();
});
afterAll(() => transmitter.server.close());
beforeEach(() => transmitter.reset());

const clientOf = (options: Partial<StreamClientOptions> = {}): StreamClient =>
  createStreamClient({ issuer: transmitter.issuer, ...options });

/** Every operation that returns a stream. */
const READERS: readonly (readonly [name: string, run: (client: StreamClient) => Promise<unknown>])[] = [
  ['create', (client) => client.create({})],
  ['ensure', (client) => client.ensure({})],
  ['get', (client) => client.get('s-1')],
  ['list', (client) => client.list()],
  ['update', (client) => client.update('s-1', {})],
  ['replace', (client) => client.replace('s-1', {})],
];

const NOT_STRINGS = [5, true, {}, [], ['a']];
const NOT_LISTS = ['a', 5, {}, [5], ['a', null], [['a']]];
const NOT_NUMBERS = ['60', true, {}, [60]];

/** The checked members of a configuration of a stream, each with values that it must not have. */
const STREAM_MEMBERS: Readonly<Record<string, readonly unknown[]>> = {
  stream_id: [undefined, null, ...NOT_STRINGS],
  aud: [5, true, {}, [5], ['a', null]],
  events_supported: NOT_LISTS,
  events_requested: NOT_LISTS,
  events_delivered: NOT_LISTS,
  description: NOT_STRINGS,
  min_verification_interval: NOT_NUMBERS,
  inactivity_timeout: NOT_NUMBERS,
  delivery: [
    undefined,
    null,
    'urn:ietf:rfc:8935',
    [],
    {},
    ...[undefined, null, ...NOT_STRINGS].map((method) => ({ method })),
    ...NOT_STRINGS.map((endpoint_url) => ({ method: 'a', endpoint_url })),
    ...NOT_STRINGS.map((authorization_header) => ({ method: 'a', authorization_header })),
  ],
};

const METADATA_MEMBERS: Readonly<Record<string, readonly unknown[]>> = {
  spec_version: NOT_STRINGS,
  jwks_uri: NOT_STRINGS,
  configuration_endpoint: NOT_STRINGS,
  status_endpoint: NOT_STRINGS,
  verification_endpoint: NOT_STRINGS,
  add_subject_endpoint: NOT_STRINGS,
  remove_subject_endpoint: NOT_STRINGS,
  default_subjects: NOT_STRINGS,
  delivery_methods_supported: NOT_LISTS,
  critical_subject_members: NOT_LISTS,
};

const STATUS_MEMBERS: Readonly<Record<string, readonly unknown[]>> = {
  stream_id: [undefined, null, ...NOT_STRINGS],
  status: [undefined, null, ...NOT_STRINGS],
  reason: NOT_STRINGS,
};

describe('the configuration of a stream', () => {
  test.each(Object.entries(STREAM_MEMBERS))('is refused with a wrong %s', async (name, values) => {
    for (const value of values) {
      transmitter.respond = () => [200, transmitter.stream({ [name]: value })];
      const error = await rejectionOf(clientOf().get('s-1'));
      expect([JSON.stringify(value), error.code]).toEqual([JSON.stringify(value), 'ERR_SET_STREAM']);
      const members = name === 'delivery' ? ['delivery', 'method', 'endpoint_url', 'authorization_header'] : [name];
      expect(members).toContain(error.claim);
    }
  });

  test('is returned as it was sent, with unknown members', async () => {
    const stream = transmitter.stream({
      aud: ['https://rx.example/', 'https://rx.example/2'],
      events_supported: ['a', 'b'],
      events_requested: [],
      events_delivered: ['a'],
      description: '',
      min_verification_interval: 0,
      inactivity_timeout: 0.5,
      delivery: { method: 'https://tx.example/carrier-pigeon', endpoint_url: 'coop', vendor: [1] },
      format: 'iss_sub',
      vendor: { deep: [null, { a: 1 }] },
      authorization_schemes: 5,
    });
    transmitter.respond = () => [200, stream];
    expect(await clientOf().get('s-1')).toStrictEqual(stream);
  });

  test('is returned without members that are null: some serializers write all of them', async () => {
    const names = Object.keys(STREAM_MEMBERS).filter((name) => name !== 'stream_id' && name !== 'delivery');
    const nulls = Object.fromEntries(names.map((name) => [name, null]));
    const delivery = { method: 'a', endpoint_url: null, authorization_header: null };
    transmitter.respond = () => [200, transmitter.stream({ ...nulls, delivery, vendor: null })];
    const stream = (await clientOf().get('s-1'))!;
    for (const name of names) expect(stream[name]).toBeUndefined();
    expect(stream.delivery).toEqual({ method: 'a' });
    expect(stream.vendor).toBeNull();
  });

  test('is returned without the members that have another meaning for the client', async () => {
    transmitter.respond = () => [200, transmitter.stream({ extra: { aud: 'theirs' }, pending: true })];
    const stream = (await clientOf().update('s-1', {})) as Record<string, unknown>;
    expect(['extra', 'pending'].map((name) => name in stream)).toEqual([false, false]);
  });

  test.each(READERS)('of another issuer is refused by %s', async (_, run) => {
    for (const iss of ['https://other.example', `${transmitter.issuer}/`, undefined, null, 5, [transmitter.issuer]]) {
      transmitter.respond = () => [200, transmitter.stream({ iss })];
      const error = await rejectionOf(run(clientOf()));
      expect([error.code, error.claim]).toEqual(['ERR_SET_ISSUER', 'iss']);
      expect(error.message).toContain(`it must be "${transmitter.issuer}"`);
    }
  });

  test.each(READERS)('for another audience is refused by %s, if one is expected', async (_, run) => {
    const audience = ['https://rx.example/', 'https://rx.example/2'];
    for (const aud of ['https://rx.example', ['other'], [], undefined, null]) {
      transmitter.respond = () => [200, transmitter.stream({ aud })];
      const error = await rejectionOf(run(clientOf({ audience })));
      expect([error.code, error.claim]).toEqual(['ERR_SET_AUDIENCE', 'aud']);
      await run(clientOf());
    }
    for (const aud of ['https://rx.example/2', ['other', 'https://rx.example/']]) {
      transmitter.respond = () => [200, transmitter.stream({ aud })];
      await run(clientOf({ audience }));
    }
  });

  test('may have any of several issuers', async () => {
    const other = `${transmitter.issuer}/`;
    const client = clientOf({ issuer: [transmitter.issuer, other] });
    for (const iss of [transmitter.issuer, other]) {
      transmitter.respond = () => [200, transmitter.stream({ iss })];
      expect((await client.get('s-1'))!.iss).toBe(iss);
    }
  });

  test('one of a list with another issuer spoils the list', async () => {
    transmitter.respond = () => [200, [transmitter.stream(), transmitter.stream({ iss: 'https://other.example' })]];
    expect((await rejectionOf(clientOf().list())).code).toBe('ERR_SET_ISSUER');
  });

  test.each([POLL, 'https://schemas.openid.net/secevent/risc/delivery-method/poll'])(
    'to poll by %s must say where, over https, or http if the issuer uses it too',
    async (method) => {
      const replyWith = (endpoint_url: unknown): void => {
        transmitter.respond = () => [200, transmitter.stream({ delivery: { method, endpoint_url } })];
      };
      for (const url of ['https://tx.example/poll?stream_id=a%20b', `${transmitter.url}/poll`]) {
        replyWith(url);
        expect((await clientOf().get('s-1'))!.delivery.endpoint_url).toBe(url);
      }
      for (const url of [undefined, null, '', 'poll', 'http://tx.example/poll', 'https://a:b@tx.example/']) {
        replyWith(url);
        const error = await rejectionOf(clientOf().get('s-1'));
        expect(error.code).toBe('ERR_SET_STREAM');
        expect(error.message).toContain('endpoint_url');
      }
    },
  );

  test('to poll over http on this machine is refused from an issuer elsewhere', async () => {
    const issuer = 'https://tx.example';
    const fetch: FetchLike = async (url) =>
      Response.json(
        url.includes('well-known')
          ? { issuer, configuration_endpoint: 'https://tx.example/streams' }
          : { stream_id: 's-1', iss: issuer, delivery: { method: POLL, endpoint_url: 'http://127.0.0.1/poll' } },
      );
    expect((await rejectionOf(createStreamClient({ issuer, fetch }).get('s-1'))).code).toBe('ERR_SET_STREAM');
  });
});

describe('the status of a stream', () => {
  test.each(Object.entries(STATUS_MEMBERS))('is refused with a wrong %s', async (name, values) => {
    for (const value of values) {
      transmitter.respond = () => [200, { stream_id: 's-1', status: 'enabled', [name]: value }];
      for (const error of [
        await rejectionOf(clientOf().getStatus('s-1')),
        await rejectionOf(clientOf().setStatus('s-1', 'enabled')),
      ])
        expect([error.code, error.claim]).toEqual(['ERR_SET_STREAM', name]);
    }
  });

  test('is returned as it was sent, even if it is unknown', async () => {
    const status = { stream_id: 's-1', status: 'suspended', reason: 'why', since: 5 };
    transmitter.respond = () => [200, status];
    expect(await clientOf().getStatus('s-1')).toStrictEqual(status);
  });
});

describe('the configuration of the transmitter', () => {
  test('is returned as it was sent, with unknown members, and without those that are null', async () => {
    Object.assign(transmitter.metadata, {
      spec_version: '1_0',
      jwks_uri: `${transmitter.url}/keys`,
      delivery_methods_supported: [POLL],
      critical_subject_members: ['tenant'],
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
      default_subjects: 'NONE',
      vendor: null,
    });
    expect(await clientOf().metadata()).toStrictEqual(transmitter.metadata);
    transmitter.metadata.default_subjects = null;
    expect((await clientOf().metadata()).default_subjects).toBeUndefined();
    expect(transmitter.requests).toEqual([]);
  });

  test.each(Object.entries(METADATA_MEMBERS))('is refused with a wrong %s', async (name, values) => {
    for (const value of values) {
      transmitter.metadata[name] = value;
      const error = await rejectionOf(clientOf().metadata());
      expect([error.code, error.claim]).toEqual(['ERR_SET_STREAM', name]);
      expect((await rejectionOf(clientOf().list())).code).toBe('ERR_SET_STREAM');
    }
  });

  test.each<[name: string, issuer: unknown, code: string]>([
    ['another issuer', 'https://other.example', 'ERR_SET_ISSUER'],
    ['no issuer', undefined, 'ERR_SET_STREAM'],
    ['a list of issuers', ['https://other.example'], 'ERR_SET_STREAM'],
  ])('is refused with %s, and nothing is sent to its endpoints', async (_, issuer, code) => {
    transmitter.metadata.issuer = issuer;
    const client = clientOf();
    for (const run of [client.metadata, client.list]) expect((await rejectionOf(run())).code).toBe(code);
    expect(transmitter.requests).toEqual([]);
  });

  test('is kept until a request fails', async () => {
    const client = clientOf();
    transmitter.respond = () => [200, []];
    await client.metadata();
    await client.list();
    await client.list();
    expect(transmitter.fetches).toBe(1);
    transmitter.metadata.configuration_endpoint = `${transmitter.url}/moved`;
    transmitter.respond = ({ target }) => (target === 'GET /moved' ? [200, []] : [410]);
    expect((await rejectionOf(client.list())).status).toBe(410);
    expect(await client.list()).toEqual([]);
    expect(transmitter.fetches).toBe(2);
  });

  test('is fetched again after it failed', async () => {
    const client = clientOf();
    transmitter.metadata.issuer = 'https://other.example';
    expect((await rejectionOf(client.metadata())).code).toBe('ERR_SET_ISSUER');
    transmitter.metadata.issuer = transmitter.issuer;
    expect((await client.metadata()).issuer).toBe(transmitter.issuer);
  });

  test('is at configurationUrl, if that is given, and gets no authorization', async () => {
    const { issuer, url } = transmitter;
    const seen: string[] = [];
    const fetch: FetchLike = async (each, { headers }) => {
      seen.push(each, headers.authorization ?? 'none');
      return Response.json({ issuer });
    };
    const client = clientOf({ configurationUrl: new URL(`${url}/configuration`), authorization: 'Bearer a', fetch });
    await client.metadata();
    expect(seen).toEqual([`${url}/configuration`, 'none']);
  });

  test('may be that of RISC', async () => {
    const urls: string[] = [];
    const fetch: FetchLike = async (url) => {
      urls.push(url);
      return urls.length === 1
        ? new Response(null, { status: 404 })
        : Response.json({ issuer: 'https://tx.example', configuration_endpoint: 'https://tx.example/streams' });
    };
    await createStreamClient({ issuer: 'https://tx.example', fetch }).metadata();
    expect(urls).toEqual(['ssf', 'risc'].map((name) => `https://tx.example/.well-known/${name}-configuration`));
  });
});

describe('nonsense', () => {
  const deep = (opening: string, levels: number): string => opening.repeat(levels);
  const NONSENSE: readonly (readonly [name: string, body: () => string])[] = [
    ['nothing', () => ''],
    ['HTML', () => '<!doctype html><title>Welcome</title>'],
    ['half a document', () => '{"stream_id":"s-1","iss":"htt'],
    ['not UTF-8', () => '{"a":"\ud800"}'.replace('\ud800', '\u0000')],
    ['null', () => 'null'],
    ['true', () => 'true'],
    ['a number', () => '1e999'],
    ['a string', () => '"stream"'],
    ['a long string', () => `"${'a'.repeat(250_000)}"`],
    ['a list of numbers', () => '[1,2]'],
    ['a list in a list', () => '[[]]'],
    ['an empty object', () => '{}'],
    ['an object with the names of methods', () => '{"toString":1,"valueOf":1,"__proto__":1,"constructor":1}'],
    ['a deep list', () => deep('[', 100_000) + deep(']', 100_000)],
    ['too much', () => JSON.stringify(transmitter.stream({ description: 'a'.repeat(300_000) }))],
    ['many streams that are none', () => `[${deep('{},', 80_000)}{}]`],
  ];

  test.each(NONSENSE)('is a SetError and never anything else: %s', async (name, body) => {
    transmitter.respond = () => [200, body()];
    for (const [reader, run] of READERS) {
      if (reader === 'list' && ['null'].includes(name)) continue;
      const error = await rejectionOf(run(clientOf()));
      expect([reader, error.code]).toEqual([reader, 'ERR_SET_STREAM']);
    }
    expect((await rejectionOf(clientOf().getStatus('s-1'))).code).toBe('ERR_SET_STREAM');
  });

  test('in unknown members does not matter, however deep it is', async () => {
    const levels = 9_000;
    const delivery = `${deep('{"method":"a","delivery":', levels)}{}${deep('}', levels)}`;
    const rest = JSON.stringify(transmitter.stream({ delivery: undefined }));
    transmitter.respond = () => [200, `${rest.slice(0, -1)},"delivery":${delivery}}`];
    expect((await clientOf().get('s-1'))!.stream_id).toBe('s-1');
  });

  test('in the configuration of the transmitter is a SetError, too', async () => {
    const { answer } = transmitter.server;
    for (const [, body] of NONSENSE) {
      transmitter.server.answer = (response) => response.end(body());
      expect((await rejectionOf(clientOf().metadata())).code).toMatch(/^ERR_SET_(?:STREAM|ISSUER)$/);
    }
    transmitter.server.answer = answer;
  });

  test('is limited by maxBodyBytes', async () => {
    const client = clientOf({ maxBodyBytes: 1_000 });
    transmitter.respond = () => [200, transmitter.stream({ description: 'a'.repeat(100) })];
    expect((await client.get('s-1'))!.description).toHaveLength(100);
    transmitter.respond = () => [200, transmitter.stream({ description: 'a'.repeat(1_000) })];
    const error = await rejectionOf(client.get('s-1'));
    expect(error).toMatchObject({ code: 'ERR_SET_STREAM', status: 200, cause: { code: 'ERR_SET_TOO_LARGE' } });
  });

  test('that never ends is limited by timeoutMs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const fetch: FetchLike = async (url) =>
        url.includes('well-known')
          ? Response.json(transmitter.metadata)
          : new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }));
      let isRefused = false;
      const refusal = rejectionOf(clientOf({ fetch, timeoutMs: 200 }).get('s-1')).finally(() => (isRefused = true));
      await vi.advanceTimersByTimeAsync(199);
      expect(isRefused).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await refusal).toMatchObject({ code: 'ERR_SET_STREAM', status: 200 });
    } finally {
      vi.useRealTimers();
    }
  });
});
