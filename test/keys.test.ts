/** keys.ts and key-import.ts: which keys may verify a token, how often they are imported, what importSpki accepts. */
import { exportPKCS8, exportSPKI, generateKeyPair } from 'jose';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { importSpki } from '../src/key-import.js';
import type { JsonWebKey, KeyResolver, Keys } from '../src/keys.js';
import { SetError } from '../src/errors.js';
import { createTestTransmitter, type TestTransmitter } from '../src/testing/transmitter.js';
import { createVerifier, verifyJws } from '../src/verify.js';
import { segment } from './support/octets.js';
import { rejectionOf } from './support/refusals.js';
import { readVector } from './support/vectors.js';

const ALL = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;

let rsa: TestTransmitter;
let ec: TestTransmitter;
let ed: TestTransmitter;
let token: string;
/** The public key for `token`, without the members that restrict its use. */
let key: JsonWebKey;
beforeAll(async () => {
  [rsa, ec, ed] = await Promise.all([
    createTestTransmitter(),
    createTestTransmitter({ algorithm: 'ES256' }),
    createTestTransmitter({ algorithm: 'EdDSA' }),
  ]);
  token = await rsa.sign();
  const { kty, n, e, kid } = rsa.jwks.keys[0]!;
  key = { kty: kty!, n: n!, e: e!, kid: kid! };
});
afterEach(() => void vi.restoreAllMocks());

/**
 * Returns `ok`, or the code of the refusal. Keys come from a resolver, since a static source without a usable key is a
 * TypeError.
 */
async function outcome(keys: unknown, signed = token): Promise<string> {
  const resolver = typeof keys === 'function' ? (keys as KeyResolver) : () => keys as Keys;
  try {
    await verifyJws(signed, resolver, { algorithms: ALL });
    return 'ok';
  } catch (error) {
    expect(error).toBeInstanceOf(SetError);
    return (error as SetError).code;
  }
}

describe('a JWK is used only as its members allow', () => {
  test.each<[change: object, isUsed: boolean]>([
    [{}, true],
    [{ use: 'sig' }, true],
    [{ use: 'enc' }, false],
    [{ use: null }, false],
    [{ key_ops: ['verify'] }, true],
    [{ key_ops: ['encrypt', 'verify'] }, true],
    [{ key_ops: ['sign'] }, false],
    [{ key_ops: [] }, false],
    [{ key_ops: ['verify', 'verify'] }, false],
    [{ key_ops: 'verify' }, false],
    [{ alg: 'RS256' }, true],
    [{ alg: 'RS384' }, false],
    [{ alg: 'PS256' }, false],
    [{ alg: 'HS256' }, false],
    [{ alg: ['RS256'] }, false],
    [{ kty: 'oct', k: 'AAAA' }, false],
    [{ kty: 'rsa' }, false],
    [{ kty: 'EC' }, false],
    [{ kty: undefined }, false],
    [{ n: undefined }, false],
    [{ n: '' }, false],
    [{ n: 'AQAB' }, false],
    [{ n: 7 }, false],
    [{ n: ['x'] }, false],
    [{ e: undefined }, false],
    [{ e: 'AQ' }, false],
    [{ e: 'Aw' }, false],
    [{ e: 'AQAC' }, false],
    [{ d: 'private', p: 'x', oth: [] }, true],
    [{ x5c: ['junk'], x5u: 'https://evil.example', anything: {} }, true],
  ])('with %j: %j', async (change, isUsed) => {
    const jwk = { ...key, ...change };
    expect(await outcome(jwk)).toBe(isUsed ? 'ok' : 'ERR_SET_KEY_INVALID');
    expect(await outcome({ keys: [jwk] })).toBe(isUsed ? 'ok' : 'ERR_SET_KEY_NOT_FOUND');
    expect(await outcome({ keys: [jwk, key] })).toBe('ok');
  });

  test.each<[headerKid: string | undefined, keyKid: unknown, isUsed: boolean]>([
    ['1', '1', true],
    ['1', '2', false],
    ['1', undefined, true],
    [undefined, '1', true],
    [undefined, undefined, true],
    ['', '', true],
    ['', 'x', false],
    ['1', 1, false],
    ['1', null, false],
    ['__proto__', 'x', false],
    ['constructor', 'x', false],
    ['toString', undefined, true],
  ])('header kid %j, key kid %j: %j', async (kid, keyKid, isUsed) => {
    const signed = await rsa.sign({}, { kid });
    const jwk = { ...key, kid: keyKid };
    expect(await outcome(jwk, signed)).toBe(isUsed ? 'ok' : 'ERR_SET_KEY_NOT_FOUND');
    expect(await outcome({ keys: [jwk] }, signed)).toBe(isUsed ? 'ok' : 'ERR_SET_KEY_NOT_FOUND');
  });

  test('keys with the right kid exclude those without one', async () => {
    const other = (await createTestTransmitter()).jwks.keys[0]!;
    const { kid: _, ...unnamed } = key;
    expect(await outcome({ keys: [{ ...other, kid: key.kid }, unnamed] })).toBe('ERR_SET_SIGNATURE');
  });

  test.each(['EdDSA', 'Ed25519'])('EdDSA and Ed25519 are the same (%s)', async (alg) => {
    const signed = await ed.sign({}, { alg });
    const [jwk] = ed.jwks.keys;
    expect(await outcome({ ...jwk, alg: 'EdDSA' }, signed)).toBe('ok');
    expect(await outcome({ ...jwk, alg: 'Ed25519' }, signed)).toBe('ok');
    expect(await outcome({ ...jwk, crv: 'X25519' }, signed)).toBe('ERR_SET_KEY_INVALID');
    expect((await verifyJws(signed, ed.jwks, { algorithms: ['Ed25519'] })).header.alg).toBe(alg);
  });

  test('the curve must be that of the algorithm', async () => {
    const signed = await ec.sign();
    const [jwk] = ec.jwks.keys;
    expect(await outcome(jwk, signed)).toBe('ok');
    expect(await outcome({ ...jwk, crv: 'P-384' }, signed)).toBe('ERR_SET_KEY_INVALID');
    // An engine that does not check that the point is on the curve finds no valid signature by it.
    expect(await outcome({ ...jwk, x: jwk!.y }, signed)).toMatch(/^ERR_SET_(KEY_INVALID|SIGNATURE)$/);
    expect(await outcome(jwk, await ec.sign({}, { alg: 'ES384' }))).toBe('ERR_SET_KEY_INVALID');
  });
});

