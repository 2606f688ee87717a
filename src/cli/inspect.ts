/** `secevent inspect`: writes the decoder page, with tokens in it, and opens it in the browser where there is one. */
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isPath } from './argument.js';
import { openInBrowser } from './browser.js';
import { HELP } from './help.js';
import { readInput } from './input.js';
import { misuse, say, write } from './output.js';

/** More than a page can take well. */
const MAX_BYTES = 256 * 1_048_576;

/** Runs the subcommand and gives the exit status. Whether the tokens are good, the page says. */
export async function inspect(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    await write(process.stdout, HELP);
    return 0;
  }
  if (values.out === '' || values.out === '-') return misuse('--out takes the name of a file');
  const text = await readTokens(positionals);
  if (typeof text === 'number') return text;
  const page = embed(readFileSync(new URL('inspector.html', import.meta.url), 'utf8'), text);
  return values.out === undefined ? showPage(page) : savePage(page, values.out);
}

/** The text with the tokens, nothing when the page is to be empty, or the exit status when there is something wrong. */
async function readTokens(positionals: readonly string[]): Promise<string | undefined | number> {
  const [argument = process.stdin.isTTY ? undefined : '-', ...others] = positionals;
  if (argument === undefined) return undefined;
  // A shell splits "Bearer" from what follows it.
  const isSplit = positionals.length === 2 && /^bearer$/i.test(argument);
  if (others.length > 0 && !isSplit)
    return misuse('inspect takes one token or one file; many tokens go into a file, one a line');
  if (isSplit || (argument !== '-' && !existsSync(argument) && !isPath(argument))) return positionals.join(' ');
  const text = await readInput(argument, 'paste tokens, then press Ctrl-D', MAX_BYTES);
  return text ?? misuse('this is larger than a page can take');
}

const PLACE = '<script type="application/json" id="given">null</script>';

/** Puts a text into the page as a block of data, which nothing runs. */
export function embed(page: string, text: string | undefined): string {
  // Without "<" it can neither end its element nor begin another, whatever it holds.
  const json = JSON.stringify(text ?? null).replaceAll('<', '\\u003c');
  return page.split(PLACE).join(PLACE.replace('null', () => json));
}

/** What begins such a page, and hardly anything else. */
const MARK = '<meta name="generator" content="secevent inspect">';
const MARK_WITHIN = 4096;

async function savePage(page: string, path: string): Promise<number> {
  const there = statSync(path, { throwIfNoEntry: false });
  // A pipe would be waited for, and a device is not to be replaced by a file.
  if (there && !there.isFile()) return misuse('--out takes the name of a file, and this is something else');
  if (there && !beginningOf(path).includes(MARK)) {
    return misuse('the file of --out is there and is no page of this command: it is not overwritten');
  }
  // Beside it and then in its place: an older page may be readable for others, and nobody finds half a page.
  const folder = mkdtempSync(join(dirname(resolve(path)), '.secevent-'));
  try {
    writeFileSync(join(folder, 'page'), page, { mode: 0o600 });
    renameSync(join(folder, 'page'), path);
  } finally {
    rmSync(folder, { recursive: true });
  }
  await write(process.stdout, `${resolve(path)}\n`);
  return 0;
}

function beginningOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MARK_WITHIN);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

async function showPage(page: string): Promise<number> {
  // A folder of its own, which only this user can enter.
  const path = join(mkdtempSync(join(tmpdir(), 'secevent-')), 'inspector.html');
  writeFileSync(path, page, { mode: 0o600, flag: 'wx' });
  await write(process.stdout, `${path}\n`);
  const fault = await openInBrowser(path);
  if (fault === undefined) {
    say('opened in the browser; delete the file when you are done, since it may hold tokens');
    say(
      'a browser in a sandbox may see other temporary files: if it does not find this one, write the page into your home folder with --out, and open that',
    );
  } else say(`${fault}: open the file above in a browser, and delete it when you are done`);
  return 0;
}
