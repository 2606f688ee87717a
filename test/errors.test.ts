/** errors.ts: one error class, and a guard that holds across copies and realms. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { isSetError, SetError } from '../src/errors.js';

describe('SetError', () => {
  test('carries code, message, claim and cause', () => {
    const cause = new Error('behind it');
    const error = new SetError('ERR_SET_CLAIM_INVALID', 'what was expected', { claim: 'iat', cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'SetError',
      code: 'ERR_SET_CLAIM_INVALID',
      message: 'what was expected',
      claim: 'iat',
    });
    expect(error.cause).toBe(cause);
  });

  test('has no member for what there is not', () => {
    const error = new SetError('ERR_SET_JSON', 'no JSON');
    expect('claim' in error).toBe(false);
    expect('cause' in error).toBe(false);
  });
});

describe('isSetError', () => {
  test('knows its own', () => {
    expect(isSetError(new SetError('ERR_SET_JSON', 'no JSON'))).toBe(true);
  });

  test('knows one of another realm, where instanceof fails', () => {
    const foreign: unknown = runInNewContext(`
      class SetError extends Error { name = 'SetError'; code = 'ERR_SET_JSON' }
      new SetError('no JSON');
    `);
    expect(foreign).not.toBeInstanceOf(Error);
    expect(isSetError(foreign)).toBe(true);
  });

  test.each([
    ['an error of another kind', new TypeError('no')],
    ['an error with a code of another kind', Object.assign(new Error('no'), { code: 'ENOENT' })],
    ['an error with the name only', Object.assign(new Error('no'), { name: 'SetError' })],
    ['an error with the code only', Object.assign(new Error('no'), { code: 'ERR_SET_JSON' })],
    [
      'an error with the name and a code of another kind',
      Object.assign(new Error('no'), { name: 'SetError', code: 'ENOENT' }),
    ],
    ['an error whose code is no string', Object.assign(new Error('no'), { name: 'SetError', code: 7 })],
    ['JSON that looks like one', JSON.parse('{"name":"SetError","code":"ERR_SET_JSON","message":"no"}')],
    ['null', null],
    ['undefined', undefined],
    ['a string', 'ERR_SET_JSON'],
  ])('does not take %s for one', (_, value) => {
    expect(isSetError(value)).toBe(false);
  });
});
