#!/usr/bin/env node
/**
 * The `secevent` command: finds the subcommand, and turns what goes wrong into a message and an exit status.
 *
 * Status 0: good. 1: a token that fails. 2: wrong use (unknown option, unreadable file).
 */
import { readFileSync } from 'node:fs';
import { decode } from './decode.js';
import { HELP } from './help.js';
import { inspect } from './inspect.js';
import { listen } from './listen.js';
import { misuse, watchOutput, write } from './output.js';
import { verify } from './verify.js';

const commands: { readonly [name: string]: (args: string[]) => Promise<number> } = { decode, verify, listen, inspect };

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) return misuse(`a command is missing\n${HINT}`);
  if (name === '--help' || name === '-h' || name === 'help') return print(HELP);
  if (name === '--version') return print(`${version()}\n`);
  if (Object.hasOwn(commands, name)) return commands[name]!(rest);
  if (name.includes('eyJ')) return misuse('a command is missing, did you mean secevent decode TOKEN?');
  return misuse(`there is no command ${name.length > MAX_QUOTED ? 'of that name' : `"${name}"`}\n${HINT}`);
}

const HINT = 'Try: secevent --help';

/** A longer text in a message may be a token. */
const MAX_QUOTED = 200;

function version(): string {
  // Relative to dist, which is what runs.
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return manifest.version;
}

async function print(text: string): Promise<number> {
  await write(process.stdout, text);
  return 0;
}

watchOutput();
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const { code = '', message, syscall } = error as NodeJS.ErrnoException;
  // What the system or the option parser says is about the call; anything else is a defect and shows its stack.
  if (syscall === undefined && !code.startsWith('ERR_PARSE_ARGS_')) throw error;
  process.exitCode = misuse(`${message.length > MAX_QUOTED ? code : message}\n${HINT}`);
}
