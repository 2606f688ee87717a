/** Schemas of Zod, Valibot and ArkType, and those that behave badly: what does not fit is said without quoting it. */
import { type as ark } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineEvent } from '../../src/events/define.js';
import { readEvent, readEvents } from '../../src/events/read.js';
import type { StandardSchemaV1 } from '../../src/events/standard.js';
import { decodeSet } from '../../src/set.js';
import { refusalOf } from '../support/refusals.js';
import { tokenWith } from '../support/tokens.js';

const SECRET = 'jane.doe@secret.example';
const TYPE = 'moved';

const definitions = {
  Zod: defineEvent(TYPE, z.object({ user: z.object({ age: z.number() }), 'tags': z.array(z.string()).optional() })),
  Valibot: defineEvent(TYPE, v.object({ user: v.object({ age: v.number() }), tags: v.optional(v.array(v.string())) })),
  ArkType: defineEvent(TYPE, ark({ user: { age: 'number' }, 'tags?': 'string[]' })),
};

describe.each(Object.entries(definitions))('%s', (_, definition) => {
  const tokenOf = (payload: object): string => tokenWith({ events: { [TYPE]: payload } });
  const read = (payload: object): unknown => readEvents(decodeSet(tokenOf(payload)), [definition]);

  test('reads what fits', () => {
    const payload = { user: { age: 5 }, tags: ['a'] };
    expect(read(payload)).toEqual([{ type: TYPE, payload }]);
    expect(readEvent(decodeSet(tokenOf(payload)), definition)?.user.age).toBe(5);
  });

  test('refuses what does not, with the path', () => {
    const token = tokenOf({ user: { age: true } });
    const error = refusalOf(() => readEvent(decodeSet(token), definition), token);
    expect(error.code).toBe('ERR_SET_EVENT');
    expect(error.message).toMatch(/^events\.moved\.user\.age: .*number/);
  });

  test('refuses a wrong entry of a list, with its place', () => {
    expect(refusalOf(() => read({ user: { age: 5 }, tags: ['a', 7] })).message).toMatch(/^events\.moved\.tags\.1: /);
  });

  test('shows nothing of a value in its place', () => {
    const token = tokenOf({ user: { age: SECRET } });
    expect(refusalOf(() => read({ user: { age: SECRET } }), token).message).not.toContain('secret');
    expect(refusalOf(() => read({ user: { age: SECRET } }), token).message).toContain('events.moved.user.age: ');
  });
});

describe('messages', () => {
  const messageOf = (schema: StandardSchemaV1<unknown, unknown>, payload: object): string =>
    refusalOf(() => defineEvent('e', schema).parse(payload)).message;

  test('of Zod are shown, since they quote nothing', () => {
    expect(messageOf(z.object({ n: z.number() }), { n: 'x' })).toBe('events.e.n: Invalid input: expected number, received string');
  });

  test.each<[name: string, schema: StandardSchemaV1<unknown, unknown>]>([
    ['Valibot', v.object({ kind: v.picklist(['a', 'b']) })],
    ['ArkType', ark({ kind: "'a' | 'b'" })],
  ])('of %s are replaced where they quote the value', (_, schema) => {
    expect(messageOf(schema, { kind: SECRET })).toBe('events.e.kind: does not fit its schema');
  });

  test('that quote another value of the payload are replaced too, and numbers', () => {
    const quoting = (quoted: string): StandardSchemaV1<unknown, unknown> => ({
      '~standard': { version: 1, vendor: 'x', validate: () => ({ issues: [{ message: `about ${quoted}`, path: ['a'] }] }) },
    });
    expect(messageOf(quoting(SECRET), { a: 1, b: [{ c: SECRET }] })).toBe('events.e.a: does not fit its schema');
    expect(messageOf(quoting('4111111'), { a: 4111111 })).toBe('events.e.a: does not fit its schema');
    expect(messageOf(quoting('nothing of it'), { a: 1, b: SECRET })).toBe('events.e.a: about nothing of it');
  });

  test('that are very long, or none, are replaced', () => {
    const saying = (issues: unknown): StandardSchemaV1<unknown, unknown> => ({
      '~standard': { version: 1, vendor: 'x', validate: () => ({ issues }) as never },
    });
    for (const issues of [[{ message: 'x'.repeat(201) }], [{ message: undefined }], [{}], []]) {
      expect(messageOf(saying(issues), {})).toBe('events.e: does not fit its schema');
    }
  });

  test('name keys that the sender chose only where they could be names', () => {
    const record = z.object({ by: z.record(z.string(), z.number()) });
    expect(messageOf(record, { by: { plain_name: 'x' } })).toMatch(/^events\.e\.by\.plain_name: /);
    expect(messageOf(record, { by: { [SECRET]: 'x' } })).toMatch(/^events\.e\.by\.…: /);
    expect(messageOf(record, { by: { ['k'.repeat(100_000)]: 'x' } }).length).toBeLessThan(200);
    expect(messageOf(record, { by: { 'line\nbreak': 'x' } })).not.toContain('\n');
  });
});

describe('what a schema makes of a payload', () => {
  test('is what the event has: transformed, with defaults, without what the schema drops', () => {
    const schema = z.object({ at: z.number().transform((seconds) => new Date(seconds * 1000)), kind: z.string().default('none') });
    const set = decodeSet(tokenWith({ events: { e: { at: 1, dropped: true } } }));
    expect(readEvent(set, defineEvent('e', schema))).toEqual({ at: new Date(1000), kind: 'none' });
  });
});

describe('a schema that behaves badly', () => {
  const set = decodeSet(tokenWith({ events: { e: { name: SECRET } } }));

  test('by being asynchronous is a TypeError, and leaves no rejection behind', async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', note);
    const failing: StandardSchemaV1<unknown, unknown> = {
      '~standard': { version: 1, vendor: 'x', validate: () => Promise.reject(new Error('late')) },
    };
    expect(() => readEvent(set, defineEvent('e', failing))).toThrow(new TypeError('The schema of events.e is asynchronous'));
    expect(() => readEvent(set, defineEvent('e', z.object({ name: z.string().refine(async () => true) })))).toThrow(TypeError);
    expect(() => readEvents(set, [defineEvent('e', v.pipeAsync(v.object({}), v.checkAsync(async () => true)))])).toThrow(TypeError);
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(rejections).toEqual([]);
  });

  test('by throwing is a refusal with the cause', () => {
    const cause = new RangeError('too deep');
    const throwing: StandardSchemaV1<unknown, unknown> = {
      '~standard': { version: 1, vendor: 'x', validate: () => { throw cause; } },
    };
    expect(refusalOf(() => readEvent(set, defineEvent('e', throwing)))).toMatchObject({ code: 'ERR_SET_EVENT', cause });
  });

  test('by recursion meets a payload as deep as a token can make it, and it is a refusal', () => {
    const deep = decodeSet(tokenWith({ events: { e: { deep: 0 } } }).replace(/\.(.*)\./, () => {
      const payload = `{"iss":"i","iat":1,"jti":"j","events":{"e":{"deep":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`;
      return `.${Buffer.from(payload).toString('base64url')}.`;
    }));
    const nested: z.ZodType = z.lazy(() => z.array(nested));
    expect(refusalOf(() => readEvent(deep, defineEvent('e', z.object({ deep: nested })))).code).toBe('ERR_SET_EVENT');
    expect(refusalOf(() => readEvent(deep, defineEvent('e', z.object({ other: z.string() })))).code).toBe('ERR_SET_EVENT');
  });
});
