/** createTestTransmitter: its stream (OpenID SSF 1.0 section 8), managed by hand and by createStreamClient. */
import { beforeEach, describe, expect, test } from 'vitest';
import { pollSets } from '../../src/receiver/poll.js';
import { decodeSet } from '../../src/set.js';
import { createStreamClient } from '../../src/ssf/stream-client.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';

const PUSH = { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://receiver.example/events' };
const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

let transmitter: TestTransmitter;
let metadata: Record<string, string>;
beforeEach(async () => {
  transmitter = await createTestTransmitter({ issuer: 'https://transmitter.example', algorithm: 'ES256' });
  metadata = await (await transmitter.fetch(transmitter.configurationUrl)).json();
});

/** Sends a request to an endpoint of the configuration. Returns the status, and the document if there is one. */
async function send(method: string, endpoint: string, body?: unknown, query = ''): Promise<[number, unknown?]> {
  const init = { method, ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }) };
  const response = await transmitter.fetch(`${metadata[`${endpoint}_endpoint`]}${query}`, init);
  const text = await response.text();
  return text ? [response.status, JSON.parse(text)] : [response.status];
}

/** Creates a stream and returns its configuration. */
async function create(request: object = {}): Promise<{ readonly stream_id: string }> {
  const [status, stream] = await send('POST', 'configuration', request);
  expect(status).toBe(201);
  return stream as { readonly stream_id: string };
}

test('the configuration names every endpoint', () => {
  const names = ['configuration', 'status', 'verification', 'add-subject', 'remove-subject'];
  expect(metadata).toEqual({
    issuer: 'https://transmitter.example',
    spec_version: '1_0',
    jwks_uri: 'https://transmitter.example/login/jwk',
    delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
    ...Object.fromEntries(
      names.map((name) => [`${name.replace('-', '_')}_endpoint`, `https://transmitter.example/${name}`]),
    ),
  });
});

describe('the stream of a test transmitter', () => {
  test('has the members of the transmitter, whatever the request says, and keeps all others', async () => {
    const stream = await create({
      events_requested: ['a', 'b'],
      description: 'Mine',
      format: 'iss_sub',
      aud: 'other',
      iss: 'other',
      stream_id: 'other',
      events_delivered: [],
    });
    expect(stream).toEqual({
      stream_id: expect.stringMatching(/^[\w-]{36}$/),
      iss: transmitter.issuer,
      aud: [transmitter.audience],
      events_requested: ['a', 'b'],
      events_delivered: ['a', 'b'],
      delivery: { method: 'urn:ietf:rfc:8936', endpoint_url: transmitter.pollUrl },
      description: 'Mine',
      format: 'iss_sub',
    });
  });

  test.each([
    ['poll by default', undefined, { method: 'urn:ietf:rfc:8936', endpoint_url: 'https://transmitter.example/poll' }],
    [
      'poll',
      { method: 'urn:ietf:rfc:8936' },
      expect.objectContaining({ endpoint_url: expect.stringMatching('/poll') }),
    ],
    ['push', { ...PUSH, authorization_header: 'Bearer a' }, { ...PUSH, authorization_header: 'Bearer a' }],
  ])('delivers by %s', async (_, delivery, expected) => {
    expect(await create({ delivery })).toMatchObject({ delivery: expected });
  });

  test('is the only one until it is deleted', async () => {
    expect(await send('GET', 'configuration')).toEqual([200, []]);
    const stream = await create();
    expect(await send('POST', 'configuration', {})).toEqual([409]);
    const query = `?stream_id=${stream.stream_id}`;
    expect(await send('GET', 'configuration')).toEqual([200, [stream]]);
    expect(await send('GET', 'configuration', undefined, query)).toEqual([200, stream]);
    expect(await send('DELETE', 'configuration', undefined, query)).toEqual([204]);
    expect(await send('DELETE', 'configuration', undefined, query)).toEqual([404]);
    expect((await create()).stream_id).not.toBe(stream.stream_id);
  });

  test('PATCH sets members and keeps the others; PUT removes those that are missing', async () => {
    const { stream_id } = await create({ events_requested: ['a'], delivery: PUSH, description: 'Mine' });
    const patched = await send('PATCH', 'configuration', { stream_id, events_requested: ['b'] });
    expect(patched).toMatchObject([200, { stream_id, events_delivered: ['b'], delivery: PUSH, description: 'Mine' }]);
    const [status, replaced] = await send('PUT', 'configuration', { stream_id, events_requested: ['c'] });
    expect([status, replaced]).toMatchObject([200, { stream_id, delivery: { endpoint_url: transmitter.pollUrl } }]);
    expect(replaced).not.toHaveProperty('description');
    expect(await send('GET', 'configuration', undefined, `?stream_id=${stream_id}`)).toEqual([200, replaced]);
  });

  test('is enabled at first, and has the status that was set last', async () => {
    const { stream_id } = await create();
    const query = `?stream_id=${stream_id}`;
    expect(await send('GET', 'status', undefined, query)).toEqual([200, { stream_id, status: 'enabled' }]);
    const paused = { stream_id, status: 'paused', reason: 'Maintenance' };
    expect(await send('POST', 'status', paused)).toEqual([200, paused]);
    expect(await send('GET', 'status', undefined, query)).toEqual([200, paused]);
    await send('DELETE', 'configuration', undefined, query);
    const next = await create();
    expect(await send('GET', 'status', undefined, `?stream_id=${next.stream_id}`)).toEqual([
      200,
      { stream_id: next.stream_id, status: 'enabled' },
    ]);
  });

  test.each([
    ['with its state', { state: 'mine' }],
    ['without a state', {}],
  ])('a verification event is pending once it was requested, %s', async (_, state) => {
    const { stream_id } = await create();
    expect(await send('POST', 'verification', { stream_id, ...state })).toEqual([204]);
    const [token] = transmitter.pending.values();
    expect(decodeSet(token!).payload).toMatchObject({
      sub_id: { format: 'opaque', id: stream_id },
      events: { [VERIFICATION]: state },
    });
    expect(decodeSet(token!).payload.events).toEqual({ [VERIFICATION]: state });
  });

  test('accepts subjects, and does not remember them', async () => {
    const { stream_id } = await create();
    const subject = { format: 'email', email: 'jane@example.com' };
    expect(await send('POST', 'add_subject', { stream_id, subject, verified: false })).toEqual([200]);
    expect(await send('POST', 'remove_subject', { stream_id, subject })).toEqual([204]);
  });
});

