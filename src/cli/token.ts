/** The one token that a call is about: found in an argument, a file or standard input, and repaired. */
import { existsSync } from 'node:fs';
import { isSetError, type SetError } from '../errors.js';
import { escapeControls } from '../text/controls.js';
import { firstWord, holdsSeveralTokens, repairPaste } from '../text/paste.js';
import { decodeSet } from '../set.js';
import { isPath } from './argument.js';
import { readInput } from './input.js';
import { misuse, say } from './output.js';

/** A token as it was given, after the repair. */
export interface GivenToken {
  readonly token: string;
  /** Whether it was an argument, and not in a file or on standard input. */
  readonly isText: boolean;
}

/** What to do with more than one token, by the command that takes one. */
const ADVICE = {
  decode: {
    surplus: 'for many, one a line, use --lines',
    large: 'for many tokens use --lines',
    several: 'use --lines',
  },
  verify: {
    surplus: 'run it once for each',
    large: 'give one token',
    several: 'verify takes one, run it once for each',
  },
};

/** Reads the token of a call. When there is none to go on with, it says why and gives the exit status. */
export async function readToken(
  command: keyof typeof ADVICE,
  positionals: readonly string[],
): Promise<GivenToken | number> {
  const [argument = '-', ...others] = positionals;
  const { surplus, large, several } = ADVICE[command];
  // A shell splits "Bearer" from what follows it.
  const isSplit = positionals.length === 2 && /^bearer$/i.test(argument);
  if (others.length > 0 && !isSplit) return misuse(`${command} takes one token; ${surplus}`);

  const isText = isSplit || (argument !== '-' && !existsSync(argument) && !isPath(argument));
  const text = isText ? positionals.join(' ') : await readInput(argument, 'paste a token, then press Ctrl-D');
  if (text === undefined) return misuse(`this is larger than one token can be; ${large}`);
  if (holdsSeveralTokens(text)) return misuse(`this holds several tokens; ${several}`);

  const word = firstWord(text);
  // Joined to it, what follows would become a part of the signature.
  if (word !== undefined && isComplete(word)) return fail('there is text behind the token: give the token alone');

  const { token, removed } = repairPaste(text);
  if (removed.length > 0) say(`repaired the pasted text: removed ${removed.join(', ')}`);
  return { token, isText };
}

/** The sizes of signatures in bytes: ES256 and EdDSA, ES384, ES512, and RSA of 2048, 3072 and 4096 bits. */
const SIGNATURE_SIZES: readonly number[] = [64, 96, 132, 256, 384, 512];

/** Whether a word is a whole token, and not one that a line wrap has cut within its signature. */
function isComplete(word: string): boolean {
  try {
    const { header, signature } = decodeSet(word);
    return SIGNATURE_SIZES.includes(signature.length) || header.alg === 'none';
  } catch (error) {
    if (!isSetError(error)) throw error;
    return false;
  }
}

/** Says why a token is refused, in one line, and gives the exit status. */
export function refuse({ token, isText }: GivenToken, { code, message }: SetError): number {
  // A server may have a hand in the message of a failed request.
  const reason = token === '' ? 'there is no token in the input' : escapeControls(message);
  return fail(`${code}: ${reason}${isText && !token.includes('.') ? ', and there is no file of that name' : ''}`);
}

function fail(reason: string): number {
  say(reason);
  return 1;
}
