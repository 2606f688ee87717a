/** What verification costs before a signature is known to be valid, and what its errors say about whose fault it is. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { SetError } from '../src/errors.js';
import type { VerifyOptions } from '../src/policy.js';
import { decodeSet } from '../src/set.js';
import { createTestTransmitter, type TestTransmitter } from '../src/testing/transmitter.js';
import { createVerifier, verifyJws, verifySet } from '../src/verify.js';
import { segment } from './support/octets.js';
import { rejectionOf } from './support/refusals.js';
import { timesAsLong } from './support/timing.js';

const NOW = 1_700_000_000;
const DAY = 86_400;

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

let transmitter: TestTransmitter;
let options: VerifyOptions;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  options = { issuer: transmitter.issuer, audience: transmitter.audience, now: () => NOW * 1000 };
});
afterEach(() => void vi.restoreAllMocks());

const sign = (claims: object = {}, header: object = {}): Promise<string> =>
  transmitter.sign({ iat: NOW, ...claims }, header);

describe('the header of a token to verify', () => {
  const LIMIT = 16_384;
  /** A token whose header part has so many characters. */
  const withHeaderOf = async (length: number): Promise<string> => {
    const filler = Math.floor((length * 3) / 4) - JSON.stringify({ alg: 'RS256', typ: 'secevent+jwt', x: '' }).length;
    const header = segment(JSON.stringify({ alg: 'RS256', typ: 'secevent+jwt', x: 'x'.repeat(filler) }));
    expect(header).toHaveLength(length);
    return `${header}.${(await sign()).split('.').slice(1).join('.')}`;
  };

  test(`may have ${LIMIT} characters`, async () => {
    expect((await rejectionOf(verifySet(await withHeaderOf(LIMIT), transmitter.jwks, options))).code).toBe(
      'ERR_SET_SIGNATURE',
    );
  });

  test('is refused beyond that, unread and before any key is looked up', async () => {
    const token = await withHeaderOf(LIMIT + 2);
    const resolver = vi.fn(() => transmitter.jwks);
    const parse = vi.spyOn(JSON, 'parse');
    for (const refused of [verifySet(token, resolver, options), verifyJws(token, resolver)]) {
      expect((await rejectionOf(refused, token)).code).toBe('ERR_SET_TOO_LARGE');
    }
    expect(parse).not.toHaveBeenCalled();
    expect(resolver).not.toHaveBeenCalled();
    expect(decodeSet(token).header.alg).toBe('RS256');
  });
});

describe('a header that decodeSet has read before', () => {
  test.each([
    ['{"alg":"RS256","typ":"secevent+jwt","crit":"exp"}', 'ERR_SET_HEADER'],
    ['{"alg":"RS256","typ":"secevent+jwt","b64":true}', 'ERR_SET_HEADER'],
    ['{"alg":"RS256","typ":"secevent+jwt","typ":"secevent+jwt"}', 'ERR_SET_DUPLICATE_MEMBER'],
  ])('%s is still refused: %s', async (header, code) => {
    const token = `${segment(header)}.${(await sign()).split('.').slice(1).join('.')}`;
    for (let i = 0; i < 3; i++) {
      expect(decodeSet(token).header.alg).toBe('RS256');
      expect((await rejectionOf(verifySet(token, transmitter.jwks, options), token)).code).toBe(code);
      expect((await rejectionOf(verifyJws(token, transmitter.jwks), token)).code).toBe(code);
    }
  });
});

