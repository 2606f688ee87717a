/** jws.ts: the compact serialization, and the header parameters that every token needs. */
import { describe, expect, test } from 'vitest';
import { splitJws } from '../src/jws.js';
import { decodeSet } from '../src/set.js';
import { segment, utf8 } from './support/octets.js';
import { refusalOf } from './support/refusals.js';
import { CLAIMS, HEADER, makeToken } from './support/tokens.js';
import { listVectors, readVector } from './support/vectors.js';

describe('splitJws', () => {
  test('returns the three parts and the signing input', () => {
    expect(splitJws('eyJh.e30.AAAA')).toEqual({
      header: 'eyJh',
      payload: 'e30',
      signature: 'AAAA',
      signingInput: 'eyJh.e30',
    });
  });

  test.each(listVectors('jose', '.jwt'))('splits %s', (name) => {
    const token = readVector(name);
    const { header, payload, signature, signingInput } = splitJws(token);
    expect([header, payload, signature]).toEqual(token.split('.'));
    expect(signingInput).toBe(`${header}.${payload}`);
  });

  test('accepts empty parts, the base64url of no octets', () => {
    expect(splitJws('..')).toEqual({ header: '', payload: '', signature: '', signingInput: '.' });
    expect(splitJws('eyJh..AAAA').payload).toBe('');
  });

  test.each(['A.AAAA.AAAA', 'AAAA.AA=.AAAA', 'AAAA.AAAA.AB', 'AAAA.AAAA.AAAA\n', 'AA+A.AAAA.AAAA'])(
    'refuses %j as decodeSet does',
    (token) => {
      expect(refusalOf(() => splitJws(token)).code).toBe('ERR_SET_BASE64URL');
      expect(refusalOf(() => decodeSet(token)).code).toMatch(/^ERR_SET_(BASE64URL|JSON)$/);
    },
  );

  test('refuses more than 1,048,576 characters', () => {
    const longest = `AAAA.${'A'.repeat(1_048_576 - 6)}.`;
    expect(splitJws(longest).payload).toHaveLength(1_048_570);
    expect(refusalOf(() => splitJws(`A${longest}`)).code).toBe('ERR_SET_TOO_LARGE');
  });
});

describe.each([
  ['splitJws', splitJws],
  ['decodeSet', decodeSet],
])('the form of a token in %s', (_, call) => {
  test.each([
    ['an empty string', '', /is empty$/],
    ['one part', 'eyJh', /must have 3 parts$/],
    ['two parts', 'eyJh.e30', /must have 3 parts$/],
    ['four parts', 'eyJh.e30.AAAA.AAAA', /must have 3 parts$/],
    ['an encrypted token', 'eyJh.AAAA.AAAA.AAAA.AAAA', /encrypted \(JWE\)/],
    ['only dots', '.....', /must have 3 parts$/],
    ['a Bearer prefix', `Bearer ${makeToken()}`, /"Bearer"/],
    ['a bearer prefix in lower case', `bearer ${makeToken()}`, /"Bearer"/],
    ['a Bearer prefix after a space', ` Bearer\t${makeToken()}`, /"Bearer"/],
    ['a Bearer prefix before an opaque token', 'Bearer abcdef', /"Bearer"/],
    ['flattened JSON serialization', '{"protected":"eyJh","payload":"e30","signature":"AAAA"}', /JSON/],
    ['JSON with two dots in it', ' {"iss":"https://a.b.example"}', /JSON/],
  ])('refuses %s', (_name, token, message) => {
    const error = refusalOf(() => call(token), token);
    expect(error.code).toBe('ERR_SET_FORMAT');
    expect(error.message).toMatch(message);
  });

  test.each([
    ['undefined', undefined, /undefined/],
    ['null', null, /object/],
    ['a parsed body', {}, /object/],
    ['bytes', utf8(makeToken()), /object/],
    ['a number', 7, /number/],
    ['a String object', new String(makeToken()), /object/],
    ['an object that converts to a token', { toString: () => makeToken() }, /object/],
    ['a symbol', Symbol('token'), /symbol/],
  ])('refuses %s, which is not a string', (_name, token, message) => {
    const error = refusalOf(() => call(token as string));
    expect(error.code).toBe('ERR_SET_INPUT');
    expect(error.message).toMatch(message);
  });
});

describe('the header', () => {
  test('must have alg, and alg, typ and kid must be strings', () => {
    for (const header of [{}, { alg: null }, { alg: 7 }, { alg: [] }, { alg: '' }, { alg: {} }, { ALG: 'RS256' }]) {
      const error = refusalOf(() => decodeSet(makeToken(header)));
      expect(error.code, JSON.stringify(header)).toBe('ERR_SET_HEADER');
      expect(error.message).toMatch(/"alg"/);
      expect(error.claim).toBeUndefined();
    }
    for (const value of [null, 7, ['secevent+jwt'], {}, true]) {
      expect(refusalOf(() => decodeSet(makeToken({ alg: 'RS256', typ: value }))).message).toMatch(/"typ"/);
      expect(refusalOf(() => decodeSet(makeToken({ alg: 'RS256', kid: value }))).code).toBe('ERR_SET_HEADER');
    }
  });

  test.each([
    ['no typ and no kid', { alg: 'RS256' }],
    ['alg none', { alg: 'none' }],
    ['crit and b64', { alg: 'RS256', crit: ['b64'], b64: false }],
    ['keys of its own', { alg: 'RS256', jwk: { kty: 'RSA' }, jku: 'https://attacker.example', x5c: ['AAAA'] }],
    ['an empty kid', { alg: 'RS256', kid: '' }],
    ['__proto__ as kid', { alg: 'RS256', kid: '__proto__' }],
  ])('is decoded with %s, which only verification judges', (_, header) => {
    expect(decodeSet(makeToken(header)).header).toEqual(header);
  });

  test('is read again whenever its text changes', () => {
    const other = { ...HEADER, kid: 'other' };
    for (const header of [HEADER, other, HEADER, HEADER, other])
      expect(decodeSet(makeToken(header)).header).toEqual(header);
    expect(refusalOf(() => decodeSet(`${segment('{"alg":7}')}.${segment(JSON.stringify(CLAIMS))}.`)).code).toBe(
      'ERR_SET_HEADER',
    );
    expect(decodeSet(makeToken(HEADER)).header).toEqual(HEADER);
  });

  test.each([
    ['plain', HEADER],
    ['with objects in it', { alg: 'RS256', jwk: { kty: 'RSA' }, x5c: ['AAAA'] }],
    ['with __proto__ in it', JSON.parse('{"alg":"RS256","__proto__":"own"}')],
    ['too long to be cached', { alg: 'RS256', kid: 'k'.repeat(5_000) }],
  ])('belongs to the caller: %s', (_, header) => {
    const token = makeToken(header);
    for (let round = 0; round < 3; round++) {
      const mine = decodeSet(token).header as Record<string, unknown>;
      expect(JSON.stringify(mine)).toBe(JSON.stringify(header));
      expect(Object.getPrototypeOf(mine)).toBe(Object.prototype);
      mine['alg'] = 'none';
      mine['added'] = true;
      if (Array.isArray(mine['x5c'])) mine['x5c'].push('BBBB');
      if (typeof mine['jwk'] === 'object') Object.assign(mine['jwk']!, { kty: 'oct' });
    }
  });
});
