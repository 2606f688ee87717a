/** Keycloak logout: logout tokens in a form, with a member of `events` that is not an event. */
import { beforeAll, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { subjectOf } from '../../src/subject.js';
import { createVerifier } from '../../src/verify.js';
import { backchannelLogout, createLogoutVerifier, oidcEvents } from '../../src/vocabularies/oidc.js';
import { rejectionOf } from '../support/refusals.js';
import { expectRefusal, receiveWith, runExample } from './guide.js';
import { asBody, asForm, createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const HEADING = 'Keycloak logout';
const issuer = 'https://keycloak.example/realms/prod';
const keysUrl = `${issuer}/protocol/openid-connect/certs`;
const audience = 'my-client';

const claims = {
  iat: NOW - 10,
  exp: NOW + 110,
  jti: '5e2c8f0a-6d2b-4a51-8a0a-8c7d1f2e3b4c',
  iss: issuer,
  aud: audience,
  sub: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  typ: 'Logout',
  sid: '7d444840-9dc0-41d1-b245-5ffdce74fad2',
  events: { [backchannelLogout.type]: {}, revoke_offline_access: true },
};
const withoutExp = { ...claims, exp: undefined };

let signer: Signer;
let header: object;
let urls: string[];
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  header = { typ: 'logout+jwt', kid: signer.kid };
  urls = serve({ [keysUrl]: signer.jwks });
});

describe('Keycloak logout', () => {
  test('sends a logout token in a form, with "revoke_offline_access": true in its events', async () => {
    urls.length = 0;
    const set = await receiveWith(HEADING, await signer.sign(claims, header), asForm, 200);
    expect(set.header).toEqual({ alg: 'RS256', ...header });
    expect(set.payload).toEqual(claims);
    expect(readEvents(set, oidcEvents)).toEqual([{ type: backchannelLogout.type, payload: {} }]);
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: issuer, sub: claims.sub });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:59:50Z'));
    expect(urls).toEqual([keysUrl]);
  });

  test.each(['JWT', 'logout+jwt'])('sends the typ %s', async (typ) => {
    const set = await receiveWith(HEADING, await signer.sign(claims, { ...header, typ }), asForm, 200);
    expect(set.header.typ).toBe(typ);
  });

  test('may send no sid, and no revoke_offline_access', async () => {
    const plain = { ...claims, sid: undefined, events: { [backchannelLogout.type]: {} } };
    const set = await receiveWith(HEADING, await signer.sign(plain, header), asForm, 200);
    expect(set.payload.sid).toBeUndefined();
    expect(set.payload.events).toEqual({ [backchannelLogout.type]: {} });
  });

  test('a verifier for other SETs refuses these events', async () => {
    const verify = createVerifier(signer.jwks, { issuer, audience, typ: null });
    const error = await rejectionOf(verify(await signer.sign(claims, header)));
    expect([error.code, error.claim]).toEqual(['ERR_SET_CLAIM_INVALID', 'events']);
  });

  test('sent no exp in older versions, which needs exp and maxAgeSeconds', async () => {
    const token = await signer.sign(withoutExp, header);
    await expectRefusal(HEADING, token, 'ERR_SET_CLAIM_MISSING', asForm);
    const verify = createLogoutVerifier(signer.jwks, { issuer, audience, exp: 'allow', maxAgeSeconds: 120 });
    expect((await verify(token)).payload.sub).toBe(claims.sub);
    const old = await signer.sign({ ...withoutExp, iat: NOW - 181 }, header);
    expect((await rejectionOf(verify(old))).code).toBe('ERR_SET_TOO_OLD');
    const allow = { issuer, audience, exp: 'allow' } as const;
    expect(() => createLogoutVerifier(signer.jwks, allow)).toThrow(
      new TypeError("exp: 'allow' requires maxAgeSeconds"),
    );
  });

  test('a forged token is refused', async () => {
    await expectRefusal(HEADING, await signer.forge(claims, header), 'ERR_SET_SIGNATURE', asForm);
  });

  test.each([
    ['for another client', { aud: 'other-client' }, 'ERR_SET_AUDIENCE'],
    ['of another realm', { iss: 'https://keycloak.example/realms/test' }, 'ERR_SET_ISSUER'],
    ['whose exp has passed', { exp: NOW - 60 }, 'ERR_SET_EXPIRED'],
    ['with a nonce, such as an ID token has', { nonce: 'n-0S6_WzA2Mj' }, 'ERR_SET_CLAIM_FORBIDDEN'],
    ['without the logout event', { events: { revoke_offline_access: true } }, 'ERR_SET_EVENT'],
  ] as const)('a token %s is refused', async (_, change, code) => {
    await expectRefusal(HEADING, await signer.sign({ ...claims, ...change }, header), code, asForm);
  });

  test('a token that is the whole body is turned away', async () => {
    const token = await signer.sign(claims, header);
    const { receive, stored } = await runExample(HEADING, token);
    expect((await receive(asBody(token))).status).toBe(415);
    expect(stored).toEqual([]);
  });
});
