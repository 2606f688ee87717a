/** defineEvent: the definition that it returns, and mistakes of the caller. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineEvent } from '../../src/events/define.js';
import { sessionRevoked } from '../../src/vocabularies/caep.js';

const schema = z.object({ n: z.number() });

describe('defineEvent', () => {
  test('returns the type and the schema unchanged', () => {
    const definition = defineEvent('https://a.example/event', schema);
    expect(definition.type).toBe('https://a.example/event');
    expect(definition.schema).toBe(schema);
    expect(definition.parse({ n: 1 })).toEqual({ n: 1 });
  });

  test('accepts the schema of another definition', () => {
    const { parse } = defineEvent('session', sessionRevoked.schema);
    expect(parse({ initiating_entity: 'admin' })).toEqual({ initiating_entity: 'admin' });
    expect(parse({ initiating_entity: null, other: null })).toEqual({ other: null });
  });

  test.each<[name: string, type: unknown, schema: unknown]>([
    ['an empty type', '', schema],
    ['a type that is not a string', 5, schema],
    ['no type', undefined, schema],
    ['the type "unknown" of events without a definition', 'unknown', schema],
    ['no schema', 'a', undefined],
    ['a schema of null', 'a', null],
    ['a function', 'a', () => true],
    ['an object that is not a schema', 'a', { validate: () => true }],
    ['a schema of a later version', 'a', { '~standard': { ...schema['~standard'], version: 2 } }],
    ['a schema without validate', 'a', { '~standard': { version: 1, vendor: 'x' } }],
  ])('throws a TypeError for %s', (_, type, invalid) => {
    expect(() => defineEvent(type as string, invalid as typeof schema)).toThrow(TypeError);
  });
});
