/** verifySet, createVerifier and verifyJws: the order of the checks, every option both ways, and callers' mistakes. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { decodeSet, type VerifiedSet } from '../src/set.js';
import type { VerifyOptions } from '../src/policy.js';
import { createTestTransmitter, type TestTransmitter } from '../src/testing/transmitter.js';
import type { JsonWebKey } from '../src/keys.js';
import { createVerifier, verifyJws, verifySet } from '../src/verify.js';
import { ALGORITHMS_EVERYWHERE } from './support/algorithms.js';
import { segment, textOf, utf8 } from './support/octets.js';
import { rejectionOf } from './support/refusals.js';

const NOW = 1_700_000_000;
const ISSUER = 'https://transmitter.example/webhooks';
const AUDIENCE = 'https://receiver.example/events';
const OPTIONS: VerifyOptions = { issuer: ISSUER, audience: AUDIENCE, now: () => NOW * 1000 };

let transmitter: TestTransmitter;
beforeAll(async () => {
  transmitter = await createTestTransmitter({ issuer: ISSUER, audience: AUDIENCE });
});

/** Signs a valid SET issued at `NOW`, with the given claims and header parameters added or replaced. */
function sign(claims: object = {}, header: object = {}): Promise<string> {
  return transmitter.sign({ iat: NOW, ...claims }, header);
}

/** Signs a token with exactly these texts. */
async function signTexts(header: string, payload: string): Promise<{ token: string; jwks: TestTransmitter['jwks'] }> {
  const { privateKey, jwk } = await makeKeys();
  const input = `${segment(header)}.${segment(payload)}`;
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, utf8(input));
  return { token: `${input}.${segment(new Uint8Array(signature))}`, jwks: { keys: [jwk] } };
}

let made: Promise<{ privateKey: CryptoKey; jwk: JsonWebKey }> | undefined;
function makeKeys(): NonNullable<typeof made> {
  made ??= (async () => {
    const parameters = {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    };
    const { privateKey, publicKey } = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify']);
    return { privateKey, jwk: (await crypto.subtle.exportKey('jwk', publicKey)) as JsonWebKey };
  })();
  return made;
}

function verify(token: string, options: Partial<VerifyOptions> = {}): Promise<VerifiedSet> {
  return verifySet(token, transmitter.jwks, { ...OPTIONS, ...options });
}

/** Returns the code and the claim of a refusal, which must not quote the token. */
async function codeAndClaim(token: string, options: Partial<VerifyOptions> = {}): Promise<string> {
  const { code, claim } = await rejectionOf(verify(token, options), token);
  return claim === undefined ? code : `${code} ${claim}`;
}

describe('a valid token', () => {
  test('yields what decodeSet returns', async () => {
    const token = await sign();
    const set = await verify(token);
    const decoded = decodeSet(token);
    expect({ ...set }).toEqual({ ...decoded });
    expect(set.signature).toEqual(decoded.signature);
  });

  test('yields an equal set each time, never the same object', async () => {
    const token = await sign();
    const verifier = createVerifier(transmitter.jwks, OPTIONS);
    const sets = await Promise.all([verifier(token), verifier(token), verifier(token)]);
    expect(new Set(sets.map(({ payload }) => payload.jti)).size).toBe(1);
    expect(sets[0]).not.toBe(sets[1]);
  });

  test.each(ALGORITHMS_EVERYWHERE)('signed with %s is accepted only if that is allowed', async (algorithm) => {
    const { jwks, sign: signAs } = await createTestTransmitter({ issuer: ISSUER, audience: AUDIENCE, algorithm });
    const token = await signAs({ iat: NOW });
    expect((await verifySet(token, jwks, { ...OPTIONS, algorithms: [algorithm] })).header.alg).toBe(algorithm);
    const others = algorithm === 'RS256' ? (['PS256', 'ES256'] as const) : (['RS256'] as const);
    expect(
      (
        await rejectionOf(
          verifySet(token, () => jwks, { ...OPTIONS, algorithms: others }),
          token,
        )
      ).code,
    ).toBe('ERR_SET_ALGORITHM');
    const altered = token.slice(0, -8) + (token.endsWith('AAAA', token.length - 4) ? 'BBBB' : 'AAAA') + token.slice(-4);
    expect((await rejectionOf(verifySet(altered, jwks, { ...OPTIONS, algorithms: [algorithm] }), altered)).code).toBe(
      'ERR_SET_SIGNATURE',
    );
  });
});

