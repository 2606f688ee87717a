/** The tokens that are found in pasted or dropped text. */
import { describe, expect, test } from 'vitest';
import { readPaste } from '../../src/inspector/input.js';
import { toRecord } from '../../src/text/record.js';
import { timesAsLong } from '../support/timing.js';
import { makeToken, tokenWith } from '../support/tokens.js';
import { listVectors, readVector } from '../support/vectors.js';

const documented = readVector('akamai/documented-token.jwt');
const unsecured = readVector('rfc8417/fig6-unsecured.jwt');
const wrapped = documented.replace(/.{64}/g, '$&\n');

function read(text: string): { kind: string; tokens: string[]; remarks: (string | undefined)[] } {
  const { kind, entries } = readPaste(text);
  const list = [...entries];
  return { kind, tokens: list.map(({ token }) => token), remarks: list.map(({ remark }) => remark) };
}

describe('one token', () => {
  test('is kept unchanged', () => {
    expect(read(documented)).toEqual({ kind: 'a token', tokens: [documented], remarks: [undefined] });
  });

  test.each([
    ['line wraps', wrapped, 'line breaks and spaces'],
    ['a Bearer prefix', `Bearer ${documented}`, 'a "Bearer" prefix'],
    ['an Authorization header', `Authorization: Bearer ${documented}`, 'a "Bearer" prefix'],
    ['quotes', `"${documented}",`, 'quotes'],
    ['white space', `  ${documented}\n\n`, 'surrounding white space'],
  ])('is repaired with a remark: %s', (_, text, removed) => {
    const { tokens, remarks } = read(text);
    expect(tokens).toEqual([documented]);
    expect(remarks[0]).toContain(removed);
  });

  test('is extracted from text that continues after it', () => {
    expect(read(`${documented}\nis what I got, and why?`)).toMatchObject({
      tokens: [documented],
      remarks: ['Ignored the text after the token.'],
    });
  });

  test('is found even if malformed', () => {
    expect(read('eyJh.b+d')).toEqual({ kind: 'a token', tokens: ['eyJh.b+d'], remarks: [undefined] });
  });

  test.each(['', ' \n\t'])('is not found in %j', (text) => {
    expect(read(text)).toEqual({ kind: 'nothing', tokens: [], remarks: [] });
  });
});

describe('many tokens', () => {
  test('are found one per line, including malformed ones', () => {
    expect(read(`${documented}\n\nbad\r\n${unsecured}\r\n`)).toMatchObject({
      kind: 'tokens',
      tokens: [documented, 'bad', unsecured],
    });
  });

  test('are found in a log', () => {
    expect(read(`12:00 got body=${documented} ok\n12:01 nothing\n12:02 got "${unsecured}"`).tokens).toEqual([
      documented,
      unsecured,
    ]);
  });

  test('are found in CSV', () => {
    expect(read(`1,${documented}\n2,${unsecured},x`)).toMatchObject({
      tokens: [documented, unsecured],
      remarks: Array(2).fill('Ignored the text around the token.'),
    });
  });

  test('are found one by one', async () => {
    const many = Array.from({ length: 5_000 }, () => documented).join('\n');
    const readFirst = (): unknown => readPaste(many).entries[Symbol.iterator]().next().value;
    expect(readFirst()).toEqual({ token: documented });
    // Finding all of them takes about 500 times as long.
    expect(await timesAsLong(() => Array.from(readPaste(many).entries), readFirst)).toBeGreaterThan(10);
  });
});

test('JSON of any length and depth is searched', () => {
  const depth = 100_000;
  const long = JSON.stringify(Array.from({ length: 200_000 }, () => 0)).replace('0]', `"${documented}"]`);
  const record = `{"iss":"a","events":{"b":${'['.repeat(depth)}"${documented}"${']'.repeat(depth)}}}`;
  expect(read(long).tokens).toEqual([documented]);
  expect(read(`[${record}]`).tokens).toHaveLength(1);
});

