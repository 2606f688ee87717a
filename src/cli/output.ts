/** Writing to standard output and standard error, with what can go wrong there. */
import { once } from 'node:events';

/** Standard error has lost its reader: there is nobody left to tell anything. */
let isUnheard = false;

/** Watches both streams. Has to be called once, before anything is written. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough, such as `head`, closes the pipe: no fault, and the status stays what it is.
    if (error.code !== 'EPIPE') process.exitCode = misuse(`the output cannot be written: ${error.message}`);
    process.exit();
  });
  process.stderr.on('error', () => {
    isUnheard = true;
  });
}

/** Writes a text and waits until the stream takes more, so that nothing piles up. */
export async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (stream === process.stderr && isUnheard) return;
  if (stream.write(text)) return;
  try {
    await once(stream, 'drain');
  } catch {
    // The stream broke; what then happens is up to the watch.
  }
}

/** A remark for the person who runs the command. */
export function say(text: string): void {
  if (!isUnheard) process.stderr.write(`secevent: ${text}\n`);
}

/** Says what is wrong with the call, and gives the status for it. */
export function misuse(text: string): number {
  say(text);
  return 2;
}
