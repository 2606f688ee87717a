/** Where a token comes from: a file, standard input, or a person at a terminal. */
import { createReadStream, fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { say } from './output.js';

/** Longer than any token that is decoded, with room for the damage of pasting. */
const MAX_INPUT_BYTES = 4 * 1_048_576;

/** The bytes of a file, or of standard input for `-`; a person at a terminal is told what to do. */
export function openInput(name: string, invitation: string): AsyncIterable<Buffer> {
  // A megabyte at a time: fewer and larger pieces make the reading of millions of lines cheaper.
  if (name !== '-') return createReadStream(name, { highWaterMark: 1_048_576 });
  if (process.stdin.isTTY) return readTerminal(invitation);
  // For a folder Node gives an input that is merely empty.
  return fstatSync(0).isDirectory() ? createReadStream('', { fd: 0 }) : process.stdin;
}

/**
 * What a person types or pastes, up to Ctrl-D. Line by line: by itself a terminal cuts a long line, as a token is, at
 * some length.
 */
async function* readTerminal(invitation: string): AsyncGenerator<Buffer> {
  const { stdin, stdout, stderr } = process;
  // What is typed is echoed, and must not get into a log: never to anything but a terminal.
  const output = [stderr, stdout].find((stream) => stream.isTTY);
  const lines = createInterface({ input: stdin, ...(output && { output }), terminal: true, historySize: 0 });
  lines.on('SIGINT', () => process.exit(130));
  stdin.on('keypress', (_, key: { ctrl?: boolean; name?: string } | undefined) => {
    // Behind an unfinished line, Ctrl-D would do nothing.
    if (key?.ctrl === true && key.name === 'd' && lines.line !== '') {
      lines.write('\n');
      lines.close();
    }
  });
  // Only now does the terminal take long lines.
  say(invitation);
  for await (const line of lines) yield Buffer.from(`${line}\n`);
}

/** Reads a whole input as text, or gives undefined when it is larger than that: by default, than one token can be. */
export async function readInput(
  name: string,
  invitation: string,
  maxBytes = MAX_INPUT_BYTES,
): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of openInput(name, invitation)) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  // What PowerShell 5 redirects into a file is UTF-16 with a byte order mark.
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}
