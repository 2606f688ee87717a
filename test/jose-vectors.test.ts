/**
 * verifyJws on the published JOSE vectors: those with a supported algorithm verify, and none verifies after a change of
 * one character.
 */
import { compactVerify, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import type { SignatureAlgorithm } from '../src/algorithms.js';
import type { JsonWebKey } from '../src/keys.js';
import { verifyJws } from '../src/verify.js';
import { segment, textOf, utf8 } from './support/octets.js';
import { rejectionOf } from './support/refusals.js';
import { readVector } from './support/vectors.js';

const JOE = '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}';
const ROAD =
  'It\u2019s a dangerous business, Frodo, going out your door. You step onto the road, ' +
  "and if you don't keep your feet, there\u2019s no knowing where you might be swept off to.";

const VERIFIED: readonly (readonly [
  name: string,
  token: string,
  key: string,
  algorithm: SignatureAlgorithm,
  payload: string,
])[] = [
  ['RFC 7515 A.2', 'rfc7515-a2-rs256', 'rfc7515-a2-key', 'RS256', JOE],
  ['RFC 7515 A.3', 'rfc7515-a3-es256', 'rfc7515-a3-key', 'ES256', JOE],
  ['RFC 7515 A.4', 'rfc7515-a4-es512', 'rfc7515-a4-key', 'ES512', 'Payload'],
  ['RFC 7520 4.1', 'rfc7520-4.1-rs256', 'rfc7520-4.1-rs256-key', 'RS256', ROAD],
  ['RFC 7520 4.2', 'rfc7520-4.2-ps384', 'rfc7520-4.2-ps384-key', 'PS384', ROAD],
  ['RFC 7520 4.3', 'rfc7520-4.3-es512', 'rfc7520-4.3-es512-key', 'ES512', ROAD],
  ['RFC 8037 A.4', 'rfc8037-a4-eddsa', 'rfc8037-a4-key', 'EdDSA', 'Example of Ed25519 signing'],
];

function readToken(name: string): string {
  return readVector(`jose/${name}.jwt`);
}

function readKey(name: string): JsonWebKey & JWK {
  return JSON.parse(readVector(`jose/${name}.json`)) as JsonWebKey & JWK;
}

/** Replaces one character of a text by another of the base64url alphabet. */
function altered(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

describe.each(VERIFIED)('%s', (_, tokenName, keyName, algorithm, text) => {
  const token = readToken(tokenName);
  const key = readKey(keyName);
  const algorithms = [algorithm];

  test('verifies, and returns the payload as signed', async () => {
    const { header, payload, signature } = await verifyJws(token, key, { algorithms });
    expect(header.alg).toBe(algorithm);
    expect(payload).toEqual(utf8(text));
    expect(segment(signature)).toBe(token.split('.')[2]);
  });

  test('verifies with the key in a set, and jose agrees', async () => {
    expect(textOf((await verifyJws(token, { keys: [key] }, { algorithms })).payload)).toBe(text);
    expect(textOf((await compactVerify(token, key, { algorithms })).payload)).toBe(text);
  });

  test('is refused after a change in any part, and jose agrees', async () => {
    const [header = '', payload = ''] = token.split('.');
    const starts = [0, header.length + 1, header.length + payload.length + 2];
    const ends = [header.length, header.length + 1 + payload.length, token.length];
    for (const [part, start] of starts.entries()) {
      for (const at of [start, start + 5, Math.floor((start + ends[part]!) / 2), ends[part]! - 2, ends[part]! - 1]) {
        const changed = altered(token, at);
        const { code } = await rejectionOf(verifyJws(changed, key, { algorithms }), changed);
        // A changed payload or signature is still canonical base64url, except after a change of its last character.
        if (part > 0 && at !== ends[part]! - 1) expect(code).toBe('ERR_SET_SIGNATURE');
        // jose ignores the unused bits of a last character.
        if (code !== 'ERR_SET_BASE64URL') await expect(compactVerify(changed, key, { algorithms })).rejects.toThrow();
      }
    }
  });

  test('is refused when only other algorithms are allowed', async () => {
    const others = VERIFIED.map((row) => row[3]).filter((other) => other !== algorithm);
    expect(
      (
        await rejectionOf(
          verifyJws(token, () => key, { algorithms: others }),
          token,
        )
      ).code,
    ).toBe('ERR_SET_ALGORITHM');
  });
});

describe('refusals', () => {
  const ALL: readonly SignatureAlgorithm[] = ['RS256', 'PS384', 'ES256', 'ES512', 'EdDSA'];

  test.each([
    ['RFC 7515 A.1: HS256', 'rfc7515-a1-hs256', 'ERR_SET_ALGORITHM'],
    ['RFC 7515 A.5: none', 'rfc7515-a5-none', 'ERR_SET_ALGORITHM'],
    ['RFC 7515 appendix E: crit', 'rfc7515-e-crit-reject', 'ERR_SET_HEADER'],
    ['RFC 7797 4.1: HS256', 'rfc7797-4.1-hs256', 'ERR_SET_ALGORITHM'],
    ['RFC 7797 4.2: b64, detached', 'rfc7797-4.2-b64-false-detached', 'ERR_SET_HEADER'],
  ])('%s is refused with any key, before a key is requested', async (_, name, code) => {
    const token = readToken(name);
    for (const key of [readKey('rfc7515-a1-key'), { keys: [readKey('rfc7515-a1-key')] }, readKey('rfc7515-a2-key')]) {
      expect(
        (
          await rejectionOf(
            verifyJws(token, () => key, { algorithms: ALL }),
            token,
          )
        ).code,
      ).toBe(code);
    }
    const resolver = () => {
      throw new Error('asked');
    };
    expect((await rejectionOf(verifyJws(token, resolver, { algorithms: ALL }), token)).code).toBe(code);
    await expect(compactVerify(token, readKey('rfc7515-a2-key'), { algorithms: [...ALL] })).rejects.toThrow();
  });

  test('a vector does not verify with the key of another', async () => {
    const token = readToken('rfc7515-a2-rs256');
    expect((await rejectionOf(verifyJws(token, readKey('rfc7520-4.1-rs256-key')), token)).code).toBe(
      'ERR_SET_SIGNATURE',
    );
    expect(
      (
        await rejectionOf(
          verifyJws(token, () => readKey('rfc7515-a3-key')),
          token,
        )
      ).code,
    ).toBe('ERR_SET_KEY_INVALID');
  });
});
