/** schema.ts: the kit, as a schema by Standard Schema and as what it says of each value. */
import { describe, expect, test } from 'vitest';
import { anything, nothing, number, object, objectOf, parseAs, string, strings } from '../../src/events/schema.js';
import { refusalOf } from '../support/refusals.js';

const schema = objectOf(
  { name: string, 'size?': number },
  { kind: ['a', 'b'] },
  { 'tags?': strings, 'data?': object, 'any?': anything, 'no?': nothing },
);
const validate = (value: unknown): unknown => schema['~standard'].validate(value);

describe('a schema of the kit', () => {
  test('is one by Standard Schema version 1', () => {
    expect(schema['~standard']).toMatchObject({ version: 1, vendor: 'secevent' });
    // Taken out of its object, as some callers do.
    const { validate: alone } = schema['~standard'];
    expect(alone({ name: 'x', kind: 'a' })).toEqual({ value: { name: 'x', kind: 'a' } });
  });

  test('hands a value on that fits: the same object, with what it has besides', () => {
    const value = { name: 'x', kind: 'b', size: 0, tags: [], data: {}, any: null, more: [1] };
    expect(validate(value)).toEqual({ value });
    expect((validate(value) as { value: unknown }).value).toBe(value);
  });

  test.each<[name: string, value: unknown, path: string[] | undefined, message: string]>([
    ['nothing', undefined, undefined, 'must be an object'],
    ['null', null, undefined, 'must be an object'],
    ['a list', [], undefined, 'must be an object'],
    ['a text', 'x', undefined, 'must be an object'],
    ['a required member that is missing', { kind: 'a' }, ['name'], 'is missing: it must be a string'],
    ['a member of another type', { name: 1, kind: 'a' }, ['name'], 'must be a string'],
    ['null for a required member', { name: null, kind: 'a' }, ['name'], 'must be a string'],
    ['null for an optional member', { name: 'x', kind: 'a', size: null }, ['size'], 'must be a number'],
    [
      'an infinity, which JSON makes of 1e999',
      { name: 'x', kind: 'a', size: JSON.parse('1e999') },
      ['size'],
      'must be a number',
    ],
    ['a value that is not in the list', { name: 'x', kind: 'c' }, ['kind'], 'must be one of a, b'],
    ['a value of the list in another case', { name: 'x', kind: 'A' }, ['kind'], 'must be one of a, b'],
    ['a list around a value', { name: 'x', kind: ['a'] }, ['kind'], 'must be one of a, b'],
    [
      'a list with something else in it',
      { name: 'x', kind: 'a', tags: ['x', 1] },
      ['tags'],
      'must be a list of strings',
    ],
    ['a text in place of a list', { name: 'x', kind: 'a', tags: 'x' }, ['tags'], 'must be a list of strings'],
    ['a list in place of an object', { name: 'x', kind: 'a', data: [] }, ['data'], 'must be an object'],
    ['a member that must not be there', { name: 'x', kind: 'a', no: 1 }, ['no'], 'must be absent'],
  ])('says of %s where and what it must be', (_, value, path, message) => {
    expect(validate(value)).toEqual({ issues: [path ? { path, message } : { message }] });
  });

  test('without a description takes any object, and nothing else', () => {
    expect(objectOf()['~standard'].validate({ anything: 1 })).toEqual({ value: { anything: 1 } });
    expect(objectOf()['~standard'].validate(5)).toEqual({ issues: [{ message: 'must be an object' }] });
  });
});

describe('parseAs', () => {
  test('gives the value, or an error with the whole path', () => {
    const value = { name: 'x', kind: 'a' };
    expect(parseAs(schema, value, 'here')).toBe(value);
    expect(refusalOf(() => parseAs(schema, {}, 'here'))).toMatchObject({
      code: 'ERR_SET_EVENT',
      message: 'here.name: is missing: it must be a string',
    });
    expect(refusalOf(() => parseAs(schema, 5, 'here'))).toMatchObject({
      code: 'ERR_SET_EVENT',
      message: 'here: must be an object',
    });
  });
});
