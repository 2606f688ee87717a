/** Runs `secevent stream` against a transmitter on loopback: every action, every way to pass a secret, every failure. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jwtVerify } from 'jose';
import { afterAll, describe, expect, test } from 'vitest';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createDelete } from '../conformance-ssf/modules.js';
import { CLIENT } from '../conformance-ssf/authorization.js';
import { startTransmitter } from '../conformance-ssf/transmitter.js';
import { secevent } from '../support/command.js';
import { type Outcome, runProgram } from '../support/program.js';
import { startServer } from '../support/server.js';

const TOKEN = 'access-7f3a9c';
const CLIENT_SECRET = 's3cret: 100% é';
const PUSH_SECRET = 'Bearer push-51d0e2';
/** No output may contain one of these. */
const SECRETS = [TOKEN, CLIENT_SECRET, encodeURIComponent(CLIENT_SECRET), 'push-51d0e2', '-----BEGIN', '"d"'];

const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
const CREDENTIAL_CHANGE = 'https://schemas.openid.net/secevent/caep/event-type/credential-change';

const folder = mkdtempSync(join(tmpdir(), 'secevent-stream-'));
const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all(closers.map((close) => close()));
});

function store(name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A transmitter that accepts one bearer token, and an authorization server that issues it. */
interface World {
  readonly issuer: string;
  readonly transmitter: TestTransmitter;
  /** The requests for something else than the configuration. */
  readonly sent: Sent[];
  /** Responds in the place of a path. */
  readonly faults: Record<string, (response: ServerResponse) => void>;
  /** Returns the ID of the one stream. */
  streamId(): Promise<string>;
}

const clientKeys = {
  elliptic: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  edwards: generateKeyPairSync('ed25519'),
};

async function isAuthenticated(authorization: string | undefined, form: URLSearchParams): Promise<boolean> {
  const assertion = form.get('client_assertion');
  if (assertion === null) {
    const pair = ['rx 1', CLIENT_SECRET].map(encodeURIComponent).join(':');
    return authorization === `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  for (const { publicKey } of Object.values(clientKeys)) {
    const verified = await jwtVerify(assertion, publicKey, { issuer: 'rx 1', subject: 'rx 1' }).catch(() => undefined);
    if (verified) return true;
  }
  return false;
}

async function startWorld(): Promise<World> {
  const server = await startServer();
  closers.push(server.close);
  const issuer = `${server.url}/tenant`;
  const transmitter = await createTestTransmitter({ issuer, algorithm: 'ES256' });
  const sent: Sent[] = [];
  const faults: World['faults'] = {};
  server.answer = async (response, request) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = request;
    const path = url.split('?')[0]!;
    const reply = (status: number, document?: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
    };
    if (!path.startsWith('/.well-known/')) sent.push({ method, path: url, authorization: headers.authorization, body });
    if (faults[path]) faults[path](response);
    else if (path === '/.well-known/oauth-authorization-server/login')
      reply(200, { issuer: `${server.url}/login`, token_endpoint: `${server.url}/token` });
    else if (path === '/token') {
      const form = new URLSearchParams(body);
      if (!(await isAuthenticated(headers.authorization, form))) reply(401, { error: 'invalid_client' });
      else if (form.get('scope') !== 'ssf.manage') reply(400, { error: 'invalid_scope' });
      else reply(200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 60 });
    } else if (!path.startsWith('/.well-known/') && headers.authorization !== `Bearer ${TOKEN}`) reply(401);
    else {
      const { status, ...result } = await transmitter.fetch(server.url + url, { method, body }).then(async (each) => ({
        status: each.status,
        text: await each.text(),
      }));
      response.writeHead(status, { 'content-type': 'application/json' }).end(result.text);
    }
  };
  return {
    issuer,
    transmitter,
    sent,
    faults,
    async streamId() {
      const response = await transmitter.fetch(`${issuer}/configuration`);
      return ((await response.json()) as { stream_id: string }[])[0]!.stream_id;
    },
  };
}

/** Runs the command, by default with the token in its variable. Its output must not contain a secret. */
async function run(
  { issuer }: Pick<World, 'issuer'>,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = { SECEVENT_AUTHORIZATION: `Bearer ${TOKEN}` },
): Promise<Outcome> {
  const outcome = await secevent(['stream', ...args, '--ssf', issuer], '', environment);
  for (const secret of SECRETS) expect(outcome.output + outcome.errors).not.toContain(secret);
  return outcome;
}

/** Runs the command with --json. Returns the one document that it printed. */
async function runJson(world: World, args: readonly string[]): Promise<unknown> {
  const { status, output, errors } = await run(world, [...args, '--json']);
  expect({ status, errors }).toMatchObject({ status: 0 });
  expect(output).toMatch(/^[^\n]+\n$/);
  return JSON.parse(output);
}

/** Creates a world with a stream to poll. */
async function withStream(): Promise<World & { readonly id: string }> {
  const world = await startWorld();
  await run(world, ['create', '--poll', '--event', SESSION_REVOKED]);
  const id = await world.streamId();
  world.sent.length = 0;
  return { ...world, id };
}

const respondWith =
  (status: number, document: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(JSON.stringify(document));

describe('show', () => {
  test('prints the configuration of the transmitter, and needs no authorization', async () => {
    const world = await startWorld();
    const { status, output, errors } = await run(world, ['show'], {});
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output.split('\n').slice(0, 5)).toEqual([
      `issuer                      ${world.issuer}`,
      'spec_version                1_0',
      `jwks_uri                    ${world.transmitter.jwksUrl}`,
      'delivery_methods_supported  urn:ietf:rfc:8935',
      '                            urn:ietf:rfc:8936',
    ]);
    expect(world.sent).toEqual([]);
  });

  test('prints the configuration at another URL, as one JSON document', async () => {
    const world = await startWorld();
    const [, path] = /^http:\/\/[^/]+(.*)/.exec(world.transmitter.configurationUrl)!;
    const place = world.issuer.replace('/tenant', path!);
    expect(await runJson(world, ['show', '--configuration', place])).toMatchObject({ issuer: world.issuer });
  });

  test('prints a stream', async () => {
    const world = await withStream();
    const { output } = await run(world, ['show', world.id]);
    expect(output).toBe(
      [
        `events_requested       ${SESSION_REVOKED}`,
        'delivery.method        urn:ietf:rfc:8936',
        `delivery.endpoint_url  ${world.transmitter.pollUrl}`,
        `stream_id              ${world.id}`,
        `iss                    ${world.issuer}`,
        `aud                    ${world.transmitter.audience}`,
        `events_delivered       ${SESSION_REVOKED}`,
        '',
      ].join('\n'),
    );
    expect(await runJson(world, ['show', world.id])).toMatchObject({ stream_id: world.id, iss: world.issuer });
  });
});

describe('create', () => {
  test('sends only what a receiver decides, and prints the stream', async () => {
    const world = await startWorld();
    const { output, status } = await run(world, [
      ...['create', '--poll', '--event', SESSION_REVOKED, '--event', CREDENTIAL_CHANGE],
      ...['--description', 'for tests', '--extra', '{"format":"iss_sub"}'],
    ]);
    expect(status).toBe(0);
    expect(output).toContain(`stream_id              ${await world.streamId()}\n`);
    const [{ method, body, authorization }] = world.sent as [Sent];
    expect({ method, authorization }).toEqual({ method: 'POST', authorization: `Bearer ${TOKEN}` });
    expect(JSON.parse(body)).toEqual({
      format: 'iss_sub',
      events_requested: [SESSION_REVOKED, CREDENTIAL_CHANGE],
      description: 'for tests',
      delivery: { method: 'urn:ietf:rfc:8936' },
    });
  });

  test.each([
    ['a variable', 'env:PUSH', { PUSH: PUSH_SECRET }],
    ['a file', `file:${store('push.txt', `${PUSH_SECRET}\r\n`)}`, {}],
    ['its own variable', undefined, { SECEVENT_PUSH_AUTHORIZATION: PUSH_SECRET }],
  ])('sends the authorization for a push from %s, and no action prints it', async (_, reference, environment) => {
    const world = await startWorld();
    const own = { SECEVENT_AUTHORIZATION: `Bearer ${TOKEN}`, ...environment };
    const push = ['create', '--push', 'https://receiver.example/events'];
    const { status } = await run(world, [...push, ...(reference ? ['--push-authorization', reference] : [])], own);
    expect(status).toBe(0);
    expect(JSON.parse(world.sent[0]!.body)).toEqual({
      delivery: {
        method: 'urn:ietf:rfc:8935',
        endpoint_url: 'https://receiver.example/events',
        authorization_header: PUSH_SECRET,
      },
    });
    const id = await world.streamId();
    expect(await runJson(world, ['list'])).toMatchObject([{ stream_id: id }]);
    expect((await run(world, ['show', id])).output).toContain(
      'delivery.endpoint_url  https://receiver.example/events\n',
    );
    expect(await runJson(world, ['show', id])).toMatchObject({ stream_id: id });
  });

  test.each([
    ['push', ['--push', 'https://receiver.example/events']],
    ['poll', ['--poll']],
  ])('uses the older name of %s if the transmitter knows no other', async (name, args) => {
    const world = await startWorld();
    const older = `https://schemas.openid.net/secevent/risc/delivery-method/${name}`;
    const metadata = (await runJson(world, ['show'])) as object;
    world.faults['/.well-known/ssf-configuration/tenant'] = respondWith(200, {
      ...metadata,
      delivery_methods_supported: [older],
    });
    await run(world, ['create', ...args]);
    expect(JSON.parse(world.sent[0]!.body)).toMatchObject({ delivery: { method: older } });
  });

  test('says what to do when the transmitter allows no other stream', async () => {
    const world = await withStream();
    const { status, output, errors } = await run(world, ['create', '--poll']);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(
      /^secevent: ERR_SET_STREAM: [^;]*409[^;]*; the transmitter allows no other stream: see the existing one with secevent stream list, and use it or delete it\n$/,
    );
  });
});

