/** Reads the input of a command: a file, standard input, or what a person pastes into a terminal. */
import { createReadStream, fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { printNotice } from './output.js';

/** More than the longest token that is decoded, with room for the damage of pasting. */
const MAX_INPUT_BYTES = 4 * 1_048_576;

/** Opens a file, or standard input for `-`. On a terminal, prints the prompt first. */
export function openInput(name: string, prompt: string): AsyncIterable<Buffer> {
  // A megabyte at a time, since exports have millions of lines.
  if (name !== '-') return createReadStream(name, { highWaterMark: 1_048_576 });
  if (process.stdin.isTTY) return readTerminal(prompt);
  // When standard input is a folder, process.stdin is just empty; a read stream fails with EISDIR.
  return fstatSync(0).isDirectory() ? createReadStream('', { fd: 0 }) : process.stdin;
}

/**
 * Reads what a person types or pastes, up to Ctrl-D. Uses readline, because a terminal in its own line mode cuts long
 * lines off, and a token is one long line.
 */
async function* readTerminal(prompt: string): AsyncGenerator<Buffer> {
  const { stdin, stdout, stderr } = process;
  // Readline echoes the input, which must not end up in a log: echo only to a terminal.
  const output = [stderr, stdout].find((stream) => stream.isTTY);
  const lines = createInterface({ input: stdin, ...(output && { output }), terminal: true, historySize: 0 });
  lines.on('SIGINT', () => process.exit(130));
  stdin.on('keypress', (_, key: { ctrl?: boolean; name?: string } | undefined) => {
    // Readline ignores Ctrl-D after an unfinished line.
    if (key?.ctrl === true && key.name === 'd' && lines.line !== '') {
      lines.write('\n');
      lines.close();
    }
  });
  // Only after createInterface does the terminal accept long lines.
  printNotice(prompt);
  for await (const line of lines) yield Buffer.from(`${line}\n`);
}

/** Reads a whole input as text. Returns undefined if it exceeds `maxBytes`, by default the limit for one token. */
export async function readInput(name: string, prompt: string, maxBytes = MAX_INPUT_BYTES): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of openInput(name, prompt)) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  // PowerShell 5 redirects output into files as UTF-16 with a byte order mark.
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}
