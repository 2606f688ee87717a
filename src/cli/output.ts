/** Writes to standard output and standard error, and handles their errors. */
import { once } from 'node:events';

/** Standard error was closed by its reader, so further messages are dropped. */
let isStderrClosed = false;

/** Handles errors of both streams. Must be called once, before anything is written. */
export function handleOutputErrors(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader such as `head` closes the pipe early. That is not an error, and the exit status stays as it is.
    if (error.code !== 'EPIPE') process.exitCode = reportUsageError(`cannot write the output: ${error.message}`);
    process.exit();
  });
  process.stderr.on('error', () => {
    isStderrClosed = true;
  });
}

/** Writes a text, and waits until the stream accepts more, so that memory use stays bounded. */
export async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (stream === process.stderr && isStderrClosed) return;
  if (stream.write(text)) return;
  try {
    await once(stream, 'drain');
  } catch {
    // The stream failed: handleOutputErrors deals with it.
  }
}

/** Prints a line on standard error. */
export function printNotice(text: string): void {
  if (!isStderrClosed) process.stderr.write(`secevent: ${text}\n`);
}

/** Reports a usage error, and returns its exit status. */
export function reportUsageError(text: string): number {
  printNotice(text);
  return 2;
}
