/** Where a token comes from: the argument itself, a file, or standard input. */
import { createReadStream, existsSync } from 'node:fs';

/** Longer than any token that is decoded, with room for the damage of pasting. */
const MAX_INPUT_BYTES = 4 * 1_048_576;

/** The bytes of a file, or of standard input for `-` and for no name. */
export function openInput(name = '-'): AsyncIterable<Buffer> {
  // A megabyte at a time: fewer and larger pieces make the reading of millions of lines cheaper.
  return name === '-' ? process.stdin : createReadStream(name, { highWaterMark: 1_048_576 });
}

/** Whether an argument names a file rather than being a token. A name that could be a path is one, also when nothing is there. */
export function isFileName(argument: string): boolean {
  return argument === '-' || existsSync(argument) || /[/\\]|\.(?:jwt|set|txt|json)$/i.test(argument);
}

/** Reads a whole input as text, or gives undefined when it is larger than one token can be. */
export async function readInput(name?: string): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of openInput(name)) {
    size += chunk.length;
    if (size > MAX_INPUT_BYTES) return undefined;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  // What PowerShell 5 redirects into a file is UTF-16 with a byte order mark.
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}