describe('the size of an RSA key', () => {
  /** Creates a random public key whose modulus has `bits` bits after `zeros` zero octets. It verifies nothing. */
  const sized = (bits: number, zeros = 0): JsonWebKey => {
    const modulus = crypto.getRandomValues(new Uint8Array(Math.ceil(bits / 8)));
    const top = (bits - 1) % 8;
    modulus[0] = (modulus[0]! & ((1 << top) - 1)) | (1 << top);
    modulus[modulus.length - 1]! |= 1;
    return { kty: 'RSA', n: segment(Uint8Array.of(...Array<number>(zeros).fill(0), ...modulus)), e: 'AQAB' };
  };

  test.each<[bits: number, zeros: number, code: string]>([
    [1024, 0, 'ERR_SET_KEY_INVALID'],
    [1024, 128, 'ERR_SET_KEY_INVALID'],
    [2040, 0, 'ERR_SET_KEY_INVALID'],
    [2040, 1, 'ERR_SET_KEY_INVALID'],
    [2047, 0, 'ERR_SET_KEY_INVALID'],
    [2048, 0, 'ERR_SET_SIGNATURE'],
    [3072, 0, 'ERR_SET_SIGNATURE'],
  ])('%d bits with %d leading zero octets: %s', async (bits, zeros, code) => {
    expect(await outcome(sized(bits, zeros))).toBe(code);
  });

  test('2048 bits with a leading zero octet: used, or refused by an engine that rejects that form', async () => {
    expect(await outcome(sized(2048, 1))).toMatch(/^ERR_SET_(SIGNATURE|KEY_INVALID)$/);
  });

  test.each(['', 'A', 'AA', 'A'.repeat(342), 'A'.repeat(400)])(
    'an empty modulus or one of zeros (%j) is too small',
    async (n) => {
      expect(await outcome({ kty: 'RSA', n, e: 'AQAB' })).toBe('ERR_SET_KEY_INVALID');
    },
  );

  test.each(['=', '\n', ' ', '.', '!', '\n'.repeat(400)])(
    'a modulus with %j is refused on every engine',
    async (junk) => {
      for (const bits of [2041, 2048]) {
        const { n } = sized(bits) as { n: string };
        expect(await outcome({ kty: 'RSA', n: n + junk, e: 'AQAB' })).toBe('ERR_SET_KEY_INVALID');
        expect(await outcome({ kty: 'RSA', n: junk + n, e: 'AQAB' })).toBe('ERR_SET_KEY_INVALID');
      }
    },
  );

  test.each([
    [/-|_/g, (found: string) => (found === '-' ? '+' : '/')],
    // The last character of 256 octets has four unused bits.
    [/.$/, (found: string) => String.fromCharCode(found.charCodeAt(0) + 1)],
  ])('a modulus that is not canonical base64url is refused: %s', async (pattern, replace) => {
    let { n } = sized(2048) as { n: string };
    while (!/-|_/.test(n)) ({ n } = sized(2048) as { n: string });
    expect(await outcome({ kty: 'RSA', n: n.replace(pattern, replace), e: 'AQAB' })).toBe('ERR_SET_KEY_INVALID');
  });

  test('an exponent of 3 is refused', async () => {
    expect(await outcome({ ...sized(2048), e: 'Aw' })).toBe('ERR_SET_KEY_INVALID');
  });

  test('is checked in a CryptoKey as well', async () => {
    const jwk = JSON.parse(readVector('keys/rsa-1024.json')) as JsonWebKey;
    const weak = await crypto.subtle.importKey(
      'jwk',
      jwk as globalThis.JsonWebKey,
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      true,
      ['verify'],
    );
    expect(await outcome(weak)).toBe('ERR_SET_KEY_INVALID');
  });
});

