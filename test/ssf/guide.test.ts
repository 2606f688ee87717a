/**
 * docs/streams.md: the code that it shows for a transmitter runs against an imitation of it, which knows the endpoints
 * and accepts the members that the guide describes, and no others.
 */
import { readFileSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { audiences } from '../../src/envelope.js';
import { createSsfVerifier, verification } from '../../src/ssf/index.js';
import * as ssf from '../../src/ssf/index.js';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import * as caep from '../../src/vocabularies/caep.js';
import { rejectionOf } from '../support/refusals.js';

const guide = readFileSync(new URL('../../docs/streams.md', import.meta.url), 'utf8');
const MODULES: Readonly<Record<string, object>> = { 'secevent/caep': caep, 'secevent/ssf': ssf };

const SESSION_REVOKED = caep.sessionRevoked.type;
const CREDENTIAL_CHANGE = caep.credentialChange.type;
const PUSH = 'urn:ietf:rfc:8935';
const POLL = 'urn:ietf:rfc:8936';
const OLD_PUSH = 'https://schemas.openid.net/secevent/risc/delivery-method/push';
const RECEIVER = 'https://receiver.example/events';

interface Example {
  readonly client: ssf.StreamClient;
  connect(): Promise<ssf.StreamConfiguration>;
}

/** Runs the example of a transmitter's section. Its imports come from the sources. */
function runExample(heading: string): Example {
  const section = guide.split(/^### /m).find((each) => each.startsWith(`${heading}\n`))!;
  const [, code] = /^```ts\n(.*?)^```/ms.exec(section)!;
  const script = code!.replace(/^import (\{.*\}) from ('.*');$/gm, 'const $1 = modules[$2];');
  return (compileFunction(`${script}\nreturn { client, connect };`, ['modules']) as (modules: object) => Example)(
    MODULES,
  );
}

type Document = Readonly<Record<string, unknown>>;

/** A request that an imitation received. */
interface Call {
  readonly authorization: string | null;
  readonly query: URLSearchParams;
  readonly body: Document;
}

type Reply = readonly [status: number, document?: unknown];
type Handler = (call: Call) => Reply;

/** The requests since the test began, such as `POST /streams`. */
const requests: string[] = [];

/** Serves a transmitter at its origin, through the platform's fetch. Any other request is a 404. */
function serve(origin: string, handlers: Readonly<Record<string, Handler>>): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const request = new Request(url, init);
    const { pathname, searchParams, origin: its } = new URL(url);
    const name = `${request.method} ${pathname}`;
    requests.push(name);
    const handler = its === origin ? handlers[name] : undefined;
    const text = await request.text();
    const isForm = request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded');
    const body = isForm ? Object.fromEntries(new URLSearchParams(text)) : (JSON.parse(text || '{}') as object);
    const call = { authorization: request.headers.get('authorization'), query: searchParams, body: body as Document };
    const [status, document] = handler?.(call) ?? [404];
    return document === undefined ? new Response(null, { status }) : Response.json(document, { status });
  });
}

/** Reports whether an object has these members: all required ones, and none besides the optional ones. */
function hasOnly(value: unknown, required: readonly string[], optional: readonly string[] = []): value is Document {
  const names = Object.keys(Object(value) as object);
  return (
    required.every((name) => names.includes(name)) && names.every((name) => [...required, ...optional].includes(name))
  );
}

/** Allows a request only with this authorization. */
const only =
  (authorization: string, handler: Handler): Handler =>
  (call) =>
    call.authorization === authorization ? handler(call) : [401];

beforeEach(() => void requests.splice(0));
afterEach(() => void vi.useRealTimers());