describe('an HTTP message', () => {
  const fields = [
    'Host: receiver.example',
    'Content-Type: application/secevent+jwt',
    `Authorization: Bearer ${unsecured}`,
  ].join('\r\n');

  test.each([
    ['a request', `POST /events HTTP/1.1\r\n${fields}\r\n\r\n${documented}`],
    ['a request with bare line feeds', `POST /events HTTP/1.1\n${fields.replaceAll('\r', '')}\n\n${documented}\n`],
    ['header fields without a request line', `${fields}\r\n\r\n${documented}`],
    ['output of curl -v', `> POST /events HTTP/2\n> Host: receiver.example\n> \n${documented}`],
    ['an HTTP/2 request', `:method: POST\r\n:path: /events\r\n${fields}\r\n\r\n${documented}`],
    ['a form', `POST /logout HTTP/1.1\r\n${fields}\r\n\r\nlogout_token=${documented}`],
    [
      'a poll response',
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ sets: { a: documented } })}`,
    ],
  ])('yields the token of its body, never the one of a header: %s', (_, text) => {
    expect(read(text)).toMatchObject({ kind: 'an HTTP message', tokens: [documented] });
  });

  test('without a body yields no token', () => {
    expect(read(`POST /events HTTP/1.1\r\n${fields}\r\n\r\n`)).toMatchObject({ kind: 'an HTTP message', tokens: [] });
    expect(read(`POST /events HTTP/1.1\r\n${fields}`)).toMatchObject({ kind: 'an HTTP message', tokens: [] });
  });

  test('yields its body even if that is malformed', () => {
    expect(read('POST /events HTTP/1.1\r\nHost: a\r\n\r\neyJh.b+d').tokens).toEqual(['eyJh.b+d']);
  });
});

describe('JSON', () => {
  test.each([...listVectors('akamai', '.jwt'), ...listVectors('rfc8417', '.jwt'), 'rfc8936/fig6-3d0c3cf7.jwt'])(
    'written by the command restores the exact token of %s',
    (name) => {
      const token = readVector(name);
      // The command replaces line breaks within a part, so these vectors must not contain any.
      expect(read(`${toRecord(token)}\n`).tokens).toEqual([token]);
    },
  );

  test('lines of records yield one token each', () => {
    const tokens = [tokenWith({ jti: 'é' }), tokenWith({ n: 1e21 }), makeToken('{"alg":"RS256" }')];
    expect(read(tokens.map((token) => `${toRecord(token)}\n`).join('')).tokens).toEqual(tokens);
  });

  test.each([
    ['a poll response', { sets: { a: documented, b: unsecured } }],
    [
      'an export of events',
      [
        { id: 1, request: { payload: documented } },
        { id: 2, request: { payload: unsecured } },
      ],
    ],
    ['an array of strings', [documented, unsecured]],
  ])('is searched for tokens: %s', (_, value) => {
    expect(read(JSON.stringify(value, null, 2)).tokens).toEqual([documented, unsecured]);
    expect(read(JSON.stringify(value)).tokens).toEqual([documented, unsecured]);
  });

  test('lines are searched for tokens', () => {
    const lines = [documented, unsecured].map((payload) => JSON.stringify({ request: { payload } }));
    expect(read(lines.join('\n')).tokens).toEqual([documented, unsecured]);
  });

  test('claims without a header become a token without a signature, with a remark', () => {
    const { tokens, remarks } = read('{\n "iss": "a",\n "iat": 1, "jti": "b", "events": {"c": {}}\n}');
    expect(Buffer.from(tokens[0]!.split('.')[1]!, 'base64url').toString()).toContain('"jti": "b"');
    expect(tokens[0]).toMatch(/\.$/);
    expect(remarks[0]).toContain('without a header and a signature');
  });

  test('without a token counts as a token itself, so that its error is shown', () => {
    expect(read('{"a":1}').tokens).toEqual(['{"a":1}']);
    expect(read('{"a":1').tokens).toEqual(['{"a":1']);
  });
});