describe('several keys', () => {
  test('with the same kid are tried in turn', async () => {
    const others = await Promise.all(
      [1, 2, 3].map(async () => ({ ...(await createTestTransmitter()).jwks.keys[0]!, kid: key.kid! })),
    );
    expect(await outcome({ keys: [...others, key] })).toBe('ok');
    expect(await outcome({ keys: others })).toBe('ERR_SET_SIGNATURE');
  });

  test('are tried up to 16, with one call of subtle.verify each', async () => {
    const other = { ...(await createTestTransmitter()).jwks.keys[0]!, kid: key.kid! };
    const wrong = (count: number): JsonWebKey[] => Array.from({ length: count }, () => ({ ...other }));
    const verify = vi.spyOn(crypto.subtle, 'verify');
    expect(await outcome({ keys: [...wrong(15), key] })).toBe('ok');
    expect(verify).toHaveBeenCalledTimes(16);
    expect(await outcome({ keys: [...wrong(16), key] })).toBe('ERR_SET_SIGNATURE');
    expect(verify).toHaveBeenCalledTimes(32);
  });

  const asJson = { type: 'public', usages: ['verify'] };
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: { name: 'SHA-256' },
    modulusLength: 2048,
    publicExponent: [1, 0, 1],
  };
  const throwing = Object.defineProperty({ kty: 'RSA' }, 'kid', {
    get() {
      throw new Error('no kid');
    },
  });

  test.each<[junk: unknown]>([
    ...[null, undefined, 0, 'key', [], [{}], {}, { kty: {} }, true].map((junk): [unknown] => [junk]),
    [asJson],
    [{ ...asJson, algorithm }],
    [throwing],
  ])('may include junk such as %j, which is skipped', async (junk) => {
    expect(await outcome({ keys: [junk, key] })).toBe('ok');
    expect(await outcome({ keys: [junk] })).toBe('ERR_SET_KEY_NOT_FOUND');
  });

  test('that are unusable count as absent, even with the kid of the header: keys without a kid serve', async () => {
    const { kid, ...unnamed } = key;
    const { n: _, ...unusable } = { ...key, kid: kid! };
    expect(await outcome({ keys: [unusable, unnamed] })).toBe('ok');
    expect(await outcome({ keys: [unusable] })).toBe('ERR_SET_KEY_NOT_FOUND');
  });

  test('an empty list of them is ERR_SET_KEY_NOT_FOUND', async () =>
    expect(await outcome({ keys: [] })).toBe('ERR_SET_KEY_NOT_FOUND'));
});

