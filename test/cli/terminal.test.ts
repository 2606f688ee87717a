/**
 * The command on a real terminal, made by script(1): colour, progress, prompts, and a paste that is longer than a
 * terminal line.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { wantsColour } from '../../src/cli/terminal.js';
import { PATIENTLY } from '../support/timing.js';
import { CLAIMS, HEADER, makeToken, tokenWith } from '../support/tokens.js';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'secevent-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Terminal {
  /** What it has shown so far. */
  screen(): string;
  type(text: string): void;
  /** Ends with all that it showed. */
  readonly closed: Promise<string>;
}

/** Runs a shell line on a terminal of its own. */
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

/**
 * Runs a shell line, types once the prompt is there, and gives what the terminal showed. The prompt may be in a log.
 */
async function typeInto(line: string, typed: string, log?: string): Promise<string> {
  const { screen, type, closed } = openTerminal(line);
  const said = (): string => (log === undefined ? screen() : existsSync(log) ? readFileSync(log, 'utf8') : '');
  await vi.waitFor(() => expect(said()).toContain('then press Ctrl-D'), PATIENTLY);
  type(typed);
  return closed;
}

describe.runIf(process.platform === 'linux')('on a terminal', () => {
  test('the three parts have their colours, without being asked', async () => {
    const screen = await onTerminal(`secevent decode ${makeToken()}`);
    for (const colour of ['\u001b[33mUNVERIFIED', '\u001b[31m{', '\u001b[35m{', '\u001b[36m'])
      expect(screen).toContain(colour);
  });

  test('NO_COLOR and a terminal that knows no colour are respected', async () => {
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect(await onTerminal(`secevent decode ${makeToken()}`, environment)).not.toContain('\u001b[');
    }
  });

  test('--json and --lines say UNVERIFIED to the person', async () => {
    writeFileSync(join(folder, 'tokens.txt'), `${makeToken()}\n`);
    expect(await onTerminal(`secevent decode --json ${makeToken()} > ${join(folder, 'out.json')}`)).toContain(
      'UNVERIFIED',
    );
    expect(await onTerminal(`secevent decode --lines ${join(folder, 'tokens.txt')}`)).toContain(
      '1 decoded, 0 failed, UNVERIFIED',
    );
  });

  test('--lines into a file shows how far it is, but not where nothing can be erased', async () => {
    const [pipe, file, out] = ['pipe', 'many.txt', 'out.ndjson'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    execFileSync('mkfifo', [pipe]);
    const { screen, closed } = openTerminal(`secevent decode --lines ${pipe} > ${out}`);
    const input = createWriteStream(pipe);
    let count = 0;
    // The progress is shown from time to time: tokens come until it was shown twice.
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

  test('a token longer than a line of a terminal can be pasted at the prompt', async () => {
    const token = makeToken(HEADER, { ...CLAIMS, text: 'x'.repeat(6_000) });
    const screen = await typeInto('secevent decode', `${token}\r\u0004`);
    expect(screen.slice(0, 100)).toContain('paste a token');
    expect(screen.includes('x'.repeat(6_000))).toBe(true);
    expect(screen.includes('ERR_SET_')).toBe(false);
  });

  test('a paste without a line break ends with Ctrl-D as well', async () => {
    expect(await typeInto('secevent decode', `${makeToken()}\u0004`)).toContain('entityCreated');
  });

  test('what is pasted is not echoed into a log', async () => {
    const log = join(folder, 'log.txt');
    await typeInto(`secevent decode --json 2> ${log} > ${join(folder, 'out.json')}`, `${makeToken()}\r\u0004`, log);
    expect(readFileSync(join(folder, 'out.json'), 'utf8')).toContain('entityCreated');
    expect(readFileSync(log, 'utf8')).toBe('secevent: paste a token, then press Ctrl-D\n');
  });

  test('many tokens can be pasted at the prompt', async () => {
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
])('with %j, and a terminal: %j, colour is wanted: %j', (environment, isTTY, isWanted) => {
  expect(wantsColour({ isTTY }, environment)).toBe(isWanted);
});
