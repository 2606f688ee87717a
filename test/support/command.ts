/** Runs the built command as a process of its own, as a person would. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs `secevent` with arguments, standard input and environment variables; the rest of the environment says nothing of colour. */
export function secevent(args: readonly string[], input: string | Uint8Array = '', environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  const child = spawn(process.execPath, [command, ...args], { env: { ...rest, ...environment } });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // A command that ends without reading its input closes the pipe.
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }));
  });
}
