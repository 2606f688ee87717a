/** Reads the one token of a call from an argument, a file or standard input, and repairs damage from pasting. */
import { existsSync } from 'node:fs';
import { isSetError, type SetError } from '../errors.js';
import { escapeControls } from '../text/controls.js';
import { firstOfSeveralWords, hasSeveralTokens, repairPaste } from '../text/paste.js';
import { decodeSet } from '../set.js';
import { looksLikePath } from './argument.js';
import { readInput } from './input.js';
import { printNotice, reportUsageError } from './output.js';

/** A repaired token. */
export interface GivenToken {
  readonly token: string;
  /** The token was an argument, and did not come from a file or standard input. */
  readonly isArgument: boolean;
}

/** What to do instead when a command that takes one token gets more. */
const ADVICE = {
  decode: {
    severalArguments: 'for one token per line, use --lines',
    largeInput: 'for many tokens, use --lines',
    severalTokens: 'use --lines',
  },
  verify: {
    severalArguments: 'run it once for each',
    largeInput: 'verify takes one token',
    severalTokens: 'verify takes one token, so run it once for each',
  },
};

/** Reads the token of a call. If it cannot, reports why and returns the exit status. */
export async function readGivenToken(
  command: keyof typeof ADVICE,
  positionals: readonly string[],
): Promise<GivenToken | number> {
  const [argument = '-', ...others] = positionals;
  const { severalArguments, largeInput, severalTokens } = ADVICE[command];
  // An unquoted "Bearer eyJ…" arrives as two arguments.
  const isSplit = positionals.length === 2 && /^bearer$/i.test(argument);
  if (others.length > 0 && !isSplit) return reportUsageError(`${command} takes one token; ${severalArguments}`);

  const isArgument = isSplit || (argument !== '-' && !existsSync(argument) && !looksLikePath(argument));
  const text = isArgument ? positionals.join(' ') : await readInput(argument, 'paste a token, then press Ctrl-D');
  if (text === undefined) return reportUsageError(`the input is too large for one token; ${largeInput}`);
  if (hasSeveralTokens(text)) return reportUsageError(`the input contains several tokens; ${severalTokens}`);

  const word = firstOfSeveralWords(text);
  // The repair would join the rest to the signature.
  if (word !== undefined && isCompleteToken(word))
    return reportFailure('there is text after the token: pass only the token');

  const { token, removed } = repairPaste(text);
  if (removed.length > 0) printNotice(`repaired the pasted text: removed ${removed.join(', ')}`);
  return { token, isArgument };
}

/** The sizes of signatures in bytes: ES256 and EdDSA, ES384, ES512, and RSA with 2048, 3072 and 4096 bits. */
const SIGNATURE_SIZES: readonly number[] = [64, 96, 132, 256, 384, 512];

/** Reports whether a word is a whole token, and not one whose signature is cut off by a line wrap. */
function isCompleteToken(word: string): boolean {
  try {
    const { header, signature } = decodeSet(word);
    return SIGNATURE_SIZES.includes(signature.length) || header.alg === 'none';
  } catch (error) {
    if (!isSetError(error)) throw error;
    return false;
  }
}

/** Reports in one line why a token is rejected, and returns the exit status. */
export function reportSetError({ token, isArgument }: GivenToken, { code, message }: SetError): number {
  // The message of a failed request may contain text from the server.
  const reason = token === '' ? 'no token in the input' : escapeControls(message);
  const hint = isArgument && !token.includes('.') ? ', and no file has that name' : '';
  return reportFailure(`${code}: ${reason}${hint}`);
}

function reportFailure(reason: string): number {
  printNotice(reason);
  return 1;
}
