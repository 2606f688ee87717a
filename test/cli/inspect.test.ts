/** Runs `secevent inspect`: the page that it writes, its permissions, and what it opens. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { embedText } from '../../src/cli/inspect.js';
import { secevent } from '../support/command.js';
import type { Outcome } from '../support/program.js';
import { PATIENTLY } from '../support/timing.js';
import { readVector } from '../support/vectors.js';

const template = readFileSync(fileURLToPath(new URL('../../dist/inspector.html', import.meta.url)), 'utf8');
const documented = readVector('akamai/documented-token.jwt');
const folder = mkdtempSync(join(tmpdir(), 'secevent-test-'));
const out = join(folder, 'page.html');
const tokens = join(folder, 'tokens.txt');
const pipe = join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);
writeFileSync(tokens, `${documented}\n${documented}\n`);
/** Without a display, no browser is opened. */
const NO_DISPLAY = { DISPLAY: '', WAYLAND_DISPLAY: '' };

afterEach(() => rmSync(out, { force: true, recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the text that is embedded in a page. */
function embeddedTextOf(page: string): unknown {
  return JSON.parse(
    /<script type="application\/json" id="given">(.*?)<\/script>/s.exec(page)?.[1] ?? 'no such element',
  );
}

const inspect = (args: readonly string[], input = '', environment: NodeJS.ProcessEnv = NO_DISPLAY): Promise<Outcome> =>
  secevent(['inspect', ...args], input, environment);

describe('the text', () => {
  test.each([
    ['an argument', [documented], '', documented],
    ['a Bearer prefix that the shell split off', ['Bearer', documented], '', `Bearer ${documented}`],
    ['a file', [tokens], '', `${documented}\n${documented}\n`],
    ['standard input', [], `${documented}\n`, `${documented}\n`],
    ['standard input, named', ['-'], documented, documented],
    ['a malformed token', ['eyJ.<!--<script>.x'], '', 'eyJ.<!--<script>.x'],
    ['empty input', [], '', ''],
  ])('of %s is embedded as it is, and the rest of the page does not change', async (_, args, input, text) => {
    expect(await inspect([...args, '--out', out], input)).toEqual({ status: 0, output: `${out}\n`, errors: '' });
    const page = readFileSync(out, 'utf8');
    expect(embeddedTextOf(page)).toBe(text);
    expect(page.replace(/id="given">.*?</s, 'id="given">null<')).toBe(template);
  });

  test.each(['</script><script>alert(1)</script>', '<!--<script>', '\u2028', '$&', 'null', '"\\'])(
    'cannot break out of its element: %j',
    (text) => {
      const page = embedText(template, text);
      expect(embeddedTextOf(page)).toBe(text);
      expect(page.match(/<(?=script|!--)/g)).toHaveLength(template.match(/<(?=script|!--)/g)!.length);
    },
  );
});

describe('the file of --out', () => {
  test('is readable by its owner only, even if it replaces a page that others could read', async () => {
    writeFileSync(out, template, { mode: 0o644 });
    chmodSync(out, 0o644);
    expect((await inspect([documented, '--out', out])).status).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(embeddedTextOf(readFileSync(out, 'utf8'))).toBe(documented);
    expect(readdirSync(folder).sort()).toEqual(['page.html', 'pipe', 'tokens.txt']);
  });

  test('is not overwritten unless it is a page', async () => {
    const { status, output, errors } = await inspect([documented, '--out', tokens]);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toContain('would overwrite a file');
    expect(readFileSync(tokens, 'utf8')).toBe(`${documented}\n${documented}\n`);
  });

  test.each([
    ['a file in a missing folder', join(folder, 'none', 'page.html')],
    ['a folder', folder],
    ['a pipe', pipe],
    ['a device', '/dev/null'],
    ['standard output', '-'],
    ['standard output by its path', '/dev/stdout'],
    ['an empty name', ''],
  ])('cannot be %s', async (_, path) => {
    const { status, output, errors } = await inspect([documented, '--out', path]);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toMatch(/^secevent: /);
    expect(errors).not.toContain('    at ');
  });
});

describe('without --out', () => {
  test('the page is written where only its owner can read it, and a missing display is reported', async () => {
    const { status, output, errors } = await inspect([documented]);
    const path = output.trim();
    expect(status).toBe(0);
    expect(errors).toContain('no display found: open the file above in a browser');
    expect(embeddedTextOf(readFileSync(path, 'utf8'))).toBe(documented);
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700]);
    rmSync(dirname(path), { recursive: true });
  });

  describe('with a display', () => {
    const opener = join(folder, 'bin');
    const opened = join(folder, 'opened');

    let bin: string;
    afterEach(() => rmSync(bin, { recursive: true }));

    /** Runs the command with a script as `xdg-open`. */
    async function open(script: string): Promise<Outcome & { path: string }> {
      bin = mkdtempSync(opener);
      writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const outcome = await inspect([documented], '', { DISPLAY: ':0', PATH: `${bin}:${process.env.PATH}` });
      return { ...outcome, path: outcome.output.trim() };
    }

    /** Returns what the opener has written. It may still write after the command has ended. */
    const written = (): Promise<string> =>
      vi.waitFor(() => {
        const text = readFileSync(opened, 'utf8');
        expect(text).toMatch(/\n$/);
        return text;
      }, PATIENTLY);

    test('the page is opened by its path, the only argument', async () => {
      const { status, path, errors } = await open(`printf '%s|' "$@" > '${opened}'; echo >> '${opened}'`);
      expect({ status, arguments: await written() }).toEqual({ status: 0, arguments: `${path}|\n` });
      expect(errors).toContain('opened the page in the browser');
      expect(errors).toContain('to your home folder');
      rmSync(dirname(path), { recursive: true });
      rmSync(opened);
    });

    test('an opener that fails is reported, with what to do', async () => {
      const { status, path, errors } = await open('exit 3');
      expect(status).toBe(0);
      expect(errors).toContain('xdg-open could not open a browser: open the file above');
      expect(existsSync(path)).toBe(true);
      rmSync(dirname(path), { recursive: true });
    });

    test('a browser that keeps running is not waited for', async () => {
      const { status, path, errors } = await open(`echo $$ > '${opened}'; exec sleep 3600`);
      process.kill(Number(await written()));
      expect(status).toBe(0);
      expect(errors).toContain('opened the page in the browser');
      rmSync(dirname(path), { recursive: true });
      rmSync(opened);
    });
  });
});

test.each([[['a', 'b']], [['--unknown']], [[join(folder, 'none.txt')]]])(
  'wrong usage exits with status 2: %j',
  async (args) => {
    const { status, output, errors } = await inspect(args);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).not.toContain('    at ');
  },
);

test('--help prints the help', async () => {
  expect((await inspect(['--help'])).output).toContain('secevent inspect [TOKEN | FILE | -] [--out FILE]');
});