const NAMED_IN_THE_QUERY = [
  ['DELETE', 'configuration'],
  ['GET', 'status'],
] as const;
const NAMED_IN_THE_BODY = [
  ['PATCH', 'configuration'],
  ['PUT', 'configuration'],
  ['POST', 'status'],
  ['POST', 'verification'],
  ['POST', 'add_subject'],
  ['POST', 'remove_subject'],
] as const;

describe('a test transmitter responds', () => {
  test.each(NAMED_IN_THE_QUERY)(
    'to %s %s with 400 without a stream_id, and 404 for another',
    async (method, endpoint) => {
      await create();
      expect(await send(method, endpoint)).toEqual([400]);
      expect(await send(method, endpoint, undefined, '?stream_id=other')).toEqual([404]);
    },
  );

  test('with 404 to a read of another stream', async () => {
    expect(await send('GET', 'configuration', undefined, '?stream_id=')).toEqual([404]);
    await create();
    expect(await send('GET', 'configuration', undefined, '?stream_id=other')).toEqual([404]);
  });

  test.each(NAMED_IN_THE_BODY)(
    'to %s %s with 400 without a stream_id, and 404 for another',
    async (method, endpoint) => {
      await create();
      for (const body of ['', '{', [], {}, { stream_id: 1 }]) expect(await send(method, endpoint, body)).toEqual([400]);
      expect(await send(method, endpoint, { stream_id: 'other' })).toEqual([404]);
    },
  );

  test.each([
    ['not JSON', '{'],
    ['a list', []],
    ['a delivery that is a string', { delivery: 'urn:ietf:rfc:8936' }],
    ['a delivery without a method', { delivery: { endpoint_url: PUSH.endpoint_url } }],
    ['push without an endpoint_url', { delivery: { method: PUSH.method } }],
  ])('with 400 to a stream that is %s, and creates none', async (_, body) => {
    expect(await send('POST', 'configuration', body)).toEqual([400]);
    expect(await send('GET', 'configuration')).toEqual([200, []]);
  });

  test('with 400 to a change of the delivery that is wrong, and to a status that is not a string', async () => {
    const { stream_id, ...stream } = await create({ description: 'Mine' });
    const delivery = { method: PUSH.method };
    for (const method of ['PATCH', 'PUT']) {
      expect(await send(method, 'configuration', { stream_id, delivery })).toEqual([400]);
    }
    expect(await send('GET', 'configuration')).toEqual([200, [{ stream_id, ...stream }]]);
    expect(await send('POST', 'status', { stream_id })).toEqual([400]);
  });

  test.each([
    ['PUT', 'status'],
    ['GET', 'verification'],
    ['DELETE', 'add_subject'],
  ])('to %s %s with 405', async (method, endpoint) => {
    expect(await send(method, endpoint)).toEqual([405]);
  });
});

test('with createStreamClient, a stream is set up, verified, changed and deleted', async () => {
  const { issuer, audience, fetch, acknowledged } = transmitter;
  const client = createStreamClient({ issuer, audience, authorization: 'Bearer anything', fetch });
  expect((await client.ensure({ events_requested: ['a'] })).events_delivered).toEqual(['a']);
  const { stream_id, delivery } = await client.ensure({ events_requested: ['b'], description: 'Mine' });
  expect(await client.list()).toMatchObject([{ stream_id, events_delivered: ['b'], description: 'Mine' }]);
  const { state } = await client.verify(stream_id);
  const verify = createSsfVerifier({ issuer, audience, fetch, algorithms: ['ES256'] });
  const stop = new AbortController();
  for await (const set of pollSets(delivery.endpoint_url!, { verify, fetch, signal: stop.signal })) {
    await client.checkVerification(set);
    expect(set.payload.events).toEqual({ [VERIFICATION]: { state } });
    stop.abort();
  }
  expect(acknowledged).toHaveLength(1);
  expect(await client.setStatus(stream_id, 'paused')).toEqual({ stream_id, status: 'paused' });
  expect(await client.getStatus(stream_id)).toEqual({ stream_id, status: 'paused' });
  expect(await client.replace(stream_id, {})).not.toHaveProperty('description');
  await client.addSubject(stream_id, { format: 'email', email: 'jane@example.com' });
  await client.removeSubject(stream_id, { format: 'email', email: 'jane@example.com' });
  expect([await client.delete(stream_id), await client.delete(stream_id)]).toEqual([true, false]);
  expect(await client.get(stream_id)).toBeUndefined();
});
