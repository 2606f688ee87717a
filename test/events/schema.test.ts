/** schema.ts: the schema kit as a Standard Schema, and its message for each mismatch. */
import { describe, expect, test } from 'vitest';
import { absent, anything, createSchema, number, object, parseAs, string, strings } from '../../src/events/schema.js';
import { refusalOf } from '../support/refusals.js';

const schema = createSchema(
  { name: string, 'size?': number },
  { kind: ['a', 'b'] },
  { 'tags?': strings, 'data?': object, 'any?': anything, 'no?': absent },
);
const validate = (value: unknown): unknown => schema['~standard'].validate(value);

describe('a schema of the kit', () => {
  test('is a Standard Schema, version 1', () => {
    expect(schema['~standard']).toMatchObject({ version: 1, vendor: 'secevent' });
    // Some callers detach the function from its object.
    const { validate: detached } = schema['~standard'];
    expect(detached({ name: 'x', kind: 'a' })).toEqual({ value: { name: 'x', kind: 'a' } });
  });

  test('returns a matching value itself, with its other members', () => {
    const value = { name: 'x', kind: 'b', size: 0, tags: [], data: {}, any: 1, more: [1], none: null };
    expect(validate(value)).toEqual({ value });
    expect((validate(value) as { value: unknown }).value).toBe(value);
  });

  test.each(['size', 'tags', 'data', 'any', 'no'])('returns a copy without %s if it is null', (name) => {
    const value = { name: 'x', [name]: null, kind: 'a', more: null };
    const { value: found } = validate(value) as { value: object };
    expect(found).toEqual({ name: 'x', kind: 'a', more: null });
    expect(name in found).toBe(false);
    // The set keeps what was sent.
    expect(value).toEqual({ name: 'x', [name]: null, kind: 'a', more: null });
  });

  test('returns a copy that keeps the order of the members, and one called __proto__ as an own member', () => {
    const value: object = JSON.parse(
      '{"more":{"a":null},"size":null,"name":"x","__proto__":{"tags":1},"tags":null,"kind":"a"}',
    );
    const { value: found } = validate(value) as { value: object };
    expect(Object.entries(found)).toEqual([
      ['more', { a: null }],
      ['name', 'x'],
      ['__proto__', { tags: 1 }],
      ['kind', 'a'],
    ]);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    expect('tags' in found).toBe(false);
  });

  test('reports a mismatch next to a null', () => {
    expect(validate({ name: 'x', size: null, kind: 'c' })).toEqual({
      issues: [{ message: 'must be one of a, b', path: ['kind'] }],
    });
  });

  test.each<[name: string, value: unknown, path: string[] | undefined, message: string]>([
    ['nothing', undefined, undefined, 'must be an object'],
    ['null', null, undefined, 'must be an object'],
    ['an array', [], undefined, 'must be an object'],
    ['a string', 'x', undefined, 'must be an object'],
    ['a required member that is missing', { kind: 'a' }, ['name'], 'is missing: it must be a string'],
    ['a member of the wrong type', { name: 1, kind: 'a' }, ['name'], 'must be a string'],
    ['null for a required member', { name: null, kind: 'a' }, ['name'], 'must be a string'],
    ['null for a required value of a list', { name: 'x', kind: null }, ['kind'], 'must be one of a, b'],
    ['null within an optional member', { name: 'x', kind: 'a', tags: [null] }, ['tags'], 'must be an array of strings'],
    [
      'Infinity, which JSON.parse makes of 1e999',
      { name: 'x', kind: 'a', size: JSON.parse('1e999') },
      ['size'],
      'must be a number',
    ],
    ['a value that is not in the list', { name: 'x', kind: 'c' }, ['kind'], 'must be one of a, b'],
    ['a value of the list in another case', { name: 'x', kind: 'A' }, ['kind'], 'must be one of a, b'],
    ['an array with a listed value', { name: 'x', kind: ['a'] }, ['kind'], 'must be one of a, b'],
    [
      'an array with a value that is not a string',
      { name: 'x', kind: 'a', tags: ['x', 1] },
      ['tags'],
      'must be an array of strings',
    ],
    ['a string instead of an array', { name: 'x', kind: 'a', tags: 'x' }, ['tags'], 'must be an array of strings'],
    ['an array instead of an object', { name: 'x', kind: 'a', data: [] }, ['data'], 'must be an object'],
    ['a member that must be absent', { name: 'x', kind: 'a', no: 1 }, ['no'], 'must be absent'],
  ])('reports %s with the path and what was expected', (_, value, path, message) => {
    expect(validate(value)).toEqual({ issues: [path ? { path, message } : { message }] });
  });

  test.each(Object.entries({ string, number, strings, object, anything, absent }))(
    'notices null with the rule %s, so that it can count as absent',
    (_, rule) => {
      const { validate: validateOne } = createSchema({ 'one?': rule })['~standard'];
      expect(validateOne({ one: null, two: 2 })).toEqual({ value: { two: 2 } });
      expect(createSchema({ one: rule })['~standard'].validate({ one: null })).toEqual({
        issues: [{ path: ['one'], message: `must be ${rule.expected}` }],
      });
    },
  );

  test('without a description accepts any object and nothing else', () => {
    expect(createSchema()['~standard'].validate({ anything: 1 })).toEqual({ value: { anything: 1 } });
    expect(createSchema()['~standard'].validate(5)).toEqual({ issues: [{ message: 'must be an object' }] });
  });
});

describe('parseAs', () => {
  test('returns the value, or throws an error with the whole path', () => {
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
