/**
 * Runs the command on a real terminal, created by script(1): color, progress, prompts, and pastes that are longer than
 * the terminal's line buffer.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { wantsColor } from '../../src/cli/terminal.js';
import { PATIENTLY } from '../support/timing.js';
import { CLAIMS, HEADER, makeToken, tokenWith } from '../support/tokens.js';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'secevent-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Terminal {
  /** Returns what it has shown so far. */
  screen(): string;
  type(text: string): void;
  /** Resolves to everything it showed, once the program has ended. */
  readonly closed: Promise<string>;
}

/** Runs a shell command on a new terminal. */
function openTerminal(line: string, environment: NodeJS.ProcessEnv = {}): Terminal {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  const script = line.replace('secevent', `"${process.execPath}" "${command}"`);
  const child = spawn('script', ['-qec', script, '/dev/null'], { env: { ...rest, TERM: 'xterm', ...environment } });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  return {
    screen: () => screen,
    type: (text) => void child.stdin.write(text),
    closed: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => resolve(screen));
    }),
  };
}

const onTerminal = (line: string, environment?: NodeJS.ProcessEnv): Promise<string> =>
  openTerminal(line, environment).closed;

/** Runs a shell command, types after the prompt, and returns what the terminal showed. The prompt may go to a log. */
async function typeInto(line: string, typed: string, log?: string): Promise<string> {
  const { screen, type, closed } = openTerminal(line);
  const output = (): string => (log === undefined ? screen() : existsSync(log) ? readFileSync(log, 'utf8') : '');
  await vi.waitFor(() => expect(output()).toContain('then press Ctrl-D'), PATIENTLY);
  type(typed);
  return closed;
}

describe.runIf(process.platform === 'linux')('on a terminal', () => {
  test('the three parts are colored by default', async () => {
    const screen = await onTerminal(`secevent decode ${makeToken()}`);
    for (const colored of ['\u001b[33mUNVERIFIED', '\u001b[31m{', '\u001b[35m{', '\u001b[36m'])
      expect(screen).toContain(colored);
  });

  test('NO_COLOR and a dumb terminal switch color off', async () => {
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect(await onTerminal(`secevent decode ${makeToken()}`, environment)).not.toContain('\u001b[');
    }
  });

  test('--json and --lines print UNVERIFIED on the terminal', async () => {
    writeFileSync(join(folder, 'tokens.txt'), `${makeToken()}\n`);
    expect(await onTerminal(`secevent decode --json ${makeToken()} > ${join(folder, 'out.json')}`)).toContain(
      'UNVERIFIED',
    );
    expect(await onTerminal(`secevent decode --lines ${join(folder, 'tokens.txt')}`)).toContain(
      '1 decoded, 0 failed, UNVERIFIED',
    );
  });

  test('--lines into a file shows its progress, except on a dumb terminal', async () => {
    const [pipe, file, out] = ['pipe', 'many.txt', 'out.ndjson'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    execFileSync('mkfifo', [pipe]);
    const { screen, closed } = openTerminal(`secevent decode --lines ${pipe} > ${out}`);
    const input = createWriteStream(pipe);
    let count = 0;
    // Progress is shown at intervals: write tokens until it was shown twice.
    await vi.waitFor(() => {
      input.write(`${makeToken()}\n`.repeat(100));
      count += 100;
      expect(screen().match(/\r\u001b\[K[\d,]+ decoded, 0 failed/g)?.length).toBeGreaterThan(1);
    }, PATIENTLY);
    input.end();
    expect((await closed).split('\u001b[K').at(-1)).toBe(
      `secevent: ${count.toLocaleString('en')} decoded, 0 failed, UNVERIFIED\r\n`,
    );
    writeFileSync(file, `${makeToken()}\n`.repeat(100_000));
    expect(await onTerminal(`secevent decode --lines ${file} > ${out}`, { TERM: 'dumb' })).toBe(
      'secevent: 100,000 decoded, 0 failed, UNVERIFIED\r\n',
    );
  });

  test('a token that is longer than the line buffer of a terminal can be pasted', async () => {
    const token = makeToken(HEADER, { ...CLAIMS, text: 'x'.repeat(6_000) });
    const screen = await typeInto('secevent decode', `${token}\r\u0004`);
    expect(screen.slice(0, 100)).toContain('paste a token');
    expect(screen.includes('x'.repeat(6_000))).toBe(true);
    expect(screen.includes('ERR_SET_')).toBe(false);
  });

  test('Ctrl-D also ends a paste without a line break', async () => {
    expect(await typeInto('secevent decode', `${makeToken()}\u0004`)).toContain('entityCreated');
  });

  test('pasted text is not echoed into a log', async () => {
    const log = join(folder, 'log.txt');
    await typeInto(`secevent decode --json 2> ${log} > ${join(folder, 'out.json')}`, `${makeToken()}\r\u0004`, log);
    expect(readFileSync(join(folder, 'out.json'), 'utf8')).toContain('entityCreated');
    expect(readFileSync(log, 'utf8')).toBe('secevent: paste a token, then press Ctrl-D\n');
  });

  test('many tokens can be pasted', async () => {
    const screen = await typeInto(
      'secevent decode --lines',
      `${tokenWith({ jti: 'first' })}\r${tokenWith({ jti: 'second' })}\r\u0004`,
    );
    expect(screen).toContain('paste tokens');
    expect(screen).toMatch(/"jti":"first"[^]*"jti":"second"/);
  });
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ FORCE_COLOR: 'false' }, true, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  [{ TERM: 'dumb' }, true, false],
])('with the environment %j and isTTY %j, wantsColor returns %j', (environment, isTTY, isColored) => {
  expect(wantsColor({ isTTY }, environment)).toBe(isColored);
});