describe('the order of the checks', () => {
  const asked = vi.fn();
  const resolver = (): TestTransmitter['jwks'] => {
    asked();
    return transmitter.jwks;
  };

  test.each<[name: string, code: string, token: (good: string) => string]>([
    ['not a string', 'ERR_SET_INPUT', () => 7 as unknown as string],
    ['too long', 'ERR_SET_TOO_LARGE', (good) => good + 'A'.repeat(2_000_000)],
    ['two parts', 'ERR_SET_FORMAT', (good) => good.slice(0, good.lastIndexOf('.'))],
    ['padding in the header', 'ERR_SET_BASE64URL', (good) => good.replace('.', '=.')],
    ['padding in the payload', 'ERR_SET_BASE64URL', (good) => good.replace(/\.(?=[^.]*$)/, '=.')],
    ['padding in the signature', 'ERR_SET_BASE64URL', (good) => `${good}=`],
    ['a header that is not JSON', 'ERR_SET_JSON', (good) => good.replace(/^[^.]*/, segment('{'))],
    [
      'a duplicate alg',
      'ERR_SET_DUPLICATE_MEMBER',
      (good) => good.replace(/^[^.]*/, segment('{"alg":"RS256","alg":"RS256"}')),
    ],
    ['no alg', 'ERR_SET_HEADER', (good) => good.replace(/^[^.]*/, segment('{"typ":"secevent+jwt"}'))],
    ['crit', 'ERR_SET_HEADER', (good) => good.replace(/^[^.]*/, segment('{"alg":"RS256","crit":["exp"],"exp":1}'))],
    ['b64', 'ERR_SET_HEADER', (good) => good.replace(/^[^.]*/, segment('{"alg":"RS256","b64":true}'))],
    ['alg none', 'ERR_SET_ALGORITHM', (good) => good.replace(/^[^.]*/, segment('{"alg":"none"}'))],
    ['alg HS256', 'ERR_SET_ALGORITHM', (good) => good.replace(/^[^.]*/, segment('{"alg":"HS256"}'))],
  ])('%s is refused before any key is requested', async (_, code, change) => {
    asked.mockClear();
    const token = change(await sign());
    expect((await rejectionOf(verifySet(token, resolver, OPTIONS), token)).code).toBe(code);
    expect((await rejectionOf(verifyJws(token, resolver), token)).code).toBe(code);
    expect(asked).not.toHaveBeenCalled();
  });

  test.each<[name: string, payload: unknown]>([
    ['invalid JSON', '{'],
    ['a duplicate member', '{"iss":"a","iss":"b"}'],
    ['no claims', '{}'],
    ['another issuer', { iss: 'x' }],
    ['an exp in the past', { exp: 1 }],
  ])('a payload with %s and a bad signature is refused for its signature alone', async (_, payload) => {
    const good = await sign();
    const text =
      typeof payload === 'string' ? payload : JSON.stringify({ ...decodeSet(good).payload, ...(payload as object) });
    const token = good.replace(/\.[^.]*\./, `.${segment(text)}.`);
    expect(await codeAndClaim(token)).toBe('ERR_SET_SIGNATURE');
  });

  const all = { iss: 'x', aud: 'x', exp: 1, nbf: NOW + 9e6, iat: NOW + 9e6, sub: 's' };
  test.each<[code: string, claims: object, header: object]>([
    ['ERR_SET_TYP', { ...all, events: 1 }, { typ: 'JWT' }],
    ['ERR_SET_CLAIM_INVALID events', { ...all, events: 1 }, {}],
    ['ERR_SET_ISSUER iss', all, {}],
    ['ERR_SET_AUDIENCE aud', { ...all, iss: ISSUER }, {}],
    ['ERR_SET_CLAIM_FORBIDDEN exp', { ...all, iss: ISSUER, aud: AUDIENCE }, {}],
    ['ERR_SET_NOT_YET_VALID nbf', { ...all, iss: ISSUER, aud: AUDIENCE, exp: undefined }, {}],
    ['ERR_SET_NOT_YET_VALID iat', { ...all, iss: ISSUER, aud: AUDIENCE, exp: undefined, nbf: undefined }, {}],
    ['ERR_SET_CLAIM_FORBIDDEN sub', { sub: 's' }, {}],
  ])('%s is reported before later failures', async (refusal, claims, header) => {
    expect(await codeAndClaim(await sign(claims, header), { exp: 'forbid', sub: 'forbid' })).toBe(refusal);
  });
});

