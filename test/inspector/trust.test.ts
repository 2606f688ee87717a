/** Pasted keys, and the results of verifying with them. */
import { algorithmOf } from '../../src/algorithms.js';
import { exportSPKI, generateKeyPair, exportJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPastedKey, type TrustForm, verifyWithForm } from '../../src/inspector/trust.js';
import { decodeSet } from '../../src/set.js';
import { CLAIMS } from '../support/tokens.js';

const ISSUER = CLAIMS.iss;
const AUDIENCE = 'https://receiver.example';
let token = '';
let form: TrustForm;
let pem = '';
let jwk: Record<string, unknown> = {};

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  pem = await exportSPKI(publicKey);
  jwk = { ...(await exportJWK(publicKey)), kid: 'one' };
  token = await new SignJWT({ ...CLAIMS, aud: AUDIENCE })
    .setProtectedHeader({ alg: 'RS256', typ: 'secevent+jwt', kid: 'one' })
    .sign(privateKey);
  form = { key: pem, issuer: ISSUER, audience: AUDIENCE, algorithm: 'RS256', typ: 'secevent+jwt' };
});

const judge = (changes: Partial<TrustForm>): ReturnType<typeof verifyWithForm> =>
  verifyWithForm(token, decodeSet(token).header, { ...form, ...changes });

describe('a token is verified', () => {
  test.each([
    ['a PEM', () => pem, 'the pasted PEM key'],
    ['a JWK', () => JSON.stringify(jwk), 'the pasted JWK “one”'],
    ['a JWK Set', () => JSON.stringify({ keys: [jwk, { kty: 'RSA', kid: 'two' }] }), 'key “one” of the 2 pasted keys'],
    ['a JWK Set of one key', () => JSON.stringify({ keys: [jwk] }), 'the pasted key “one”'],
    ['a JWK Set without kid', () => JSON.stringify({ keys: [{ ...jwk, kid: undefined }] }), 'the pasted key ('],
    [
      'the public part of a private JWK',
      () => JSON.stringify({ ...jwk, d: 'AAAA' }),
      'the public part of the pasted JWK “one”',
    ],
  ])('with %s, and the result names the key', async (_, key, name) => {
    const verdict = await judge({ key: key() });
    expect(verdict).toMatchObject({ isVerified: true, words: expect.stringContaining(name) });
    expect(verdict.words).toContain(`issued by ${ISSUER}, for ${AUDIENCE}`);
  });

  test('without an audience only on request', async () => {
    expect(await judge({ audience: undefined })).toMatchObject({
      isVerified: true,
      words: expect.stringContaining('audience not checked'),
    });
  });
});

describe('a token is not verified', () => {
  test.each([
    ['another issuer', { issuer: 'https://other.example' }, 'ERR_SET_ISSUER'],
    ['another audience', { audience: 'https://other.example' }, 'ERR_SET_AUDIENCE'],
    ['another algorithm', { algorithm: 'ES256' }, 'ERR_SET_ALGORITHM'],
    ['another type', { typ: 'logout+jwt' }, 'ERR_SET_TYP'],
    ['an unusable key', { key: '{"kty":"RSA"}' }, 'ERR_SET_KEY_INVALID'],
    ['a set without keys', { key: '{"keys":[]}' }, 'ERR_SET_KEY_NOT_FOUND'],
    ['no issuer', { issuer: '' }, undefined],
    ['no audience', { audience: '' }, undefined],
    ['no key', { key: ' ' }, undefined],
  ] as const)('with %s', async (_, changes, code) => {
    const verdict = await judge(changes);
    expect(verdict.isVerified).toBe(false);
    expect('code' in verdict ? verdict.code : undefined).toBe(code);
    expect(verdict.words).not.toBe('');
  });

  test('with a key of another issuer', async () => {
    const { publicKey } = await generateKeyPair('RS256');
    expect(await judge({ key: await exportSPKI(publicKey) })).toMatchObject({
      isVerified: false,
      code: 'ERR_SET_SIGNATURE',
    });
  });
});

describe('text that is not a public key', () => {
  test.each([
    ['-----BEGIN PRIVATE KEY-----\nsecret', 'private key'],
    ['-----BEGIN CERTIFICATE-----\nsecret', 'not a BEGIN PUBLIC KEY block'],
    ['{"kty":"oct","k":"secret"}', 'shared secret'],
    ['{"a":"secret"}', 'not a key'],
    ['[]', 'not a key'],
    ['null', 'not a key'],
    ['secret', 'neither JSON nor PEM'],
  ])('is described without being quoted: %j', (text, fault) => {
    const found = readPastedKey(text);
    expect(found).toEqual({ fault: expect.stringContaining(fault) });
    expect(JSON.stringify(found)).not.toContain('"secret"');
  });
});

test.each([
  ['RS256', 'RS256'],
  ['EdDSA', 'EdDSA'],
  ['Ed25519', 'EdDSA'],
  ['none', undefined],
  ['HS256', undefined],
  ['toString', undefined],
  ['ML-DSA-44', 'ML-DSA-44'],
])('for the alg %s the form offers %s', (alg, offered) => {
  expect(algorithmOf(alg)?.alg).toBe(offered);
});
