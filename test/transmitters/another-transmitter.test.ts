/** Another transmitter: each error of the guide's table, and the option that fixes it. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SetError, SetErrorCode } from '../../src/errors.js';
import { defineEvent } from '../../src/events/define.js';
import { readEvents } from '../../src/events/read.js';
import { createSchema, string } from '../../src/events/schema.js';
import { createRemoteJwks } from '../../src/jwks/remote.js';
import { createPushReceiver } from '../../src/receiver/push.js';
import { tokenFromJson } from '../../src/receiver/token-readers.js';
import { createSsfVerifier, type SsfVerifierOptions } from '../../src/ssf/verifier.js';
import { createVerifier } from '../../src/verify.js';
import { credentialChange } from '../../src/vocabularies/caep.js';
import { backchannelLogout, createLogoutVerifier } from '../../src/vocabularies/oidc.js';
import { refusalOf, rejectionOf } from '../support/refusals.js';
import { sections } from './guide.js';
import { asBody, asJson, createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const issuer = 'https://idp.example/tenant/';
const audience = 'https://receiver.example/events';
const configurationUrl = 'https://idp.example/.well-known/ssf-configuration/tenant';
const keysUrl = 'https://idp.example/keys';
const OPTIONS = { issuer, audience };

const claims = {
  iss: issuer,
  aud: audience,
  iat: NOW - 60,
  jti: 'a',
  sub_id: { format: 'email', email: 'ada@example.com' },
  events: { 'https://idp.example/events/moved': { to: 'Marylebone' } },
};

let signer: Signer;
let elliptic: Signer;
let header: object;
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  elliptic = await createSigner('ES256');
  header = { typ: 'secevent+jwt', kid: signer.kid };
});

const serveAs = (name: string, url = configurationUrl): string[] =>
  serve({
    [url]: { issuer: name, jwks_uri: keysUrl },
    [keysUrl]: { keys: [...signer.jwks.keys, ...elliptic.jwks.keys] },
  });
beforeEach(() => void serveAs(issuer));

const sign = (change: object = {}): Promise<string> => signer.sign({ ...claims, ...change }, header);

/** Checks that a token fails with this error, and passes with the option of the guide. */
async function expectFix(token: string, expected: Partial<SetError>, fix: Partial<SsfVerifierOptions>) {
  const { code, claim, status } = await rejectionOf(createSsfVerifier(OPTIONS)(token));
  expect({ code, ...(claim && { claim }), ...(status && { status }) }).toEqual(expected);
  await createSsfVerifier({ ...OPTIONS, ...fix })(token);
}