describe('a duplicate member is refused', () => {
  const header = '{"alg":"RS256","typ":"secevent+jwt"}';
  const claims = `"iss":"${ISSUER}","aud":"${AUDIENCE}","iat":${NOW},"jti":"1"`;

  test.each([
    ['as a repeated event', header, `{${claims},"events":{"a":{"x":1},"a":{"x":2}}}`],
    ['spelled with an escape', header, `{${claims},"events":{"a":{},"\\u0061":{}}}`],
    ['as an escaped colon', header, `{${claims},"events":{"a:b":{},"a\\u003ab":{}}}`],
    ['deep inside', header, `{${claims},"events":{"a":{"b":[[{"c":[{"d":1,"d":1}]}]]}}}`],
    ['in an unknown claim', header, `{${claims},"events":{"a":{}},"z":{"":1,"":2}}`],
    ['at the top', header, `{${claims},"jti":"1","events":{"a":{}}}`],
    ['as __proto__', header, `{${claims},"events":{"a":{}},"__proto__":1,"__proto__":2}`],
    ['with a non-ASCII name', header, `{${claims},"events":{"a":{}},"é":1,"é":2}`],
    ['in the header', '{"alg":"RS256","kid":"1","kid":"1"}', `{${claims},"events":{"a":{}}}`],
    ['in the header, deep inside', '{"alg":"RS256","x":{"y":1,"y":2}}', `{${claims},"events":{"a":{}}}`],
  ])('%s', async (_, headerText, payload) => {
    const { token, jwks } = await signTexts(headerText, payload);
    expect((await rejectionOf(verifySet(token, jwks, OPTIONS))).code).toBe('ERR_SET_DUPLICATE_MEMBER');
    expect(() => decodeSet(token)).not.toThrow();
  });

  test.each([
    ['the same name in two objects', `{${claims},"events":{"a":{"a":{"a":1}},"b":{"a":1}}}`],
    ['colons, quotes and backslashes in strings', `{${claims},"events":{"a:\\":{":{}}}`.replace('{":{}', '":{}')],
    [
      'escapes of all kinds',
      `{${claims},"events":{"\\\\u003a":{"a\\\\":"\\":\\\\\\"","\\u003A\\n\\/":"\\ud83d\\ude00:"}}}`,
    ],
    ['white space around colons', `{${claims} , "events" : { "a" : { "b" :\t1 } }\r\n}`],
    ['non-ASCII text', `{${claims},"events":{"é":{"日本":"😀:"}}}`],
  ])('but %s is accepted', async (_, payload) => {
    const { token, jwks } = await signTexts(header, payload);
    expect((await verifySet(token, jwks, OPTIONS)).payload.events).toEqual(JSON.parse(payload).events);
  });
});

describe('issuer', () => {
  test.each<[issuer: VerifyOptions['issuer'], iss: unknown, refusal: string]>([
    [ISSUER, ISSUER, ''],
    [['a', ISSUER], ISSUER, ''],
    [null, 'anyone', ''],
    [ISSUER, `${ISSUER}/`, 'ERR_SET_ISSUER iss'],
    [ISSUER, ISSUER.toUpperCase(), 'ERR_SET_ISSUER iss'],
    [ISSUER, ISSUER.slice(0, -1), 'ERR_SET_ISSUER iss'],
    [ISSUER, [ISSUER], 'ERR_SET_CLAIM_INVALID iss'],
    [null, '', 'ERR_SET_CLAIM_INVALID iss'],
    [null, undefined, 'ERR_SET_CLAIM_MISSING iss'],
  ])('%j with an iss of %j', async (issuer, iss, refusal) => {
    const token = await sign({ iss });
    if (refusal === '') expect((await verify(token, { issuer })).payload.iss).toBe(iss);
    else expect(await codeAndClaim(token, { issuer })).toBe(refusal);
  });
});

