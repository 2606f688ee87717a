/** The cost of verification before the signature is known to be valid, and errors that show whose fault they are. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { SetError } from '../src/errors.js';
import type { KeySource } from '../src/keys.js';
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
  /** Creates a token whose header part has `length` characters. */
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

  test('is refused beyond that, without being parsed and before keys are looked up', async () => {
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

describe('a header that decodeSet has cached', () => {
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
  /** Creates a key resolver that waits for `go()`. Until then, no signature can be checked. */
  const createPausedResolver = (): { keys: () => Promise<TestTransmitter['jwks']>; go: () => void } => {
    let go!: () => void;
    const gate = new Promise<void>((resolve) => (go = resolve));
    return { keys: async () => (await gate, transmitter.jwks), go: () => go() };
  };
  /** Counts the calls of JSON.parse before the keys arrive and in total. */
  async function countParses(token: string): Promise<[before: number, total: number, iat: number]> {
    decodeSet(await sign()); // so that the header is cached
    const parse = vi.spyOn(JSON, 'parse');
    const { keys, go } = createPausedResolver();
    const verified = verifySet(token, keys, options);
    await new Promise((resolve) => setImmediate(resolve));
    const before = parse.mock.calls.length;
    go();
    const { payload } = await verified;
    return [before, parse.mock.calls.length, payload.iat];
  }

  test('of ordinary size are parsed before the signature is checked', async () => {
    const token = await sign({ filler: 'x'.repeat(60_000) });
    const [before, total, iat] = await countParses(token);
    expect([before > 0, total - before, iat]).toEqual([true, 0, NOW]);
  });

  test('of more than 64 kB are parsed only once the signature is known to be valid', async () => {
    const token = await sign({ filler: 'x'.repeat(66_000) });
    const [before, total, iat] = await countParses(token);
    // Only the header may be parsed before that.
    expect([before <= 1, total - before, iat]).toEqual([true, 1, NOW]);
  });

  test('of a megabyte of nested JSON cost about as much as one string when the signature is invalid', async () => {
    const [header, , signature] = (await sign()).split('.');
    const refuse = (payload: string) => {
      const token = `${header}.${segment(payload)}.${signature}`;
      return (): Promise<SetError> => rejectionOf(verifySet(token, transmitter.jwks, options));
    };
    const nested = refuse(`{"a":${'['.repeat(380_000)}${']'.repeat(380_000)}}`);
    const objects = refuse(`{"a":[${'{"a":1},'.repeat(95_000)}0]}`);
    const text = refuse(JSON.stringify({ a: 'x'.repeat(760_000) }));
    // Parsing them before the signature was checked took 22 times as long.
    expect(await timesAsLong(nested, text)).toBeLessThan(2);
    expect(await timesAsLong(objects, text)).toBeLessThan(2);
  });

  test('of a megabyte are refused for their signature without being parsed', async () => {
    const [header, , signature] = (await sign()).split('.');
    const token = `${header}.${segment(`{"a":${'['.repeat(380_000)}${']'.repeat(380_000)}}`)}.${signature}`;
    const parse = vi.spyOn(JSON, 'parse');
    expect((await rejectionOf(verifySet(token, transmitter.jwks, options))).code).toBe('ERR_SET_SIGNATURE');
    for (const [text] of parse.mock.calls) expect(text.length).toBeLessThan(1_000);
  });

  test.each([0, 66_000])('are checked as strictly when they are large (filler of %i)', async (size) => {
    const filler = 'x'.repeat(size);
    expect((await rejectionOf(verifySet(await sign({ filler, iss: 'x' }), transmitter.jwks, options))).code).toBe(
      'ERR_SET_ISSUER',
    );
    expect((await rejectionOf(verifySet(await sign({ filler, jti: undefined }), transmitter.jwks, options))).code).toBe(
      'ERR_SET_CLAIM_MISSING',
    );
  });
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
  ])('in %s, %d s ahead, has retryAfterSeconds %s', async (claim, aheadSeconds, retryAfterSeconds) => {
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
    'is present when the signature is valid and the claims are rejected (%s), but no log prints it',
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
    expect([error.code, error.set]).toEqual([code, undefined]);
  });
});

