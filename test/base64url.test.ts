/** base64url.ts against a plain decoder, Node's Buffer, and the rules of RFC 4648 and RFC 7515. */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkBase64url, decodeBase64url, decodeOctets, encodeBase64url } from '../src/base64url.js';
import { refusalOf } from './support/refusals.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The definition, bit by bit: what a text means, or undefined where it has no meaning or is not the one spelling. */
function plainDecode(text: string): number[] | undefined {
  let bits = '';
  for (const character of text.split('')) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    bits += value.toString(2).padStart(6, '0');
  }
  const spare = bits.length % 8;
  if (spare === 6 || bits.slice(bits.length - spare).includes('1')) return undefined;
  return Array.from({ length: (bits.length - spare) / 8 }, (_, i) => parseInt(bits.slice(i * 8, i * 8 + 8), 2));
}

function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

const octetsOf = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

const nativeAtob = globalThis.atob;

/** What the decoder has in each kind of host. Some polyfills of atob break the rules. */
const hosts: Record<string, typeof atob | undefined> = {
  'with the atob of this runtime': nativeAtob,
  'without atob': undefined,
  'with an atob that ignores what it does not know': (text) =>
    nativeAtob(text.replace(/[^A-Za-z0-9+/]/g, '').replace(/^(.{4})*.$/, '')),
  'with an atob that is made of Buffer': (text) => Buffer.from(text, 'base64').toString('latin1'),
  'with an atob that gives null': () => null as unknown as string,
  'with an atob that refuses everything': () => {
    throw new Error('InvalidCharacterError');
  },
};

afterEach(() => void vi.unstubAllGlobals());

describe.each(Object.entries(hosts))('decoding %s', (_, atob) => {
  test.each([
    ['', []],
    ['AA', [0]],
    ['AAA', [0, 0]],
    ['_w', [255]],
    ['-_8', [251, 255]],
    ['A-z_4ME', [3, 236, 255, 224, 193]],
    ['Zm9vYmFy', octetsOf('foobar')],
  ])('reads %j', (text, octets) => {
    vi.stubGlobal('atob', atob);
    expect([...decodeBase64url(text)]).toEqual(octets);
    expect(octetsOf(decodeOctets(text, 'text'))).toEqual(octets);
    expect(checkBase64url(text, 'text')).toBeUndefined();
  });

  test.each([
    ['padding', 'AA=='],
    ['padding of one', 'AAA='],
    ['padding that hides a length of 1 mod 4', 'A==='],
    ['only padding', '===='],
    ['plus', 'AA+A'],
    ['slash', 'AA/A'],
    ['a space at the end', 'AAA '],
    ['a space inside', 'AA AA'],
    ['a line feed', 'AAAA\n'],
    ['a carriage return', 'AA\rAA'],
    ['a tab', 'AA\tA'],
    ['a form feed', 'AA\fA'],
    ['NUL', 'AA\0A'],
    ['one character', 'A'],
    ['five characters', 'AAAAA'],
    ['trailing bits after one octet', 'AB'],
    ['trailing bits after two octets', 'AAB'],
    ['the last of the trailing bits', 'A_'],
    ['a dot', 'AA.A'],
    ['a full-width letter', 'AA\uff21A'],
    ['the Kelvin sign, which lower-cases to k', 'AA\u212aA'],
    ['the long s, which upper-cases to S', 'AA\u017fA'],
    ['a Cyrillic look-alike', 'AA\u0410A'],
    ['a letter beyond the first plane', 'AA\ud835\udc00'],
    ['a lone surrogate', 'AA\ud800A'],
    ['a letter of Latin-1', 'AA\xe9A'],
    ['a no-break space', 'AA\xa0A'],
    ['a zero-width space', 'AAA\u200bA'],
    ['a byte order mark', '\ufeffAAAA'],
    ['a character that is A in its low octet', 'AA\u0141A'],
  ])('refuses %s', (_name, text) => {
    vi.stubGlobal('atob', atob);
    for (const call of [
      () => decodeBase64url(text),
      () => decodeOctets(text, 'text'),
      () => checkBase64url(text, 'text'),
    ]) {
      expect(refusalOf(call).code).toBe('ERR_SET_BASE64URL');
    }
  });

  test('agrees with the plain decoder on any text', () => {
    vi.stubGlobal('atob', atob);
    const nearlyAlphabet = fc.constantFrom(...ALPHABET, ...'+/= \n.\u212a\u017f\xe9\0');
    const texts = fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom(...ALPHABET) }) },
      { weight: 2, arbitrary: fc.string({ unit: nearlyAlphabet }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    );
    fc.assert(
      fc.property(texts, (text) => {
        const expected = plainDecode(text);
        expect(attempt(() => [...decodeBase64url(text)])).toEqual(expected);
        expect(attempt(() => octetsOf(decodeOctets(text, 'text')))).toEqual(expected);
        expect(attempt(() => checkBase64url(text, 'text') ?? true)).toBe(expected === undefined ? undefined : true);
      }),
      { numRuns: 3_000 },
    );
  });

  test('agrees with the plain decoder on every text of up to two characters', () => {
    vi.stubGlobal('atob', atob);
    const characters = Array.from({ length: 300 }, (_, code) => String.fromCharCode(code));
    for (const first of characters) {
      for (const text of [first, ...(ALPHABET.includes(first) ? characters.map((second) => first + second) : [])]) {
        const octets = attempt(() => octetsOf(decodeOctets(text, 'text')));
        if (JSON.stringify(octets) !== JSON.stringify(plainDecode(text)))
          expect(octets, JSON.stringify(text)).toEqual(plainDecode(text));
      }
    }
  });

  test('reads back any octets', () => {
    vi.stubGlobal('atob', atob);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(encodeBase64url(octets)).toBe(Buffer.from(octets).toString('base64url'));
        expect(decodeBase64url(encodeBase64url(octets))).toEqual(octets);
      }),
      { numRuns: 1_000 },
    );
  });
});

test('the message names the part and the place, and not the text', () => {
  expect(refusalOf(() => decodeOctets('AAAA AAAA', 'payload')).message).toBe(
    'The payload is not canonical base64url at offset 4',
  );
  expect(refusalOf(() => decodeOctets('AAAAB', 'signature')).message).toBe(
    'The signature is not canonical base64url at offset 5',
  );
});

test.each([undefined, null, 7, {}, ['AAAA'], new String('AAAA')])('refuses %j, which is no string', (text) => {
  expect(refusalOf(() => decodeBase64url(text as string)).code).toBe('ERR_SET_INPUT');
});

test.each([undefined, null, 'AAAA', [1], new Uint16Array(1), new ArrayBuffer(1)])(
  'encoding %j is a mistake of the caller',
  (bytes) => {
    expect(() => encodeBase64url(bytes as unknown as Uint8Array)).toThrow(TypeError);
  },
);

test('encodes a Buffer and a view as the octets that they show', () => {
  expect(encodeBase64url(Buffer.from('foobar'))).toBe('Zm9vYmFy');
  expect(encodeBase64url(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('AgM');
});

test('a megabyte goes both ways', () => {
  const octets = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 7) & 255);
  expect(Buffer.from(decodeBase64url(encodeBase64url(octets))).equals(octets)).toBe(true);
});
