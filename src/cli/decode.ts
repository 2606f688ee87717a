/** `secevent decode`: shows what a token says. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isSetError } from '../errors.js';
import { toRecord } from '../text/record.js';
import { decodeSet } from '../set.js';
import { isPath } from './argument.js';
import { HELP } from './help.js';
import { openInput } from './input.js';
import { decodeLines, type Tally } from './lines.js';
import { misuse, say, write } from './output.js';
import { show } from './show.js';
import { canErase, wantsColour } from './terminal.js';
import { readToken, refuse } from './token.js';

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
  const given = await readToken('decode', positionals);
  if (typeof given === 'number') return given;
  const { token } = given;
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
    return refuse(given, error);
  }
}

async function decodeMany(positionals: readonly string[]): Promise<number> {
  const [name = '-', ...others] = positionals;
  if (others.length > 0) return misuse('--lines takes one file, or standard input');
  if (name !== '-' && !existsSync(name) && !isPath(name))
    return misuse('there is no such file, and --lines takes no token as an argument');

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
