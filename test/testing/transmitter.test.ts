/** createTestTransmitter: what it signs and serves is what a receiver gets. */
import { jwtVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { describe, expect, test } from 'vitest';
import { decodeSet } from '../../src/set.js';
import { createTestTransmitter } from '../../src/testing/transmitter.js';

describe('createTestTransmitter', () => {
  test.each(['RS256', 'PS512', 'ES256', 'ES512', 'EdDSA'] as const)(
    'signs with %s so that jose agrees',
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

  test('signs an Akamai event by default, with an ID of its own each time', async () => {
    const transmitter = await createTestTransmitter();
    const before = Math.floor(Date.now() / 1000);
    const [one, two] = [decodeSet(await transmitter.sign()), decodeSet(await transmitter.sign())];
    expect(Object.keys(one.payload.events)).toEqual(['entityCreated']);
    expect(one.payload.aud).toEqual([transmitter.audience]);
    expect(one.payload.jti).not.toBe(two.payload.jti);
    expect(one.payload.iat).toBeGreaterThanOrEqual(before);
    expect(one.payload.iat).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test('takes claims and header parameters in place of its own, and undefined takes one away', async () => {
    const transmitter = await createTestTransmitter({ issuer: 'Akamai Identity Cloud', audience: 'me' });
    const { header, payload } = decodeSet(
      await transmitter.sign({ sub: 'Zoë', aud: undefined }, { typ: undefined, kid: 'other' }),
    );
    expect(payload).toMatchObject({ iss: 'Akamai Identity Cloud', sub: 'Zoë' });
    expect('aud' in payload || 'typ' in header).toBe(false);
    expect(header.kid).toBe('other');
    expect(transmitter.jwksUrl).toBe('https://transmitter.example/login/jwk');
  });

  test('publishes one public key and nothing private', async () => {
    const { jwks } = await createTestTransmitter();
    expect(jwks.keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
  });

  test('serves its keys at jwksUrl and answers 404 elsewhere', async () => {
    const { jwks, jwksUrl, fetch } = await createTestTransmitter();
    const answer = await fetch(new URL(jwksUrl));
    expect([answer.status, await answer.json()]).toEqual([200, jwks]);
    expect((await fetch(`${jwksUrl}/more`)).status).toBe(404);
  });

  test('makes the request that RFC 8935 describes', async () => {
    const transmitter = await createTestTransmitter();
    const request = await transmitter.request('https://receiver.example/events', { jti: 'mine' });
    expect([request.method, request.headers.get('content-type'), request.headers.get('accept')]).toEqual([
      'POST',
      'application/secevent+jwt',
      'application/json',
    ]);
    expect(decodeSet(await request.text()).payload.jti).toBe('mine');
  });

  test('refuses an algorithm that it does not know', async () => {
    await expect(createTestTransmitter({ algorithm: 'HS256' as never })).rejects.toThrow(TypeError);
  });
});
