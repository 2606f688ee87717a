/** Runs a program to its end, whatever that is. */
import { spawn, type SpawnOptions } from 'node:child_process';

export interface Outcome {
  /** The exit status, or null when a signal ended it, as a timeout does. */
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Where a program runs, what it reads, and how long it may take. */
export interface ProgramOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
}

export function runProgram(
  program: string,
  args: readonly string[],
  { input = '', timeoutMs, ...options }: ProgramOptions = {},
): Promise<Outcome> {
  // Some programs only start another one: a group of its own can be ended as a whole.
  const child = spawn(program, args, { ...options, stdio: 'pipe', detached: timeoutMs !== undefined });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), timeoutMs);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // A program that ends without reading its input closes the pipe.
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() });
    });
  });
}
