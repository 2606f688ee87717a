#!/usr/bin/env node
/**
 * The `secevent` command: finds the subcommand, and turns what goes wrong into a message and an exit status.
 *
 * Status 0: good. 1: a token that fails. 2: wrong use (unknown option, unreadable file).
 */
import { readFileSync } from 'node:fs';
import { decode } from './decode.js';
import { HELP } from './help.js';

const commands: { readonly [name: string]: (args: string[]) => Promise<number> } = { decode };

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) return misuse('a command is missing');
  if (name === '--help' || name === '-h' || name === 'help') return print(HELP);
  if (name === '--version') return print(version());
  if (!Object.hasOwn(commands, name)) {
    return misuse(name.includes('.') ? 'a command is missing, did you mean secevent decode TOKEN?' : `there is no command "${name}"`);
  }
  return commands[name]!(rest);
}

function version(): string {
  // Both src/cli and dist lie in the package, at different depths; only dist is ever run.
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return `${manifest.version}\n`;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function misuse(what: string): number {
  process.stderr.write(`secevent: ${what}\nTry: secevent --help\n`);
  return 2;
}

/** A reader that has seen enough, such as `head`, closes the pipe: no fault of the token. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

process.stdout.on('error', leaveQuietly);
process.stderr.on('error', leaveQuietly);
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const { code = '', message, syscall } = error as NodeJS.ErrnoException;
  // What the system or the option parser says is about the call; anything else is a defect and shows its stack.
  if (syscall === undefined && !code.startsWith('ERR_PARSE_ARGS_')) throw error;
  process.exitCode = misuse(message);
}
