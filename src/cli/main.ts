#!/usr/bin/env node
/**
 * The `secevent` command: runs the subcommand, and turns errors into a message and an exit status.
 *
 * Status 0: success. 1: a token that fails, or a server that says no. 2: a usage error, such as an unknown option or an
 * unreadable file.
 */
import { readFileSync } from 'node:fs';
import { decode } from './decode.js';
import { HELP, HINT } from './help.js';
import { inspect } from './inspect.js';
import { listen } from './listen.js';
import { handleOutputErrors, reportUsageError, write } from './output.js';
import { stream } from './stream.js';
import { verify } from './verify.js';

const commands: { readonly [name: string]: (args: string[]) => Promise<number> } = {
  decode,
  verify,
  listen,
  stream,
  inspect,
};

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined)
    return reportUsageError(`missing command: use one of ${Object.keys(commands).join(', ')}\n${HINT}`);
  if (name === '--help' || name === '-h' || name === 'help') return print(HELP);
  if (name === '--version') return print(`${version()}\n`);
  if (Object.hasOwn(commands, name)) return commands[name]!(rest);
  if (name.includes('eyJ')) return reportUsageError('missing command: did you mean secevent decode TOKEN?');
  return reportUsageError(`unknown command${name.length > MAX_QUOTED_LENGTH ? '' : ` "${name}"`}\n${HINT}`);
}

/** Longer text is not quoted in messages, because it may be a token. */
const MAX_QUOTED_LENGTH = 200;

function version(): string {
  // The path is relative to dist/cli.js.
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

async function print(text: string): Promise<number> {
  await write(process.stdout, text);
  return 0;
}

handleOutputErrors();
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const { code = '', message, syscall } = error as NodeJS.ErrnoException;
  // Errors of the system and of the option parser are about the call. Anything else is a bug: show its stack.
  if (syscall === undefined && !code.startsWith('ERR_PARSE_ARGS_')) throw error;
  const reason = message.length > MAX_QUOTED_LENGTH ? `an argument cannot be used (${code})` : message;
  process.exitCode = reportUsageError(`${reason}\n${HINT}`);
}