describe('claims', () => {
  /** Resolves when asked to: what happens before that happens before any signature is checked. */
  const waiting = (): { keys: () => Promise<TestTransmitter['jwks']>; go: () => void } => {
    let go!: () => void;
    const gate = new Promise<void>((resolve) => (go = resolve));
    return { keys: async () => (await gate, transmitter.jwks), go: () => go() };
  };
  /** How often a payload is parsed until the keys arrive, and in all. */
  async function parses(token: string): Promise<[before: number, all: number, iat: number]> {
    decodeSet(await sign()); // so that the header is remembered
    const parse = vi.spyOn(JSON, 'parse');
    const { keys, go } = waiting();
    const verified = verifySet(token, keys, options);
    await new Promise((resolve) => setImmediate(resolve));
    const before = parse.mock.calls.length;
    go();
    const { payload } = await verified;
    return [before, parse.mock.calls.length, payload.iat];
  }

  test('of ordinary size are read while the signature is checked', async () => {
    const token = await sign({ filler: 'x'.repeat(60_000) });
    const [before, all, iat] = await parses(token);
    expect([before > 0, all - before, iat]).toEqual([true, 0, NOW]);
  });

  test('of more than 64 kB are read only once the signature is known to be valid', async () => {
    const token = await sign({ filler: 'x'.repeat(66_000) });
    const [before, all, iat] = await parses(token);
    // The header of another text is parsed first.
    expect([before <= 1, all - before, iat]).toEqual([true, 1, NOW]);
  });

  test('of a megabyte cost no more than a text of that length, when their signature is garbage', async () => {
    const [header, , signature] = (await sign()).split('.');
    const refuse = (payload: string) => {
      const token = `${header}.${segment(payload)}.${signature}`;
      return (): Promise<SetError> => rejectionOf(verifySet(token, transmitter.jwks, options));
    };
    const nested = refuse(`{"a":${'['.repeat(380_000)}${']'.repeat(380_000)}}`);
    const objects = refuse(`{"a":[${'{"a":1},'.repeat(95_000)}0]}`);
    const text = refuse(JSON.stringify({ a: 'x'.repeat(760_000) }));
    // Parsing first took 22 times as long.
    expect(await timesAsLong(nested, text)).toBeLessThan(2);
    expect(await timesAsLong(objects, text)).toBeLessThan(2);
  });

  test('of a megabyte are refused for their signature without being read', async () => {
    const [header, , signature] = (await sign()).split('.');
    const token = `${header}.${segment(`{"a":${'['.repeat(380_000)}${']'.repeat(380_000)}}`)}.${signature}`;
    const parse = vi.spyOn(JSON, 'parse');
    expect((await rejectionOf(verifySet(token, transmitter.jwks, options))).code).toBe('ERR_SET_SIGNATURE');
    for (const [text] of parse.mock.calls) expect(text.length).toBeLessThan(1_000);
  });

  test.each([0, 66_000])(
    'of a valid signature are checked as strictly when they are large (filler of %i)',
    async (size) => {
      const filler = 'x'.repeat(size);
      expect((await rejectionOf(verifySet(await sign({ filler, iss: 'x' }), transmitter.jwks, options))).code).toBe(
        'ERR_SET_ISSUER',
      );
      expect(
        (await rejectionOf(verifySet(await sign({ filler, jti: undefined }), transmitter.jwks, options))).code,
      ).toBe('ERR_SET_CLAIM_MISSING');
    },
  );
});

describe('a time in the future', () => {
  test.each<[claim: 'iat' | 'nbf', aheadSeconds: number, retryAfterSeconds: number | undefined]>([
    ['iat', 61, 1],
    ['iat', 61.5, 2],
    ['iat', 3_600, 3_540],
    ['iat', DAY - 1, DAY - 61],
    ['iat', DAY, undefined],
    ['iat', NOW * 999, undefined],
    ['nbf', 3_600, 3_540],
    ['nbf', DAY - 1, DAY - 61],
    ['nbf', DAY, undefined],
  ])('of %s, %d s ahead, has retryAfterSeconds %s', async (claim, aheadSeconds, retryAfterSeconds) => {
    const error = await rejectionOf(verifySet(await sign({ [claim]: NOW + aheadSeconds }), transmitter.jwks, options));
    expect([error.code, error.claim, error.retryAfterSeconds]).toEqual([
      'ERR_SET_NOT_YET_VALID',
      claim,
      retryAfterSeconds,
    ]);
  });
});

describe('the set of an error', () => {
  test.each<[code: string, claims: object, header: object]>([
    ['ERR_SET_TYP', {}, { typ: 'JWT' }],
    ['ERR_SET_ISSUER', { iss: 'https://other.example' }, {}],
    ['ERR_SET_AUDIENCE', { aud: 'https://other.example' }, {}],
    ['ERR_SET_EXPIRED', { exp: 1 }, {}],
    ['ERR_SET_NOT_YET_VALID', { nbf: NOW + 3_600 }, {}],
    ['ERR_SET_CLAIM_INVALID', { toe: -1 }, {}],
  ])(
    'is there when its signature is valid and its claims are rejected (%s), where no log prints it',
    async (code, claims, header) => {
      const token = await sign({ jti: 'the-jti', ...claims }, header);
      const error = await rejectionOf(verifySet(token, transmitter.jwks, options));
      expect(error.code).toBe(code);
      expect(error.set?.payload).toEqual(decodeSet(token).payload);
      expect(error.set?.signature).toEqual(decodeSet(token).signature);
      expect(Object.keys(error)).not.toContain('set');
      expect(`${JSON.stringify(error)}${inspect(error)}`).not.toContain('the-jti');
    },
  );

  test.each<[code: string, make: () => Promise<string>]>([
    ['ERR_SET_SIGNATURE', async () => `${(await sign()).slice(0, -20)}${'A'.repeat(20)}`],
    ['ERR_SET_KEY_NOT_FOUND', () => sign({}, { kid: 'other' })],
    ['ERR_SET_CLAIM_MISSING', () => sign({ jti: undefined })],
    ['ERR_SET_TYP', () => sign({ jti: undefined }, { typ: 'JWT' })],
  ])('is absent otherwise (%s)', async (code, make) => {
    const error = await rejectionOf(verifySet(await make(), transmitter.jwks, options));
    expect([error.code, error.set, 'set' in error]).toEqual([code, undefined, false]);
  });
});