describe('audience', () => {
  test.each<[audience: VerifyOptions['audience'], aud: unknown, refusal: string]>([
    [AUDIENCE, AUDIENCE, ''],
    [AUDIENCE, [AUDIENCE], ''],
    [['x', AUDIENCE], ['y', AUDIENCE], ''],
    [null, 'anyone', ''],
    [null, undefined, ''],
    [AUDIENCE, undefined, 'ERR_SET_AUDIENCE aud'],
    [AUDIENCE, `${AUDIENCE}/more`, 'ERR_SET_AUDIENCE aud'],
    [AUDIENCE, ['x', 'y'], 'ERR_SET_AUDIENCE aud'],
    [AUDIENCE, [], 'ERR_SET_AUDIENCE aud'],
    [null, [], 'ERR_SET_CLAIM_INVALID aud'],
    [null, '', 'ERR_SET_CLAIM_INVALID aud'],
    [AUDIENCE, [AUDIENCE, 1], 'ERR_SET_CLAIM_INVALID aud'],
    [AUDIENCE, null, 'ERR_SET_CLAIM_INVALID aud'],
  ])('%j with an aud of %j', async (audience, aud, refusal) => {
    const token = await sign({ aud });
    if (refusal === '') expect((await verify(token, { audience })).payload.aud).toEqual(aud);
    else expect(await codeAndClaim(token, { audience })).toBe(refusal);
  });
});

describe('typ', () => {
  test.each<[expected: string | readonly string[] | null | undefined, typ: unknown, isAccepted: boolean]>([
    [undefined, 'secevent+jwt', true],
    [undefined, 'SecEvent+JWT', true],
    [undefined, 'application/secevent+jwt', true],
    [undefined, 'Application/Secevent+jwt', true],
    [undefined, undefined, false],
    [undefined, 'JWT', false],
    [undefined, 'text/secevent+jwt', false],
    [undefined, 'secevent+jwt ', false],
    [undefined, 'application/application/secevent+jwt', false],
    [undefined, '', false],
    ['logout+jwt', 'logout+jwt', true],
    ['application/logout+jwt', 'LOGOUT+JWT', true],
    ['logout+jwt', 'secevent+jwt', false],
    ['risk+jwt', 'ris\u212a+jwt', false],
    [['logout+jwt', 'JWT'], 'LOGOUT+jwt', true],
    [['logout+jwt', 'JWT'], 'application/jwt', true],
    [['logout+jwt', 'JWT'], 'secevent+jwt', false],
    [['logout+jwt', 'JWT'], undefined, false],
    [null, undefined, true],
    [null, 'at+jwt', true],
  ])('%j with a typ of %j: %j', async (expected, typ, isAccepted) => {
    const token = await sign({}, { typ });
    const options = expected === undefined ? {} : { typ: expected };
    if (isAccepted) expect((await verify(token, options)).header.typ).toBe(typ);
    // Without the token: the message names the expected typ, which may resemble the one received.
    else expect((await rejectionOf(verify(token, options))).code).toBe('ERR_SET_TYP');
  });
});