describe('Another transmitter', () => {
  test('begins with a verifier that accepts a SET as Shared Signals describes it', async () => {
    expect((await createSsfVerifier(OPTIONS)(await sign())).payload).toEqual(claims);
  });

  test('with another envelope needs readToken', async () => {
    const errors: unknown[] = [];
    const common = {
      verify: createSsfVerifier(OPTIONS),
      onSet: () => undefined,
      onError: (error: unknown) => void errors.push(error),
    };
    const token = await sign();
    expect((await createPushReceiver(common)(asJson(token))).status).toBe(415);
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 415 }]);
    const receive = createPushReceiver({ ...common, readToken: tokenFromJson('payload') });
    expect((await receive(asJson(token))).status).toBe(202);
  });

  test.each<[body: string, code: SetErrorCode]>([
    ['{"token":"a"}', 'ERR_SET_INPUT'],
    ['payload=a', 'ERR_SET_JSON'],
  ])('with the body %s needs another name in readToken', async (body, code) => {
    const errors: unknown[] = [];
    const receive = createPushReceiver({
      verify: createSsfVerifier(OPTIONS),
      readToken: tokenFromJson('payload'),
      onSet: () => undefined,
      onError: (error: unknown) => void errors.push(error),
    });
    const headers = { 'content-type': 'application/json' };
    const request = new Request('https://receiver.example/', { method: 'POST', headers, body });
    expect((await receive(request)).status).toBe(400);
    expect(errors).toMatchObject([{ code }]);
  });

  test('with another algorithm needs algorithms', async () => {
    const token = await elliptic.sign(claims, { typ: 'secevent+jwt', kid: elliptic.kid });
    await expectFix(token, { code: 'ERR_SET_ALGORITHM' }, { algorithms: ['RS256', 'ES256'] });
  });

  test.each(['JWT', undefined])('with the typ %s needs typ', async (typ) => {
    const token = await signer.sign(claims, { ...header, typ });
    await expectFix(token, { code: 'ERR_SET_TYP' }, { typ: typ ? ['secevent+jwt', typ] : null });
  });

  test('with tokens that lack the slash of the issuer needs a list of issuers', async () => {
    const iss = issuer.slice(0, -1);
    await expectFix(await sign({ iss }), { code: 'ERR_SET_ISSUER', claim: 'iss' }, { issuer: [issuer, iss] });
  });

  test('with a configuration that lacks the slash of the issuer needs a list of issuers', async () => {
    serveAs(issuer.slice(0, -1));
    const token = await sign();
    expect((await rejectionOf(createSsfVerifier(OPTIONS)(token))).message).toContain('names another issuer');
    await expectFix(token, { code: 'ERR_SET_JWKS' }, { issuer: [issuer, issuer.slice(0, -1)] });
  });

  test('with another audience needs audience', async () => {
    const token = await sign({ aud: 'my-client' });
    await expectFix(token, { code: 'ERR_SET_AUDIENCE', claim: 'aud' }, { audience: 'my-client' });
  });

  test.each([
    ['exp', NOW + 60],
    ['sub', 'ada'],
  ])('with %s needs the option of that name', async (claim, value) => {
    const token = await sign({ [claim]: value });
    await expectFix(token, { code: 'ERR_SET_CLAIM_FORBIDDEN', claim }, { [claim]: 'allow' });
  });

  test('with an exp that has passed needs exp: ignore', async () => {
    const token = await sign({ exp: NOW - 60 });
    const error = await rejectionOf(createSsfVerifier({ ...OPTIONS, exp: 'allow' })(token));
    expect(error.code).toBe('ERR_SET_EXPIRED');
    expect((await createSsfVerifier({ ...OPTIONS, exp: 'ignore' })(token)).payload.exp).toBe(NOW - 60);
  });

  test('with its configuration elsewhere needs configurationUrl', async () => {
    const elsewhere = `${issuer}.well-known/ssf-configuration`;
    serveAs(issuer, elsewhere);
    await expectFix(await sign(), { code: 'ERR_SET_JWKS', status: 404 }, { configurationUrl: elsewhere });
  });

  test('without a configuration needs createVerifier with createRemoteJwks', async () => {
    serve({ [keysUrl]: signer.jwks });
    const token = await sign();
    expect((await rejectionOf(createSsfVerifier(OPTIONS)(token))).status).toBe(404);
    expect((await createVerifier(createRemoteJwks(keysUrl), OPTIONS)(token)).payload).toEqual(claims);
  });

  test('of logout tokens with more in events needs createLogoutVerifier', async () => {
    const events = { [backchannelLogout.type]: {}, revoke_offline_access: true };
    const token = await sign({ events, sub: 'ada', exp: NOW + 60 });
    const error = await rejectionOf(createVerifier(signer.jwks, OPTIONS)(token));
    expect([error.code, error.claim]).toEqual(['ERR_SET_CLAIM_INVALID', 'events']);
    expect((await createLogoutVerifier(signer.jwks, OPTIONS)(token)).payload.sub).toBe('ada');
  });

  test('with events that differ from the standard needs a definition of your own', async () => {
    const events = { [credentialChange.type]: { kind: 'password' } };
    const set = await createSsfVerifier(OPTIONS)(await sign({ events }));
    expect(refusalOf(() => readEvents(set, [credentialChange])).code).toBe('ERR_SET_EVENT');
    const own = defineEvent(credentialChange.type, createSchema({ kind: string }));
    expect(readEvents(set, [own])).toEqual([{ type: own.type, payload: { kind: 'password' } }]);
  });

  test('the table of the guide names each of these codes', () => {
    const rows = sections.get('Another transmitter')!.match(/^\| `ERR_SET_.*$/gm)!;
    const codes = rows.flatMap((row) => row.split('|')[1]!.match(/ERR_SET_\w+/g)!);
    expect(new Set(codes)).toEqual(
      new Set<SetErrorCode>([
        'ERR_SET_DELIVERY',
        'ERR_SET_INPUT',
        'ERR_SET_JSON',
        'ERR_SET_ALGORITHM',
        'ERR_SET_TYP',
        'ERR_SET_ISSUER',
        'ERR_SET_AUDIENCE',
        'ERR_SET_CLAIM_FORBIDDEN',
        'ERR_SET_EXPIRED',
        'ERR_SET_JWKS',
        'ERR_SET_CLAIM_INVALID',
        'ERR_SET_EVENT',
      ]),
    );
  });
});

describe('a token that outlives its exp', () => {
  afterEach(stopClock);

  test.each([
    ['again without maxAgeSeconds', {}, 202, ['a', 'a']],
    ['once with maxAgeSeconds below the ttlSeconds of the store', { maxAgeSeconds: 8 * 86_400 }, 400, ['a']],
  ])('is handled %s, once the store has forgotten it', async (_, options, status, expected) => {
    const handled: string[] = [];
    const receive = createPushReceiver({
      verify: createVerifier(signer.jwks, { ...OPTIONS, exp: 'ignore', ...options }),
      onSet: ({ payload }) => void handled.push(payload.jti),
    });
    const token = await sign({ exp: NOW - 60 });
    expect((await receive(asBody(token))).status).toBe(202);
    vi.setSystemTime((NOW + 8 * 86_400 - 60) * 1000);
    expect((await receive(asBody(token))).status).toBe(202);
    expect(handled).toEqual(['a']);
    vi.setSystemTime((NOW + 9 * 86_400) * 1000);
    expect((await receive(asBody(token))).status).toBe(status);
    expect(handled).toEqual(expected);
  });
});