describe('an allowed algorithm that this runtime lacks', () => {
  test('is ERR_SET_WEBCRYPTO: no fault of the token', async () => {
    const lack = new DOMException('Unrecognized algorithm name', 'NotSupportedError');
    vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(lack);
    // A key object of its own, which was never imported.
    const keys = { keys: transmitter.jwks.keys.map((key) => ({ ...key })) };
    const token = await sign();
    for (const source of [keys, () => keys]) {
      expect(await rejectionOf(verifySet(token, source, options), token)).toMatchObject({
        code: 'ERR_SET_WEBCRYPTO',
        cause: lack,
      });
    }
  });

  test('and so is one that only the check of a signature says', async () => {
    const cause = new DOMException('Unrecognized algorithm name', 'NotSupportedError');
    const { publicKey } = await crypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
    vi.spyOn(crypto.subtle, 'verify').mockRejectedValue(cause);
    const token = await sign();
    for (const source of [transmitter.jwks, publicKey, () => transmitter.jwks]) {
      expect(await rejectionOf(verifySet(token, source, options), token)).toMatchObject({
        code: 'ERR_SET_WEBCRYPTO',
        cause,
      });
    }
  });

  test('is not confused with a key that cannot be imported: the lookup worked, and nothing is a cause', async () => {
    const [key] = transmitter.jwks.keys;
    const broken = { keys: [{ ...key!, e: '!' }] };
    const error = await rejectionOf(verifySet(await sign(), () => broken, options));
    expect([error.code, error.cause, error.retryAfterSeconds]).toEqual(['ERR_SET_KEY_NOT_FOUND', undefined, undefined]);
  });
});

describe('a static key source in which nothing can verify an allowed algorithm', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const SOURCES: Readonly<Record<string, () => unknown>> = {
    'a KeyObject': () => createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' })),
    'PEM in a Buffer': () => Buffer.from(pair.publicKey.export({ type: 'spki', format: 'pem' })),
    'PEM in a string': () => pair.publicKey.export({ type: 'spki', format: 'pem' }),
    'an empty object': () => ({}),
    'a JWK Set in a string': () => ({ keys: JSON.stringify(transmitter.jwks.keys) }),
    'a JWK Set in a member': () => ({ jwks: transmitter.jwks }),
    'a list of JWKs': () => transmitter.jwks.keys,
    'a Map': () => new Map(),
    'a URL': () => new URL('https://transmitter.example/jwks'),
    'a Response': () => Response.json(transmitter.jwks),
    'a promise, for want of an await': () => Promise.resolve(transmitter.jwks),
    'an empty set': () => ({ keys: [] }),
    'a set of junk': () => ({ keys: [null, 1, 'key', {}] }),
    'a secret': () => ({ kty: 'oct', k: 'c2VjcmV0' }),
    'a key for encryption': () => ({ ...transmitter.jwks.keys[0], use: 'enc' }),
    'an EC key with the default RS256': async () => (await createTestTransmitter({ algorithm: 'ES256' })).jwks.keys[0],
    'a set of EC keys with the default RS256': async () => (await createTestTransmitter({ algorithm: 'ES256' })).jwks,
    'an RSA key without a modulus': () => ({ kty: 'RSA', e: 'AQAB' }),
    'an RSA key without an exponent': () => ({ kty: 'RSA', n: 'w'.repeat(342) }),
    'an RSA key of 1024 bits with zeros in front': () => ({
      kty: 'RSA',
      n: 'A'.repeat(172) + 'w'.repeat(171),
      e: 'AQAB',
    }),
    'an RSA key of 1024 bits': () =>
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
    'a CryptoKey of RSA-PSS': async () =>
      (await crypto.subtle.generateKey({ ...RSA, name: 'RSA-PSS' }, true, ['sign', 'verify'])).publicKey,
    'a private CryptoKey': async () => (await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])).privateKey,
    'a CryptoKeyPair': () => crypto.subtle.generateKey(RSA, true, ['sign', 'verify']),
    'an object that throws': () =>
      Object.defineProperty({}, 'keys', {
        get: () => {
          throw new RangeError('odd');
        },
      }),
    nothing: () => undefined,
    null: () => null,
  };

  test.each(Object.entries(SOURCES))('%s is a TypeError at once that says what to pass', async (name, make) => {
    const made = make();
    const keys = (name.startsWith('a promise') ? made : await made) as never;
    expect(() => createVerifier(keys, options)).toThrow(
      /^keys has no public key for an allowed algorithm: pass a CryptoKey .*PEM.*, a JWK, a JWK Set or createRemoteJwks\(url\)$/,
    );
    expect(() => createVerifier(keys, options)).toThrow(TypeError);
    await expect(verifySet(await sign(), keys, options)).rejects.toThrow(TypeError);
    await expect(verifyJws(await sign(), keys)).rejects.toThrow(TypeError);
  });

  test('is one only if nothing in it can: one usable key is enough', async () => {
    const keys = { keys: [null as never, { kty: 'oct' }, ...transmitter.jwks.keys] };
    expect((await verifySet(await sign(), keys, options)).payload.iat).toBe(NOW);
    const { publicKey } = await crypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
    expect(() => createVerifier(publicKey, options)).not.toThrow();
    const ec = await createTestTransmitter({ algorithm: 'ES256' });
    expect(() => createVerifier(ec.jwks, { ...options, algorithms: ['RS256', 'ES256'] })).not.toThrow();
  });
});