describe('Okta', () => {
  const issuer = 'https://example.okta.com';
  const endpoint = `${issuer}/api/v1/ssf/stream`;
  const token = 'Bearer access-token';
  let stream: Document | undefined;
  /** The bodies that were accepted. */
  const accepted: Document[] = [];

  function set({ body }: Call, status: number, more: readonly string[]): Reply {
    const { delivery, events_requested } = body;
    if (!hasOnly(body, ['delivery', 'events_requested', ...more], ['format'])) return [400];
    if (!hasOnly(delivery, ['method', 'endpoint_url'], ['authorization_header'])) return [400];
    if (![PUSH, OLD_PUSH].includes(delivery.method as string) || (body.format ?? 'iss_sub') !== 'iss_sub') return [400];
    accepted.push(body);
    const own = { stream_id: 'esc1', iss: issuer, aud: RECEIVER, events_delivered: events_requested };
    stream = { ...body, ...own, min_verification_interval: null };
    return [status, stream];
  }

  beforeEach(() => {
    stream = undefined;
    accepted.length = 0;
    serve(issuer, {
      'GET /.well-known/ssf-configuration': () => [
        200,
        {
          issuer,
          spec_version: '1_0-ID3',
          delivery_methods_supported: [PUSH],
          configuration_endpoint: endpoint,
          status_endpoint: `${endpoint}/status`,
          verification_endpoint: `${endpoint}/verification`,
        },
      ],
      'GET /api/v1/ssf/stream': only(token, () => [200, stream]),
      'POST /api/v1/ssf/stream': only(token, (call) => (stream ? [409] : set(call, 201, []))),
      'PATCH /api/v1/ssf/stream': only(token, (call) => set(call, 200, ['stream_id'])),
      'GET /api/v1/ssf/stream/status': only(token, () => [200, { stream_id: 'esc1', status: 'enabled' }]),
      'POST /api/v1/ssf/stream/verification': only(token, ({ body }) => [
        hasOnly(body, ['stream_id', 'state']) ? 204 : 400,
      ]),
    });
  });

  test('accepts the stream, and updates it when it exists', async () => {
    const { connect } = runExample('Okta');
    const body = {
      format: 'iss_sub',
      events_requested: [SESSION_REVOKED, CREDENTIAL_CHANGE],
      delivery: { method: PUSH, endpoint_url: RECEIVER },
    };
    expect(await connect()).toMatchObject({ stream_id: 'esc1', aud: RECEIVER, ...body });
    expect(await connect()).toMatchObject({ stream_id: 'esc1', ...body });
    expect(accepted).toEqual([body, { ...body, stream_id: 'esc1' }]);
  });

  test('verifies and reports its status, but has no endpoint to change it or to add subjects', async () => {
    const { client, connect } = runExample('Okta');
    const { stream_id } = await connect();
    await client.verify(stream_id);
    expect((await client.getStatus(stream_id)).status).toBe('enabled');
    expect(await rejectionOf(client.setStatus(stream_id, 'paused'))).toMatchObject({
      code: 'ERR_SET_STREAM',
      status: 404,
    });
    const noSubjects = await rejectionOf(client.addSubject(stream_id, { format: 'email', email: 'ada@example.com' }));
    expect(noSubjects).toMatchObject({
      code: 'ERR_SET_STREAM',
      message: expect.stringContaining('add_subject_endpoint'),
    });
  });

  test.each([
    { reason: 'poll', request: { events_requested: [SESSION_REVOKED], delivery: { method: POLL } } },
    { reason: 'a missing events_requested', request: { delivery: { method: PUSH, endpoint_url: RECEIVER } } },
    {
      reason: 'another format',
      request: { events_requested: [], delivery: { method: PUSH, endpoint_url: RECEIVER }, extra: { format: 'email' } },
    },
  ])('refuses $reason', async ({ request }) => {
    const { client } = runExample('Okta');
    expect(await rejectionOf(client.ensure(request))).toMatchObject({ code: 'ERR_SET_STREAM', status: 400 });
  });
});

