/** The strict transmitter reports each mistake with tokens and with requests for tokens, and no correct request. */
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { CLIENT, CLIENT_KEY, STATIC_TOKEN } from './authorization.js';
import { happyPath } from './modules.js';
import type { Authorization } from './protocol.js';
import { queryOf, type Raw, start } from './raw.js';
import type { StrictTransmitter } from './transmitter.js';

describe('authorization:', () => {
  test.each([
    ['a wrong token', { authorization: 'Bearer wrong' }, 'GET /streams: an unknown bearer token'],
    ['another scheme', { authorization: `Basic ${STATIC_TOKEN}` }, 'GET /streams: no bearer token'],
    ['the scheme twice', { authorization: `Bearer Bearer ${STATIC_TOKEN}` }, 'GET /streams: no bearer token'],
  ])('%s is a mistake', async (_, headers, reason) => {
    const { transmitter, send } = await start();
    const response = await send('GET', '/streams', undefined, headers);
    expect([response.status, transmitter.failures]).toEqual([401, [reason]]);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('no token, and a token in the query, are mistakes', async () => {
    const { transmitter } = await start();
    const response = await fetch(`${transmitter.issuer}/streams?access_token=${STATIC_TOKEN}`);
    expect([response.status, transmitter.failures]).toEqual([
      401,
      ['GET /streams: a token in the query', 'GET /streams: no bearer token'],
    ]);
  });

  test('a poll needs a token too', async () => {
    const raw = await start();
    const stream = await raw.create();
    const response = await raw.send('POST', `/events${queryOf(stream)}`, {}, { authorization: 'Bearer wrong' });
    expect([response.status, raw.transmitter.failures]).toEqual([401, ['POST /events: an unknown bearer token']]);
  });
});

const BASIC = `Basic ${btoa(`${encodeURIComponent(CLIENT.id)}:${encodeURIComponent(CLIENT.secret)}`)}`;
const GRANT = { grant_type: 'client_credentials', scope: 'ssf.read ssf.manage' };
const SECRET = { client_id: CLIENT.id, client_secret: CLIENT.secret };

/** Signs an assertion of the client, with claims that replace the correct ones. */
async function assertion(issuer: string, claims: object = {}): Promise<Record<string, string>> {
  const client_assertion = await new SignJWT({
    iss: CLIENT.id,
    sub: CLIENT.id,
    aud: issuer,
    jti: crypto.randomUUID(),
    exp: Math.floor(Date.now() / 1000) + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: CLIENT_KEY.keyId })
    .sign(CLIENT_KEY.privateKey);
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { ...GRANT, client_assertion_type, client_assertion };
}

/** Requests a token. */
function requestToken(
  { issuer }: StrictTransmitter,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form), headers });
}

