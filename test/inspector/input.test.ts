/** What is pasted or dropped: which tokens are found in it. */
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
  test('is taken as it is', () => {
    expect(read(documented)).toEqual({ kind: 'a token', tokens: [documented], remarks: [undefined] });
  });

  test.each([
    ['line wraps', wrapped, 'line breaks and spaces inside'],
    ['a Bearer prefix', `Bearer ${documented}`, 'a "Bearer" prefix'],
    ['a field of a header', `Authorization: Bearer ${documented}`, 'a "Bearer" prefix'],
    ['quotes', `"${documented}",`, 'quotes'],
    ['white space', `  ${documented}\n\n`, 'white space around it'],
  ])('is repaired of %s, and that is said', (_, text, removed) => {
    const { tokens, remarks } = read(text);
    expect(tokens).toEqual([documented]);
    expect(remarks[0]).toContain(removed);
  });

  test('is taken without the text behind it', () => {
    expect(read(`${documented}\nis what I got, and why?`)).toMatchObject({
      tokens: [documented],
      remarks: ['Left out the text behind the token.'],
    });
  });

  test('that is bad is still one', () => {
    expect(read('eyJh.b+d')).toEqual({ kind: 'a token', tokens: ['eyJh.b+d'], remarks: [undefined] });
  });

  test.each(['', ' \n\t'])('is none in %j', (text) => {
    expect(read(text)).toEqual({ kind: 'nothing', tokens: [], remarks: [] });
  });
});

describe('many tokens', () => {
  test('come a line each, bad ones among them', () => {
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

  test('are found in a table', () => {
    expect(read(`1,${documented}\n2,${unsecured},x`)).toMatchObject({
      tokens: [documented, unsecured],
      remarks: Array(2).fill('Left out the text around the token.'),
    });
  });

  test('come one by one', async () => {
    const many = Array.from({ length: 5_000 }, () => documented).join('\n');
    const readFirst = (): unknown => readPaste(many).entries[Symbol.iterator]().next().value;
    expect(readFirst()).toEqual({ token: documented });
    // All of them take some 500 times as long.
    expect(await timesAsLong(() => Array.from(readPaste(many).entries), readFirst)).toBeGreaterThan(10);
  });
});

test('JSON is searched however long and deep it is', () => {
  const depth = 100_000;
  const long = JSON.stringify(Array.from({ length: 200_000 }, () => 0)).replace('0]', `"${documented}"]`);
  const record = `{"iss":"a","events":{"b":${'['.repeat(depth)}"${documented}"${']'.repeat(depth)}}}`;
  expect(read(long).tokens).toEqual([documented]);
  expect(read(`[${record}]`).tokens).toHaveLength(1);
});

describe('an HTTP message', () => {
  const fields = `Host: receiver.example\r\nContent-Type: application/secevent+jwt\r\nAuthorization: Bearer ${unsecured}`;

  test.each([
    ['a request', `POST /events HTTP/1.1\r\n${fields}\r\n\r\n${documented}`],
    ['a request with bare line feeds', `POST /events HTTP/1.1\n${fields.replaceAll('\r', '')}\n\n${documented}\n`],
    ['fields alone', `${fields}\r\n\r\n${documented}`],
    ['what curl -v prints', `> POST /events HTTP/2\n> Host: receiver.example\n> \n${documented}`],
    ['a request of HTTP/2', `:method: POST\r\n:path: /events\r\n${fields}\r\n\r\n${documented}`],
    ['a form', `POST /logout HTTP/1.1\r\n${fields}\r\n\r\nlogout_token=${documented}`],
    [
      'an answer to a poll',
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ sets: { a: documented } })}`,
    ],
  ])('gives the token of its body, and never that of a header: %s', (_, text) => {
    expect(read(text)).toMatchObject({ kind: 'an HTTP message', tokens: [documented] });
  });

  test('without a body has none', () => {
    expect(read(`POST /events HTTP/1.1\r\n${fields}\r\n\r\n`)).toMatchObject({ kind: 'an HTTP message', tokens: [] });
    expect(read(`POST /events HTTP/1.1\r\n${fields}`)).toMatchObject({ kind: 'an HTTP message', tokens: [] });
  });

  test('has its body shown when that is bad', () => {
    expect(read('POST /events HTTP/1.1\r\nHost: a\r\n\r\neyJh.b+d').tokens).toEqual(['eyJh.b+d']);
  });
});

describe('JSON', () => {
  test.each([...listVectors('akamai', '.jwt'), ...listVectors('rfc8417', '.jwt'), 'rfc8936/fig6-3d0c3cf7.jwt'])(
    'as the command writes it gives back the very token of %s',
    (name) => {
      const token = readVector(name);
      // White space within a part is made one line by the command.
      expect(read(`${toRecord(token)}\n`).tokens).toEqual([token]);
    },
  );

  test('as lines of records gives a token each', () => {
    const tokens = [tokenWith({ jti: 'é' }), tokenWith({ n: 1e21 }), makeToken('{"alg":"RS256" }')];
    expect(read(tokens.map((token) => `${toRecord(token)}\n`).join('')).tokens).toEqual(tokens);
  });

  test.each([
    ['an answer to a poll', { sets: { a: documented, b: unsecured } }],
    [
      'an export of events',
      [
        { id: 1, request: { payload: documented } },
        { id: 2, request: { payload: unsecured } },
      ],
    ],
    ['texts', [documented, unsecured]],
  ])('has its tokens found in %s', (_, value) => {
    expect(read(JSON.stringify(value, null, 2)).tokens).toEqual([documented, unsecured]);
    expect(read(JSON.stringify(value)).tokens).toEqual([documented, unsecured]);
  });

  test('as lines, each with a token somewhere, has them found', () => {
    const lines = [documented, unsecured].map((payload) => JSON.stringify({ request: { payload } }));
    expect(read(lines.join('\n')).tokens).toEqual([documented, unsecured]);
  });

  test('of claims alone becomes a token without a signature, and that is said', () => {
    const { tokens, remarks } = read('{\n "iss": "a",\n "iat": 1, "jti": "b", "events": {"c": {}}\n}');
    expect(Buffer.from(tokens[0]!.split('.')[1]!, 'base64url').toString()).toContain('"jti": "b"');
    expect(tokens[0]).toMatch(/\.$/);
    expect(remarks[0]).toContain('no signature');
  });

  test('without a token is shown with its error', () => {
    expect(read('{"a":1}').tokens).toEqual(['{"a":1}']);
    expect(read('{"a":1').tokens).toEqual(['{"a":1']);
  });
});