describe('Keycloak', () => {
  const origin = 'https://keycloak.example';
  const issuer = `${origin}/realms/prod`;
  const path = '/realms/prod/ssf/transmitter';
  let stream: Document | undefined;
  let scope: string;

  const allowing =
    (needed: string, handler: Handler): Handler =>
    (call) =>
      call.authorization !== 'Bearer access-token' ? [401] : scope.split(' ').includes(needed) ? handler(call) : [403];

  function set({ body }: Call, status: number, more: readonly string[]): Reply {
    if (!hasOnly(body, more, ['delivery', 'events_requested', 'description'])) return [400];
    const aud = ['shop/stream-1'];
    const poll = { method: POLL, endpoint_url: `${origin}${path}/receivers/shop/streams/stream-1/poll` };
    stream = { ...body, stream_id: 'stream-1', iss: issuer, aud, delivery: poll, min_verification_interval: 60 };
    return [status, stream];
  }

  beforeEach(() => {
    stream = undefined;
    serve(origin, {
      // Not at the well-known URL of SSF, since it is not at the root of its host.
      'GET /realms/prod/.well-known/ssf-configuration': () => [
        200,
        {
          issuer,
          default_subjects: 'NONE',
          configuration_endpoint: `${origin}${path}/streams`,
          status_endpoint: `${origin}${path}/streams/status`,
          verification_endpoint: `${origin}${path}/verify`,
          add_subject_endpoint: `${origin}${path}/subjects/add`,
        },
      ],
      'GET /realms/prod/.well-known/openid-configuration': () => [200, { issuer, token_endpoint: `${issuer}/token` }],
      'POST /realms/prod/token': ({ authorization, body }) => {
        if (authorization !== `Basic ${btoa('shop:secret')}` || body.grant_type !== 'client_credentials') return [401];
        scope = body.scope as string;
        return [200, { access_token: 'access-token', token_type: 'Bearer', expires_in: 60 }];
      },
      [`GET ${path}/streams`]: allowing('ssf.read', () => [200, stream ? [stream] : []]),
      [`POST ${path}/streams`]: allowing('ssf.manage', (call) => (stream ? [409] : set(call, 201, []))),
      [`PATCH ${path}/streams`]: allowing('ssf.manage', (call) => set(call, 200, ['stream_id'])),
      [`POST ${path}/streams/status`]: allowing('ssf.manage', ({ body }) => [200, body]),
      [`POST ${path}/verify`]: allowing('ssf.manage', () => [204]),
      [`POST ${path}/subjects/add`]: allowing('ssf.manage', () => [200]),
    });
  });

  test('is found by its configurationUrl, and accepts the scopes and the stream, also when it exists', async () => {
    const { client, connect } = runExample('Keycloak');
    expect(await connect()).toMatchObject({ stream_id: 'stream-1', aud: ['shop/stream-1'] });
    expect((await connect()).delivery.endpoint_url).toBe(`${origin}${path}/receivers/shop/streams/stream-1/poll`);
    expect(requests.filter((each) => each.startsWith('PATCH'))).toEqual([`PATCH ${path}/streams`]);
    expect((await client.metadata()).default_subjects).toBe('NONE');
    await client.addSubject('stream-1', { format: 'email', email: 'ada@example.com' });
    expect(await client.setStatus('stream-1', 'paused')).toMatchObject({ status: 'paused' });
  });

  test('is not asked for a second verification within its 60 seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { client, connect } = runExample('Keycloak');
    const { stream_id } = await connect();
    await client.verify(stream_id);
    const tooEarly = await rejectionOf(client.verify(stream_id));
    expect(tooEarly).toMatchObject({ code: 'ERR_SET_STREAM', retryAfterSeconds: 60 });
    expect(requests.filter((each) => each.endsWith('/verify'))).toHaveLength(1);
  });

  test('refuses extra members', async () => {
    const { client } = runExample('Keycloak');
    const refusal = await rejectionOf(client.ensure({ extra: { transport: 'push' } }));
    expect(refusal).toMatchObject({ code: 'ERR_SET_STREAM', status: 400 });
  });
});

describe('authentik', () => {
  const origin = 'https://authentik.example';
  const issuer = `${origin}/.well-known/ssf-configuration/shop`;
  const path = '/application/ssf/shop/stream/';
  const token = 'Bearer token-of-the-provider';
  const TYPES: readonly unknown[] = [SESSION_REVOKED, CREDENTIAL_CHANGE, verification.type];
  let created: number;

  beforeEach(() => (created = 0));

  /** Serves the release that is more demanding, or the one that has more endpoints. */
  function serveRelease(year: 2025 | 2026): void {
    const methods = year === 2025 ? [OLD_PUSH] : [OLD_PUSH, PUSH];
    const defaults = year === 2025 ? {} : { aud: ['goauthentik.io/providers/ssf/1'], format: 'iss_sub' };
    const create = ({ body }: Call): Reply => {
      const members = { ...defaults, ...body };
      // A serializer of Django ignores unknown members.
      if (!['delivery', 'events_requested', 'format', 'aud'].every((name) => name in members)) return [400];
      const { events_requested, delivery, format, aud } = members as Readonly<Record<string, unknown>>;
      const { method, endpoint_url } = delivery as Readonly<Record<string, string>>;
      if (!methods.includes(method!) || !endpoint_url || !Array.isArray(aud) || typeof format !== 'string')
        return [400];
      const types = events_requested as readonly unknown[];
      if (!types.every((type) => TYPES.includes(type))) return [400];
      const events = [...types, verification.type];
      const document = {
        stream_id: `stream-${++created}`,
        iss: issuer,
        aud,
        format,
        delivery: { method, endpoint_url },
      };
      return [201, { ...document, events_requested: events, events_delivered: events }];
    };
    serve(origin, {
      'GET /.well-known/ssf-configuration/shop': () => [
        200,
        {
          issuer,
          spec_version: '1_0-ID2',
          configuration_endpoint: origin + path,
          ...(year === 2026 && { verification_endpoint: `${origin}${path}verify/` }),
        },
      ],
      [`POST ${path}`]: only(token, create),
      ...(year === 2026 && { [`POST ${path}verify/`]: only(token, () => [204]) }),
    });
  }

  test.each([2025, 2026] as const)('of %i accepts the stream, and creates another one each time', async (year) => {
    serveRelease(year);
    const { connect } = runExample('authentik');
    expect(await connect()).toMatchObject({ stream_id: 'stream-1', iss: issuer, aud: [RECEIVER], format: 'iss_sub' });
    expect(await connect()).toMatchObject({ stream_id: 'stream-2' });
  });

  test.each([
    { reason: 'a missing aud', extra: { format: 'iss_sub' } },
    { reason: 'a missing format', extra: { aud: [RECEIVER] } },
    { reason: 'the new name of push', extra: { aud: [RECEIVER], format: 'iss_sub' }, method: PUSH },
    {
      reason: 'an unknown event type',
      extra: { aud: [RECEIVER], format: 'iss_sub' },
      types: ['https://example.com/e'],
    },
  ])('of 2025 refuses $reason', async ({ extra, method = OLD_PUSH, types = [SESSION_REVOKED] }) => {
    serveRelease(2025);
    const { client } = runExample('authentik');
    const delivery = { method, endpoint_url: RECEIVER };
    const refusal = await rejectionOf(client.create({ events_requested: types, delivery, extra }));
    expect(refusal).toMatchObject({ code: 'ERR_SET_STREAM', status: 400 });
  });

  test('of 2025 has no verification endpoint, and sends an event with a null state itself', async () => {
    serveRelease(2025);
    const { client, connect } = runExample('authentik');
    const { stream_id } = await connect();
    const refusal = await rejectionOf(client.verify(stream_id));
    expect(refusal).toMatchObject({
      code: 'ERR_SET_STREAM',
      message: expect.stringContaining('verification_endpoint'),
    });
    await client.checkVerification(await receiveVerification({ state: null }, issuer, [RECEIVER]));
  });

  test('of 2026 verifies', async () => {
    serveRelease(2026);
    const { client, connect } = runExample('authentik');
    const { state } = await client.verify((await connect()).stream_id);
    await client.checkVerification(await receiveVerification({ state }, issuer, [RECEIVER]));
  });
});

