/** `secevent decode`: prints the content of tokens, without verifying them. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isSetError } from '../errors.js';
import { toRecord } from '../text/record.js';
import { decodeSet } from '../set.js';
import { looksLikePath } from './argument.js';
import { HELP } from './help.js';
import { openInput } from './input.js';
import { decodeLines, type Tally } from './lines.js';
import { printNotice, reportUsageError, write } from './output.js';
import { formatSet } from './show.js';
import { supportsEscapes, wantsColor } from './terminal.js';
import { readGivenToken, reportSetError } from './token.js';

/** Runs the subcommand and returns the exit status. */
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
  const given = await readGivenToken('decode', positionals);
  if (typeof given === 'number') return given;
  const { token } = given;
  try {
    if (asJson) {
      await write(process.stdout, `${toRecord(token)}\n`);
      if (process.stderr.isTTY) printNotice('UNVERIFIED: decoding does not check the signature');
    } else {
      await write(process.stdout, formatSet(token, decodeSet(token), wantsColor(process.stdout, process.env)));
    }
    return 0;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return reportSetError(given, error);
  }
}

async function decodeMany(positionals: readonly string[]): Promise<number> {
  const [name = '-', ...others] = positionals;
  if (others.length > 0) return reportUsageError('--lines takes one file or standard input');
  if (name !== '-' && !existsSync(name) && !looksLikePath(name))
    return reportUsageError('no such file; --lines reads tokens from a file or standard input, not from an argument');

  const { stdout, stderr, env } = process;
  const showsProgress = supportsEscapes(stderr, env) && !stdout.isTTY;
  const clearLine = showsProgress ? '\r\u001b[K' : '';
  let nextProgress = 0;
  const { decoded, failed } = await decodeLines(openInput(name, 'paste tokens, one per line, then press Ctrl-D'), {
    writeRecords: (records) => write(stdout, records),
    writeNotices: (notices) => write(stderr, clearLine + notices),
    progress(tally) {
      // Set immediately, because a reader that closes the output ends the process.
      if (tally.failed > 0) process.exitCode = 1;
      if (!showsProgress || Date.now() < nextProgress) return;
      nextProgress = Date.now() + 200;
      void write(stderr, `${clearLine}${formatTally(tally)}`);
    },
  });
  if (stderr.isTTY) await write(stderr, `${clearLine}secevent: ${formatTally({ decoded, failed })}, UNVERIFIED\n`);
  else if (failed > 0) printNotice(formatTally({ decoded, failed }));
  return failed > 0 ? 1 : 0;
}

function formatTally({ decoded, failed }: Tally): string {
  return `${decoded.toLocaleString('en')} decoded, ${failed.toLocaleString('en')} failed`;
}
