/** defineEvent: what a definition is, and the mistakes of a caller. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineEvent } from '../../src/events/define.js';
import { sessionRevoked } from '../../src/vocabularies/caep.js';

const schema = z.object({ n: z.number() });

describe('defineEvent', () => {
  test('keeps the type and the schema as they are given', () => {
    const definition = defineEvent('https://a.example/event', schema);
    expect(definition.type).toBe('https://a.example/event');
    expect(definition.schema).toBe(schema);
    expect(definition.parse({ n: 1 })).toEqual({ n: 1 });
  });

  test('takes the schema of another definition', () => {
    const { parse } = defineEvent('session', sessionRevoked.schema);
    expect(parse({ initiating_entity: 'admin' })).toEqual({ initiating_entity: 'admin' });
  });

  test.each<[name: string, type: unknown, schema: unknown]>([
    ['an empty type', '', schema],
    ['a type that is no string', 5, schema],
    ['no type', undefined, schema],
    ['the type "unknown", which events without a definition have', 'unknown', schema],
    ['no schema', 'a', undefined],
    ['null for a schema', 'a', null],
    ['a function', 'a', () => true],
    ['an object that is no schema', 'a', { validate: () => true }],
    ['a schema of a later version', 'a', { '~standard': { ...schema['~standard'], version: 2 } }],
    ['a schema without validate', 'a', { '~standard': { version: 1, vendor: 'x' } }],
  ])('%s is a TypeError at once', (_, type, given) => {
    expect(() => defineEvent(type as string, given as typeof schema)).toThrow(TypeError);
  });
});
