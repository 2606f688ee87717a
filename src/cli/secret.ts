/**
 * Secrets of a call: from an environment variable or a file, never from an argument, which ends up in the shell history
 * and the process list. No message quotes a secret, or what could be one by mistake, such as the name in `env:$TOKEN`.
 */
import { readInput } from './input.js';

/** A secret that was read. An object, so that it is never mistaken for a message. */
export interface Secret {
  readonly text: string;
}

/** More than any secret. */
const MAX_SECRET_BYTES = 65_536;

/** Reports whether a value says where a secret is, and does not contain it. */
export function isReference(value: string): boolean {
  return /^(?:env|file):[^]/.test(value);
}

/** Says what to do instead of passing a secret as an argument. */
export function describeLiteral(option: string): string {
  return (
    `--${option} takes env:NAME or file:PATH, not the secret itself: ` +
    'an argument ends up in the shell history and the process list. Put the secret into a variable or a file'
  );
}

/**
 * Reads a secret, without a line break at its end. Returns it, or what is wrong.
 *
 * @param value where the secret is; the secret itself only if it comes from the option's own variable
 */
export async function readSecret(
  option: string,
  value: string,
  environment: NodeJS.ProcessEnv,
): Promise<Secret | string> {
  const isFile = value.startsWith('file:');
  const text = isFile ? await readFile(value.slice('file:'.length)) : readVariable(value, environment);
  const place = `the ${isFile ? 'file' : 'variable'} for --${option}`;
  if (text === undefined)
    return isFile ? `${place} cannot be read` : `${place} is not set: in env:NAME, write its name, without a $`;
  const secret = text.replace(/\r?\n$/, '');
  return secret === '' ? `${place} is empty` : { text: secret };
}

/** As {@link readSecret}, for the value of a header. */
export async function readHeaderSecret(
  option: string,
  value: string,
  environment: NodeJS.ProcessEnv,
): Promise<Secret | string> {
  const secret = await readSecret(option, value, environment);
  if (typeof secret === 'string' || !/[^\t -~\x80-\xff]/.test(secret.text)) return secret;
  return `the secret for --${option} must be the value of a header: one line, such as "Bearer TOKEN"`;
}

function readVariable(value: string, environment: NodeJS.ProcessEnv): string | undefined {
  return value.startsWith('env:') ? environment[value.slice('env:'.length)] : value;
}

/** Returns the content of a file, or undefined if it cannot be read. */
export async function readFile(path: string): Promise<string | undefined> {
  try {
    // A path, even if it is the name that stands for standard input elsewhere.
    return await readInput(path === '-' ? './-' : path, '', MAX_SECRET_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