describe('the import', () => {
  test('happens once per JWK, even for 50 tokens at a time, and again when its key material changes', async () => {
    const importKey = vi.spyOn(crypto.subtle, 'importKey');
    const jwk: { -readonly [Name in keyof JsonWebKey]: JsonWebKey[Name] } = { ...key };
    await Promise.all(Array.from({ length: 50 }, () => verifyJws(token, jwk)));
    await verifyJws(token, { keys: [jwk] });
    expect(importKey).toHaveBeenCalledTimes(1);
    jwk.n = (await createTestTransmitter()).jwks.keys[0]!.n!;
    importKey.mockClear();
    expect(await outcome(jwk)).toBe('ERR_SET_SIGNATURE');
    expect(importKey).toHaveBeenCalledTimes(1);
  });

  test('is not repeated for a key that failed', async () => {
    const importKey = vi.spyOn(crypto.subtle, 'importKey');
    const [jwk] = ec.jwks.keys;
    const bad = { ...jwk!, x: jwk!.x!.slice(4) };
    const signed = await ec.sign();
    for (let i = 0; i < 3; i++) expect(await outcome(bad, signed)).toBe('ERR_SET_KEY_INVALID');
    expect(importKey).toHaveBeenCalledTimes(1);
  });

  test('uses only the public members', async () => {
    const importKey = vi.spyOn(crypto.subtle, 'importKey');
    expect(await outcome({ ...key, d: 'secret', p: 'secret', q: 'secret', use: 'sig' })).toBe('ok');
    const [, material] = importKey.mock.calls[0]! as unknown as [string, object];
    expect(JSON.parse(JSON.stringify(material))).toEqual({ kty: key.kty, n: key.n, e: key.e });
  });

  test('never converts a member to a string', async () => {
    const toString = vi.fn(() => key.n!);
    for (const member of ['kty', 'n', 'e', 'alg', 'use', 'kid']) {
      expect(await outcome({ ...key, [member]: { toString, [Symbol.toPrimitive]: toString } })).not.toBe('ok');
    }
    expect(toString).not.toHaveBeenCalled();
  });
});

describe('a CryptoKey', () => {
  const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const importAs = (parameters: object): Promise<CryptoKey> =>
    crypto.subtle.importKey('jwk', { kty: key.kty!, n: key.n!, e: key.e! }, parameters as RsaHashedImportParams, true, [
      'verify',
    ]);

  test('is used only for its own algorithm and hash', async () => {
    expect(await outcome(await importAs(RS256))).toBe('ok');
    expect(await outcome(await importAs({ ...RS256, hash: 'SHA-384' }))).toBe('ERR_SET_KEY_INVALID');
    expect(await outcome(await importAs({ name: 'RSA-PSS', hash: 'SHA-256' }))).toBe('ERR_SET_KEY_INVALID');
  });

  test('must be public and allow verifying', async () => {
    const encrypting = await crypto.subtle.importKey(
      'jwk',
      { kty: key.kty!, n: key.n!, e: key.e! },
      { name: 'RSA-OAEP', hash: 'SHA-256' },
      true,
      ['encrypt'],
    );
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const secret = await crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, true, [
      'verify',
    ]);
    for (const unfit of [encrypting, privateKey, secret]) expect(await outcome(unfit)).toBe('ERR_SET_KEY_INVALID');
    expect(await outcome(privateKey, await ec.sign())).toBe('ERR_SET_KEY_INVALID');
  });

  test('must be on the curve of the algorithm', async () => {
    const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, [
      'sign',
      'verify',
    ]);
    expect(await outcome(publicKey, await ec.sign())).toBe('ERR_SET_KEY_INVALID');
  });
});

