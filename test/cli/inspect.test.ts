/** `secevent inspect` as a process: the page that it writes, who can read it, and what it opens. */
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
import { embed } from '../../src/cli/inspect.js';
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
/** Nothing that opens a browser can be found. */
const NO_SCREEN = { DISPLAY: '', WAYLAND_DISPLAY: '' };

afterEach(() => rmSync(out, { force: true, recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a page was given. */
function given(page: string): unknown {
  return JSON.parse(
    /<script type="application\/json" id="given">(.*?)<\/script>/s.exec(page)?.[1] ?? 'no such element',
  );
}

const inspect = (args: readonly string[], input = '', environment: NodeJS.ProcessEnv = NO_SCREEN): Promise<Outcome> =>
  secevent(['inspect', ...args], input, environment);

describe('the tokens', () => {
  test.each([
    ['of an argument', [documented], '', documented],
    ['of words that a shell has split', ['Bearer', documented], '', `Bearer ${documented}`],
    ['of a file', [tokens], '', `${documented}\n${documented}\n`],
    ['of standard input', [], `${documented}\n`, `${documented}\n`],
    ['of standard input, named', ['-'], documented, documented],
    ['that are bad', ['eyJ.<!--<script>.x'], '', 'eyJ.<!--<script>.x'],
    ['that are none', [], '', ''],
  ])('%s are in the page as they are, and all else is as it was', async (_, args, input, text) => {
    expect(await inspect([...args, '--out', out], input)).toEqual({ status: 0, output: `${out}\n`, errors: '' });
    const page = readFileSync(out, 'utf8');
    expect(given(page)).toBe(text);
    expect(page.replace(/id="given">.*?</s, 'id="given">null<')).toBe(template);
  });

  test.each(['</script><script>alert(1)</script>', '<!--<script>', '\u2028', '$&', 'null', '"\\'])(
    'cannot get out of their place: %j',
    (text) => {
      const page = embed(template, text);
      expect(given(page)).toBe(text);
      expect(page.match(/<(?=script|!--)/g)).toHaveLength(template.match(/<(?=script|!--)/g)!.length);
    },
  );
});

describe('the file of --out', () => {
  test('can be read by its owner only, also in place of an older page', async () => {
    writeFileSync(out, template, { mode: 0o644 });
    chmodSync(out, 0o644);
    expect((await inspect([documented, '--out', out])).status).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(given(readFileSync(out, 'utf8'))).toBe(documented);
    expect(readdirSync(folder).sort()).toEqual(['page.html', 'pipe', 'tokens.txt']);
  });

  test('is not overwritten when it is anything else', async () => {
    const { status, output, errors } = await inspect([documented, '--out', tokens]);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toContain('it is not overwritten');
    expect(readFileSync(tokens, 'utf8')).toBe(`${documented}\n${documented}\n`);
  });

  test.each([
    ['nowhere', join(folder, 'none', 'page.html')],
    ['a folder', folder],
    ['a pipe', pipe],
    ['a device', '/dev/null'],
    ['standard output', '-'],
    ['standard output by its path', '/dev/stdout'],
    ['nothing', ''],
  ])('cannot be %s', async (_, path) => {
    const { status, output, errors } = await inspect([documented, '--out', path]);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toMatch(/^secevent: /);
    expect(errors).not.toContain('    at ');
  });
});

describe('without --out', () => {
  test('a page is written that only its owner can reach, and where no browser is, that is said', async () => {
    const { status, output, errors } = await inspect([documented]);
    const path = output.trim();
    expect(status).toBe(0);
    expect(errors).toContain('open the file above in a browser');
    expect(given(readFileSync(path, 'utf8'))).toBe(documented);
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700]);
    rmSync(dirname(path), { recursive: true });
  });

  describe('with a screen', () => {
    const opener = join(folder, 'bin');
    const opened = join(folder, 'opened');

    let bin: string;
    afterEach(() => rmSync(bin, { recursive: true }));

    /** Runs the command with an opener that does what the script says. */
    async function open(script: string): Promise<Outcome & { path: string }> {
      bin = mkdtempSync(opener);
      writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const outcome = await inspect([documented], '', { DISPLAY: ':0', PATH: `${bin}:${process.env.PATH}` });
      return { ...outcome, path: outcome.output.trim() };
    }

    /** What the opener has written, which it may do after the command has ended. */
    const written = (): Promise<string> =>
      vi.waitFor(() => {
        const text = readFileSync(opened, 'utf8');
        expect(text).toMatch(/\n$/);
        return text;
      }, PATIENTLY);

    test('it is opened, by its name alone', async () => {
      const { status, path, errors } = await open(`printf '%s|' "$@" > '${opened}'; echo >> '${opened}'`);
      expect({ status, arguments: await written() }).toEqual({ status: 0, arguments: `${path}|\n` });
      expect(errors).toContain('opened in the browser');
      expect(errors).toContain('into your home folder with --out');
      rmSync(dirname(path), { recursive: true });
      rmSync(opened);
    });

    test('an opener that finds no browser is said, with what to do', async () => {
      const { status, path, errors } = await open('exit 3');
      expect(status).toBe(0);
      expect(errors).toContain('xdg-open found no browser: open the file above');
      expect(existsSync(path)).toBe(true);
      rmSync(dirname(path), { recursive: true });
    });

    test('a browser that goes on is not waited for', async () => {
      const { status, path, errors } = await open(`echo $$ > '${opened}'; exec sleep 3600`);
      process.kill(Number(await written()));
      expect(status).toBe(0);
      expect(errors).toContain('opened in the browser');
      rmSync(dirname(path), { recursive: true });
      rmSync(opened);
    });
  });
});

test.each([[['a', 'b']], [['--unknown']], [[join(folder, 'none.txt')]]])('wrong use is status 2: %j', async (args) => {
  const { status, output, errors } = await inspect(args);
  expect({ status, output }).toEqual({ status: 2, output: '' });
  expect(errors).not.toContain('    at ');
});

test('--help prints the help', async () => {
  expect((await inspect(['--help'])).output).toContain('secevent inspect [TOKEN | FILE | -] [--out FILE]');
});