describe('times', () => {
  test.each<[name: string, claims: object, options: Partial<VerifyOptions>, refusal: string]>([
    ['iat at now + tolerance', { iat: NOW + 60 }, {}, ''],
    ['iat just beyond that', { iat: NOW + 60.001 }, {}, 'ERR_SET_NOT_YET_VALID iat'],
    ['iat in milliseconds', { iat: NOW * 1000 }, {}, 'ERR_SET_NOT_YET_VALID iat'],
    ['iat ahead, no tolerance', { iat: NOW + 1 }, { clockToleranceSeconds: 0 }, 'ERR_SET_NOT_YET_VALID iat'],
    ['iat years ago', { iat: 1 }, {}, ''],
    ['exp just within the tolerance', { exp: NOW - 59.999 }, {}, ''],
    ['exp at the end of the tolerance', { exp: NOW - 60 }, {}, 'ERR_SET_EXPIRED exp'],
    ['exp now, no tolerance', { exp: NOW }, { clockToleranceSeconds: 0 }, 'ERR_SET_EXPIRED exp'],
    ['exp required and present', { exp: NOW + 1 }, { exp: 'require' }, ''],
    ['exp required and missing', {}, { exp: 'require' }, 'ERR_SET_CLAIM_MISSING exp'],
    ['exp forbidden and present', { exp: NOW + 1 }, { exp: 'forbid' }, 'ERR_SET_CLAIM_FORBIDDEN exp'],
    ['exp forbidden and missing', {}, { exp: 'forbid' }, ''],
    ['exp in the past, ignored', { exp: 1 }, { exp: 'ignore' }, ''],
    ['exp missing, ignored', {}, { exp: 'ignore' }, ''],
    ['nbf beyond the tolerance, with exp ignored', { nbf: NOW + 61 }, { exp: 'ignore' }, 'ERR_SET_NOT_YET_VALID nbf'],
    ['too old, with exp ignored', { iat: NOW - 161 }, { exp: 'ignore', maxAgeSeconds: 100 }, 'ERR_SET_TOO_OLD iat'],
    ...['1700000000', null, [NOW], -1, {}].map((exp): [string, object, Partial<VerifyOptions>, string] => [
      `exp of ${JSON.stringify(exp)}, ignored`,
      { exp },
      { exp: 'ignore' },
      'ERR_SET_CLAIM_INVALID exp',
    ]),
    ['nbf at now + tolerance', { nbf: NOW + 60 }, {}, ''],
    ['nbf beyond that', { nbf: NOW + 61 }, {}, 'ERR_SET_NOT_YET_VALID nbf'],
    ['the maximum age', { iat: NOW - 160 }, { maxAgeSeconds: 100 }, ''],
    ['one second older', { iat: NOW - 161 }, { maxAgeSeconds: 100 }, 'ERR_SET_TOO_OLD iat'],
    ['a maximum age of 0', { iat: NOW - 61 }, { maxAgeSeconds: 0 }, 'ERR_SET_TOO_OLD iat'],
    ['sub required and present', { sub: 's' }, { sub: 'require' }, ''],
    ['sub required and missing', {}, { sub: 'require' }, 'ERR_SET_CLAIM_MISSING sub'],
    ['sub forbidden and present', { sub: 's' }, { sub: 'forbid' }, 'ERR_SET_CLAIM_FORBIDDEN sub'],
    ['sub allowed', { sub: 's' }, {}, ''],
    ['a toe in milliseconds, in the future', { toe: (NOW + 1e6) * 1000 }, {}, ''],
    ...['iat', 'exp', 'nbf', 'toe'].flatMap((name): [string, object, Partial<VerifyOptions>, string][] => [
      [`a negative ${name}`, { [name]: -1 }, {}, `ERR_SET_CLAIM_INVALID ${name}`],
      [`${name} as a string`, { [name]: '1700000000' }, {}, `ERR_SET_CLAIM_INVALID ${name}`],
      [`${name} as null`, { [name]: null }, {}, `ERR_SET_CLAIM_INVALID ${name}`],
      [`${name} as a list`, { [name]: [NOW] }, {}, `ERR_SET_CLAIM_INVALID ${name}`],
    ]),
  ])('%s', async (_, claims, options, refusal) => {
    const token = await sign(claims);
    if (refusal === '') expect((await verify(token, options)).payload).toMatchObject(claims);
    else expect(await codeAndClaim(token, options)).toBe(refusal);
  });

  test('the default clock is that of this machine', async () => {
    const { now: _, ...options } = OPTIONS;
    const fresh = await transmitter.sign();
    expect((await verifySet(fresh, transmitter.jwks, { ...options, maxAgeSeconds: 60 })).payload.iss).toBe(ISSUER);
    const old = await sign();
    expect((await rejectionOf(verifySet(old, transmitter.jwks, { ...options, maxAgeSeconds: 60 }))).code).toBe(
      'ERR_SET_TOO_OLD',
    );
  });
});

