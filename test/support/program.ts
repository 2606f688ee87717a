/** Runs a program to its end, whatever that is. */
import { spawn, type SpawnOptions } from 'node:child_process';

export interface Outcome {
  /** The exit status, or null when a signal ended it, as a timeout does. */
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Where a program runs, and what it reads. */
export type ProgramOptions = Pick<SpawnOptions, 'cwd' | 'env' | 'timeout'> & { readonly input?: string | Uint8Array };

export function runProgram(program: string, args: readonly string[], { input = '', ...options }: ProgramOptions = {}): Promise<Outcome> {
  const child = spawn(program, args, { ...options, stdio: 'pipe' });
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
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }));
  });
}
