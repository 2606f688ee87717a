/**
 * The strict transmitter reports each mistake that makes a receiver fail, and no correct request. Leaves out mistakes
 * with tokens: see strict-authorization.test.ts.
 */
import { describe, expect, test, vi } from 'vitest';
import { PATIENTLY } from '../support/timing.js';
import { EVENT_TYPES, INTEROP_EVENT_TYPES } from './event-examples.js';
import { issuerMismatch } from './later-modules.js';
import { caepInterop, happyPath, MODULES, supportedEvents, unsolicitedVerification, verification } from './modules.js';
import { POLL, PUSH, type Stream, type Variant } from './protocol.js';
import { open, queryOf, type Raw, start } from './raw.js';
import { listen, type Listening, respondWith } from './server.js';

const STATIC_PUSH: Variant = { delivery: 'push', authorization: 'static' };
const OTHER = 'other';

describe('no mistake:', () => {
  test('the happy path by hand passes', async () => {
    const { transmitter, send, create } = await start();
    const stream = await create({ events_requested: EVENT_TYPES, delivery: { method: POLL }, description: 'Mine' });
    const { stream_id } = stream;
    const read = await send('GET', `/streams${queryOf(stream)}`);
    expect(await read.json()).toEqual(stream);
    expect(await (await send('GET', '/streams')).json()).toEqual([stream]);
    const patched = await (await send('PATCH', '/streams', { stream_id, description: 'Changed' })).json();
    expect(patched).toEqual({ ...stream, description: 'Changed' });
    const replaced = await (await send('PUT', '/streams', { stream_id, description: 'New' })).json();
    expect(replaced).toMatchObject({ description: 'New', events_requested: [], events_delivered: [] });
    expect((await send('DELETE', `/streams${queryOf(stream)}`)).status).toBe(204);
    expect(await (await send('GET', '/streams')).json()).toEqual([]);
    expect(transmitter.verdict()).toEqual([]);
  });

  test('polling by hand passes, and a SET is delivered once', async () => {
    const { transmitter, send, create } = await start(supportedEvents);
    const stream = await create({ events_requested: EVENT_TYPES });
    const { search } = new URL(stream.delivery.endpoint_url);
    let ack: string[] = [];
    const sizes: number[] = [];
    do {
      const response = await send('POST', `/events${search}`, { ack, ...(ack.length && { maxEvents: 10 }) });
      const { sets } = (await response.json()) as { readonly sets: object };
      ack = Object.keys(sets);
      sizes.push(ack.length);
    } while (sizes.reduce((sum, size) => sum + size, 0) < EVENT_TYPES.length);
    // The last ones wait for their acknowledgement.
    expect(transmitter.verdict()).toEqual(['not seen: acknowledge every event']);
    const last = await send('POST', `/events${search}`, { ack, returnImmediately: true });
    expect(await last.json()).toEqual({ sets: {} });
    expect(transmitter.verdict()).toEqual([]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16);
  });

  test.each(MODULES)('doing nothing does not pass the module "$name"', async (module) => {
    const { transmitter } = await start(module);
    expect(transmitter.verdict()).toEqual(module.expects.map((interaction) => `not seen: ${interaction}`));
  });
});

/** A request that is a mistake, once a stream was created. */
type Mistake = readonly [
  name: string,
  request: readonly [method: string, path: string, body?: object | string | undefined],
  status: number,
  reason: string,
];

/** Sends a mistake, and expects its status and its reason, and nothing else. */
async function expectMistake(raw: Raw, [, [method, path, body], status, reason]: Mistake): Promise<void> {
  expect((await raw.send(method, path, body)).status).toBe(status);
  expect(raw.transmitter.failures).toEqual([reason]);
}

const MEMBERS = [
  'iss',
  'aud',
  'events_supported',
  'events_delivered',
  'min_verification_interval',
  'inactivity_timeout',
];
const NO_ENDPOINT = { method: PUSH };
const FAX = { method: 'urn:fax', endpoint_url: 'https://receiver.example/' };

