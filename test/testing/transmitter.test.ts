/** createTestTransmitter: the tokens that it signs, and the keys, the configuration and the requests that it serves. */
import { jwtVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { describe, expect, test } from 'vitest';
import { createAkamaiVerifier } from '../../src/akamai/verifier.js';
import { decodeSet } from '../../src/set.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import { verifySet } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';

describe('createTestTransmitter', () => {
  test.each(['RS256', 'PS512', 'ES256', 'ES512', 'EdDSA'] as const)(
    'signs with %s as jose expects',
    async (algorithm) => {
      const transmitter = await createTestTransmitter({ algorithm });
      const keys = createLocalJWKSet(transmitter.jwks as JSONWebKeySet);
      const { protectedHeader } = await jwtVerify(await transmitter.sign(), keys, {
        issuer: transmitter.issuer,
        audience: transmitter.audience,
      });
      expect(protectedHeader).toMatchObject({ alg: algorithm, typ: 'secevent+jwt', jku: transmitter.jwksUrl });
    },
  );

  test('signs an Akamai event by default, with a new ID each time', async () => {
    const transmitter = await createTestTransmitter();
    const before = Math.floor(Date.now() / 1000);
    const [one, two] = [decodeSet(await transmitter.sign()), decodeSet(await transmitter.sign())];
    expect(Object.keys(one.payload.events)).toEqual(['entityCreated']);
    expect(one.payload.aud).toEqual([transmitter.audience]);
    expect(one.payload.jti).not.toBe(two.payload.jti);
    expect(one.payload.iat).toBeGreaterThanOrEqual(before);
    expect(one.payload.iat).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test('replaces claims and header parameters, and removes those that are undefined', async () => {
    const transmitter = await createTestTransmitter({ issuer: 'Akamai Identity Cloud', audience: 'me' });
    const { header, payload } = decodeSet(
      await transmitter.sign({ sub: 'Zoë', aud: undefined }, { typ: undefined, kid: 'other' }),
    );
    expect(payload).toMatchObject({ iss: 'Akamai Identity Cloud', sub: 'Zoë' });
    expect('aud' in payload || 'typ' in header).toBe(false);
    expect(header.kid).toBe('other');
    expect(transmitter.jwksUrl).toBe('https://transmitter.example/login/jwk');
  });

  test('publishes one key without its private members', async () => {
    const { jwks } = await createTestTransmitter();
    expect(jwks.keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
  });

  test('serves its keys at jwksUrl and returns 404 for other URLs', async () => {
    const { jwks, jwksUrl, fetch } = await createTestTransmitter();
    const response = await fetch(new URL(jwksUrl));
    expect([response.status, await response.json()]).toEqual([200, jwks]);
    expect((await fetch(`${jwksUrl}/more`)).status).toBe(404);
  });

  test('has an issuer and keys where createAkamaiVerifier expects them', async () => {
    const { issuer, audience, fetch, sign } = await createTestTransmitter();
    const [, host, customerId] = /^https:\/\/([^/]+)\/([^/]+)\/webhooks$/.exec(issuer)!;
    const verify = createAkamaiVerifier({ host: host!, customerId: customerId!, audience, fetch });
    expect((await verify(await sign())).payload.iss).toBe(issuer);
  });

  test.each([
    [undefined],
    ['https://transmitter.example'],
    ['https://transmitter.example/'],
    ['https://transmitter.example/tenant/1'],
    ['https://transmitter.example/tenant/1/'],
    ['https://transmitter.example/.well-known/ssf-configuration/slug'],
    ['https://transmitter.example/.well-known/ssf-configuration/slug/'],
    ['http://127.0.0.1:8080/tenant'],
  ])('serves its configuration where createSsfVerifier looks for it: issuer %j', async (named) => {
    const { issuer, audience, configurationUrl, jwksUrl, pollUrl, fetch, sign } = await createTestTransmitter({
      algorithm: 'ES256',
      ...(named !== undefined && { issuer: named }),
    });
    expect(await (await fetch(configurationUrl)).json()).toMatchObject({ issuer, jwks_uri: jwksUrl });
    const urls: string[] = [];
    const verify = createSsfVerifier({
      issuer,
      audience,
      algorithms: ['ES256'],
      fetch: async (url, init) => {
        urls.push(url);
        return fetch(url, init);
      },
    });
    expect((await verify(await sign())).payload.iss).toBe(issuer);
    expect(urls).toEqual([configurationUrl, jwksUrl]);
    expect(pollUrl).toBe(`${issuer.replace(/\/$/, '')}/poll`);
  });

  test('serves the configuration of an issuer that is not a URL', async () => {
    const { issuer, audience, configurationUrl, fetch, sign } = await createTestTransmitter({ issuer: 'Akamai' });
    expect(configurationUrl).toBe('https://transmitter.example/.well-known/ssf-configuration');
    const verify = createSsfVerifier({ issuer, audience, configurationUrl, fetch });
    expect((await verify(await sign())).payload.iss).toBe('Akamai');
  });

  test('keeps the previous key published until the next rotation', async () => {
    const transmitter = await createTestTransmitter();
    const { issuer, audience, fetch, jwksUrl } = transmitter;
    const tokens = [await transmitter.sign()];
    const kids = [transmitter.jwks.keys[0]!.kid];
    for (let i = 0; i < 2; i++) {
      await transmitter.rotate();
      tokens.unshift(await transmitter.sign());
      kids.unshift(transmitter.jwks.keys[0]!.kid);
      expect(transmitter.jwks.keys.map(({ kid }) => kid)).toEqual(kids.slice(0, 2));
      expect(await (await fetch(jwksUrl)).json()).toEqual(transmitter.jwks);
      expect(decodeSet(tokens[0]!).header.kid).toBe(kids[0]);
    }
    expect(new Set(kids).size).toBe(3);
    const verify = (index: number) => verifySet(tokens[index]!, transmitter.jwks, { issuer, audience });
    for (const index of [0, 1]) expect((await verify(index)).header.kid).toBe(kids[index]);
    expect((await rejectionOf(verify(2))).code).toBe('ERR_SET_KEY_NOT_FOUND');
  });

  test('creates a request as RFC 8935 describes it', async () => {
    const transmitter = await createTestTransmitter();
    const request = await transmitter.request('https://receiver.example/events', { jti: 'mine' });
    expect([request.method, request.headers.get('content-type'), request.headers.get('accept')]).toEqual([
      'POST',
      'application/secevent+jwt',
      'application/json',
    ]);
    expect(decodeSet(await request.text()).payload.jti).toBe('mine');
    const token = await transmitter.sign();
    const same = await transmitter.request(new URL('https://receiver.example/events'), token);
    expect([same.url, await same.text()]).toEqual(['https://receiver.example/events', token]);
  });

  test('refuses an unknown algorithm', async () => {
    await expect(createTestTransmitter({ algorithm: 'HS256' as never })).rejects.toThrow(TypeError);
  });
});
