/**
 * ML-DSA (RFC 9964): verified where the runtime has it, such as Node 26, and refused clearly elsewhere. Which runtimes
 * have it is asserted by test/runtimes.
 */
import { describe, expect, test } from 'vitest';
import type { JsonWebKey } from '../src/keys.js';
import { importSpki } from '../src/key-import.js';
import { createTestTransmitter } from '../src/testing/transmitter.js';
import { createVerifier, verifySet } from '../src/verify.js';
import { ML_DSA_ALGORITHMS } from './support/algorithms.js';
import { segment } from './support/octets.js';
import { rejectionOf } from './support/refusals.js';

const OPTIONS = { issuer: null, audience: null } as const;
/** The sizes of public keys and signatures, in octets (FIPS 204, table 2). */
const SIZES = { 'ML-DSA-44': [1312, 2420], 'ML-DSA-65': [1952, 3309], 'ML-DSA-87': [2592, 4627] } as const;

async function isSupported(name: string): Promise<boolean> {
  try {
    return Boolean(await crypto.subtle.generateKey({ name }, true, ['sign', 'verify']));
  } catch {
    return false;
  }
}

describe.each(ML_DSA_ALGORITHMS)('%s', (algorithm) => {
  const [keySize, signatureSize] = SIZES[algorithm];
  const jwk: JsonWebKey = { kty: 'AKP', alg: algorithm, pub: segment(new Uint8Array(keySize)) };
  const claims = { iss: 'i', iat: 1, jti: 'j', events: { e: {} } };
  const token = [{ alg: algorithm, typ: 'secevent+jwt' }, claims]
    .map((part) => segment(JSON.stringify(part)))
    .concat(segment(new Uint8Array(signatureSize)))
    .join('.');

  test('is refused unless it is allowed', async () => {
    expect(
      (
        await rejectionOf(
          verifySet(token, () => jwk, OPTIONS),
          token,
        )
      ).code,
    ).toBe('ERR_SET_ALGORITHM');
  });

  test.each<[name: string, change: JsonWebKey]>([
    ['no alg', { alg: undefined as never }],
    ['the alg of another size', { alg: algorithm === 'ML-DSA-44' ? 'ML-DSA-65' : 'ML-DSA-44' }],
    ['no pub', { pub: undefined as never }],
    ['a pub that is not a string', { pub: 5 as never }],
    ['another kty', { kty: 'OKP' }],
    ['use enc', { use: 'enc' }],
  ])('is refused at once with a key with %s', (_, change) => {
    expect(() => createVerifier({ ...jwk, ...change }, { ...OPTIONS, algorithms: [algorithm] })).toThrow(TypeError);
  });

  test('is verified where the runtime has it, and is ERR_SET_WEBCRYPTO elsewhere', async () => {
    const verify = (text: string, key: JsonWebKey): Promise<unknown> =>
      verifySet(text, key, { ...OPTIONS, algorithms: [algorithm] });
    if (!(await isSupported(algorithm))) {
      expect(await rejectionOf(verify(token, jwk))).toMatchObject({
        code: 'ERR_SET_WEBCRYPTO',
        message: `This runtime does not support ${algorithm}`,
      });
      expect((await rejectionOf(createTestTransmitter({ algorithm }))).code).toBe('ERR_SET_WEBCRYPTO');
      return;
    }
    const { sign, jwks } = await createTestTransmitter({ algorithm });
    const [key] = jwks.keys;
    expect(key).toMatchObject({ kty: 'AKP', alg: algorithm });
    const signed = await sign();
    expect(await verify(signed, key!)).toMatchObject({ header: { alg: algorithm } });
    expect(
      (
        await rejectionOf(
          verify(
            signed.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
            key!,
          ),
        )
      ).code,
    ).toMatch(/^ERR_SET_(?:SIGNATURE|BASE64URL)$/);
    const [header, , signature] = signed.split('.');
    const forged = [header, segment(JSON.stringify(claims)), signature].join('.');
    expect((await rejectionOf(verify(forged, key!), forged)).code).toBe('ERR_SET_SIGNATURE');
    expect(
      (await rejectionOf(verifySet(signed, () => ({ ...key!, pub: 'AA' }), { ...OPTIONS, algorithms: [algorithm] })))
        .code,
    ).toBe('ERR_SET_KEY_INVALID');
  });

  test('is imported from PEM where the runtime has it', async () => {
    if (!(await isSupported(algorithm))) {
      const pem = `-----BEGIN PUBLIC KEY-----\n${btoa('not a key')}\n-----END PUBLIC KEY-----`;
      expect((await rejectionOf(importSpki(pem, algorithm))).code).toBe('ERR_SET_WEBCRYPTO');
      return;
    }
    const { publicKey } = (await crypto.subtle.generateKey({ name: algorithm }, true, [
      'sign',
      'verify',
    ])) as CryptoKeyPair;
    const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
    const body = btoa(Array.from(spki, (octet) => String.fromCharCode(octet)).join(''));
    const key = await importSpki(`-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----`, algorithm);
    expect(key.algorithm.name).toBe(algorithm);
  });
});
