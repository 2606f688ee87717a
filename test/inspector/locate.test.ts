/** The place of an error in a token. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSetError, type SetError } from '../../src/errors.js';
import { locate, membersOf, partRanges } from '../../src/inspector/locate.js';
import { decodeSet } from '../../src/set.js';
import { octetsOf, segment } from '../support/octets.js';
import { CLAIMS, HEADER, makeToken, tokenWith } from '../support/tokens.js';
import { listVectors, readVector } from '../support/vectors.js';

function errorOf(token: string): SetError {
  try {
    decodeSet(token);
  } catch (error) {
    if (isSetError(error)) return error;
    throw error;
  }
  throw new Error('The token decodes');
}

/** Returns the code, the marked text, and the text before it. */
function mark(token: string): {
  code: string;
  marked: string | undefined;
  before: string | undefined;
  decoded?: string;
} {
  const error = errorOf(token);
  const place = locate(token, error);
  const { decoded } = place ?? {};
  return {
    code: error.code,
    marked: place && token.slice(place.start, place.end),
    before: place && token.slice(0, place.start),
    ...(decoded && {
      decoded: `${decoded.text.slice(0, decoded.start)}»${decoded.text.slice(decoded.start, decoded.end)}«`,
    }),
  };
}

/** Decodes marked characters of a part, from the start of their group of four. */
function decodeMarked(before: string, marked: string): string {
  const part = before.slice(before.lastIndexOf('.') + 1);
  return Buffer.from(part.slice(part.length - (part.length % 4)) + marked, 'base64url').toString();
}

const [header = '', payload = '', signature = ''] = makeToken().split('.');
const good = `${header}.${payload}.${signature}`;

describe('the compact form', () => {
  test.each([
    ['a surplus dot', `${good}.more`, '.', good],
    ['a missing part', `${header}.${payload}`, '', `${header}.${payload}`],
    ['no dot', 'eyJ', '', 'eyJ'],
    ['a Bearer prefix', `Bearer ${good}`, 'Bearer ', ''],
    ['JSON', '{"iss":1}', '{', ''],
  ])('is marked at %s', (_, token, marked, before) => {
    expect(mark(token)).toEqual({ code: 'ERR_SET_FORMAT', marked, before });
  });

  test('of an empty text is not marked', () => {
    expect(mark('')).toEqual({ code: 'ERR_SET_FORMAT', marked: undefined, before: undefined });
  });
});

describe('base64url', () => {
  test.each([
    ['the header', `e+J.${payload}.${signature}`, '+', 'e'],
    [
      'the payload',
      `${header}.${payload.slice(0, 9)}/${payload.slice(10)}.${signature}`,
      '/',
      `${header}.${payload.slice(0, 9)}`,
    ],
    ['the signature', `${good}=`, '=', good],
    ['a surrogate pair', `${header}.${payload}.AA\u{1f600}AA`, '\u{1f600}', `${header}.${payload}.AA`],
    ['an impossible length', `${header}.${payload}.AAAAA`, 'A', `${header}.${payload}.AAAA`],
    ['unused bits that are set', `${header}.${payload}.AB`, 'B', `${header}.${payload}.A`],
  ])('is marked in %s', (_, token, marked, before) => {
    expect(mark(token)).toEqual({ code: 'ERR_SET_BASE64URL', marked, before });
  });

  test('is marked at an inserted character anywhere', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom('+', '/', '=', ' ', '\n', 'é'), (at, character) => {
        fc.pre(good.charAt(at) !== '.');
        const token = good.slice(0, at) + character + good.slice(at + 1);
        expect(mark(token)).toMatchObject({ code: 'ERR_SET_BASE64URL', marked: character, before: good.slice(0, at) });
      }),
    );
  });
});