describe('caep.dev', () => {
  const issuer = 'https://ssf.caep.dev/';
  const token = 'Bearer token-from-the-site';
  let states: unknown[];
  let stream: Document;

  beforeEach(() => {
    states = [];
    serve('https://ssf.caep.dev', {
      'GET /.well-known/ssf-configuration': () => [
        200,
        {
          issuer,
          configuration_endpoint: `${issuer}ssf/streams`,
          verification_endpoint: `${issuer}ssf/verify`,
          add_subject_endpoint: `${issuer}ssf/subjects:add`,
        },
      ],
      'POST /ssf/streams': only(token, ({ body }) => {
        if (!hasOnly(body, [], ['delivery', 'events_requested', 'description'])) return [400];
        const delivery = { method: POLL, endpoint_url: `${issuer}ssf/streams/poll?stream_id=1` };
        stream = { ...body, stream_id: '1', iss: issuer, aud: 'https://shop.example/', delivery };
        return [201, stream];
      }),
      'POST /ssf/verify': only(token, ({ body }) => [states.push(body.state) ? 204 : 500]),
      'POST /ssf/subjects:add': only(token, () => [200]),
    });
  });

  test('accepts the stream, whose audience then serves the verifier', async () => {
    const { client, connect } = runExample('caep.dev');
    const { stream_id, aud, delivery } = await connect();
    expect(delivery.endpoint_url).toBe(`${issuer}ssf/streams/poll?stream_id=1`);
    const { state } = await client.verify(stream_id);
    expect(states).toEqual([state]);
    const set = await receiveVerification({ state }, issuer, aud!);
    expect(audiences(set)).toEqual(['https://shop.example/']);
    await client.checkVerification(set);
    await client.addSubject(stream_id, { format: 'email', email: 'ada@example.com' });
  });

  test('is another issuer without the slash', async () => {
    const client = ssf.createStreamClient({ issuer: issuer.slice(0, -1), authorization: token });
    expect((await rejectionOf(client.create({}))).code).toBe('ERR_SET_ISSUER');
  });
});

/** Signs a verification event as the transmitter would, and verifies it for the audience of the stream. */
async function receiveVerification(
  payload: object,
  issuer: string,
  audience: string | readonly string[],
): ReturnType<ReturnType<typeof createSsfVerifier>> {
  const transmitter = await createTestTransmitter({ issuer });
  const verify = createSsfVerifier({ issuer, audience, fetch: transmitter.fetch });
  return verify(await transmitter.sign({ aud: audience, events: { [verification.type]: payload } }));
}

describe('the guide to streams', () => {
  test('names its date, and how sure it is', () => {
    expect(guide.replace(/\s+/g, ' ')).toContain('As of November 2026. _Read_ means');
  });

  test('shows one example for each transmitter of its table', () => {
    const table = guide.split(/^## Transmitters$/m)[1]!.split(/^### /m);
    const rows = [...table[0]!.matchAll(/^\| \*\*(.+?)\*\*/gm)].map(([, name]) => name);
    expect(rows).toEqual(table.slice(1).map((section) => section.split('\n')[0]));
    expect(rows).toEqual(['Okta', 'Keycloak', 'authentik', 'caep.dev']);
  });
});
