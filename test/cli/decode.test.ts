/** Runs `secevent decode`: what it prints, where, and its exit status. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { secevent } from '../support/command.js';
import { segment } from '../support/octets.js';
import { CLAIMS, HEADER, makeToken } from '../support/tokens.js';
import { readVector } from '../support/vectors.js';

const documented = readVector('akamai/documented-token.jwt');
const [, , signature = ''] = documented.split('.');
const folder = mkdtempSync(join(tmpdir(), 'secevent-test-'));
const file = join(folder, 'token.jwt');
writeFileSync(file, documented);

afterAll(() => rmSync(folder, { recursive: true }));

describe('a token', () => {
  test.each([
    ['as an argument', [documented], ''],
    ['in a file', [file], ''],
    ['on standard input', [], `${documented}\n`],
    ['on standard input, named', ['-'], documented],
  ])('is decoded %s', async (_, args, input) => {
    const { status, output, errors } = await secevent(['decode', ...args], input);
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output).toMatch(/^UNVERIFIED: /);
    for (const part of [
      'Header\n{\n  "typ": "secevent+jwt"',
      'Payload\n{\n  "iss": "Akamai Identity Cloud"',
      `Signature (256 bytes)\n${signature}\n`,
    ]) {
      expect(output).toContain(part);
    }
    expect(output).not.toContain('\u001b');
  });

  test('has each part in its own color if color is forced', async () => {
    const { output } = await secevent(['decode', documented], '', { FORCE_COLOR: '1' });
    expect(output).toContain('\u001b[33mUNVERIFIED');
    expect(output).toContain('Header\n\u001b[31m{');
    expect(output).toContain('Payload\n\u001b[35m{');
    expect(output).toContain(`\u001b[36m${signature}\u001b[39m`);
  });

  test.each([
    ['NO_COLOR', { NO_COLOR: '1' }, false],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, false],
    ['an empty FORCE_COLOR', { FORCE_COLOR: '' }, false],
    ['FORCE_COLOR over NO_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('respects %s', async (_, environment, isColored) => {
    const { output } = await secevent(['decode', documented], '', environment);
    expect(output.includes('\u001b[')).toBe(isColored);
  });

  test('without a signature is printed with "Signature (none)"', async () => {
    const { output } = await secevent(['decode', readVector('rfc8417/fig6-unsecured.jwt')]);
    expect(output).toContain('Signature (none)');
  });

  test('cannot act on the terminal', async () => {
    const name = 'red\u001b[31m c1\u009b31m reversed\u202e del\u007f';
    const { output } = await secevent(['decode', makeToken(HEADER, { ...CLAIMS, name })], '', { FORCE_COLOR: '1' });
    expect(output).toContain('red\\u001b[31m c1\\u009b31m reversed\\u202e del\\u007f');
  });

  test('with deep nesting is not blown up by indentation', async () => {
    const nested = `${'['.repeat(3_000)}${'1,'.repeat(2_000)}1${']'.repeat(3_000)}`;
    const token = makeToken(HEADER, `{"iss":"i","iat":1,"jti":"j","events":{"e":{"a":${nested}}}}`);
    const { status, output } = await secevent(['decode'], token);
    expect(status).toBe(0);
    expect(output.length).toBeLessThan(3 * token.length);
  });

  test('with nesting that is too deep for JSON.stringify is decoded without an error', async () => {
    const depth = 20_000;
    const token = makeToken(
      HEADER,
      `{"iss":"i","iat":1,"jti":"j","events":{"e":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}}`,
    );
    expect(await secevent(['decode'], token)).toMatchObject({ status: 0, errors: '' });
    expect((await secevent(['decode', '--json'], token)).output).toContain('[[[[');
  });

  test.each([
    ['a Bearer prefix', [`Bearer ${documented}`], '', 'removed a "Bearer" prefix'],
    ['a Bearer prefix that the shell split off', ['Bearer', documented], '', 'removed a "Bearer" prefix'],
    ['line wraps', [], documented.replace(/.{76}/g, '$&\n'), 'removed line breaks and spaces'],
    ['quotes', [], `"${documented}"\n`, 'removed quotes'],
    ['underscores that Markdown escaped', [documented.replaceAll('_', '\\_')], '', 'removed backslashes'],
    [
      'UTF-16, as PowerShell redirects',
      [],
      Buffer.from(`\ufeff ${documented}\r\n`, 'utf16le'),
      'removed surrounding white space',
    ],
  ])('is repaired with a notice: %s', async (_, args, input, repairs) => {
    const { status, output, errors } = await secevent(['decode', '--json', ...args], input);
    expect({ status, errors }).toEqual({ status: 0, errors: `secevent: repaired the pasted text: ${repairs}\n` });
    expect(JSON.parse(output).signature).toBe(signature);
  });

  test('is repaired even if the first line ends where the signature is valid base64url', async () => {
    const token = makeToken(HEADER, CLAIMS, new Uint8Array(64));
    const at = token.lastIndexOf('.') + 1;
    for (const end of [4, 8, 40, 84]) {
      const { status, output } = await secevent(
        ['decode', '--json'],
        `${token.slice(0, at + end)}\n${token.slice(at + end)}\n`,
      );
      expect({ end, status, signature: JSON.parse(output).signature }).toEqual({
        end,
        status: 0,
        signature: token.slice(at),
      });
    }
  });

  test.each([
    ['is cut', documented.slice(0, 500), /ERR_SET_FORMAT.*must have 3 parts/],
    ['is padded', `${documented}==`, /ERR_SET_BASE64URL.*signature/],
    ['is followed by a word', `${documented} hello`, /text after the token/],
    ['is followed by a line', `${documented}\nBearer\n`, /text after the token/],
    [
      'is unsecured and followed by a line',
      `${makeToken({ alg: 'none' }, CLAIMS, new Uint8Array())}\nBearer\n`,
      /text after the token/,
    ],
    ['is encrypted', 'eyJh.AAAA.AAAA.AAAA.AAAA', /ERR_SET_FORMAT.*JWE/],
    ['is not a SET', makeToken({ alg: 'RS256' }, { sub: 'alice' }), /ERR_SET_CLAIM_MISSING.*"events"/],
    ['is missing', '', /ERR_SET_FORMAT: no token in the input/],
  ])('that %s is refused with its code', async (_, token, reason) => {
    const { status, output, errors } = await secevent(['decode'], token);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(reason);
    expect(errors.trim().split('\n')).toHaveLength(1);
  });
});

test.each([
  ['a word', 'webhook', /ERR_SET_FORMAT.*no file has that name/],
  ['three words', 'a.b.c', /ERR_SET_BASE64URL/],
  ['a token that does not begin with eyJ', 'Bearer eyAidHlwIjoiSldUIn0.eyAiaXNzIjoic2VjcmV0In0.c2ln', /ERR_SET_HEADER/],
])('%s as an argument is treated as a token and fails', async (_, argument, reason) => {
  const { status, output, errors } = await secevent(['decode', argument]);
  expect({ status, output }).toEqual({ status: 1, output: '' });
  expect(errors).toMatch(reason);
});

test.each([
  [[`--${documented}`]],
  [['decode', `--${documented}`]],
  [['decode', `/${documented}`]],
  [[documented]],
  [['x'.repeat(500)]],
])('a message never repeats a misplaced token', async (args) => {
  const { status, errors } = await secevent(args);
  expect(status).toBe(2);
  expect(errors.length).toBeLessThan(200);
  expect(errors).not.toContain(documented.slice(120, 140));
});

describe('--json', () => {
  test('prints one line of JSON with the three parts, and nothing else', async () => {
    const { status, output, errors } = await secevent(['decode', '--json', documented], '', { FORCE_COLOR: '1' });
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output.endsWith('}\n') && output.indexOf('\n') === output.length - 1).toBe(true);
    const [header, payload] = documented.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(output).toBe(`{"header":${header},"payload":${payload},"signature":"${signature}"}\n`);
  });

  test('keeps every digit, and prints one line', async () => {
    const payload = '{"iss":"i","iat":1,"jti":"j","big":12345678901234567890,\r\n"events":{"e":{"text":"a\\nb"}}}\n';
    const { output } = await secevent(['decode', '--json', `${segment('{"alg":"none"}\n')}.${segment(payload)}.`]);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).toContain('12345678901234567890');
    expect(JSON.parse(output).payload.events.e.text).toBe('a\nb');
  });
});

describe('wrong usage exits with status 2, says what to do, and prints nothing', () => {
  test.each([
    ['no command', [], /missing command: use one of decode, verify.*\nTry: secevent --help/],
    ['an unknown command', ['decoed'], /unknown command "decoed"/],
    ['a name that every object inherits', ['toString'], /unknown command "toString"/],
    ['a token without a command', [documented], /secevent decode TOKEN/],
    ['an unknown option', ['decode', '--jsn'], /--jsn/],
    ['a missing file', ['decode', 'missing.jwt'], /no such file.*missing\.jwt/],
    ['a folder', ['decode', '.'], /directory/i],
    ['a missing file for --lines', ['decode', '--lines', 'missing'], /no such file/],
    ['two files for --lines', ['decode', '--lines', file, file], /one file/],
    ['a token for --lines', ['decode', '--lines', documented], /not from an argument/],
    ['two files', ['decode', file, file], /one token/],
    ['a token and a word', ['decode', documented, 'OK'], /one token/],
    ['a path that does not exist', ['decode', './eyJ/my.tokens.jwt'], /no such file/],
  ])('%s', async (_, args, reason) => {
    const { status, output, errors } = await secevent(args);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toMatch(reason);
  });

  test.each(['\n', ' ', '\r', '\n\n', '"\n"'])(
    'several tokens where one is expected, separated by %j',
    async (between) => {
      const outcome = await secevent(['decode'], `"${documented}${between}${documented}"`);
      expect(outcome).toMatchObject({ status: 2, output: '', errors: expect.stringContaining('--lines') });
    },
  );

  test('input that is too large for a token', async () => {
    expect(await secevent(['decode'], 'A'.repeat(5_000_000))).toMatchObject({
      status: 2,
      errors: expect.stringContaining('--lines'),
    });
  });
});

test.each([['--help'], ['-h'], ['help'], ['decode', '--help']])('prints the help for %s', async (...args) => {
  const { status, output } = await secevent(args);
  expect(status).toBe(0);
  expect(output).toMatch(/^secevent: .*\n\nUsage:\n {2}secevent decode \[TOKEN \| FILE \| -\]/);
});

test('--version prints the version of the package', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  expect(await secevent(['--version'])).toEqual({ status: 0, output: `${manifest.version}\n`, errors: '' });
});