describe('a resolver', () => {
  test('may return keys or a promise of them, and receives the header', async () => {
    const resolver = vi.fn(() => key);
    expect(await outcome(resolver)).toBe('ok');
    expect(resolver).toHaveBeenCalledWith(expect.objectContaining({ alg: 'RS256', kid: key.kid }));
    expect(await outcome(async () => rsa.jwks)).toBe('ok');
    expect(await outcome(() => ({ then: (done: (jwk: unknown) => void) => done(key) }))).toBe('ok');
  });

  test.each([[''], [null], [undefined], [0], [{}], [[]], ['pem'], [{ keys: 1 }], [{ keys: null }]])(
    'that returns %j is ERR_SET_KEY_INVALID',
    async (junk) => {
      expect(await outcome(() => junk)).toBe('ERR_SET_KEY_INVALID');
      expect(await outcome(async () => junk)).toBe('ERR_SET_KEY_INVALID');
    },
  );

  test('that throws is ERR_SET_KEY_NOT_FOUND with the cause, unless it throws a SetError', async () => {
    const cause = new RangeError('no such tenant');
    const own = new SetError('ERR_SET_JWKS', 'down');
    for (const resolver of [
      () => {
        throw cause;
      },
      async () => {
        throw cause;
      },
    ]) {
      const error = await rejectionOf(verifyJws(token, resolver));
      expect(error).toMatchObject({ code: 'ERR_SET_KEY_NOT_FOUND', cause, retryAfterSeconds: 5 });
    }
    for (const resolver of [
      () => {
        throw own;
      },
      async () => {
        throw own;
      },
    ])
      expect(await rejectionOf(verifyJws(token, resolver))).toBe(own);
  });

  test('cannot influence verification by changing the header that it receives', async () => {
    const resolver = (header: { alg: string; typ?: string }): JsonWebKey => {
      header.alg = 'none';
      header.typ = 'JWT';
      return key;
    };
    const set = await createVerifier(resolver as never, { issuer: rsa.issuer, audience: rsa.audience })(token);
    expect(set.header).toMatchObject({ alg: 'RS256', typ: 'secevent+jwt' });
  });
});

describe('importSpki', async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  const RSA = `${await exportSPKI(pair.publicKey)}\n`;

  test.each(['RS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const)(
    'reads a key for %s',
    async (algorithm) => {
      const pem = `${await exportSPKI((await generateKeyPair(algorithm, { extractable: true })).publicKey)}\n`;
      for (const text of [pem, pem.trimEnd(), `\n  ${pem}\r\n\n`, pem.replaceAll('\n', '\r\n')]) {
        expect(await importSpki(text, algorithm)).toMatchObject({ type: 'public', usages: ['verify'] });
      }
    },
  );

  test('returns a key that verifies', async () => {
    const der = await crypto.subtle.exportKey(
      'spki',
      await crypto.subtle.importKey(
        'jwk',
        { kty: key.kty!, n: key.n!, e: key.e! },
        { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
        true,
        ['verify'],
      ),
    );
    const base64 = segment(new Uint8Array(der)).replaceAll('-', '+').replaceAll('_', '/');
    const pem = `-----BEGIN PUBLIC KEY-----\n${base64}${'='.repeat(-base64.length & 3)}\n-----END PUBLIC KEY-----`;
    expect(await outcome(await importSpki(pem, 'RS256'))).toBe('ok');
  });

  test.each<[name: string, pem: unknown, algorithm: string]>([
    ['a key of another kind', RSA, 'ES256'],
    [
      'a key on another curve',
      await exportSPKI((await generateKeyPair('ES384', { extractable: true })).publicKey),
      'ES256',
    ],
    ['a short key', readVector('keys/rsa-1024-spki.pem'), 'RS256'],
    ['a key that is one bit too short', readVector('keys/rsa-2047-spki.pem'), 'RS256'],
    ['a certificate', RSA.replaceAll('PUBLIC KEY', 'CERTIFICATE'), 'RS256'],
    ['a PKCS#1 key', readVector('keys/rsa-2048-pkcs1.pem'), 'RS256'],
    ['a private key', await exportPKCS8(pair.privateKey), 'RS256'],
    ['text before it', `secret ${RSA}`, 'RS256'],
    ['text after it', `${RSA}x`, 'RS256'],
    ['two keys', RSA + RSA, 'RS256'],
    ['invalid base64', RSA.replace('M', '!'), 'RS256'],
    ['a truncated key', RSA.replace(/\n.*\n.*\n-----END/, '\n-----END'), 'RS256'],
    ['an empty key', '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----', 'RS256'],
    ['an empty string', '', 'RS256'],
    ['a JWK', '{"kty":"RSA"}', 'RS256'],
    ['undefined', undefined, 'RS256'],
    ['octets', new Uint8Array(10), 'RS256'],
    ['a megabyte', `-----BEGIN PUBLIC KEY-----${'A'.repeat(1_000_000)}`, 'RS256'],
  ])('refuses %s', async (_, pem, algorithm) => {
    expect((await rejectionOf(importSpki(pem as string, algorithm as 'RS256'))).code).toBe('ERR_SET_KEY_INVALID');
  });

  test.each(['HS256', 'none', '', undefined])('an algorithm of %j is a TypeError', async (algorithm) => {
    await expect(importSpki(RSA, algorithm as never)).rejects.toThrow(TypeError);
  });
});
