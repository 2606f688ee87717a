/** Runs `secevent decode --lines`: many tokens, streamed, with failures reported by line number. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { decodeLines } from '../../src/cli/lines.js';
import { secevent } from '../support/command.js';
import { segment } from '../support/octets.js';
import { growthOf, LINEAR } from '../support/timing.js';
import { HEADER, makeToken, tokenWith } from '../support/tokens.js';

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const jtis = (text: string): unknown[] => lines(text).map((line) => (line as { payload: { jti: string } }).payload.jti);

test('prints one JSON object per line, in order', async () => {
  const tokens = ['a', 'b', 'c'].map((jti) => tokenWith({ jti }));
  const { status, output, errors } = await secevent(['decode', '--lines'], `${tokens.join('\n')}\n`);
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(jtis(output)).toEqual(['a', 'b', 'c']);
  expect(lines(output)[0]).toEqual({
    header: HEADER,
    payload: { ...(lines(output)[0] as { payload: object }).payload },
    signature: segment('signature'),
  });
});

test('reports lines that fail by number, continues, and exits with status 1', async () => {
  const input = [
    tokenWith({ jti: 'a' }),
    '',
    'not a token',
    tokenWith({ jti: 'b' }),
    makeToken(HEADER, '{}'),
    tokenWith({ jti: 'c' }),
  ].join('\n');
  const { status, output, errors } = await secevent(['decode', '--lines'], input);
  expect(status).toBe(1);
  expect(jtis(output)).toEqual(['a', 'b', 'c']);
  expect(errors.split('\n')).toEqual([
    expect.stringMatching(/^secevent: line 3: ERR_SET_FORMAT: /),
    expect.stringMatching(/^secevent: line 5: ERR_SET_CLAIM_MISSING: /),
    'secevent: 3 decoded, 2 failed',
    '',
  ]);
});

test('accepts Windows line breaks, a last line without one, and empty input', async () => {
  expect(
    jtis(
      (await secevent(['decode', '--lines'], `${tokenWith({ jti: 'a' })}\r\n\r\n${tokenWith({ jti: 'b' })}`)).output,
    ),
  ).toEqual(['a', 'b']);
  expect(await secevent(['decode', '--lines'])).toEqual({ status: 0, output: '', errors: '' });
});

test('repairs damaged lines and reports each repair', async () => {
  const { status, output, errors } = await secevent(
    ['decode', '--lines'],
    `\ufeffBearer ${tokenWith({ jti: 'a' })}\n“${tokenWith({ jti: 'b' })}”\n   \n`,
  );
  expect(status).toBe(0);
  expect(jtis(output)).toEqual(['a', 'b']);
  expect(errors).toMatch(
    /^secevent: line 1: repaired: removed .*Bearer.*\nsecevent: line 2: repaired: removed quotes\n$/,
  );
});

test('keeps text beyond ASCII, and never breaks a line inside an object', async () => {
  const payload = '{"iss":"Zoë 日本語 😀","iat":1,"jti":"\u2028","events":{"e":{}},\n"a":[\r\n1]}';
  const { output } = await secevent(['decode', '--lines'], makeToken(`${JSON.stringify(HEADER)}\n`, payload));
  expect(output.trimEnd().split('\n')).toHaveLength(1);
  expect(lines(output)[0]).toMatchObject({ payload: JSON.parse(payload) });
});

test('prints each token with its own header', async () => {
  const kids = ['a', 'b', 'b', 'a', 'c'];
  const { output } = await secevent(
    ['decode', '--lines'],
    kids.map((kid) => makeToken({ alg: 'RS256', kid })).join('\n'),
  );
  expect(lines(output).map((line) => (line as { header: { kid: string } }).header.kid)).toEqual(kids);
});

test('skips no line: what is not decoded fails', async () => {
  const { status, output, errors } = await secevent(
    ['decode', '--lines'],
    `""\n'\n${tokenWith({ jti: 'a' })} OK\n\t \n`,
  );
  expect({ status, output }).toEqual({ status: 1, output: '' });
  expect(errors).toMatch(
    /line 1: ERR_SET_FORMAT.*\n.*line 2: ERR_SET_FORMAT.*\n.*line 3: ERR_SET_BASE64URL.*\n.*0 decoded, 3 failed\n$/,
  );
});

test('escapes characters that act on a terminal', async () => {
  const { output } = await secevent(['decode', '--lines'], tokenWith({ name: 'c1\u009b31m reversed\u202e Zoë' }));
  expect(output).toContain('c1\\u009b31m reversed\\u202e Zoë');
});

describe('chunks of input', () => {
  async function run(chunks: Iterable<string>): Promise<{ output: string; notices: string; tally: unknown }> {
    let output = '';
    let notices = '';
    async function* input(): AsyncGenerator<Buffer> {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const tally = await decodeLines(input(), {
      async writeRecords(text) {
        output += text;
      },
      async writeNotices(text) {
        notices += text;
      },
      progress: () => undefined,
    });
    return { output, notices, tally };
  }

  test('may end anywhere', async () => {
    const input = `${tokenWith({ jti: 'a' })}\r\n${tokenWith({ jti: 'b' })}\n`;
    for (const size of [1, 7, 100, 1_000]) {
      const { output, tally } = await run(input.match(new RegExp(`[^]{1,${size}}`, 'g'))!);
      expect(jtis(output)).toEqual(['a', 'b']);
      expect(tally).toEqual({ decoded: 2, failed: 0 });
    }
  });

  test('without a line break do not accumulate: the line fails and the next one is read', async () => {
    const flood = Array.from({ length: 64 }, () => 'A'.repeat(100_000));
    const { output, notices } = await run([...flood, `\n${tokenWith({ jti: 'after' })}\n`, ...flood]);
    expect(jtis(output)).toEqual(['after']);
    expect(notices).toMatch(/^secevent: line 1: ERR_SET_TOO_LARGE: .*\nsecevent: line 3: ERR_SET_TOO_LARGE: .*\n$/);
  });

  test('cost no more in total when they are small', async () => {
    const chunksOf = (length: number): string[] => Array.from({ length: length / 64 }, () => 'A'.repeat(64));
    expect((await run(chunksOf(2_100_000))).notices).toContain('line 1: ERR_SET_TOO_LARGE');
    // Both fit in a line, so all chunks are kept.
    expect(await growthOf(run, chunksOf(500_000), chunksOf(2_000_000))).toBeLessThan(LINEAR);
  });
});

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

describe('a reader that closes the pipe', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secevent-test-'));
  const file = join(folder, 'tokens.txt');
  const records = join(folder, 'records.ndjson');
  afterAll(() => rmSync(folder, { recursive: true }));
  const many = `${tokenWith({ jti: 'a' })}\n`.repeat(20_000);

  function shell(line: string): { stdout: string; stderr: string; status: string } {
    const script = line.replaceAll('DECODE', `"${process.execPath}" "${command}" decode --lines "${file}"`);
    const { stdout, stderr } = spawnSync('bash', ['-c', `${script}; echo "\${PIPESTATUS[0]}" >&2`], {
      encoding: 'utf8',
    });
    const [status = '', ...messages] = stderr.trimEnd().split('\n').reverse();
    return { stdout, stderr: messages.reverse().join('\n'), status };
  }

  test('ends the command quietly', () => {
    writeFileSync(file, many);
    const { stdout, stderr, status } = shell('DECODE | head -n 1');
    expect({ jtis: jtis(stdout), stderr, status }).toEqual({ jtis: ['a'], stderr: '', status: '0' });
  });

  test('does not hide that lines failed', () => {
    writeFileSync(file, `bad\n${many}`);
    expect(shell('DECODE 2>/dev/null | head -n 1')).toMatchObject({ status: '1', stderr: '' });
  });

  test('on standard error does not lose records', () => {
    writeFileSync(file, `${'bad\n'.repeat(20_000)}${many}`);
    const { status } = shell(`DECODE 2>&1 >"${records}" | head -n 1`);
    expect({ status, written: jtis(readFileSync(records, 'utf8')).length }).toEqual({ status: '1', written: 20_000 });
  });

  test.runIf(existsSync('/dev/full'))('is not confused with a full disk, which is reported', () => {
    writeFileSync(file, many);
    const { stderr, status } = shell('DECODE >/dev/full');
    expect(stderr).toMatch(/^secevent: cannot write the output: ENOSPC/);
    expect(status).toBe('2');
  });
});

test.runIf(process.platform === 'linux').each([
  ['valid', `${tokenWith({ text: 'x'.repeat(1_000) })}\n`.repeat(500), 400],
  ['invalid', 'bad\n'.repeat(100_000), 20],
])('memory use is bounded for any number of %s lines', { timeout: 300_000 }, async (_, chunk, times) => {
  const child = spawn(process.execPath, [command, 'decode', '--lines']);
  let written = 0;
  child.stdout.on('data', (data: Buffer) => (written += data.length));
  child.stderr.on('data', (data: Buffer) => (written += data.length));
  let peakKilobytes = 0;
  for (let round = 0; round < times; round++) {
    if (!child.stdin.write(chunk)) await new Promise((resolve) => child.stdin.once('drain', resolve));
    peakKilobytes = Math.max(
      peakKilobytes,
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
    );
  }
  child.stdin.end();
  await new Promise((resolve) => child.once('close', resolve));
  expect(written).toBeGreaterThan(100_000_000);
  expect(peakKilobytes / 1024).toBeLessThan(200);
});