describe('JSON', () => {
  test.each([
    ['{"alg":"RS256",}', '{"alg":"RS256",»}«'],
    ['{"alg":"RS256"', '{"alg":"RS256"»«'],
    ['["alg"]', '»[«'],
    ['', '»«'],
  ])('of the header is marked: %j', (text, decoded) => {
    expect(mark(`${segment(text)}.${payload}.AAAA`)).toMatchObject({ code: 'ERR_SET_JSON', decoded });
  });

  test('of the payload is marked in the characters that encode it', () => {
    const text = '{"iss":"é€\u{1f600}","iat":1,x}';
    const token = `${header}.${segment(text)}.AAAA`;
    const place = locate(token, errorOf(token));
    expect(place?.decoded && text.slice(place.decoded.start, place.decoded.end)).toBe('x');
    // The octet is encoded by at most two characters, depending on its position in the group.
    const octet = new TextEncoder().encode(text.slice(0, text.indexOf(',x') + 1)).length;
    expect(place?.start).toBe(header.length + 1 + Math.floor((octet * 4) / 3));
    expect(place && place.end - place.start).toBeLessThanOrEqual(2);
  });

  test.each(['\xff', '{"a":"\xc3"}', '{"a":"\xc0\x80"}', '{"a":"\xed\xa0\x80"}', '{"a":"\xf4\x90\x80\x80"}'])(
    'that is not UTF-8 is marked: %j',
    (octets) => {
      const token = `${header}.${segment(octetsOf(octets))}.AAAA`;
      const place = locate(token, errorOf(token));
      const at = octets.search(/[\x80-\xff]/);
      expect(place).toMatchObject({
        start: header.length + 1 + Math.floor((at * 4) / 3),
        reason: 'This decodes to invalid UTF-8.',
      });
    },
  );
});

describe('members', () => {
  test('of the wrong type are marked', () => {
    const token = tokenWith({ aud: 1 });
    const { code, marked = '', before = '' } = mark(token);
    expect(code).toBe('ERR_SET_CLAIM_INVALID');
    expect(decodeMarked(before, marked)).toContain('"aud":1');
    expect(marked.length).toBeLessThanOrEqual(Math.ceil(('"aud":1'.length * 4) / 3) + 1);
  });

  test('that are missing: the whole part is marked', () => {
    expect(mark(tokenWith({ iss: undefined })).marked).toBe(tokenWith({ iss: undefined }).split('.')[1]);
    expect(mark(makeToken({ typ: 'secevent+jwt' })).marked).toBe(makeToken({ typ: 'secevent+jwt' }).split('.')[0]);
  });

  test('of the header are marked in the header', () => {
    const token = makeToken({ ...HEADER, kid: 7 }, CLAIMS);
    const place = locate(token, errorOf(token));
    expect(place?.end).toBeLessThanOrEqual(token.indexOf('.'));
    expect(place?.start).toBeGreaterThan(0);
  });

  test.each(listVectors('akamai', '.jwt').concat(listVectors('rfc8417', '.jwt'), listVectors('rfc8936', '.jwt')))(
    'of %s are located correctly',
    (name) => {
      const token = readVector(name);
      const range = partRanges(token)[1]!;
      const places = membersOf(token, range, 2);
      const { payload } = decodeSet(token);
      expect(places.flatMap(({ path }) => (path.length === 1 ? path : []))).toEqual(Object.keys(payload));
      expect(
        places.flatMap(({ path: [first, second] }) => (first === 'events' && second !== undefined ? [second] : [])),
      ).toEqual(Object.keys(payload.events));
      for (const { path, start, end } of places) {
        expect(decodeMarked(token.slice(0, start), token.slice(start, end))).toContain(`"${path.at(-1)}"`);
      }
    },
  );
});

test('every damaged token is marked within its length', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string({ maxLength: 3 }), (at, put) => {
      const token = good.slice(0, at % good.length) + put + good.slice((at % good.length) + 1);
      let error: unknown;
      try {
        decodeSet(token);
      } catch (thrown) {
        error = thrown;
      }
      fc.pre(isSetError(error));
      const place = locate(token, error);
      expect(place && place.start >= 0 && place.start <= place.end && place.end <= token.length, token).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
