/** createTestTransmitter: the tokens that it signs, and the keys and requests that it serves. */
import { jwtVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { describe, expect, test } from 'vitest';
import { decodeSet } from '../../src/set.js';
import { createTestTransmitter } from '../../src/testing/transmitter.js';

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

  test('creates a request as RFC 8935 describes it', async () => {
    const transmitter = await createTestTransmitter();
    const request = await transmitter.request('https://receiver.example/events', { jti: 'mine' });
    expect([request.method, request.headers.get('content-type'), request.headers.get('accept')]).toEqual([
      'POST',
      'application/secevent+jwt',
      'application/json',
    ]);
    expect(decodeSet(await request.text()).payload.jti).toBe('mine');
  });

  test('refuses an unknown algorithm', async () => {
    await expect(createTestTransmitter({ algorithm: 'HS256' as never })).rejects.toThrow(TypeError);
  });
});
