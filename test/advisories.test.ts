/** Published advisories about other libraries. Each test shows that this one lacks the flaw, and names the advisory. */
import { type CryptoKey, exportSPKI, importJWK, type JWK } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createRemoteJwks } from '../src/jwks/remote.js';
import type { JsonWebKey, KeySource } from '../src/keys.js';
import type { VerifyOptions } from '../src/policy.js';
import { decodeSet } from '../src/set.js';
import { createTestTransmitter, type TestTransmitter } from '../src/testing/transmitter.js';
import { createVerifier, verifySet } from '../src/verify.js';
import { segment, utf8 } from './support/octets.js';
import { rejectionOf } from './support/refusals.js';
import { readVector } from './support/vectors.js';

let transmitter: TestTransmitter;
let token: string;
let options: VerifyOptions;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  token = await transmitter.sign();
  options = { issuer: transmitter.issuer, audience: transmitter.audience };
});

const codeOf = async (
  candidate: string,
  keys: KeySource = transmitter.jwks,
  more: Partial<VerifyOptions> = {},
): Promise<string> => (await rejectionOf(verifySet(candidate, keys, { ...options, ...more }))).code;

/** Returns the valid token's payload under another header, signed by `sign` or not at all. */
async function forge(header: object, sign: (input: string) => string | Promise<string> = () => ''): Promise<string> {
  const input = `${segment(JSON.stringify({ typ: 'secevent+jwt', ...header }))}.${token.split('.')[1]!}`;
  return `${input}.${await sign(input)}`;
}

/** Signs with HMAC. WebCrypto refuses an empty secret; a zero octet is equivalent, since HMAC pads with zeros. */
const hmac =
  (secret: string) =>
  async (input: string): Promise<string> => {
    const key = await crypto.subtle.importKey('raw', utf8(secret || '\0'), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    return segment(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(input))));
  };

describe('the receiver chooses the algorithm', () => {
  test('CVE-2015-9235, CVE-2023-48223, CVE-2026-34950, CVE-2026-107722, CVE-2026-107724, CVE-2026-42280: a public key never serves as an HMAC secret', async () => {
    const [key] = transmitter.jwks.keys;
    const pem = await exportSPKI((await importJWK(key as JWK, 'RS256', { extractable: true })) as CryptoKey);
    const resolver = vi.fn(() => transmitter.jwks);
    for (const secret of [pem, ` ${pem}`, JSON.stringify(key), JSON.stringify(transmitter.jwks), key!.n!, '']) {
      expect(await codeOf(await forge({ alg: 'HS256' }, hmac(secret)), resolver)).toBe('ERR_SET_ALGORITHM');
    }
    expect(resolver).not.toHaveBeenCalled();
    for (const text of [pem, JSON.stringify(key)])
      await expect(verifySet(token, text as never, options)).rejects.toThrow(TypeError);
  });

  test('npm advisory 88, CVE-2016-10555, GHSA-8v5f-hp78-jgxq, CVE-2023-48238: only RS256 is allowed by default', async () => {
    for (const algorithm of ['RS384', 'RS512', 'PS256', 'ES256', 'EdDSA'] as const) {
      const other = await createTestTransmitter({ algorithm, issuer: transmitter.issuer });
      expect(await codeOf(await other.sign(), () => other.jwks)).toBe('ERR_SET_ALGORITHM');
      await expect(verifySet(await other.sign(), other.jwks, options)).rejects.toThrow(TypeError);
    }
  });

  test.each([['none'], ['None'], ['NONE'], ['nOnE'], [''], [[]], [null], [undefined]])(
    'CVE-2022-23540: an unsigned token with alg %j is refused',
    async (alg) => {
      for (const keys of [transmitter.jwks, () => ({ keys: [] })])
        expect(await codeOf(await forge({ alg }), keys)).toMatch(/^ERR_SET_(?:ALGORITHM|HEADER)$/);
    },
  );

  test('CVE-2026-22817, CVE-2026-22818: a JWK without alg does not let a token choose its algorithm', async () => {
    const { alg: _, ...key } = transmitter.jwks.keys[0]!;
    for (const alg of ['HS256', 'RS384', 'PS256'])
      expect(await codeOf(await transmitter.sign({}, { alg }), { keys: [key] })).toBe('ERR_SET_ALGORITHM');
    expect(
      await codeOf(await transmitter.sign({}, { alg: 'RS384' }), { keys: [key] }, { algorithms: ['RS256', 'RS384'] }),
    ).toBe('ERR_SET_SIGNATURE');
  });

  test('CVE-2026-44699, CVE-2026-49852: an RSA JWK without alg never serves as an empty HMAC secret', async () => {
    const { alg: _, ...key } = transmitter.jwks.keys[0]!;
    expect(await codeOf(await forge({ alg: 'HS256' }, hmac('')), key)).toBe('ERR_SET_ALGORITHM');
  });
});