describe('client credentials:', () => {
  const startWith = (authorization: Authorization): Promise<Raw> =>
    start(happyPath, { delivery: 'poll', authorization });

  test.each<readonly [method: Authorization, form: Record<string, string>, headers: Record<string, string>]>([
    ['client_secret_basic', GRANT, { authorization: BASIC }],
    ['client_secret_post', { ...GRANT, ...SECRET }, {}],
    ['private_key_jwt', {}, {}],
  ])('a correct request with %s gets a token for its scopes', async (method, form, headers) => {
    const { transmitter, send } = await startWith(method);
    const all = method === 'private_key_jwt' ? await assertion(transmitter.issuer) : form;
    const response = await requestToken(transmitter, { ...all, scope: 'ssf.read' }, headers);
    const { access_token } = (await response.json()) as { readonly access_token: string };
    const authorization = `Bearer ${access_token}`;
    expect((await send('GET', '/streams', undefined, { authorization })).status).toBe(200);
    expect(transmitter.failures).toEqual([]);
    const refused = await send('POST', '/streams', {}, { authorization });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="ssf.manage"',
    ]);
    expect(transmitter.failures).toEqual(['POST /streams: the scope ssf.manage is missing']);
  });

  test('the token of another variant is a mistake', async () => {
    const { transmitter, send } = await startWith('client_secret_basic');
    expect((await send('GET', '/streams')).status).toBe(401);
    expect(transmitter.failures).toEqual(['GET /streams: an unknown bearer token']);
  });

  test.each<
    readonly [
      name: string,
      method: Authorization,
      form: Record<string, string>,
      headers: Record<string, string>,
      status: number,
      reason: string,
    ]
  >([
    ['no scope', 'client_secret_post', { grant_type: GRANT.grant_type, ...SECRET }, {}, 400, 'no scope'],
    ['an unknown scope', 'client_secret_post', { ...GRANT, ...SECRET, scope: 'ssf.all' }, {}, 400, 'unknown scope'],
    [
      'another grant',
      'client_secret_post',
      { ...GRANT, ...SECRET, grant_type: 'password' },
      {},
      400,
      'grant_type is not client_credentials',
    ],
    [
      'a wrong secret',
      'client_secret_post',
      { ...GRANT, ...SECRET, client_secret: 'a' },
      {},
      401,
      'wrong client_id or client_secret',
    ],
    [
      'a wrong ID',
      'client_secret_post',
      { ...GRANT, ...SECRET, client_id: 'a' },
      {},
      401,
      'wrong client_id or client_secret',
    ],
    [
      'a secret that is not encoded',
      'client_secret_basic',
      GRANT,
      { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` },
      401,
      'wrong client_id or client_secret',
    ],
    ['no authentication', 'client_secret_basic', GRANT, {}, 401, 'authenticated with nothing, not client_secret_basic'],
    [
      'the secret in the body',
      'client_secret_basic',
      { ...GRANT, ...SECRET },
      {},
      401,
      'authenticated with client_secret_post, not client_secret_basic',
    ],
    [
      'two methods',
      'client_secret_basic',
      { ...GRANT, ...SECRET },
      { authorization: BASIC },
      401,
      'authenticated with client_secret_basic and client_secret_post, not client_secret_basic',
    ],
    [
      'JSON',
      'client_secret_post',
      { ...GRANT, ...SECRET },
      { 'content-type': 'application/json' },
      400,
      'the body is not a form',
    ],
    ['a client that was given a token', 'static', { ...GRANT, ...SECRET }, {}, 400, 'the receiver was given a token'],
  ])('a token request with %s is a mistake', async (_, method, form, headers, status, reason) => {
    const { transmitter } = await startWith(method);
    expect((await requestToken(transmitter, form, headers)).status).toBe(status);
    expect(transmitter.failures).toEqual([`token request: ${reason}`]);
  });

  test.each<readonly [name: string, claims: object]>([
    ['another audience', { aud: 'https://other.example' }],
    ['another issuer', { iss: 'other' }],
    ['another subject', { sub: 'other' }],
    ['no exp', { exp: undefined }],
    ['an exp in the past', { exp: 1 }],
    ['no jti', { jti: undefined }],
  ])('an assertion with %s is a mistake', async (_, claims) => {
    const { transmitter } = await startWith('private_key_jwt');
    const response = await requestToken(transmitter, await assertion(transmitter.issuer, claims));
    expect([response.status, transmitter.failures]).toEqual([
      401,
      [expect.stringMatching(/^token request: wrong client_assertion: /)],
    ]);
  });

  test('an assertion that is used again, or without its type, is a mistake', async () => {
    const { transmitter } = await startWith('private_key_jwt');
    const form = await assertion(transmitter.issuer);
    expect((await requestToken(transmitter, { ...form, client_assertion_type: 'jwt' })).status).toBe(401);
    expect((await requestToken(transmitter, form)).status).toBe(200);
    expect((await requestToken(transmitter, form)).status).toBe(401);
    expect(transmitter.failures).toEqual([
      'token request: wrong client_assertion_type',
      'token request: a client_assertion was used again',
    ]);
  });
});