describe('list', () => {
  test('prints a table', async () => {
    const world = await startWorld();
    await run(world, ['create', '--push', 'https://receiver.example/e', '--description', 'for tests']);
    const id = await world.streamId();
    const { output, errors } = await run(world, ['list']);
    expect({ output, errors }).toEqual({
      output:
        `stream_id                             delivery  endpoint_url                description\n` +
        `${id}  push      https://receiver.example/e  for tests\n`,
      errors: '',
    });
  });

  test('without a stream prints an empty document, and says so', async () => {
    const world = await startWorld();
    const errors =
      'secevent: the transmitter has no stream for this receiver: create one with secevent stream create\n';
    expect(await run(world, ['list'])).toEqual({ status: 0, output: '', errors });
    expect(await run(world, ['list', '--json'])).toEqual({ status: 0, output: '[]\n', errors });
  });
});

describe('status', () => {
  test('is that of the named stream, or of the only one', async () => {
    const world = await withStream();
    const expected = { status: 0, output: `stream_id  ${world.id}\nstatus     enabled\n`, errors: '' };
    expect(await run(world, ['status'])).toEqual(expected);
    expect(await run(world, ['status', world.id])).toEqual(expected);
    expect(await runJson(world, ['status'])).toEqual({ stream_id: world.id, status: 'enabled' });
  });

  test('is set with a reason', async () => {
    const world = await withStream();
    const set = await runJson(world, ['status', world.id, '--set', 'paused', '--reason', 'maintenance']);
    expect(set).toEqual({ stream_id: world.id, status: 'paused', reason: 'maintenance' });
    expect(world.sent).toHaveLength(1);
    expect(JSON.parse(world.sent[0]!.body)).toEqual(set);
  });

  test('is pending after a response with status 202', async () => {
    const world = await withStream();
    world.faults['/tenant/status'] = respondWith(202, {});
    expect(await run(world, ['status', world.id, '--set', 'disabled', '--json'])).toEqual({
      status: 0,
      output: `{"stream_id":"${world.id}","pending":true}\n`,
      errors: 'secevent: accepted, but not done yet: read the status again later\n',
    });
  });

  test('without STREAM fails with no stream, and with several', async () => {
    const world = await withStream();
    const stream = (await runJson(world, ['show', world.id])) as object;
    world.faults['/tenant/configuration'] = respondWith(200, []);
    expect(await run(world, ['status'])).toEqual({
      status: 1,
      output: '',
      errors: 'secevent: ERR_SET_STREAM: The transmitter has no stream for this receiver\n',
    });
    world.faults['/tenant/configuration'] = respondWith(
      200,
      ['a\u001b', 'b'].map((stream_id) => ({ ...stream, stream_id })),
    );
    expect(await run(world, ['status'])).toEqual({
      status: 2,
      output: '',
      errors: 'secevent: the receiver has 2 streams: name one of them, such as a\\u001b, b\n',
    });
  });
});