describe('keys come from the receiver and must be valid', () => {
  test('CVE-2022-23541: a resolver that returns a string or a secret is refused', async () => {
    for (const junk of ['secret', { kty: 'oct', k: 'c2VjcmV0' }])
      expect(await codeOf(token, () => junk as never)).toBe('ERR_SET_KEY_INVALID');
  });

  test('CVE-2022-23539: weak keys and keys for other algorithms are refused', async () => {
    const [key] = transmitter.jwks.keys;
    const others = [
      (await createTestTransmitter({ algorithm: 'ES256' })).jwks.keys[0]!,
      (await createTestTransmitter({ algorithm: 'EdDSA' })).jwks.keys[0]!,
    ];
    const short = JSON.parse(readVector('keys/rsa-1024.json')) as JsonWebKey;
    for (const unfit of [
      ...others,
      { kty: 'oct', k: 'AAAA' },
      { kty: 'DSA' },
      short,
      { ...key, e: 'Aw' },
      { ...key, e: 'AQAA' },
      { ...key, e: 'AQ' },
    ]) {
      const { kid: _, ...unnamed } = unfit as { kid?: string };
      expect(await codeOf(token, () => unnamed as never)).toBe('ERR_SET_KEY_INVALID');
    }
  });

  test('CVE-2022-23529: an object in place of a key is never converted to a string', async () => {
    const toString = vi.fn(() => 'secret');
    expect(await codeOf(token, () => ({ toString }) as never)).toBe('ERR_SET_KEY_INVALID');
    await expect(verifySet(token, { toString } as never, options)).rejects.toThrow(TypeError);
    expect(await codeOf(token, () => ({ kty: 'RSA', n: { toString }, e: { toString } }) as never)).toBe(
      'ERR_SET_KEY_INVALID',
    );
    expect(toString).not.toHaveBeenCalled();
  });

  test('CVE-2018-0114: a key in the header is never used or fetched', async () => {
    const forger = await createTestTransmitter({ issuer: transmitter.issuer });
    const fetch = vi.spyOn(globalThis, 'fetch');
    const url = 'http://127.0.0.1:9/jwks';
    const forged = await forger.sign(
      {},
      { kid: transmitter.jwks.keys[0]!.kid, jwk: forger.jwks.keys[0], jku: url, x5u: url, x5c: ['MIIB'] },
    );
    expect(await codeOf(forged)).toBe('ERR_SET_SIGNATURE');
    expect(await codeOf(forged, () => ({ keys: [] }))).toBe('ERR_SET_KEY_NOT_FOUND');
    expect(fetch).not.toHaveBeenCalled();
    fetch.mockRestore();
  });

  test.each([[''], [null], [undefined], [{}]])(
    'CVE-2026-44351: a resolver that returns %j is an error, never a key',
    async (junk) => {
      expect(await codeOf(token, () => junk as never)).toBe('ERR_SET_KEY_INVALID');
      expect(await codeOf(await forge({ alg: 'HS256' }, hmac('')), () => junk as never)).toBe('ERR_SET_ALGORITHM');
    },
  );

  test.each([[''], [null], [undefined]])('CVE-2026-107720: a missing key (%j) is a TypeError', async (nothing) => {
    expect(() => createVerifier(nothing as never, { ...options, algorithms: ['RS256'] })).toThrow(TypeError);
    await expect(verifySet(token, nothing as never, options)).rejects.toThrow(TypeError);
  });

  test.each([['__proto__'], ['constructor'], ['toString'], [''], [1], [null], [{}]])(
    'CVE-2025-65945: a kid of %j matches no key',
    async (kid) => {
      expect(await codeOf(await transmitter.sign({}, { kid }))).toMatch(/^ERR_SET_(?:KEY_NOT_FOUND|HEADER)$/);
    },
  );
});