describe('an allowed algorithm that this runtime lacks', () => {
  test('is ERR_SET_WEBCRYPTO, not a fault of the token', async () => {
    const lack = new DOMException('Unrecognized algorithm name', 'NotSupportedError');
    vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(lack);
    // A new object for each key, so that no import of it is cached.
    const keys = { keys: transmitter.jwks.keys.map((key) => ({ ...key })) };
    const token = await sign();
    for (const source of [keys, () => keys]) {
      expect(await rejectionOf(verifySet(token, source, options), token)).toMatchObject({
        code: 'ERR_SET_WEBCRYPTO',
        cause: lack,
      });
    }
  });

  test('is ERR_SET_WEBCRYPTO even if only subtle.verify reports it', async () => {
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

  test('is not confused with a key that cannot be imported: then there is no cause', async () => {
    const [key] = transmitter.jwks.keys;
    const broken = { keys: [{ ...key!, e: '!' }] };
    const error = await rejectionOf(verifySet(await sign(), () => broken, options));
    expect([error.code, error.cause, error.retryAfterSeconds]).toEqual(['ERR_SET_KEY_NOT_FOUND', undefined, undefined]);
  });
});

describe('a static key source without a key for an allowed algorithm', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const SOURCES: Readonly<Record<string, () => unknown>> = {
    'a KeyObject': () => createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' })),
    'PEM in a Buffer': () => Buffer.from(pair.publicKey.export({ type: 'spki', format: 'pem' })),
    'PEM in a string': () => pair.publicKey.export({ type: 'spki', format: 'pem' }),
    'an empty object': () => ({}),
    'a JWK Set whose keys are a string': () => ({ keys: JSON.stringify(transmitter.jwks.keys) }),
    'a JWK Set in another member': () => ({ jwks: transmitter.jwks }),
    'a list of JWKs': () => transmitter.jwks.keys,
    'a Map': () => new Map(),
    'a URL': () => new URL('https://transmitter.example/jwks'),
    'a Response': () => Response.json(transmitter.jwks),
    'a promise, where an await is missing': () => Promise.resolve(transmitter.jwks),
    'an empty set': () => ({ keys: [] }),
    'a set of junk': () => ({ keys: [null, 1, 'key', {}] }),
    'a secret': () => ({ kty: 'oct', k: 'c2VjcmV0' }),
    'a key for encryption': () => ({ ...transmitter.jwks.keys[0], use: 'enc' }),
    'an EC key with the default RS256': async () => (await createTestTransmitter({ algorithm: 'ES256' })).jwks.keys[0],
    'a set of EC keys with the default RS256': async () => (await createTestTransmitter({ algorithm: 'ES256' })).jwks,
    'an RSA key without a modulus': () => ({ kty: 'RSA', e: 'AQAB' }),
    'an RSA key without an exponent': () => ({ kty: 'RSA', n: 'w'.repeat(342) }),
    'an RSA key of 1024 bits after zeros': () => ({
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
    undefined: () => undefined,
    null: () => null,
  };

  test.each(Object.entries(SOURCES))('%s is an immediate TypeError that says what to pass', async (name, make) => {
    const made = make();
    const keys = (name.startsWith('a promise') ? made : await made) as never;
    expect(() => createVerifier(keys, options)).toThrow(
      /^keys has no public key for an allowed algorithm: pass a JWK, a JWK Set, importSpki\(pem\) or createRemoteJwks\(url\)$/,
    );
    expect(() => createVerifier(keys, options)).toThrow(TypeError);
    await expect(verifySet(await sign(), keys, options)).rejects.toThrow(TypeError);
    await expect(verifyJws(await sign(), keys)).rejects.toThrow(TypeError);
  });

  test('is accepted once it has a single such key', async () => {
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
    [{ clockToleranceSeconds: '60' }, 'clockToleranceSeconds must be a non-negative finite number'],
    [{ maxAgeSeconds: NaN }, 'maxAgeSeconds must be a non-negative finite number'],
    [{ maxTokenLength: null }, 'maxTokenLength must be a non-negative finite number'],
    [
      { algorithms: ['none'] },
      "algorithms is of type object: it must be a list such as ['RS256'], never none or HS256",
    ],
    [{ algorithms: 'RS256' }, "algorithms is of type string: it must be a list such as ['RS256'], never none or HS256"],
    [{ now: 5 }, 'now is not a function'],
    [{ now: () => 'soon' }, 'now() must be a non-negative finite number'],
    [{ exp: 'never' }, 'exp is of type string: it must be one of allow, forbid, require, ignore'],
    [{ maxTokenAge: '5 minutes' }, 'maxTokenAge is not an option'],
  ])('%j is an immediate TypeError with a helpful message', (change, message) => {
    expect(() => createVerifier(transmitter.jwks, { ...options, ...change } as VerifyOptions)).toThrow(
      new TypeError(message),
    );
  });

  test.each([undefined, null, 5])('options of %j are reported as a missing issuer', (given) => {
    const message = 'issuer is undefined: it must be a non-empty string or a list of them';
    expect(() => createVerifier(transmitter.jwks, given as never)).toThrow(new TypeError(message));
  });
});

describe('the message of a refusal', () => {
  const messageFor = async (keys: KeySource, change: Partial<VerifyOptions>, header: object = {}): Promise<string> =>
    (await rejectionOf(verifySet(await transmitter.sign({}, header), keys, { ...options, ...change }))).message;
  const [key] = [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }];

  test.each<[name: string, change: Partial<VerifyOptions>, header: object, message: string]>([
    [
      'issuer',
      { issuer: ['https://a', 'https://b'] },
      {},
      '"iss" is not expected: it must be "https://a" or "https://b"',
    ],
    ['audience', { audience: 'https://rx' }, {}, '"aud" is not expected: it must be "https://rx"'],
    [
      'typ',
      { typ: ['logout+jwt', 'JWT'] },
      {},
      '"typ" is not expected: it must be "application/logout+jwt" or "application/jwt"',
    ],
    ['typ', {}, { typ: undefined }, '"typ" is missing: it must be "application/secevent+jwt"'],
    [
      'algorithms',
      { algorithms: ['RS256', 'ES256'] },
      { alg: 'ES384' },
      '"alg" is not expected: it must be "RS256" or "ES256"',
    ],
  ])('names the expected %s', async (_, change, header, message) => {
    expect(await messageFor(() => transmitter.jwks, change, header)).toBe(message);
  });

  test.each<[kids: readonly unknown[], kid: string | undefined, message: string]>([
    [[], 'k', "No usable RS256 key among 0: 0 with the token\'s kid"],
    [['a', 'b', undefined], 'k', "No usable RS256 key among 3: 0 with the token\'s kid"],
    [['a', 'k', 'k'], 'k', "No usable RS256 key among 3: 2 with the token\'s kid"],
    [['a', null], undefined, 'No usable RS256 key among 2: the token has no kid'],
  ])('counts the keys and those with the kid: %j for %j', async (kids, kid, message) => {
    const keys = kids.map((each) => ({ ...key, ...(each !== undefined && { kid: each as string }) }));
    expect(await messageFor(() => ({ keys }), {}, { kid })).toBe(message);
  });
});

test.each([['RS256'], [['RS256']], [null], [5]])('verifyJws refuses %j as its options', async (given) => {
  await expect(verifyJws(await sign(), transmitter.jwks, given as never)).rejects.toThrow(
    /^options is .*: it must be an object$/,
  );
});

test('a megabyte of dots costs about as much as a megabyte of letters', async () => {
  const refuse = (token: string) => (): Promise<SetError> => rejectionOf(verifySet(token, transmitter.jwks, options));
  expect((await refuse('.'.repeat(1_000_000))()).message).toBe('The token must have 3 parts');
  // Both take microseconds, so a thousand calls are compared.
  const many = (one: () => Promise<unknown>) => async (): Promise<void> => {
    for (let i = 0; i < 1_000; i++) await one();
  };
  expect(await timesAsLong(many(refuse('.'.repeat(1_000_000))), many(refuse('a'.repeat(1_000_000))))).toBeLessThan(10);
});

test('a resolver that fails is not a fault of the token: the error has a cause and retryAfterSeconds', async () => {
  const cause = new Error('database down');
  const error = await rejectionOf(verifySet(await sign(), () => Promise.reject(cause), options));
  expect(error).toBeInstanceOf(SetError);
  expect(error).toMatchObject({ code: 'ERR_SET_KEY_NOT_FOUND', cause, retryAfterSeconds: 5 });
});
