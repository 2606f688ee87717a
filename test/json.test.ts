/** json.ts: UTF-8 compared with a fatal TextDecoder, and JSON that must be an object. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parsePart } from '../src/json.js';
import { refusalOf } from './support/refusals.js';
import { segment } from './support/octets.js';

const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function resultOf<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

let decodeUtf8: (octets: string) => string;

function compare(octets: Uint8Array): void {
  const expected = resultOf(() => fatal.decode(octets));
  const text = resultOf(() => decodeUtf8(Buffer.from(octets).toString('latin1')));
  if (text !== expected) expect(text, Buffer.from(octets).toString('hex')).toBe(expected);
}

/** Each host gets a fresh copy of the module, which keeps the TextEncoder of its first call. */
describe.each([
  ['with TextEncoder', globalThis.TextEncoder],
  ['without TextEncoder', undefined],
  [
    'with a TextEncoder that lacks encodeInto',
    class {
      encode = (): Uint8Array => new Uint8Array();
    },
  ],
])('UTF-8 %s', (_, TextEncoder) => {
  beforeAll(async () => {
    vi.stubGlobal('TextEncoder', TextEncoder);
    vi.resetModules();
    ({ decodeUtf8 } = await import('../src/json.js'));
  });
  afterAll(() => void vi.unstubAllGlobals());

  test('agrees with the fatal TextDecoder on every two octets', () => {
    for (let code = 0; code < 0x10000; code++) compare(Uint8Array.of(code >> 8, code & 255));
  });

  test('agrees with it at the limits of three- and four-octet sequences', () => {
    const continuations = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
    for (let first = 0xc0; first < 0x100; first++) {
      for (const second of continuations) {
        for (const third of continuations) {
          compare(Uint8Array.of(first, second, third));
          for (const fourth of continuations) compare(Uint8Array.of(first, second, third, fourth));
        }
      }
    }
  });

  test('agrees with it on any octets and any text', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary' }).map((text) => new Uint8Array(Buffer.from(text))),
      fc.tuple(fc.string({ unit: 'binary' }), fc.nat(), fc.nat(255)).map(([text, at, octet]) => {
        const bytes = new Uint8Array(Buffer.from(text));
        if (bytes.length > 0) bytes[at % bytes.length] = octet;
        return bytes;
      }),
    );
    fc.assert(fc.property(octets, compare), { numRuns: 3_000 });
  });

  test.each([2_046, 2_047, 2_048, 2_049, 4_095, 4_096, 4_097])('finds a stray octet anywhere among %i', (length) => {
    const ascii = 'a'.repeat(length);
    expect(decodeUtf8(ascii)).toBe(ascii);
    for (const at of [0, length >> 1, length - 1]) {
      expect(() => decodeUtf8(`${ascii.slice(0, at)}\xff${ascii.slice(at + 1)}`)).toThrow(URIError);
    }
    expect(decodeUtf8(`${ascii.slice(2)}\xc3\xa9`)).toBe(`${ascii.slice(2)}é`);
  });

  test('decodes non-ASCII text, short or long, in one run or in many', () => {
    for (const text of ['Zoë', '日本語 and 😀', 'aé'.repeat(600), 'aé'.repeat(2_000), '日本語'.repeat(1_000)]) {
      expect(decodeUtf8(Buffer.from(text).toString('latin1'))).toBe(text);
    }
  });

  test('leaves percent signs alone', () => {
    expect(decodeUtf8('%41%u0041+\xc3\xa9')).toBe('%41%u0041+é');
  });
});

describe('a JSON object', () => {
  test.each(['{}', ' {"a":1}\n', '{"é":"日本語 😀"}', '{"a":{"b":[null]}}'])('reads %s', (text) => {
    expect(parsePart(segment(text), 'payload')).toEqual(JSON.parse(text));
  });

  test.each([
    '',
    ' ',
    'null',
    '7',
    '"text"',
    'true',
    '[]',
    '[{}]',
    '{',
    '{}}',
    '{} {}',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a":NaN}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":"\n"}',
    '{"a":undefined}',
    '// c\n{}',
    '\ufeff{}',
    '{\u00a0}',
    '{}\0',
  ])('refuses %j', (text) => {
    expect(refusalOf(() => parsePart(segment(text), 'payload')).code).toBe('ERR_SET_JSON');
  });

  test('does not quote the refused text', () => {
    const error = refusalOf(() => parsePart(segment('{"password":hunter2}'), 'payload'));
    expect(error.message).toBe('The payload is not a JSON object in UTF-8');
    expect(error.cause).toBeUndefined();
    expect(error.stack).not.toContain('hunter2');
  });

  test('keeps __proto__ as an own member that pollutes nothing', () => {
    const value = parsePart(segment('{"__proto__":{"polluted":true},"constructor":1}'), 'payload');
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