describe('a create is a mistake with', () => {
  test.each<Mistake>([
    ...['stream_id', ...MEMBERS].map((name): Mistake => [
      name,
      ['POST', '/streams', { [name]: 1 }],
      400,
      `POST /streams: members of the transmitter: ${name}`,
    ]),
    [
      'push without an endpoint_url',
      ['POST', '/streams', { delivery: NO_ENDPOINT }],
      400,
      'POST /streams: push without an endpoint_url',
    ],
    [
      'an unknown method',
      ['POST', '/streams', { delivery: FAX }],
      400,
      'POST /streams: an unsupported delivery method',
    ],
    [
      'a string of events',
      ['POST', '/streams', { events_requested: 'a' }],
      400,
      'POST /streams: events_requested is not a list',
    ],
    ['no body', ['POST', '/streams'], 400, 'POST /streams: the body is not a JSON object'],
    ['a list', ['POST', '/streams', []], 400, 'POST /streams: the body is not a JSON object'],
    ['half a body', ['POST', '/streams', '{"delivery":'], 400, 'POST /streams: the body is not a JSON object'],
  ])('%s', async (...mistake) => {
    const raw = await start();
    await expectMistake(raw, mistake);
    expect(await (await raw.send('GET', '/streams')).json()).toEqual([]);
  });

  test('a stream that exists', async () => {
    const raw = await start();
    await raw.create();
    await expectMistake(raw, ['', ['POST', '/streams', {}], 409, 'POST /streams: there is a stream already']);
  });
});

describe.each(['PATCH', 'PUT'])('%s is a mistake with', (method) => {
  test.each<readonly [name: string, body: object, reason: string]>([
    ...MEMBERS.map((name) => [name, { [name]: 1 }, `members of the transmitter: ${name}`] as const),
    ['push without an endpoint_url', { delivery: NO_ENDPOINT }, 'push without an endpoint_url'],
    ['an unknown method', { delivery: FAX }, 'an unsupported delivery method'],
  ])('%s', async (name, body, reason) => {
    const raw = await start();
    const { stream_id } = await raw.create();
    await expectMistake(raw, [
      name,
      [method, '/streams', { stream_id, ...body }],
      400,
      `${method} /streams: ${reason}`,
    ]);
  });
});

describe('a stream_id is', () => {
  const IN_BODY = [
    ['PATCH', '/streams', { description: 'a' }],
    ['PUT', '/streams', { description: 'a' }],
    ['POST', '/status', { status: 'paused' }],
    ['POST', '/verify', {}],
    ['POST', '/add_subject', { subject: { format: 'email' } }],
    ['POST', '/remove_subject', { subject: { format: 'email' } }],
  ] as const;
  const IN_QUERY = [
    ['DELETE', '/streams', undefined],
    ['GET', '/status', undefined],
    ['POST', '/events', { returnImmediately: true }],
  ] as const;

  test.each([...IN_BODY, ...IN_QUERY])('missing in %s %s', async (method, path, body) => {
    const raw = await start();
    await raw.create();
    await expectMistake(raw, ['', [method, path, body], 400, `${method} ${path}: no stream_id`]);
  });

  test.each(IN_BODY)('unknown in %s %s', async (method, path, body) => {
    const raw = await start();
    await raw.create();
    const request = [method, path, { stream_id: OTHER, ...body }] as const;
    await expectMistake(raw, ['', request, 404, `${method} ${path}: an unknown stream_id`]);
  });

  test.each([['GET', '/streams', undefined] as const, ...IN_QUERY])('unknown in %s %s', async (method, path, body) => {
    const raw = await start();
    await raw.create();
    const request = [method, `${path}?stream_id=${OTHER}`, body] as const;
    await expectMistake(raw, ['', request, 404, `${method} ${path}: an unknown stream_id`]);
  });

  test('that of a stream that was deleted', async () => {
    const raw = await start();
    const stream = await raw.create();
    await raw.send('DELETE', `/streams${queryOf(stream)}`);
    const request = ['DELETE', `/streams${queryOf(stream)}`] as const;
    await expectMistake(raw, ['', request, 404, 'DELETE /streams: an unknown stream_id']);
  });

  test('not encoded in a query', async () => {
    const raw = await start();
    const { stream_id } = await raw.create();
    const request = ['GET', `/streams?stream_id=${stream_id}`] as const;
    await expectMistake(raw, ['', request, 404, 'GET /streams: an unknown stream_id']);
  });
});

