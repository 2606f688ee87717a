/** base64url.ts compared with a plain decoder, Node's Buffer, and the rules of RFC 4648 and RFC 7515. */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkBase64url, decodeBase64url, decodeOctets, encodeBase64url } from '../src/base64url.js';
import { refusalOf } from './support/refusals.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A plain decoder, bit by bit. Returns undefined unless the text is canonical base64url. */
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

function resultOf<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

const codesOf = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

const nativeAtob = globalThis.atob;

/** The `atob` of each kind of host. Some polyfills of it break the rules. */
const hosts: Record<string, typeof atob | undefined> = {
  'with the atob of this runtime': nativeAtob,
  'without atob': undefined,
  'with an atob that ignores unknown characters': (text) =>
    nativeAtob(text.replace(/[^A-Z0-9+/]/gi, '').replace(/^(?:.{4})*.$/, '')),
  'with an atob built on Buffer': (text) => Buffer.from(text, 'base64').toString('latin1'),
  'with an atob that returns null': () => null as unknown as string,
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
    ['Zm9vYmFy', codesOf('foobar')],
  ])('decodes %j', (text, octets) => {
    vi.stubGlobal('atob', atob);
    expect([...decodeBase64url(text)]).toEqual(octets);
    expect(codesOf(decodeOctets(text, 'text'))).toEqual(octets);
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
    ['every trailing bit', 'A_'],
    ['a dot', 'AA.A'],
    ['a full-width letter', 'AA\uff21A'],
    ['the Kelvin sign, which lower-cases to k', 'AA\u212aA'],
    ['the long s, which upper-cases to S', 'AA\u017fA'],
    ['a Cyrillic look-alike', 'AA\u0410A'],
    ['a letter outside the Basic Multilingual Plane', 'AA\ud835\udc00'],
    ['a lone surrogate', 'AA\ud800A'],
    ['a Latin-1 letter', 'AA\xe9A'],
    ['a no-break space', 'AA\xa0A'],
    ['a zero-width space', 'AAA\u200bA'],
    ['a byte order mark', '\ufeffAAAA'],
    ['a character whose low octet is A', 'AA\u0141A'],
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
        expect(resultOf(() => [...decodeBase64url(text)])).toEqual(expected);
        expect(resultOf(() => codesOf(decodeOctets(text, 'text')))).toEqual(expected);
        expect(resultOf(() => checkBase64url(text, 'text') ?? true)).toBe(expected === undefined ? undefined : true);
      }),
      { numRuns: 3_000 },
    );
  });

  test('agrees with the plain decoder on every text of up to two characters', () => {
    vi.stubGlobal('atob', atob);
    const characters = Array.from({ length: 300 }, (_, code) => String.fromCharCode(code));
    for (const first of characters) {
      for (const text of [first, ...(ALPHABET.includes(first) ? characters.map((second) => first + second) : [])]) {
        const octets = resultOf(() => codesOf(decodeOctets(text, 'text')));
        if (JSON.stringify(octets) !== JSON.stringify(plainDecode(text)))
          expect(octets, JSON.stringify(text)).toEqual(plainDecode(text));
      }
    }
  });

  test('decodes what it encoded', () => {
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

test('the message names the part and the offset and does not quote the text', () => {
  expect(refusalOf(() => decodeOctets('AAAA AAAA', 'payload')).message).toBe(
    'The payload is not canonical base64url at offset 4',
  );
  expect(refusalOf(() => decodeOctets('AAAAB', 'signature')).message).toBe(
    'The signature is not canonical base64url at offset 5',
  );
});

test.each([undefined, null, 7, {}, ['AAAA'], new String('AAAA')])('refuses %j, which is not a string', (text) => {
  expect(refusalOf(() => decodeBase64url(text as string)).code).toBe('ERR_SET_INPUT');
});

test.each([undefined, null, 'AAAA', [1], new Uint16Array(1), new ArrayBuffer(1)])(
  'encoding %j is a TypeError',
  (bytes) => {
    expect(() => encodeBase64url(bytes as unknown as Uint8Array)).toThrow(TypeError);
  },
);

test('encodes a Buffer, and only the visible octets of a view', () => {
  expect(encodeBase64url(Buffer.from('foobar'))).toBe('Zm9vYmFy');
  expect(encodeBase64url(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('AgM');
});

test('decodes a megabyte that it encoded', () => {
  const octets = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 7) & 255);
  expect(Buffer.from(decodeBase64url(encodeBase64url(octets))).equals(octets)).toBe(true);
});
