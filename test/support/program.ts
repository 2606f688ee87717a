/** Runs a program and collects its output. */
import { spawn, type SpawnOptions } from 'node:child_process';

export interface Outcome {
  /** The exit status, or null if a signal ended the program, as after a timeout. */
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Options for running a program. */
export interface ProgramOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
}

export function runProgram(
  program: string,
  args: readonly string[],
  { input = '', timeoutMs, ...options }: ProgramOptions = {},
): Promise<Outcome> {
  // Some programs only start another one: a process group can be killed as a whole.
  const child = spawn(program, args, { ...options, stdio: 'pipe', detached: timeoutMs !== undefined });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), timeoutMs);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // EPIPE: the program ended without reading its input.
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
