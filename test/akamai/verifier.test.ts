/** createAkamaiVerifier: issuer and key URL depend on the host and the customer ID, and on nothing in the token. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type AkamaiVerifierOptions, createAkamaiVerifier } from '../../src/akamai/verifier.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { rejectionOf } from '../support/refusals.js';

const host = 'v1.api.eu.janrain.com';
const customerId = 'b18fc81d-457e-4a40-ac87-2b78bd946fa2';
let transmitter: TestTransmitter;
let options: AkamaiVerifierOptions;
beforeAll(async () => {
  transmitter = await createTestTransmitter({ issuer: `https://${host}/${customerId}/webhooks` });
  options = { host, customerId, audience: transmitter.audience, fetch: transmitter.fetch };
});

describe('createAkamaiVerifier', () => {
  test('accepts a SET of this customer, with keys from login/jwk', async () => {
    const fetch = vi.fn(transmitter.fetch);
    const verify = createAkamaiVerifier({ ...options, fetch });
    expect((await verify(await transmitter.sign())).payload.iss).toBe(`https://${host}/${customerId}/webhooks`);
    await verify(await transmitter.sign());
    expect(fetch.mock.calls.map(([url]) => url)).toEqual([`https://${host}/${customerId}/login/jwk`]);
  });

  test('fetches keys only from the configured host, and ignores jku', async () => {
    const forger = await createTestTransmitter({ issuer: transmitter.issuer });
    const fetch = vi.fn(transmitter.fetch);
    const token = await forger.sign(
      {},
      { jku: 'https://forger.example/jwk', jwk: forger.jwks.keys[0], kid: transmitter.jwks.keys[0]!.kid },
    );
    expect((await rejectionOf(createAkamaiVerifier({ ...options, fetch })(token), token)).code).toBe(
      'ERR_SET_SIGNATURE',
    );
    expect(fetch.mock.calls.map(([url]) => url)).toEqual([transmitter.jwksUrl]);
  });

  test('refuses another customer of the same host, another audience, and another algorithm', async () => {
    const verify = createAkamaiVerifier(options);
    expect((await rejectionOf(verify(await transmitter.sign({ iss: `https://${host}/other/webhooks` })))).code).toBe(
      'ERR_SET_ISSUER',
    );
    expect((await rejectionOf(verify(await transmitter.sign({ aud: ['https://other.example'] })))).code).toBe(
      'ERR_SET_AUDIENCE',
    );
    expect((await rejectionOf(verify(await transmitter.sign({}, { alg: 'ES256' })))).code).toBe('ERR_SET_ALGORITHM');
  });

  test('accepts a token of 2020, which has no typ, only with typ: null', async () => {
    const token = await transmitter.sign({}, { typ: undefined, jku: undefined });
    expect((await rejectionOf(createAkamaiVerifier(options)(token))).code).toBe('ERR_SET_TYP');
    expect((await createAkamaiVerifier({ ...options, typ: null })(token)).header.typ).toBeUndefined();
  });

  test('applies the time options to tokens and keys', async () => {
    const now = (): number => 1_000_000_000_000;
    const token = await transmitter.sign({ iat: 1_000_000_000 - 100 });
    expect((await createAkamaiVerifier({ ...options, now })(token)).payload.iat).toBe(999_999_900);
    const strict = createAkamaiVerifier({ ...options, now, maxAgeSeconds: 10, clockToleranceSeconds: 5 });
    expect((await rejectionOf(strict(token))).code).toBe('ERR_SET_TOO_OLD');
  });

  test.each<[name: string, change: object]>([
    ['a host with its scheme', { host: `https://${host}` }],
    ['a host with a path', { host: `${host}/x` }],
    ['a host in upper case', { host: host.toUpperCase() }],
    ['a host with a user', { host: `user@${host}` }],
    ['an empty host', { host: '' }],
    ['no host', { host: undefined }],
    ['an empty customer ID', { customerId: '' }],
    ['a customer ID with a slash', { customerId: `${customerId}/webhooks` }],
    ['a customer ID of dots', { customerId: '..' }],
    ['no audience', { audience: undefined }],
    ['an invalid timeout', { timeoutMs: NaN }],
  ])('throws a TypeError for %s', (_, change) => {
    expect(() => createAkamaiVerifier({ ...options, ...change })).toThrow(TypeError);
  });
});
