/** errors.ts: the one error class, and a guard that works across copies and realms. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { isSetError, SetError } from '../src/errors.js';

describe('SetError', () => {
  test('carries code, message, claim and cause', () => {
    const cause = new Error('the cause');
    const error = new SetError('ERR_SET_CLAIM_INVALID', 'the message', { claim: 'iat', cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'SetError',
      code: 'ERR_SET_CLAIM_INVALID',
      message: 'the message',
      claim: 'iat',
    });
    expect(error.cause).toBe(cause);
  });

  test('has no claim and no cause unless they are given', () => {
    const error = new SetError('ERR_SET_JSON', 'not JSON');
    expect('claim' in error).toBe(false);
    expect('cause' in error).toBe(false);
  });
});

describe('isSetError', () => {
  test('accepts a SetError', () => {
    expect(isSetError(new SetError('ERR_SET_JSON', 'not JSON'))).toBe(true);
  });

  test('accepts a SetError of another realm, where instanceof fails', () => {
    const foreign: unknown = runInNewContext(`
      class SetError extends Error { name = 'SetError'; code = 'ERR_SET_JSON' }
      new SetError('not JSON');
    `);
    expect(foreign).not.toBeInstanceOf(Error);
    expect(isSetError(foreign)).toBe(true);
  });

  test.each([
    ['an error of another kind', new TypeError('no')],
    ['an error with a foreign code', Object.assign(new Error('no'), { code: 'ENOENT' })],
    ['an error with the name only', Object.assign(new Error('no'), { name: 'SetError' })],
    ['an error with the code only', Object.assign(new Error('no'), { code: 'ERR_SET_JSON' })],
    ['an error with the name and a foreign code', Object.assign(new Error('no'), { name: 'SetError', code: 'ENOENT' })],
    ['an error whose code is not a string', Object.assign(new Error('no'), { name: 'SetError', code: 7 })],
    ['JSON that looks like one', JSON.parse('{"name":"SetError","code":"ERR_SET_JSON","message":"no"}')],
    ['null', null],
    ['undefined', undefined],
    ['a string', 'ERR_SET_JSON'],
  ])('rejects %s', (_, value) => {
    expect(isSetError(value)).toBe(false);
  });
});
