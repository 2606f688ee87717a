/** `secevent decode --lines`: many tokens, streamed, with bad lines named by number. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { decodeLines } from '../../src/cli/lines.js';
import { secevent } from '../support/command.js';
import { HEADER, makeToken, segment, tokenWith } from '../support/tokens.js';

const lines = (text: string): unknown[] => text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const jtis = (text: string): unknown[] => lines(text).map((line) => (line as { payload: { jti: string } }).payload.jti);

test('gives one JSON object a line, in order', async () => {
  const tokens = ['a', 'b', 'c'].map((jti) => tokenWith({ jti }));
  const { status, output, errors } = await secevent(['decode', '--lines'], `${tokens.join('\n')}\n`);
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(jtis(output)).toEqual(['a', 'b', 'c']);
  expect(lines(output)[0]).toEqual({ header: HEADER, payload: { ...(lines(output)[0] as { payload: object }).payload }, signature: segment('signature') });
});

test('names bad lines by number, goes on, and says so with its status', async () => {
  const input = [tokenWith({ jti: 'a' }), '', 'not a token', tokenWith({ jti: 'b' }), makeToken(HEADER, '{}'), tokenWith({ jti: 'c' })].join('\n');
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

test('takes line breaks of Windows, a last line without one, and an empty input', async () => {
  expect(jtis((await secevent(['decode', '--lines'], `${tokenWith({ jti: 'a' })}\r\n\r\n${tokenWith({ jti: 'b' })}`)).output)).toEqual(['a', 'b']);
  expect(await secevent(['decode', '--lines'])).toEqual({ status: 0, output: '', errors: '' });
});

test('repairs a damaged line and says so', async () => {
  const { status, output, errors } = await secevent(['decode', '--lines'], `\ufeffBearer ${tokenWith({ jti: 'a' })}\n“${tokenWith({ jti: 'b' })}”\n   \n`);
  expect(status).toBe(0);
  expect(jtis(output)).toEqual(['a', 'b']);
  expect(errors).toMatch(/^secevent: line 1: repaired: removed .*Bearer.*\nsecevent: line 2: repaired: removed quotes\n$/);
});

test('keeps text beyond ASCII, and never breaks a line within an object', async () => {
  const payload = '{"iss":"Zoë 日本語 😀","iat":1,"jti":"\u2028","events":{"e":{}},\n"a":[\r\n1]}';
  const { output } = await secevent(['decode', '--lines'], makeToken(`${JSON.stringify(HEADER)}\n`, payload));
  expect(output.trimEnd().split('\n')).toHaveLength(1);
  expect(lines(output)[0]).toMatchObject({ payload: JSON.parse(payload) });
});

describe('pieces of input', () => {
  async function run(chunks: readonly (string | Buffer)[]): Promise<{ output: string; faults: [number, string][]; status: unknown }> {
    let output = '';
    const faults: [number, string][] = [];
    async function* input(): AsyncGenerator<Buffer> {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const status = await decodeLines(input(), {
      async write(text) {
        output += text;
      },
      onFault: (line, error) => faults.push([line, error.code]),
      onRepair: () => undefined,
      onProgress: () => undefined,
    });
    return { output, faults, status };
  }

  test('may end anywhere', async () => {
    const input = `${tokenWith({ jti: 'a' })}\n${tokenWith({ jti: 'b' })}\n`;
    for (const size of [1, 7, 100, 1_000]) {
      const { output, status } = await run(input.match(new RegExp(`[^]{1,${size}}`, 'g'))!);
      expect(jtis(output)).toEqual(['a', 'b']);
      expect(status).toEqual({ lines: 2, decoded: 2, failed: 0 });
    }
  });

  test('without a line break do not pile up: the line fails and the next one is read', async () => {
    const flood = Array.from({ length: 64 }, () => 'A'.repeat(100_000));
    const { output, faults } = await run([...flood, `\n${tokenWith({ jti: 'after' })}\n`, ...flood]);
    expect(jtis(output)).toEqual(['after']);
    expect(faults).toEqual([
      [1, 'ERR_SET_TOO_LARGE'],
      [3, 'ERR_SET_TOO_LARGE'],
    ]);
  });
});

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

test('ends quietly when the reader has seen enough', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secevent-test-'));
  const file = join(folder, 'tokens.txt');
  writeFileSync(file, `${tokenWith({ jti: 'a' })}\n`.repeat(20_000));
  const pipeline = `"${process.execPath}" "${command}" decode --lines "${file}" | head -n 1`;
  const { stdout, stderr } = spawnSync('sh', ['-c', pipeline], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect({ jtis: jtis(stdout), stderr }).toEqual({ jtis: ['a'], stderr: '' });
});

test.runIf(process.platform === 'linux')('memory stays flat however long the input is', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [command, 'decode', '--lines'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let written = 0;
  child.stdout.on('data', (chunk: Buffer) => (written += chunk.length));
  const piece = `${tokenWith({ text: 'x'.repeat(1_000) })}\n`.repeat(500);
  let peakKilobytes = 0;
  for (let round = 0; round < 400; round++) {
    if (!child.stdin.write(piece)) await new Promise((resolve) => child.stdin.once('drain', resolve));
    peakKilobytes = Math.max(peakKilobytes, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]));
  }
  child.stdin.end();
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  expect(written).toBeGreaterThan(200_000_000);
  expect(peakKilobytes / 1024).toBeLessThan(200);
});
