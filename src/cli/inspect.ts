/** `secevent inspect`: writes the decoder page with tokens in it, and opens it in the browser. */
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
import { looksLikePath } from './argument.js';
import { openInBrowser } from './browser.js';
import { HELP } from './help.js';
import { readInput } from './input.js';
import { printNotice, reportUsageError, write } from './output.js';

/** The largest input that a page handles well. */
const MAX_BYTES = 256 * 1_048_576;

/** Runs the subcommand and returns the exit status. Invalid tokens are not a failure here: the page reports them. */
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
  if (values.out === '' || values.out === '-') return reportUsageError('--out takes a file name');
  const text = await readGivenText(positionals);
  if (typeof text === 'number') return text;
  const page = embedText(readFileSync(new URL('inspector.html', import.meta.url), 'utf8'), text);
  return values.out === undefined ? openPage(page) : savePage(page, values.out);
}

/** Returns the text with the tokens, undefined for an empty page, or the exit status after a usage error. */
async function readGivenText(positionals: readonly string[]): Promise<string | undefined | number> {
  const [argument = process.stdin.isTTY ? undefined : '-', ...others] = positionals;
  if (argument === undefined) return undefined;
  // An unquoted "Bearer eyJ…" arrives as two arguments.
  const isSplit = positionals.length === 2 && /^bearer$/i.test(argument);
  if (others.length > 0 && !isSplit)
    return reportUsageError('inspect takes one token or one file; put several tokens into a file, one per line');
  if (isSplit || (argument !== '-' && !existsSync(argument) && !looksLikePath(argument))) return positionals.join(' ');
  const text = await readInput(argument, 'paste tokens, then press Ctrl-D', MAX_BYTES);
  return text ?? reportUsageError(`the input is too large for a page: the limit is ${MAX_BYTES / 1_048_576} MiB`);
}

const PLACEHOLDER = '<script type="application/json" id="given">null</script>';

/** Embeds a text in the page, as a data block that browsers do not run. */
export function embedText(page: string, text: string | undefined): string {
  // Without "<", the text can neither close its element nor open another.
  const json = JSON.stringify(text ?? null).replaceAll('<', '\\u003c');
  return page.split(PLACEHOLDER).join(PLACEHOLDER.replace('null', () => json));
}

/** Identifies a page of this command. It is within the first {@link HEAD_BYTES} of the file. */
const GENERATOR = '<meta name="generator" content="secevent inspect">';
const HEAD_BYTES = 4096;

async function savePage(page: string, path: string): Promise<number> {
  const existing = statSync(path, { throwIfNoEntry: false });
  // Opening a pipe would block, and renaming would replace a device with a file.
  if (existing && !existing.isFile()) return reportUsageError('--out takes a regular file, not a folder or a device');
  if (existing && !readHead(path).includes(GENERATOR)) {
    return reportUsageError('--out would overwrite a file that is not a page of secevent inspect: choose another name');
  }
  // Written next to the target and renamed: no reader sees half a page, and the permissions of an earlier page, which
  // may be wider, do not apply.
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

function readHead(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

async function openPage(page: string): Promise<number> {
  // In a new folder that only this user can enter.
  const path = join(mkdtempSync(join(tmpdir(), 'secevent-')), 'inspector.html');
  writeFileSync(path, page, { mode: 0o600, flag: 'wx' });
  await write(process.stdout, `${path}\n`);
  const fault = await openInBrowser(path);
  if (fault === undefined) {
    printNotice('opened the page in the browser; delete the file when you are done, since it may contain tokens');
    printNotice('if a sandboxed browser cannot find it, use --out to write the page to your home folder, and open it');
  } else printNotice(`${fault}: open the file above in a browser, and delete it when you are done`);
  return 0;
}
