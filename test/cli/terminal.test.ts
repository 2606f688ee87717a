/** The command on a real terminal, made by script(1): colour, progress, prompts, and a paste that is longer than a terminal line. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { wantsColour } from '../../src/cli/terminal.js';
import { CLAIMS, HEADER, makeToken, tokenWith } from '../support/tokens.js';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'secevent-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a shell line on a terminal of its own, types once it has said something or for long nothing, and gives what it showed. */
function onTerminal(line: string, typed = '', environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  const script = line.replace('secevent', `"${process.execPath}" "${command}"`);
  const child = spawn('script', ['-qec', script, '/dev/null'], { env: { ...rest, TERM: 'xterm', ...environment } });
  let screen = '';
  let isTyped = typed === '';
  function type(): void {
    if (!isTyped) child.stdin.write(typed);
    isTyped = true;
  }
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    type();
  });
  setTimeout(type, 1_500);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(screen));
  });
}

describe.runIf(process.platform === 'linux')('on a terminal', () => {
  test('the three parts have their colours, without being asked', async () => {
    const screen = await onTerminal(`secevent decode ${makeToken()}`);
    for (const colour of ['\u001b[33mUNVERIFIED', '\u001b[31m{', '\u001b[35m{', '\u001b[36m']) expect(screen).toContain(colour);
  });

  test('NO_COLOR and a terminal that knows no colour are respected', async () => {
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect(await onTerminal(`secevent decode ${makeToken()}`, '', environment)).not.toContain('\u001b[');
    }
  });

  test('--json and --lines say UNVERIFIED to the person', async () => {
    writeFileSync(join(folder, 'tokens.txt'), `${makeToken()}\n`);
    expect(await onTerminal(`secevent decode --json ${makeToken()} > ${join(folder, 'out.json')}`)).toContain('UNVERIFIED');
    expect(await onTerminal(`secevent decode --lines ${join(folder, 'tokens.txt')}`)).toContain('1 decoded, 0 failed, UNVERIFIED');
  });

  test('--lines into a file shows how far it is, but not where nothing can be erased', async () => {
    writeFileSync(join(folder, 'many.txt'), `${makeToken()}\n`.repeat(100_000));
    const line = `secevent decode --lines ${join(folder, 'many.txt')} > ${join(folder, 'out.ndjson')}`;
    const screen = await onTerminal(line);
    expect(screen.match(/\r\u001b\[K[\d,]+ decoded, 0 failed/g)!.length).toBeGreaterThan(1);
    expect(screen).toMatch(/secevent: 100,000 decoded, 0 failed, UNVERIFIED\r\n$/);
    expect(await onTerminal(line, '', { TERM: 'dumb' })).toBe('secevent: 100,000 decoded, 0 failed, UNVERIFIED\r\n');
  });

  test('a token longer than a line of a terminal can be pasted at the prompt', async () => {
    const token = makeToken(HEADER, { ...CLAIMS, text: 'x'.repeat(6_000) });
    const screen = await onTerminal('secevent decode', `${token}\r\u0004`);
    expect(screen.slice(0, 100)).toContain('paste a token');
    expect(screen.includes('x'.repeat(6_000))).toBe(true);
    expect(screen.includes('ERR_SET_')).toBe(false);
  });

  test('a paste without a line break ends with Ctrl-D as well', async () => {
    expect(await onTerminal('secevent decode', `${makeToken()}\u0004`)).toContain('entityCreated');
  });

  test('what is pasted is not echoed into a log', async () => {
    const log = join(folder, 'log.txt');
    await onTerminal(`secevent decode --json 2> ${log} > ${join(folder, 'out.json')}`, `${makeToken()}\r\u0004`);
    expect(readFileSync(join(folder, 'out.json'), 'utf8')).toContain('entityCreated');
    expect(readFileSync(log, 'utf8')).toBe('secevent: paste a token, then press Ctrl-D\n');
  });

  test('many tokens can be pasted at the prompt', async () => {
    const screen = await onTerminal('secevent decode --lines', `${tokenWith({ jti: 'first' })}\r${tokenWith({ jti: 'second' })}\r\u0004`);
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