describe('verify', () => {
  test('requests an event with a random state, and prints it', async () => {
    const world = await withStream();
    const { output, errors, status } = await run(world, ['verify', world.id]);
    const [, state] = /^stream_id {2}.+\nstate {6}(\S{16,})\n$/.exec(output)!;
    expect({ status, errors }).toEqual({
      status: 0,
      errors: 'secevent: the transmitter will send a verification event with this state\n',
    });
    expect(JSON.parse(world.sent[0]!.body)).toEqual({ stream_id: world.id, state });
    expect(world.transmitter.pending.size).toBe(1);
    expect((await run(world, ['verify', world.id])).output).not.toBe(output);
  });

  test('uses the given state', async () => {
    const world = await withStream();
    const document = { stream_id: world.id, state: 'mine' };
    expect(await runJson(world, ['verify', world.id, '--state', 'mine'])).toEqual(document);
    expect(JSON.parse(world.sent[0]!.body)).toEqual(document);
  });
});

describe('a subject', () => {
  const subject = { format: 'email', email: 'ada@example.com' };

  test.each([
    ['add-subject', [], {}],
    ['add-subject', ['--verified'], { verified: true }],
    ['add-subject', ['--unverified'], { verified: false }],
    ['remove-subject', [], {}],
  ])('is sent by %s %j', async (action, options, members) => {
    const world = await withStream();
    const document = { stream_id: world.id, subject, ...members };
    expect(await runJson(world, [action, world.id, JSON.stringify(subject), ...options])).toEqual(document);
    expect(world.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([`POST /tenant/${action}`]);
    expect(JSON.parse(world.sent[0]!.body)).toEqual(document);
  });

  test('is shown, with what a success means', async () => {
    const world = await withStream();
    expect(await run(world, ['add-subject', world.id, JSON.stringify(subject)])).toEqual({
      status: 0,
      output: `stream_id       ${world.id}\nsubject.format  email\nsubject.email   ada@example.com\n`,
      errors: 'secevent: added; the transmitter may still not send events about it\n',
    });
  });
});

test('delete deletes a stream, and fails if it does not exist', async () => {
  const world = await withStream();
  expect(await run(world, ['delete', world.id, '--json'])).toEqual({
    status: 0,
    output: `{"stream_id":"${world.id}"}\n`,
    errors: 'secevent: deleted\n',
  });
  const missing = {
    status: 1,
    output: '',
    errors:
      'secevent: ERR_SET_STREAM: The transmitter does not have this stream; see the streams of this receiver with secevent stream list\n',
  };
  expect(await run(world, ['delete', world.id])).toEqual(missing);
  expect(await run(world, ['show', world.id])).toEqual(missing);
});

describe('the header Authorization comes from', () => {
  const path = store('token.txt', `Bearer ${TOKEN}\n`);
  test.each<[name: string, args: string[], environment: NodeJS.ProcessEnv]>([
    ['a variable', ['--authorization', 'env:MY_TOKEN'], { MY_TOKEN: `Bearer ${TOKEN}` }],
    ['a file', ['--authorization', `file:${path}`], {}],
    ['its own variable', [], { SECEVENT_AUTHORIZATION: `Bearer ${TOKEN}` }],
    ['a file that its variable names', [], { SECEVENT_AUTHORIZATION: `file:${path}` }],
    ['the argument before the variable', ['--authorization', `file:${path}`], { SECEVENT_AUTHORIZATION: 'Bearer x' }],
    ['the argument before the client of variables', ['--authorization', `file:${path}`], { SECEVENT_CLIENT_ID: 'a' }],
  ])('%s', async (_, args, environment) => {
    const world = await startWorld();
    expect(await run(world, ['list', '--json', ...args], environment)).toMatchObject({ status: 0, output: '[]\n' });
    expect(world.sent.map(({ authorization }) => authorization)).toEqual([`Bearer ${TOKEN}`]);
  });
});

describe('an access token is requested with', () => {
  const pem = (key: KeyObject, options = {}): string =>
    key.export({ type: 'pkcs8', format: 'pem', ...options }).toString();
  const secretFile = store('secret.txt', `${CLIENT_SECRET}\n`);
  const pemFile = store('client.pem', pem(clientKeys.elliptic.privateKey));
  const jwkFile = store('client.jwk', {
    ...clientKeys.rsa.privateKey.export({ format: 'jwk' }),
    kid: 'k1',
    use: 'sig',
  });
  const namedFile = store('ps256.jwk', { ...clientKeys.rsa.privateKey.export({ format: 'jwk' }), alg: 'PS256' });
  const edwardsFile = store('ed25519.pem', pem(clientKeys.edwards.privateKey));

  test.each<[name: string, args: string[], environment: NodeJS.ProcessEnv, header?: object]>([
    ['a secret in a variable', ['--client-secret', 'env:MY_SECRET'], { MY_SECRET: CLIENT_SECRET }],
    ['a secret in a file', ['--client-secret', `file:${secretFile}`], {}],
    ['a secret in its own variable', [], { SECEVENT_CLIENT_SECRET: CLIENT_SECRET }],
    ['PEM of an elliptic key', ['--client-key', pemFile], {}, { alg: 'ES256', typ: 'JWT' }],
    ['a JWK with a kid', ['--client-key', `file:${jwkFile}`], {}, { alg: 'RS256', kid: 'k1', typ: 'JWT' }],
    ['a JWK with an alg', ['--client-key', namedFile], {}, { alg: 'PS256', typ: 'JWT' }],
    ['PEM of an Edwards key', [], { SECEVENT_CLIENT_KEY: edwardsFile }, { alg: 'EdDSA', typ: 'JWT' }],
    ['a key before the secret of a variable', ['--client-key', pemFile], { SECEVENT_CLIENT_SECRET: 'x' }],
  ])('%s', async (_, args, environment, header) => {
    const world = await startWorld();
    const server = new URL(world.issuer).origin;
    const client = ['--client-id', 'rx 1', '--scope', 'ssf.manage', '--token-endpoint', `${server}/token`];
    const outcome = await run(world, ['list', '--json', ...client, ...args], environment);
    expect(outcome).toMatchObject({ status: 0, output: '[]\n' });
    const [{ body }, { authorization }] = world.sent as [Sent, Sent];
    expect(authorization).toBe(`Bearer ${TOKEN}`);
    const assertion = new URLSearchParams(body).get('client_assertion');
    if (header) expect(JSON.parse(Buffer.from(assertion!.split('.')[0]!, 'base64url').toString())).toEqual(header);
  });

  test('variables alone, at the endpoint in the metadata of the authorization server', async () => {
    const world = await startWorld();
    const { status } = await run(world, ['list'], {
      SECEVENT_CLIENT_ID: 'rx 1',
      SECEVENT_CLIENT_SECRET: CLIENT_SECRET,
      SECEVENT_SCOPE: 'ssf.manage',
      SECEVENT_TOKEN_ISSUER: world.issuer.replace('tenant', 'login'),
    });
    expect(status).toBe(0);
    expect(world.sent.map(({ path }) => path)).toEqual(['/token', '/tenant/configuration']);
  });

  test.each<[name: string, environment: NodeJS.ProcessEnv, errors: RegExp]>([
    ['a wrong secret', { SECEVENT_CLIENT_SECRET: 'x' }, /status 401: invalid_client; check --client-id, its secret/],
    ['no scope', { SECEVENT_SCOPE: '' }, /status 400: invalid_scope\n$/],
    ['the metadata of another server', {}, /ERR_SET_ISSUER: /],
  ])('nothing that helps after %s', async (name, environment, errors) => {
    const world = await startWorld();
    if (name.startsWith('the metadata'))
      world.faults['/.well-known/oauth-authorization-server/login'] = respondWith(200, {
        issuer: 'https://other.example/',
        token_endpoint: `${new URL(world.issuer).origin}/token`,
      });
    const outcome = await run(world, ['list', '--json'], {
      SECEVENT_CLIENT_ID: 'rx 1',
      SECEVENT_CLIENT_SECRET: CLIENT_SECRET,
      SECEVENT_SCOPE: 'ssf.manage',
      SECEVENT_TOKEN_ISSUER: world.issuer.replace('tenant', 'login'),
      ...environment,
    });
    expect(outcome).toMatchObject({ status: 1, output: '', errors: expect.stringMatching(errors) });
    expect(world.sent.length).toBe(name.startsWith('the metadata') ? 0 : 1);
  });

  const encrypted = pem(clientKeys.elliptic.privateKey, { cipher: 'aes-256-cbc', passphrase: 'p' });
  test.each<[name: string, content: string | object, reason: string]>([
    ['a public JWK', clientKeys.rsa.publicKey.export({ format: 'jwk' }), 'is a public key'],
    ['a shared secret', { kty: 'oct', k: 'push-51d0e2' }, 'is a shared secret: use --client-secret'],
    ['encrypted PEM', encrypted, 'is encrypted: decrypt it with openssl pkcs8 -topk8 -nocrypt'],
    ['broken PEM', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 'is something else'],
    ['a key for encryption', { kty: 'OKP', crv: 'X25519', d: 'push-51d0e2', x: 'a' }, 'is something else'],
    ['a key for another algorithm', { kty: 'EC', alg: 'HS256', d: 'push-51d0e2' }, 'is something else'],
    ['text', 'push-51d0e2', 'is something else'],
  ])('a private key, not %s', async (name, content, reason) => {
    const world = await startWorld();
    const args = ['--client-key', store(`${name}.key`, content), '--token-endpoint', 'https://login.example/token'];
    const { status, errors } = await run(world, ['list', '--client-id', 'a', ...args], {});
    expect(status).toBe(2);
    expect(errors).toContain(`This one ${reason}\n`);
    expect(world.sent).toEqual([]);
  });
});

describe('wrong usage exits with status 2, prints nothing, sends nothing and says what to do', async () => {
  const world = await startWorld();
  const literal =
    'takes env:NAME or file:PATH, not the secret itself: an argument ends up in the shell history and the process list. Put the secret into a variable or a file';
  const AUTHORIZED = { SECEVENT_AUTHORIZATION: `Bearer ${TOKEN}` };
  const CLIENT_ARGS = ['--client-id', 'a', '--token-endpoint', 'https://login.example/token'];
  const empty = store('empty.txt', '\n');
  const lines = store('lines.txt', `Bearer ${TOKEN}\nX-Header: a\n`);

  test.concurrent.each<[name: string, args: string[], environment: NodeJS.ProcessEnv, reason: string]>([
    ['a literal token', ['list', '--authorization', `Bearer ${TOKEN}`], {}, `--authorization ${literal}`],
    ['an unquoted token', ['list', '--authorization', 'Bearer', TOKEN], {}, `--authorization ${literal}`],
    [
      'a literal client secret',
      ['list', ...CLIENT_ARGS, '--client-secret', 'push-51d0e2'],
      {},
      `--client-secret ${literal}`,
    ],
    ['an empty client secret', ['list', ...CLIENT_ARGS, '--client-secret='], {}, `--client-secret ${literal}`],
    [
      'a literal push authorization',
      ['create', '--push', 'https://rx.example', '--push-authorization', PUSH_SECRET],
      AUTHORIZED,
      `--push-authorization ${literal}`,
    ],
    [
      'a literal key',
      ['list', ...CLIENT_ARGS, '--client-key', '{"kty":"EC","d":"push-51d0e2"}'],
      {},
      'not the key itself: an argument ends up in the shell history',
    ],
    [
      'a secret as the name of a variable',
      ['list', '--authorization', `env:${TOKEN}`],
      {},
      'is not set: in env:NAME, write its name, without a $',
    ],
    [
      'a secret as the name of a file',
      ['list', '--authorization', `file:${TOKEN}`],
      {},
      'the file for --authorization cannot be read',
    ],
    ['a folder', ['list', '--authorization', `file:${folder}`], {}, 'the file for --authorization cannot be read'],
    ['standard input', ['list', '--authorization', 'file:-'], {}, 'the file for --authorization cannot be read'],
    [
      'an endless file',
      ['list', '--authorization', 'file:/dev/zero'],
      {},
      'the file for --authorization cannot be read',
    ],
    ['a missing key', ['list', ...CLIENT_ARGS, '--client-key', 'push-51d0e2'], {}, 'This one cannot be read'],
    ['an empty file', ['list', '--authorization', `file:${empty}`], {}, 'the file for --authorization is empty'],
    ['several lines', ['list', '--authorization', `file:${lines}`], {}, 'must be the value of a header: one line'],
    [
      'no authorization',
      ['list'],
      {},
      'specify how requests are authorized with --authorization env:NAME|file:PATH, or with --client-id ID',
    ],
    ['no authorization for a stream', ['show', 'a'], {}, 'specify how requests are authorized'],
    [
      'two authorizations',
      ['list', ...CLIENT_ARGS, '--authorization', 'env:A'],
      {},
      'use --authorization or --client-id, not both',
    ],
    [
      'two in variables',
      ['list'],
      { ...AUTHORIZED, SECEVENT_CLIENT_ID: 'a' },
      'use --authorization or --client-id, not both',
    ],
    [
      'a client without proof',
      ['list', ...CLIENT_ARGS],
      {},
      'specify how the client authenticates with --client-secret env:NAME|file:PATH or --client-key FILE',
    ],
    [
      'a client with two proofs',
      ['list', ...CLIENT_ARGS, '--client-secret', 'env:A', '--client-key', 'b'],
      {},
      'use --client-secret or --client-key, not both',
    ],
    [
      'a client without a server',
      ['list', '--client-id', 'a', '--client-key', 'b'],
      {},
      'specify the authorization server with --token-issuer URL or --token-endpoint URL',
    ],
    [
      'a proof without a client',
      ['list', '--client-secret', 'env:A'],
      {},
      'specify the client with --client-id ID when you use --client-secret',
    ],
    [
      'a token endpoint over http',
      ['list', '--client-id', 'a', '--client-secret', 'env:PUSH', '--token-endpoint', 'http://login.example/token'],
      { PUSH: PUSH_SECRET },
      '--token-issuer takes the issuer of the authorization server, and --token-endpoint a URL: tokenEndpoint must be an https URL',
    ],
    ['no delivery', ['create'], AUTHORIZED, 'specify the delivery with --push URL or --poll'],
    [
      'two deliveries',
      ['create', '--poll', '--push', 'https://rx.example'],
      AUTHORIZED,
      'use --poll or --push, not both',
    ],
    ['a push over http', ['create', '--push', 'http://rx.example'], AUTHORIZED, '--push takes an https URL'],
    [
      'a push with a password',
      ['create', '--push', 'https://a:push-51d0e2@rx.example'],
      AUTHORIZED,
      '--push takes an https URL',
    ],
    [
      'a poll with a push authorization',
      ['create', '--poll', '--push-authorization', 'env:A'],
      AUTHORIZED,
      'use --push-authorization only with --push',
    ],
    [
      'extra that is not JSON',
      ['create', '--poll', '--extra', 'push-51d0e2'],
      AUTHORIZED,
      '--extra takes a JSON object',
    ],
    ['extra that is a list', ['create', '--poll', '--extra', '[]'], AUTHORIZED, '--extra takes a JSON object'],
    ['an unknown status', ['status', 'a', '--set', 'on'], AUTHORIZED, '--set takes enabled, paused or disabled'],
    [
      'a status for no stream',
      ['status', '--set', 'paused'],
      AUTHORIZED,
      'name the stream whose status to set: status STREAM',
    ],
    ['a reason without a status', ['status', 'a', '--reason', 'b'], AUTHORIZED, 'use --reason only with --set'],
    ['an empty state', ['verify', 'a', '--state', ''], AUTHORIZED, '--state takes a text'],
    [
      'a contradiction',
      ['add-subject', 'a', '{}', '--verified', '--unverified'],
      AUTHORIZED,
      'use --verified or --unverified, not both',
    ],
    [
      'a subject that is not JSON',
      ['add-subject', 'a', 'ada'],
      AUTHORIZED,
      `SUBJECT is JSON, such as '{"format":"email"`,
    ],
    [
      'a subject without its member',
      ['add-subject', 'a', '{"format":"email"}'],
      AUTHORIZED,
      'subject.email must be a non-empty string',
    ],
    ['verify without a stream', ['verify'], AUTHORIZED, 'the usage is: secevent stream verify STREAM, then options'],
    ['delete without a stream', ['delete'], AUTHORIZED, 'the usage is: secevent stream delete STREAM, then options'],
    ['an empty stream', ['delete', ''], AUTHORIZED, 'the usage is: secevent stream delete STREAM, then options'],
    [
      'a subject without a stream',
      ['remove-subject', '{}'],
      AUTHORIZED,
      'the usage is: secevent stream remove-subject STREAM SUBJECT, then options',
    ],
    ['too many streams', ['show', 'a', TOKEN], AUTHORIZED, 'the usage is: secevent stream show [STREAM], then options'],
    ['an option of another action', ['list', '--poll'], AUTHORIZED, 'leave out --poll, which is for create'],
    ['an unknown action', [TOKEN], AUTHORIZED, 'unknown action: use one of show, create, list'],
    ['no action', [], AUTHORIZED, 'missing action: use one of show, create, list'],
    ['an unknown option', ['list', '--token', TOKEN], AUTHORIZED, "Unknown option '--token'"],
    [
      'a flag that is neither true nor false',
      ['list'],
      { ...AUTHORIZED, SECEVENT_JSON: TOKEN },
      'SECEVENT_JSON takes true or false',
    ],
  ])('%s', async (_, args, environment, reason) => {
    const outcome = await run(world, args, environment);
    expect(outcome).toMatchObject({ status: 2, output: '', errors: expect.stringContaining(reason) });
    expect(outcome.errors).toMatch(/^secevent: [^\n]+\nTry: secevent --help\n$/);
    expect(world.sent).toEqual([]);
  });

  test.each([
    ['http://transmitter.example', 'issuer must be an https URL'],
    ['https://transmitter.example/?a', 'issuer must be a URL in its plain form'],
    ['transmitter', 'issuer must be an https URL'],
  ])('the issuer %s', async (issuer, reason) => {
    const { status, errors } = await run({ issuer }, ['list']);
    expect({ status, errors }).toMatchObject({ status: 2, errors: expect.stringContaining(reason) });
    expect(errors).toContain('--ssf takes the issuer of the transmitter');
  });

  test('no issuer', async () => {
    const { status, errors } = await secevent(['stream', 'list'], '', AUTHORIZED);
    expect({ status, errors }).toEqual({
      status: 2,
      errors: 'secevent: specify the transmitter with --ssf ISSUER\nTry: secevent --help\n',
    });
  });
});

describe('variables', () => {
  test('stand for every option, and the argument takes precedence', async () => {
    const world = await startWorld();
    const { output } = await secevent(['stream', 'create', '--description', 'argument'], '', {
      SECEVENT_SSF: world.issuer,
      SECEVENT_AUTHORIZATION: `Bearer ${TOKEN}`,
      SECEVENT_POLL: 'TRUE',
      SECEVENT_EVENT: ` ${SESSION_REVOKED}\n${CREDENTIAL_CHANGE}`,
      SECEVENT_DESCRIPTION: 'variable',
      SECEVENT_JSON: '1',
      SECEVENT_EXTRA: '',
    });
    expect(JSON.parse(output)).toMatchObject({ description: 'argument' });
    expect(JSON.parse(world.sent[0]!.body)).toEqual({
      events_requested: [SESSION_REVOKED, CREDENTIAL_CHANGE],
      description: 'argument',
      delivery: { method: 'urn:ietf:rfc:8936' },
    });
  });

  test('for other actions or for an alternative are ignored', async () => {
    const world = await startWorld();
    const { status } = await run(world, ['create', '--poll'], {
      SECEVENT_AUTHORIZATION: `Bearer ${TOKEN}`,
      SECEVENT_PUSH: 'https://receiver.example/',
      SECEVENT_PUSH_AUTHORIZATION: PUSH_SECRET,
      SECEVENT_SET: 'nonsense',
      SECEVENT_JSON: 'false',
    });
    expect(status).toBe(0);
    expect(JSON.parse(world.sent[0]!.body)).toEqual({ delivery: { method: 'urn:ietf:rfc:8936' } });
  });
});

describe('a transmitter that says no', () => {
  const CONFIGURATION = '/.well-known/ssf-configuration/tenant';

  test.each<
    [name: string, path: string, code: number, headers: Record<string, string>, args: string[], errors: string]
  >([
    [
      '401',
      '/tenant/status',
      401,
      {},
      ['status', 'a'],
      '; --authorization is the whole value of the header, such as "Bearer TOKEN", and the token may have expired',
    ],
    [
      '403',
      '/tenant/status',
      403,
      {},
      ['status', 'a'],
      '; the authorization does not allow this: it may lack a scope, such as ssf.manage',
    ],
    ['404', '/tenant/status', 404, {}, ['status', 'a'], '; see the streams of this receiver with secevent stream list'],
    ['429', '/tenant/verification', 429, { 'retry-after': '30' }, ['verify', 'a'], '; try again in 30 s'],
    [
      '400',
      '/tenant/configuration',
      400,
      {},
      ['create', '--poll'],
      '; if the transmitter requires other members, pass them with --extra JSON',
    ],
    ['500', '/tenant/add-subject', 500, {}, ['add-subject', 'a', '{"format":"x"}'], ''],
    ['a redirect', '/tenant/configuration', 302, { location: 'https://other.example/' }, ['list'], ''],
    [
      '404 for its configuration',
      CONFIGURATION,
      404,
      {},
      ['list'],
      '; is --ssf the issuer? If so, say where its configuration is with --configuration URL',
    ],
  ])('with %s exits with status 1 and says why', async (_, path, code, headers, args, advice) => {
    const world = await startWorld();
    // What a server writes into an error is not shown.
    world.faults[path] = respondWith(code, { error: TOKEN }, headers);
    for (const options of [[], ['--json']]) {
      const outcome = await run(world, [...args, ...options]);
      expect(outcome).toMatchObject({ status: 1, output: '' });
      const [reason = '', ...others] = outcome.errors.split(/(?=; )/);
      expect(reason).toMatch(new RegExp(`^secevent: ERR_SET_STREAM: [^\\n]*\\b${code}\\b[^\\n]*\\n?$`));
      expect(others.join('').trimEnd()).toBe(advice);
    }
  });

  test('with the configuration of another issuer gets no authorization', async () => {
    const world = await startWorld();
    world.faults[CONFIGURATION] = respondWith(200, {
      issuer: `${world.issuer}/`,
      configuration_endpoint: world.issuer,
    });
    expect(await run(world, ['list'])).toEqual({
      status: 1,
      output: '',
      errors: `secevent: ERR_SET_ISSUER: The transmitter configuration names another issuer: it must be "${world.issuer}"; pass the issuer to --ssf as the transmitter writes it, with or without a / at the end\n`,
    });
    expect(world.sent).toEqual([]);
  });

  test('with the stream of another issuer is not believed', async () => {
    const world = await withStream();
    world.faults['/tenant/configuration'] = respondWith(200, {
      ...((await runJson(world, ['show', world.id])) as object),
      iss: 'https://other.example/',
    });
    const { status, output, errors } = await run(world, ['show', world.id, '--json']);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(/^secevent: ERR_SET_ISSUER: /);
    expect(errors).not.toContain('other.example');
  });

  test.each([
    ['HTML', (response: ServerResponse) => void response.end('<html>\u001b[2J')],
    ['half a body', (response: ServerResponse) => void response.writeHead(200, { 'content-length': 9 }).end('{')],
    ['a broken connection', (response: ServerResponse) => void response.destroy()],
    ['a list of strings', respondWith(200, ['\u001b[2J'])],
  ])('with %s exits with status 1', async (_, fault) => {
    const world = await startWorld();
    world.faults['/tenant/configuration'] = fault;
    const { status, output, errors } = await run(world, ['list']);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(/^secevent: ERR_SET_STREAM: [ -~]+\n$/);
  });

  test('without an endpoint exits with status 1 and names it', async () => {
    const world = await startWorld();
    world.faults[CONFIGURATION] = respondWith(200, { issuer: world.issuer });
    expect(await run(world, ['verify', 'a'])).toEqual({
      status: 1,
      output: '',
      errors: 'secevent: ERR_SET_STREAM: The transmitter configuration lacks the member verification_endpoint\n',
    });
  });

  test('with nothing that listens exits with status 1', async () => {
    const { url, close } = await startServer();
    await close();
    const { status, errors } = await run({ issuer: url }, ['list']);
    expect({ status, errors }).toMatchObject({ status: 1, errors: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('text of a server', () => {
  const HOSTILE = '\u001b[2J\u009b1m\r\nstatus  \u202efake\u0007\u007f';
  const ESCAPED = '\\u001b[2J\\u009b1m\\r\\nstatus  \\u202efake\\u0007\\u007f';

  test('does not act on a terminal, whatever member it is in', async () => {
    const world = await withStream();
    const stream = (await runJson(world, ['show', world.id])) as object;
    const hostile = {
      ...stream,
      stream_id: world.id,
      description: HOSTILE,
      [HOSTILE]: [HOSTILE, { [HOSTILE]: HOSTILE }],
    };
    world.faults['/tenant/configuration'] = respondWith(200, hostile);
    const shown = (await run(world, ['show', world.id])).output;
    expect(shown).toContain(`description${' '.repeat(39)}${ESCAPED}\n`);
    expect(shown).toContain(`${ESCAPED}  ${ESCAPED}\n`);
    expect((await run(world, ['list'])).output.split('\n')[1]!.endsWith(`  ${ESCAPED}`)).toBe(true);
    for (const args of [['show', world.id], ['list'], ['show', world.id, '--json'], ['list', '--json']]) {
      const { status, output } = await run(world, args);
      expect(status).toBe(0);
      expect(output).not.toMatch(/[^\n -~]/);
    }
    expect(await runJson(world, ['show', world.id])).toEqual(hostile);
  });

  test('does not widen every line of a table', async () => {
    const world = await withStream();
    const stream = (await runJson(world, ['show', world.id])) as object;
    const ids = ['x'.repeat(50_000), ...Array.from({ length: 200 }, (_, index) => `s${index}`)];
    world.faults['/tenant/configuration'] = respondWith(
      200,
      ids.map((stream_id) => ({ ...stream, stream_id })),
    );
    const { output } = await run(world, ['list']);
    expect(output.split('\n')).toHaveLength(ids.length + 2);
    expect(output.length).toBeLessThan(50_000 + 201 * 250);
  });

  test('that nests too deeply is an error, and not a crash', async () => {
    const world = await withStream();
    const stream = JSON.stringify(await runJson(world, ['show', world.id]));
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    world.faults['/tenant/configuration'] = (response) => void response.end(`${stream.slice(0, -1)},"deep":[${deep}]}`);
    expect(await run(world, ['show', world.id, '--json'])).toEqual({
      status: 1,
      output: '',
      errors: 'secevent: the response nests too deeply\n',
    });
    expect((await run(world, ['show', world.id])).output).toMatch(/\ndeep {19}\(nested too deeply/);
  });

  test('that repeats the authorization for pushes is left out', async () => {
    const world = await withStream();
    const stream = (await runJson(world, ['show', world.id])) as { readonly delivery: object };
    const delivery = { ...stream.delivery, authorization_header: PUSH_SECRET };
    world.faults['/tenant/configuration'] = respondWith(200, { ...stream, delivery });
    expect(await runJson(world, ['show', world.id])).toEqual(stream);
    expect(await runJson(world, ['list'])).toEqual([stream]);
  });

  test('is in color only on a terminal', async () => {
    const world = await withStream();
    const plain = await run(world, ['status', world.id]);
    expect(plain.output).not.toContain('\u001b');
    const environment = { SECEVENT_AUTHORIZATION: `Bearer ${TOKEN}`, FORCE_COLOR: '1' };
    const { output } = await run(world, ['status', world.id], environment);
    expect(output).toBe(`\u001b[36mstream_id\u001b[39m  ${world.id}\n\u001b[36mstatus   \u001b[39m  enabled\n`);
    expect((await run(world, ['status', world.id, '--json'], environment)).output).not.toContain('\u001b');
  });
});

test('a strict transmitter finds nothing wrong with the command', async () => {
  const variant = { delivery: 'poll', authorization: 'client_secret_basic' } as const;
  const transmitter = await startTransmitter(createDelete, variant);
  closers.push(transmitter.close);
  const environment = {
    SECEVENT_CLIENT_ID: CLIENT.id,
    SECEVENT_CLIENT_SECRET: CLIENT.secret,
    SECEVENT_TOKEN_ISSUER: transmitter.issuer,
    SECEVENT_SCOPE: 'ssf.manage',
    SECEVENT_JSON: 'true',
  };
  const { output } = await run(transmitter, ['create', '--poll', '--event', SESSION_REVOKED], environment);
  const { stream_id } = JSON.parse(output) as { readonly stream_id: string };
  const subject = '{"format":"email","email":"ada@example.com"}';
  for (const args of [
    ...[['show'], ['show', stream_id], ['list'], ['status'], ['status', stream_id, '--set', 'paused']],
    ...[
      ['add-subject', stream_id, subject],
      ['remove-subject', stream_id, subject],
      ['delete', stream_id],
    ],
  ]) {
    const { status, output: document } = await run(transmitter, args, environment);
    expect(status).toBe(0);
    expect(() => JSON.parse(document) as unknown).not.toThrow();
  }
  expect(transmitter.verdict()).toEqual([]);
});

describe('docs/command.md', () => {
  const guide = readFileSync(fileURLToPath(new URL('../../docs/command.md', import.meta.url)), 'utf8');
  const commands = /## stream\n.*?```console\n(.*?)```/s.exec(guide)![1]!.trim().split('\n');
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

  test('shows every action but two, and each command works', async () => {
    const world = await startWorld();
    const home = join(folder, 'docs');
    mkdirSync(home);
    writeFileSync(join(home, 'token.txt'), `Bearer ${TOKEN}\n`);
    for (const command of commands) {
      const id = command.includes('STREAM') ? await world.streamId() : '';
      const line = command.replace('https://transmitter.example/', world.issuer).replace('STREAM', id);
      const script = `npx() { shift; '${process.execPath}' '${cli}' "$@"; }\n${line}`;
      const { status, errors } = await runProgram('sh', ['-c', script], { cwd: home });
      expect({ command, status, errors }).toMatchObject({ status: 0 });
    }
    const actions = commands.map((command) => command.split(' ')[3]);
    expect([...new Set(actions)]).toEqual(['show', 'create', 'list', 'status', 'verify', 'add-subject', 'delete']);
  });
});

test.each([['--help'], ['-h']])('prints the help for %s', async (option) => {
  const { status, output } = await secevent(['stream', option]);
  expect(status).toBe(0);
  expect(output).toContain('secevent stream create (--push URL | --poll)');
});