describe('keys that arrive late or are malformed', () => {
  test('a SET that expires while its keys are looked up is expired', async () => {
    let seconds = NOW;
    const resolver = async (): Promise<TestTransmitter['jwks']> => {
      seconds += 3_600;
      return transmitter.jwks;
    };
    const token = await sign({ exp: NOW + 60 });
    expect((await rejectionOf(verifySet(token, resolver, { ...OPTIONS, now: () => seconds * 1000 }))).code).toBe(
      'ERR_SET_EXPIRED',
    );
  });

  const thrower = (): never => {
    throw new RangeError('odd');
  };
  test.each<[name: string, keys: unknown]>([
    ['an object that only claims to be a CryptoKey', { [Symbol.toStringTag]: 'CryptoKey', type: 'public' }],
    [
      'a member that throws',
      {
        get kty() {
          return thrower();
        },
      },
    ],
    [
      'a list that throws',
      {
        get keys() {
          return thrower();
        },
      },
    ],
  ])('%s from a resolver is ERR_SET_KEY_INVALID', async (_, keys) => {
    const token = await sign();
    expect(
      (
        await rejectionOf(
          verifySet(token, () => keys as never, OPTIONS),
          token,
        )
      ).code,
    ).toBe('ERR_SET_KEY_INVALID');
  });

  test('40 broken keys with the same kid do not hide the valid one', async () => {
    const [key] = transmitter.jwks.keys;
    const broken = Array.from({ length: 40 }, () => ({ kty: 'RSA', kid: key!.kid! }));
    expect((await verifySet(await sign(), { keys: [...broken, key!] }, OPTIONS)).payload.iat).toBe(NOW);
  });

  test.each([
    ['a promise, where an await is missing', Promise.resolve({ keys: [] })],
    ['a list of keys', [{ kty: 'RSA' }]],
    ['a string', '{"keys":[]}'],
    ['undefined', undefined],
  ])('%s as a key source is an immediate TypeError', (_, keys) => {
    expect(() => createVerifier(keys as never, OPTIONS)).toThrow(TypeError);
  });
});

