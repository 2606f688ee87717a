/** Catches what a call throws, so that a test can name its code. */
import { base64url } from 'jose';
import { expect } from 'vitest';
import { SetError } from '../../src/errors.js';
import { textOf } from './octets.js';

/** What a call throws, which must be a SetError that shows nothing of the token, where one is given. */
export function refusalOf(call: () => unknown, token?: unknown): SetError {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return checkRefusal(error, token);
  }
  throw new Error(`accepted, with the result ${JSON.stringify(result)}`);
}

/** What a promise rejects with, which must be a SetError that shows nothing of the token, where one is given. */
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
  if (typeof token === 'string') expectNothingShown(refusal, token);
  return refusal;
}

/** No part of the token of 10 characters or more, raw or decoded, may stand in what is logged of an error. */
function expectNothingShown(error: SetError, token: string): void {
  const shown = `${error.message}\n${String(error.cause)}\n${error.claim ?? ''}`;
  for (const part of token.split('.')) {
    for (const text of [part, decodeLeniently(part)]) {
      for (let i = 0; i + 10 <= text.length && i < 4_096; i++) expect(shown).not.toContain(text.slice(i, i + 10));
    }
  }
}

/** What a part says, also where it is damaged: whatever is no base64url is left out. */
function decodeLeniently(part: string): string {
  const text = part.replace(/[^\w-]/g, '');
  return textOf(base64url.decode(text.length % 4 === 1 ? text.slice(0, -1) : text));
}