test.each<Mistake>([
  ['an unknown status', ['POST', '/status', { status: 'off' }], 400, 'POST /status: an unknown status'],
  [
    'a subject without a format',
    ['POST', '/add_subject', { subject: {} }],
    400,
    'POST /add_subject: no subject with a format',
  ],
  ['GET for a poll', ['GET', '/events'], 405, 'GET /events: the method is not POST'],
  ['GET for a verification', ['GET', '/verify'], 405, 'GET /verify: the method is not allowed'],
  ['a path that is not an endpoint', ['GET', '/stream'], 404, 'GET /stream: not an endpoint'],
])('%s is a mistake', async (...mistake) => {
  const raw = await start();
  const { stream_id } = await raw.create();
  const [name, [method, path, body], ...rest] = mistake;
  await expectMistake(raw, [name, [method, path, body && { stream_id, ...(body as object) }], ...rest]);
});

describe('a stream of another issuer', () => {
  test.each<readonly [method: string, path: string]>([
    ['PATCH', '/streams'],
    ['POST', '/status'],
    ['POST', '/verify'],
    ['POST', '/add_subject'],
  ])('must not be used: %s %s', async (method, path) => {
    const { transmitter, send, create } = await start(issuerMismatch);
    const { stream_id, iss } = await create();
    expect(iss).toBe(issuerMismatch.foreignIssuer);
    await send(method, path, { stream_id, status: 'paused', subject: { format: 'email' } });
    expect(transmitter.failures).toEqual([`${method} ${path}: a stream of another issuer`]);
  });

  test('must not be polled, nor its status be read', async () => {
    const { transmitter, send, create } = await start(issuerMismatch);
    const stream = await create();
    await send('POST', `/events${queryOf(stream)}`, { returnImmediately: true });
    await send('GET', `/status${queryOf(stream)}`);
    expect(transmitter.failures).toEqual([
      'POST /events: a stream of another issuer',
      'GET /status: a stream of another issuer',
    ]);
  });

  test('may be read and deleted', async () => {
    const { transmitter, send, create } = await start(issuerMismatch);
    const stream = await create();
    await send('GET', `/streams${queryOf(stream)}`);
    await send('DELETE', `/streams${queryOf(stream)}`);
    expect(transmitter.verdict()).toEqual([]);
  });
});

describe('under the interoperability profile', () => {
  test.each([
    ['PATCH', '/streams'],
    ['PUT', '/streams'],
    ['POST', '/status'],
    ['POST', '/add_subject'],
    ['POST', '/remove_subject'],
  ])('%s %s is a mistake', async (method, path) => {
    const raw = await start(caepInterop);
    const { stream_id } = await raw.create({ events_requested: INTEROP_EVENT_TYPES });
    const request = [method, path, { stream_id, status: 'paused', subject: { format: 'email' } }] as const;
    await expectMistake(raw, ['', request, 405, `${method} ${path}: the method is not allowed`]);
  });

  test.each<readonly [name: string, body: object, reason: string]>([
    [
      'no event of the profile',
      { events_requested: [EVENT_TYPES[1]] },
      'no event type of the interoperability profile',
    ],
    [
      'another delivery method',
      { events_requested: INTEROP_EVENT_TYPES, delivery: { method: PUSH, endpoint_url: 'http://127.0.0.1:9/' } },
      'another delivery method',
    ],
  ])('a stream with %s is a mistake', async (_, body, reason) => {
    const { transmitter, create } = await start(caepInterop);
    await create(body);
    expect(transmitter.failures).toEqual([reason]);
  });
});

/** Starts a push endpoint that always responds in the same way. */
async function startEndpoint(status: number, json?: unknown): Promise<Listening> {
  const endpoint = await listen(respondWith(() => ({ status, ...(json !== undefined && { json }) })));
  open.push(endpoint);
  return endpoint;
}

