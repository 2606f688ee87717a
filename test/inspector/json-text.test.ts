/** The fault and the members of a JSON text, compared with JSON.parse. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanJson } from '../../src/inspector/json-text.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON with one character removed, inserted or replaced. */
const damaged = fc
  .tuple(
    fc.json(),
    fc.nat(),
    fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '0', 'e', '-', '.', 't', ' ', '\n', '\u0001', 'é'),
    fc.boolean(),
  )
  .map(
    ([json, at, put, keeps]) =>
      json.slice(0, at % (json.length + 1)) + put + json.slice((at % (json.length + 1)) + (keeps ? 0 : 1)),
  );

describe('the fault of a text', () => {
  test('exists exactly when JSON.parse throws', () => {
    fc.assert(
      fc.property(damaged, (text) => (scanJson(text).fault === undefined) === isJson(text)),
      { numRuns: 3_000 },
    );
  });

  test('is preceded by text that can still become JSON', () => {
    // Every prefix of valid JSON can be continued: its fault is at its end, or at the start of an unfinished escape or
    // number.
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, at) => {
        const cut = json.slice(0, at % json.length);
        if (!isJson(cut)) expect(cut.slice(scanJson(cut).fault)).toMatch(/^(?:\\(?:u[\da-f]{0,3})?|\.|e[+-]?)?$/i);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['', 0],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ["{'a':1}", 1],
    ['{"a":tru}', 8],
    ['{"a":-}', 6],
    ['{"a":"b\\x"}', 7],
    ['{"a":"b\nc"}', 7],
    ['{"a":01}', 6],
    ['[1 2]', 3],
    ['[1}', 2],
    ['{} x', 3],
    ['\u{feff}{}', 0],
  ])('is at the right offset in %j: %i', (text, fault) => {
    expect(scanJson(text).fault).toBe(fault);
  });

  test('is found at any depth', () => {
    const depth = 200_000;
    expect(scanJson('['.repeat(depth) + ']'.repeat(depth)).fault).toBeUndefined();
    expect(scanJson('['.repeat(depth)).fault).toBe(depth);
  });
});

describe('the members of a text', () => {
  test('are those of the outermost object, with unescaped names', () => {
    const text = ' {"\\u0061" : [{"x":1}] ,"b":{"c":2}, "d":null }';
    const { members } = scanJson(text);
    expect(
      members.map(({ path, start, end, valueStart }) => [
        path.join(),
        text.slice(start, end),
        text.slice(valueStart, end),
      ]),
    ).toEqual([
      ['a', '"\\u0061" : [{"x":1}]', '[{"x":1}]'],
      ['b', '"b":{"c":2}', '{"c":2}'],
      ['d', '"d":null', 'null'],
    ]);
  });

  test('end before the fault', () => {
    expect(scanJson('{"a":1,"b":}').members.map(({ path }) => path)).toEqual([['a']]);
  });

  test('include those of nested objects down to the requested depth', () => {
    const text = '{"a":{"b":{"c":{"d":1},"e":[{"f":2}]},"g":3},"h":{}}';
    const { members } = scanJson(text, 3);
    expect(members.map(({ path, start, end }) => [path.join('.'), text.slice(start, end)])).toEqual([
      ['a.b.c', '"c":{"d":1}'],
      ['a.b.e', '"e":[{"f":2}]'],
      ['a.b', '"b":{"c":{"d":1},"e":[{"f":2}]}'],
      ['a.g', '"g":3'],
      ['a', '"a":{"b":{"c":{"d":1},"e":[{"f":2}]},"g":3}'],
      ['h', '"h":{}'],
    ]);
  });

  test('do not include those of objects in an array', () => {
    expect(scanJson('[{"a":1}]', 3).members).toEqual([]);
  });
});
