/** Catches what a call throws, so that a test can check its code. */
import { base64url } from 'jose';
import { expect } from 'vitest';
import { SetError } from '../../src/errors.js';
import { textOf } from './octets.js';

/** Returns what a call throws: a SetError, which must not quote the token if one is given. */
export function refusalOf(call: () => unknown, token?: unknown): SetError {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return checkRefusal(error, token);
  }
  throw new Error(`accepted, with the result ${JSON.stringify(result)}`);
}

/** Returns what a promise rejects with: a SetError, which must not quote the token if one is given. */
export async function rejectionOf(promise: Promise<unknown>, token?: unknown): Promise<SetError> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    return checkRefusal(error, token);
  }
  throw new Error(`accepted, with the result ${JSON.stringify(result)}`);
}

function checkRefusal(error: unknown, token: unknown): SetError {
  expect(error).toBeInstanceOf(SetError);
  const refusal = error as SetError;
  if (typeof token === 'string') expectNothingQuoted(refusal, token);
  return refusal;
}

/**
 * Checks that the text of an error contains no 10 successive characters of the token, raw or decoded. What follows "it
 * must be" is the caller's own configuration.
 */
function expectNothingQuoted(error: SetError, token: string): void {
  const shown = `${error.message.replace(/: it must be ".*"$/, '')}\n${String(error.cause)}\n${error.claim ?? ''}`;
  for (const part of token.split('.')) {
    for (const text of [part, decodeLeniently(part)]) {
      for (let i = 0; i + 10 <= text.length && i < 4_096; i++) expect(shown).not.toContain(text.slice(i, i + 10));
    }
  }
}

/** Decodes a part even if it is damaged: characters outside base64url are skipped. */
function decodeLeniently(part: string): string {
  const text = part.replace(/[^\w-]/g, '');
  return textOf(base64url.decode(text.length % 4 === 1 ? text.slice(0, -1) : text));
}
