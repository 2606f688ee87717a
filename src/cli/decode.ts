/** `secevent decode`: shows what a token says. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isSetError, type SetError } from '../errors.js';
import { decodeSet } from '../set.js';
import { HELP } from './help.js';
import { isFileName, openInput, readInput } from './input.js';
import { decodeLines, type Tally } from './lines.js';
import { repairPaste } from './paste.js';
import { toRecord } from './record.js';
import { show } from './show.js';
import { escapeControls, wantsColour } from './terminal.js';

/** Runs the subcommand and gives the exit status. */
export async function decode(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' }, lines: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.lines) return positionals.length > 1 ? misuse('--lines takes one file') : decodeMany(positionals[0]);

  const text = await readToken(positionals);
  if (text === undefined) return misuse('this is larger than one token can be; for many tokens use --lines');
  if (holdsSeveralTokens(text)) return misuse('this holds several tokens; use --lines');
  const { token, removed } = repairPaste(text);
  if (removed.length > 0) say(`repaired the pasted text: removed ${removed.join(', ')}`);
  try {
    if (values.json) {
      process.stdout.write(`${escapeControls(toRecord(token))}\n`);
      if (process.stderr.isTTY) say('UNVERIFIED: decoding does not check the signature');
    } else {
      process.stdout.write(show(token, decodeSet(token), wantsColour(process.stdout, process.env)));
    }
    return 0;
  } catch (error) {
    if (!isSetError(error)) throw error;
    say(describe(error));
    return 1;
  }
}

async function readToken(positionals: readonly string[]): Promise<string | undefined> {
  const [argument = '-'] = positionals;
  // A shell splits an unquoted token at its wraps, or a "Bearer" from what follows it.
  if (positionals.length > 1 || !isFileName(argument)) return positionals.join(' ');
  if (argument === '-' && process.stdin.isTTY) say('paste a token, then press Enter and Ctrl-D');
  return readInput(argument);
}

function holdsSeveralTokens(text: string): boolean {
  return text.split('\n').filter((line) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(line.trim())).length > 1;
}

async function decodeMany(name: string | undefined): Promise<number> {
  const { stdout, stderr } = process;
  const showsProgress = stderr.isTTY === true && stdout.isTTY !== true;
  const eraseProgress = showsProgress ? '\r\u001b[K' : '';
  let nextProgress = 0;
  if (name === undefined && process.stdin.isTTY) say('paste tokens, one a line, then press Ctrl-D');

  const tally = await decodeLines(openInput(name), {
    async write(text) {
      if (!stdout.write(stdout.isTTY ? escapeControls(text) : text)) await once(stdout, 'drain');
    },
    onFault: (line, error) => stderr.write(`${eraseProgress}secevent: line ${line}: ${describe(error)}\n`),
    onRepair: (line, removed) => stderr.write(`${eraseProgress}secevent: line ${line}: repaired: removed ${removed.join(', ')}\n`),
    onProgress(current) {
      if (!showsProgress || Date.now() < nextProgress) return;
      nextProgress = Date.now() + 200;
      stderr.write(`${eraseProgress}${summary(current)}`);
    },
  });
  if (stderr.isTTY) stderr.write(`${eraseProgress}secevent: ${summary(tally)}, UNVERIFIED\n`);
  else if (tally.failed > 0) say(summary(tally));
  return tally.failed > 0 ? 1 : 0;
}

function summary({ decoded, failed }: Readonly<Tally>): string {
  return `${decoded.toLocaleString('en')} decoded, ${failed.toLocaleString('en')} failed`;
}

function describe(error: SetError): string {
  return `${error.code}: ${error.message}`;
}

function say(text: string): void {
  process.stderr.write(`secevent: ${text}\n`);
}

function misuse(text: string): number {
  say(text);
  return 2;
}
