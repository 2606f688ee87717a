/** Runs the built command as a process. */
import { fileURLToPath } from 'node:url';
import { type Outcome, runProgram } from './program.js';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/**
 * Runs `secevent` with arguments, standard input and environment variables. NO_COLOR and FORCE_COLOR of this process
 * are not inherited.
 */
export function secevent(
  args: readonly string[],
  input: string | Uint8Array = '',
  environment: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  return runProgram(process.execPath, [command, ...args], { input, env: { ...rest, ...environment } });
}
