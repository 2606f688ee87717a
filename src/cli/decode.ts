/** `secevent decode`: shows what a token says. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isSetError } from '../errors.js';
import { decodeSet } from '../set.js';
import { HELP } from './help.js';
import { openInput, readInput } from './input.js';
import { decodeLines, type Tally } from './lines.js';
import { misuse, say, write } from './output.js';
import { firstWord, holdsSeveralTokens, isPath, repairPaste } from './paste.js';
import { toRecord } from './record.js';
import { show } from './show.js';
import { canErase, wantsColour } from './terminal.js';

/** Runs the subcommand and gives the exit status. */
export async function decode(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' }, lines: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    await write(process.stdout, HELP);
    return 0;
  }
  return values.lines ? decodeMany(positionals) : decodeOne(positionals, values.json === true);
}

async function decodeOne(positionals: readonly string[], asJson: boolean): Promise<number> {
  const [argument = '-', ...others] = positionals;
  // A shell splits "Bearer" from what follows it.
  const isSplit = positionals.length === 2 && /^bearer$/i.test(argument);
  if (others.length > 0 && !isSplit) return misuse('decode takes one token; for many, one a line, use --lines');

  const isText = isSplit || (argument !== '-' && !existsSync(argument) && !isPath(argument));
  const text = isText ? positionals.join(' ') : await readInput(argument, 'paste a token, then press Ctrl-D');
  if (text === undefined) return misuse('this is larger than one token can be; for many tokens use --lines');
  if (holdsSeveralTokens(text)) return misuse('this holds several tokens; use --lines');

  const word = firstWord(text);
  // Joined to it, what follows would become a part of the signature.
  if (word !== undefined && isComplete(word)) return fail('there is text behind the token: give the token alone');

  const { token, removed } = repairPaste(text);
  if (removed.length > 0) say(`repaired the pasted text: removed ${removed.join(', ')}`);
  try {
    if (asJson) {
      await write(process.stdout, `${toRecord(token)}\n`);
      if (process.stderr.isTTY) say('UNVERIFIED: decoding does not check the signature');
    } else {
      await write(process.stdout, show(token, decodeSet(token), wantsColour(process.stdout, process.env)));
    }
    return 0;
  } catch (error) {
    if (!isSetError(error)) throw error;
    const reason = token === '' ? 'there is no token in the input' : error.message;
    return fail(`${error.code}: ${reason}${isText && !token.includes('.') ? ', and there is no file of that name' : ''}`);
  }
}

/** The sizes of signatures in bytes: ES256 and EdDSA, ES384, ES512, and RSA of 2048, 3072 and 4096 bits. */
const SIGNATURE_SIZES: readonly number[] = [64, 96, 132, 256, 384, 512];

/** Whether a word is a whole token, and not one that a line wrap has cut within its signature. */
function isComplete(word: string): boolean {
  try {
    const { header, signature } = decodeSet(word);
    return SIGNATURE_SIZES.includes(signature.length) || header.alg === 'none';
  } catch (error) {
    if (!isSetError(error)) throw error;
    return false;
  }
}

function fail(reason: string): number {
  say(reason);
  return 1;
}

async function decodeMany(positionals: readonly string[]): Promise<number> {
  const [name = '-', ...others] = positionals;
  if (others.length > 0) return misuse('--lines takes one file, or standard input');
  if (name !== '-' && !existsSync(name) && !isPath(name)) return misuse('there is no such file, and --lines takes no token as an argument');

  const { stdout, stderr, env } = process;
  const showsProgress = canErase(stderr, env) && !stdout.isTTY;
  const erase = showsProgress ? '\r\u001b[K' : '';
  let nextProgress = 0;
  const { decoded, failed } = await decodeLines(openInput(name, 'paste tokens, one a line, then press Ctrl-D'), {
    write: (records) => write(stdout, records),
    remark: (remarks) => write(stderr, erase + remarks),
    progress(tally) {
      // Known at once, for the case that the reader of the output leaves.
      if (tally.failed > 0) process.exitCode = 1;
      if (!showsProgress || Date.now() < nextProgress) return;
      nextProgress = Date.now() + 200;
      void write(stderr, `${erase}${summary(tally)}`);
    },
  });
  if (stderr.isTTY) await write(stderr, `${erase}secevent: ${summary({ decoded, failed })}, UNVERIFIED\n`);
  else if (failed > 0) say(summary({ decoded, failed }));
  return failed > 0 ? 1 : 0;
}

function summary({ decoded, failed }: Tally): string {
  return `${decoded.toLocaleString('en')} decoded, ${failed.toLocaleString('en')} failed`;
}