describe('push:', () => {
  test.each([200, 204, 400, 401, 500, 503])('the response %i is a mistake', async (status) => {
    const { transmitter, create } = await start(unsolicitedVerification, STATIC_PUSH);
    const { origin } = await startEndpoint(
      status,
      status === 204 ? undefined : { err: 'invalid_key', description: '' },
    );
    await create({ delivery: { method: PUSH, endpoint_url: origin } });
    await vi.waitFor(() => expect(transmitter.failures).not.toEqual([]), PATIENTLY);
    expect(transmitter.verdict()).toEqual([
      `a push got the response ${status}, not 202: https://schemas.openid.net/secevent/ssf/event-type/verification`,
      'not seen: acknowledge the verification',
    ]);
  });

  test('202 is the correct response', async () => {
    const { transmitter, create } = await start(unsolicitedVerification, STATIC_PUSH);
    const { origin } = await startEndpoint(202);
    await create({ delivery: { method: PUSH, endpoint_url: origin } });
    await vi.waitFor(() => expect(transmitter.verdict()).toEqual([]), PATIENTLY);
  });

  test('a poll of a stream that is pushed is a mistake', async () => {
    const { transmitter, send, create } = await start(happyPath, STATIC_PUSH);
    const stream = await create({ delivery: { method: PUSH, endpoint_url: 'http://127.0.0.1:9/' } });
    await send('POST', `/events${queryOf(stream)}`, { returnImmediately: true });
    expect(transmitter.failures).toEqual(['a poll of a stream that is pushed']);
  });
});

describe('poll:', () => {
  /** Creates a stream, requests a verification and polls its event. Returns the name of the event. */
  async function pollVerification({ send, create }: Raw): Promise<readonly [stream: Stream, name: string]> {
    const stream = await create();
    await send('POST', '/verify', { stream_id: stream.stream_id });
    const response = await send('POST', `/events${queryOf(stream)}`, {});
    const { sets } = (await response.json()) as { readonly sets: object };
    return [stream, Object.keys(sets)[0]!];
  }
  const TYPE = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

  test('a valid SET that is refused is a mistake', async () => {
    const raw = await start(verification);
    const [stream, name] = await pollVerification(raw);
    const setErrs = { [name]: { err: 'invalid_state', description: 'No' } };
    await raw.send('POST', `/events${queryOf(stream)}`, { setErrs, returnImmediately: true });
    expect(raw.transmitter.failures).toEqual([`refused a SET with invalid_state: ${TYPE}`]);
    expect(raw.transmitter.verdict()).toContain('not seen: acknowledge the verification');
  });

  test('a SET that is never acknowledged is a mistake', async () => {
    const raw = await start(verification);
    const [stream] = await pollVerification(raw);
    await raw.send('DELETE', `/streams${queryOf(stream)}`);
    expect(raw.transmitter.verdict()).toEqual([
      `delivered and never settled: ${TYPE}`,
      'not seen: acknowledge the verification',
    ]);
  });

  test('a stream that is not enabled takes no acknowledgements', async () => {
    const raw = await start(verification);
    const [stream, name] = await pollVerification(raw);
    const { stream_id } = stream;
    await raw.send('POST', '/status', { stream_id, status: 'paused' });
    const response = await raw.send('POST', `/events${queryOf(stream)}`, { ack: [name] });
    expect([await response.json(), raw.transmitter.acknowledged]).toEqual([{ sets: {} }, []]);
    await raw.send('POST', '/status', { stream_id, status: 'enabled' });
    await raw.send('POST', `/events${queryOf(stream)}`, { ack: [name], returnImmediately: true });
    expect([raw.transmitter.acknowledged, raw.transmitter.failures]).toEqual([[name], []]);
  });

  test('a body that is not JSON is a mistake', async () => {
    const raw = await start();
    const stream = await raw.create();
    await expectMistake(raw, ['', ['POST', `/events${queryOf(stream)}`, '{'], 400, 'a poll without a JSON body']);
  });
});