describe('tokens are read strictly', () => {
  test.each([[['x']], [[]], ['x'], [['x', 'x']], [['alg']], [['exp']], [['b64']], [null], [{}]])(
    'CVE-2026-35042: crit %j is refused',
    async (crit) => {
      expect(await codeOf(await transmitter.sign({}, { crit, exp: 1, b64: true }))).toBe('ERR_SET_HEADER');
      expect(await codeOf(await transmitter.sign({}, { crit }))).toBe('ERR_SET_HEADER');
    },
  );

  test('CVE-2025-30144: an iss that is a list, an object or a number is refused', async () => {
    for (const iss of [[transmitter.issuer], [transmitter.issuer, 'x'], { 0: transmitter.issuer }, 1]) {
      expect(await codeOf(await transmitter.sign({ iss }))).toBe('ERR_SET_CLAIM_INVALID');
    }
  });

  test('CVE-2025-62610: aud must match exactly unless the audience is null', async () => {
    const { audience } = transmitter;
    for (const aud of ['x', [], undefined, audience.slice(1), `${audience}x`, [`${audience}/x`]]) {
      expect(await codeOf(await transmitter.sign({ aud }))).toBe('ERR_SET_AUDIENCE');
    }
    expect(
      (await verifySet(await transmitter.sign({ aud: 'x' }), transmitter.jwks, { ...options, audience: null })).payload
        .aud,
    ).toBe('x');
    await expect(verifySet(token, transmitter.jwks, { issuer: transmitter.issuer } as never)).rejects.toThrow(
      TypeError,
    );
  });

  test('CVE-2026-44459: a time must be a non-negative finite number', async () => {
    for (const name of ['iat', 'nbf', 'exp', 'toe']) {
      for (const value of ['1700000000', -1, null, [1], {}, true])
        expect(await codeOf(await transmitter.sign({ [name]: value }))).toBe('ERR_SET_CLAIM_INVALID');
    }
    const text = JSON.stringify(decodeSet(token).payload);
    for (const name of ['iat', 'exp']) {
      const infinite = `${segment('{"alg":"none"}')}.${segment(text.replace(/"iat":\d+/, `"iat":1,"${name}":1e999`))}.`;
      expect(() => decodeSet(infinite)).toThrow(
        expect.objectContaining({ code: 'ERR_SET_CLAIM_INVALID', claim: name }),
      );
    }
  });

  test('fast-jwt 606, 607, 639, 640: base64url must be canonical in all three parts', async () => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const last = signature.slice(-1);
    const uncanonical = signature.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
    for (const malformed of [
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}=.${signature}`,
      `${token}==`,
      `${token}\n`,
      ` ${token}`,
      `${header}.${payload}.${uncanonical}`,
    ]) {
      expect(await codeOf(malformed)).toMatch(/^ERR_SET_BASE64URL$/);
    }
  });

  test('CVE-2026-107723: a payload that is not an object is refused', async () => {
    const key = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    for (const payload of ['[]', '[{"iss":"x"}]', 'null', '"text"', '1']) {
      const input = `${segment('{"alg":"ES256","typ":"secevent+jwt"}')}.${segment(payload)}`;
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, utf8(input));
      expect(
        await codeOf(`${input}.${segment(new Uint8Array(signature))}`, key.publicKey, { algorithms: ['ES256'] }),
      ).toBe('ERR_SET_JSON');
    }
  });

  test('CVE-2026-107721: the tolerance and the clock must be finite', () => {
    for (const value of [NaN, Infinity, -Infinity, -1]) {
      expect(() => createVerifier(transmitter.jwks, { ...options, clockToleranceSeconds: value })).toThrow(TypeError);
      expect(() => createVerifier(transmitter.jwks, { ...options, now: () => value })).toThrow(TypeError);
    }
  });

  test('GHSA-58f5-hfqc-jgch, GHSA-jv3g-j58f-9mq9, GHSA-hhhv-q57g-882q: an encrypted token is reported as encrypted, and nothing is decompressed', async () => {
    const error = await rejectionOf(verifySet('a.b.c.d.e', transmitter.jwks, options));
    expect([error.code, error.message]).toEqual(['ERR_SET_FORMAT', expect.stringContaining('encrypted')]);
    expect((await verifySet(await transmitter.sign({}, { zip: 'DEF' }), transmitter.jwks, options)).header.zip).toBe(
      'DEF',
    );
  });
});

describe('no result depends on an earlier one', () => {
  test('CVE-2026-35039, CVE-2026-107719: results are not cached', async () => {
    let seconds = 1_700_000_000;
    const verify = createVerifier(transmitter.jwks, { ...options, now: () => seconds * 1000 });
    const short = await transmitter.sign({ iat: undefined, exp: seconds + 1 });
    expect((await rejectionOf(verify(short))).code).toBe('ERR_SET_CLAIM_MISSING');
    const good = await transmitter.sign({ iat: seconds, exp: seconds + 1 });
    expect((await verify(good)).payload.exp).toBe(seconds + 1);
    seconds += 1_000;
    expect((await rejectionOf(verify(good))).code).toBe('ERR_SET_EXPIRED');
  });

  test('CVE-2026-35040: the same token gets the same result each time', async () => {
    const verify = createVerifier(transmitter.jwks, options);
    const wrong = await transmitter.sign({ iss: 'x' });
    for (let i = 0; i < 3; i++) {
      expect((await verify(token)).payload.iss).toBe(transmitter.issuer);
      expect((await rejectionOf(verify(wrong))).code).toBe('ERR_SET_ISSUER');
    }
    expect(() => createVerifier(transmitter.jwks, { ...options, issuer: /./g as never })).toThrow(TypeError);
  });

  test('CVE-2026-35041: a megabyte of junk is refused in linear time', async () => {
    const long = 'a'.repeat(1_040_000);
    for (const text of [
      `${long}.${long.slice(9)}.`,
      `e.${'.'.repeat(1_000_000)}`,
      `ey.${long}!.AA`,
      ' '.repeat(1_000_000),
      `${'\\'.repeat(1_000_000)}`,
    ]) {
      const start = performance.now();
      expect((await rejectionOf(verifySet(text, transmitter.jwks, options))).code).toMatch(/^ERR_SET_/);
      expect(performance.now() - start).toBeLessThan(2_000);
    }
  });
});

describe('remote key sets', () => {
  const header = { alg: 'RS256' };

  test('CVE-2025-59936: only the configured URL is fetched, whatever a token says', async () => {
    const fetch = vi.fn(transmitter.fetch);
    const keys = createRemoteJwks(transmitter.jwksUrl, { fetch });
    expect(
      await codeOf(
        await transmitter.sign({ iss: 'https://evil.example/' }, { jku: 'https://evil.example/jwks' }),
        keys,
      ),
    ).toBe('ERR_SET_ISSUER');
    expect((await verifySet(token, keys, options)).payload.iss).toBe(transmitter.issuer);
    expect(new Set(fetch.mock.calls.map(([url]) => url))).toEqual(new Set([transmitter.jwksUrl]));
  });

  test('CVE-2025-22149: a withdrawn key stops verifying', async () => {
    let jwks = transmitter.jwks;
    let now = Date.now();
    const keys = createRemoteJwks(transmitter.jwksUrl, { fetch: async () => Response.json(jwks), now: () => now });
    expect((await verifySet(token, keys, options)).header.alg).toBe('RS256');
    jwks = (await createTestTransmitter()).jwks;
    await keys.refresh();
    // Within the cooldown the key may just have been published again. Only a fetch after it makes the refusal final.
    expect(await codeOf(token, keys)).toBe('ERR_SET_JWKS');
    now += 30_000;
    expect(await codeOf(token, keys)).toBe('ERR_SET_KEY_NOT_FOUND');
  });

  test('CVE-2026-49998: two key sets with the same kid never share keys', async () => {
    const { kid } = transmitter.jwks.keys[0]!;
    const other = await createTestTransmitter({ issuer: transmitter.issuer });
    const [mine, theirs] = [transmitter, other].map(({ jwks, jwksUrl }) =>
      createRemoteJwks(jwksUrl, { fetch: async () => Response.json({ keys: [{ ...jwks.keys[0], kid }] }) }),
    );
    const foreign = await other.sign({}, { kid });
    expect((await verifySet(foreign, theirs!, options)).header.kid).toBe(kid);
    expect(await codeOf(foreign, mine!)).toBe('ERR_SET_SIGNATURE');
    expect(await codeOf(token, theirs!)).toBe('ERR_SET_SIGNATURE');
  });

  test('libjwt#313: 1,000 unknown kids within the cooldown cause at most one fetch', async () => {
    const fetch = vi.fn(transmitter.fetch);
    const keys = createRemoteJwks(transmitter.jwksUrl, { fetch });
    await Promise.allSettled(Array.from({ length: 1_000 }, (_, i) => keys({ ...header, kid: `random-${i}` })));
    for (let i = 0; i < 1_000; i++)
      await expect(keys({ ...header, kid: `later-${i}` })).rejects.toMatchObject({ code: 'ERR_SET_JWKS' });
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});