describe('a mistake in the options', () => {
  test.each<[change: object | undefined, message: string]>([
    [{ issuer: undefined }, 'issuer is undefined: it must be a non-empty string or a list of them'],
    [{ audience: undefined }, 'audience is undefined: it must be a non-empty string or a list of them'],
    [{ issuer: '' }, 'issuer is of type string: it must be a non-empty string or a list of them'],
    [{ issuer: [] }, 'issuer is undefined: it must be a non-empty string or a list of them'],
    [{ issuer: ['a', null] }, 'issuer is null: it must be a non-empty string or a list of them'],
    [{ issuer: 5 }, 'issuer is 5: it must be a non-empty string or a list of them'],
    [
      { clockToleranceSeconds: '60' },
      'clockToleranceSeconds is of type string: it must be a non-negative finite number',
    ],
    [{ maxAgeSeconds: NaN }, 'maxAgeSeconds is NaN: it must be a non-negative finite number'],
    [{ maxTokenLength: null }, 'maxTokenLength is null: it must be a non-negative finite number'],
    [
      { algorithms: ['none'] },
      'algorithms is of type object: it must be a list of algorithms such as RS256, never none or HS256',
    ],
    [
      { algorithms: 'RS256' },
      'algorithms is of type string: it must be a list of algorithms such as RS256, never none or HS256',
    ],
    [{ now: 5 }, 'now is 5: it must be a function'],
    [{ now: () => 'soon' }, 'the result of now() is of type string: it must be a non-negative finite number'],
  ])('%j is named, with what was passed', (change, message) => {
    expect(() => createVerifier(transmitter.jwks, { ...options, ...change } as VerifyOptions)).toThrow(
      new TypeError(message),
    );
  });

  test.each([undefined, null, 5])('is to pass %j for them: what is missing is named', (given) => {
    const message = 'issuer is undefined: it must be a non-empty string or a list of them';
    expect(() => createVerifier(transmitter.jwks, given as never)).toThrow(new TypeError(message));
  });
});

test.each([['RS256'], [['RS256']], [null], [5]])('verifyJws takes an object of options, and not %j', async (given) => {
  await expect(verifyJws(await sign(), transmitter.jwks, given as never)).rejects.toThrow(
    /^options is .*: it must be an object$/,
  );
});

test('a token of a megabyte of dots costs no more than one of letters', async () => {
  const refuse = (token: string) => (): Promise<SetError> => rejectionOf(verifySet(token, transmitter.jwks, options));
  expect((await refuse('.'.repeat(1_000_000))()).message).toBe('The token must have 3 parts, not more than 6');
  // Both are a matter of microseconds: what is compared is a thousand of them.
  const many = (one: () => Promise<unknown>) => async (): Promise<void> => {
    for (let i = 0; i < 1_000; i++) await one();
  };
  expect(await timesAsLong(many(refuse('.'.repeat(1_000_000))), many(refuse('a'.repeat(1_000_000))))).toBeLessThan(10);
});

test('a resolver that fails is our trouble: an error with a cause and a time to try again', async () => {
  const cause = new Error('database down');
  const error = await rejectionOf(verifySet(await sign(), () => Promise.reject(cause), options));
  expect(error).toBeInstanceOf(SetError);
  expect(error).toMatchObject({ code: 'ERR_SET_KEY_NOT_FOUND', cause, retryAfterSeconds: 5 });
});