describe("a caller's mistake is an immediate TypeError", () => {
  test.each<[name: string, options: unknown]>([
    ['no options', undefined],
    ['null', null],
    ['no issuer', { audience: null }],
    ['no audience', { issuer: null }],
    ['an empty issuer', { ...OPTIONS, issuer: '' }],
    ['an empty list of issuers', { ...OPTIONS, issuer: [] }],
    ['an empty issuer in the list', { ...OPTIONS, issuer: ['a', ''] }],
    ['an issuer that is not a string', { ...OPTIONS, issuer: 7 }],
    ['a regular expression as issuer', { ...OPTIONS, issuer: /a/ }],
    ['an empty audience', { ...OPTIONS, audience: '' }],
    ['an empty list of audiences', { ...OPTIONS, audience: [] }],
    ['an empty list of algorithms', { ...OPTIONS, algorithms: [] }],
    ['algorithm none', { ...OPTIONS, algorithms: ['none'] }],
    ['algorithm HS256', { ...OPTIONS, algorithms: ['RS256', 'HS256'] }],
    ['an algorithm from the prototype', { ...OPTIONS, algorithms: ['constructor'] }],
    ['algorithms as a string', { ...OPTIONS, algorithms: 'RS256' }],
    ['algorithms null', { ...OPTIONS, algorithms: null }],
    ['an empty typ', { ...OPTIONS, typ: '' }],
    ['a typ that is not a string', { ...OPTIONS, typ: 1 }],
    ['an empty list of typ', { ...OPTIONS, typ: [] }],
    ['an empty typ in the list', { ...OPTIONS, typ: ['JWT', ''] }],
    ['ignore for sub', { ...OPTIONS, sub: 'ignore' }],
    ['an algorithm name in another case', { ...OPTIONS, algorithms: ['ml-dsa-44'] }],
    ...['clockTolerance', 'maxTokenAge', 'maxAge', 'ignoreExpiration', 'jwksUri'].map((name): [string, unknown] => [
      `${name}, an option of other libraries`,
      { ...OPTIONS, [name]: undefined },
    ]),
    ['an unknown rule for exp', { ...OPTIONS, exp: 'never' }],
    ['an unknown rule for sub', { ...OPTIONS, sub: false }],
    ['a clock that returns NaN', { ...OPTIONS, now: () => NaN }],
    ['a clock that returns a Date', { ...OPTIONS, now: () => new Date() }],
    ['a clock that is not a function', { ...OPTIONS, now: 1 }],
    ...['clockToleranceSeconds', 'maxAgeSeconds', 'maxTokenLength'].flatMap((name) =>
      [NaN, Infinity, -1, '60', null].map((value): [string, unknown] => [
        `${name} ${JSON.stringify(value)} (${String(value)})`,
        { ...OPTIONS, [name]: value },
      ]),
    ),
  ])('%s', async (_, options) => {
    expect(() => createVerifier(transmitter.jwks, options as VerifyOptions)).toThrow(TypeError);
    await expect(verifySet(await sign(), transmitter.jwks, options as VerifyOptions)).rejects.toThrow(TypeError);
  });

  test('a clock that later returns NaN is a TypeError too', async () => {
    const now = vi.fn(() => NaN).mockReturnValueOnce(NOW * 1000);
    await expect(createVerifier(transmitter.jwks, { ...OPTIONS, now })(await sign())).rejects.toThrow(TypeError);
  });

  test('maxTokenLength counts characters', async () => {
    const token = await sign();
    expect((await verify(token, { maxTokenLength: token.length })).payload.iat).toBe(NOW);
    expect(await codeAndClaim(token, { maxTokenLength: token.length - 1 })).toBe('ERR_SET_TOO_LARGE');
  });
});

describe('verifyJws', () => {
  test('returns the octets of any signed payload', async () => {
    const { token, jwks } = await signTexts('{"alg":"RS256"}', '\u0000 not JSON');
    const { header, payload, signature } = await verifyJws(token, jwks);
    expect(header).toEqual({ alg: 'RS256' });
    expect(textOf(payload)).toBe('\u0000 not JSON');
    expect(signature).toHaveLength(256);
  });

  test('allows only RS256 by default', async () => {
    const { jwks, sign: signAs } = await createTestTransmitter({ algorithm: 'ES256' });
    const token = await signAs();
    expect((await rejectionOf(verifyJws(token, () => jwks))).code).toBe('ERR_SET_ALGORITHM');
    await expect(verifyJws(token, jwks)).rejects.toThrow(TypeError);
    expect((await verifyJws(token, jwks, { algorithms: ['ES256'] })).header.alg).toBe('ES256');
  });

  test("rejects with a TypeError for a caller's mistake", async () => {
    const token = await sign();
    await expect(verifyJws(token, '' as never)).rejects.toThrow(TypeError);
    await expect(verifyJws(token, transmitter.jwks, { algorithms: [] })).rejects.toThrow(TypeError);
  });
});

describe('without crypto.subtle', () => {
  test.each<[name: string, crypto: unknown]>([
    ['a page on plain http', {}],
    ['an old runtime', undefined],
  ])('%s gets ERR_SET_WEBCRYPTO and can still decode', async (_, crypto) => {
    const token = await sign();
    vi.stubGlobal('crypto', crypto);
    try {
      expect((await rejectionOf(verifySet(token, transmitter.jwks, OPTIONS), token)).code).toBe('ERR_SET_WEBCRYPTO');
      expect((await rejectionOf(verifyJws(token, transmitter.jwks), token)).code).toBe('ERR_SET_WEBCRYPTO');
      expect(decodeSet(token).payload.iss).toBe(ISSUER);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
