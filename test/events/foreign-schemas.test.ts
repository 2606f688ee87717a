/** Schemas of Zod, Valibot and ArkType, and schemas that misbehave: no message quotes the value. */
import { type as ark } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineEvent } from '../../src/events/define.js';
import { readEvent, readEvents } from '../../src/events/read.js';
import type { StandardSchemaV1 } from '../../src/events/standard.js';
import { decodeSet } from '../../src/set.js';
import { refusalOf } from '../support/refusals.js';
import { HEADER, makeToken, tokenWith } from '../support/tokens.js';

const SECRET = 'jane.doe@secret.example';
const TYPE = 'moved';

const definitions = {
  Zod: defineEvent(TYPE, z.object({ user: z.object({ age: z.number() }), tags: z.array(z.string()).optional() })),
  Valibot: defineEvent(TYPE, v.object({ user: v.object({ age: v.number() }), tags: v.optional(v.array(v.string())) })),
  ArkType: defineEvent(TYPE, ark({ user: { age: 'number' }, 'tags?': 'string[]' })),
};

describe.each(Object.entries(definitions))('%s', (_, definition) => {
  const tokenOf = (payload: object): string => tokenWith({ events: { [TYPE]: payload } });
  const read = (payload: object): unknown => readEvents(decodeSet(tokenOf(payload)), [definition]);

  test('reads a matching payload', () => {
    const payload = { user: { age: 5 }, tags: ['a'] };
    expect(read(payload)).toEqual([{ type: TYPE, payload }]);
    expect(readEvent(decodeSet(tokenOf(payload)), definition)?.user.age).toBe(5);
  });

  test('decides itself about null, which is not absent for it', () => {
    expect(refusalOf(() => read({ user: { age: 5 }, tags: null }))).toMatchObject({
      code: 'ERR_SET_EVENT',
      message: expect.stringMatching(/^events\.moved\.tags: /),
    });
  });

  test('refuses any other payload, with the path', () => {
    const token = tokenOf({ user: { age: true } });
    const error = refusalOf(() => readEvent(decodeSet(token), definition), token);
    expect(error.code).toBe('ERR_SET_EVENT');
    expect(error.message).toMatch(/^events\.moved\.user\.age: .*number/);
  });

  test('refuses an array with a wrong element, with its index', () => {
    expect(refusalOf(() => read({ user: { age: 5 }, tags: ['a', 7] })).message).toMatch(/^events\.moved\.tags\.1: /);
  });

  test('shows the path but nothing of the value', () => {
    const token = tokenOf({ user: { age: SECRET } });
    expect(refusalOf(() => read({ user: { age: SECRET } }), token).message).not.toContain('secret');
    expect(refusalOf(() => read({ user: { age: SECRET } }), token).message).toContain('events.moved.user.age: ');
  });
});

describe('messages', () => {
  const messageOf = (schema: StandardSchemaV1<unknown, unknown>, payload: object): string =>
    refusalOf(() => defineEvent('e', schema).parse(payload)).message;

  test('of Zod are shown, because they quote nothing', () => {
    expect(messageOf(z.object({ n: z.number() }), { n: 'x' })).toBe(
      'events.e.n: Invalid input: expected number, received string',
    );
  });

  test.each<[name: string, schema: StandardSchemaV1<unknown, unknown>]>([
    ['Valibot', v.object({ kind: v.picklist(['a', 'b']) })],
    ['ArkType', ark({ kind: "'a' | 'b'" })],
  ])('of %s are replaced if they quote the value', (_, schema) => {
    expect(messageOf(schema, { kind: SECRET })).toBe('events.e.kind: does not match its schema');
  });

  test.each<[name: string, value: string]>([
    ['with quotes and line breaks', 'jane "x" doe\n secret\ttoken'],
    ['with a backslash', 'C:\\secret\\token'],
    ['of three digits', '987'],
    ['of one letter', 'q'],
  ])('of other libraries show nothing of a string %s', (_, value) => {
    for (const schema of [
      ark({ k: "'a' | 'b'" }),
      ark({ k: 'string.email' }),
      ark({ k: /^\d{9}$/ }),
      v.object({ k: v.literal('x') }),
      v.object({ k: v.pipe(v.string(), v.email()) }),
    ]) {
      const message = messageOf(schema as StandardSchemaV1<unknown, unknown>, { k: value });
      for (const form of [value, JSON.stringify(value).slice(1, -1)])
        expect(message.replace(/^events\.e\.k: /, '').split(/[^\w\\]+/)).not.toContain(form);
      expect(message).not.toMatch(/secret|token|987/);
    }
  });

  test.each<[name: string, schema: StandardSchemaV1<unknown, unknown>]>([
    ['Zod', z.strictObject({ k: z.string() })],
    ['Valibot', v.strictObject({ k: v.string() })],
    ['ArkType', ark({ '+': 'reject', k: 'string' })],
  ])('of %s show no member name that the sender chose', (_, schema) => {
    expect(messageOf(schema, { k: 'a', [SECRET]: 1 })).not.toContain('secret');
  });

  test('are also replaced if they quote another value of the payload, or a number', () => {
    const quoting = (quoted: string): StandardSchemaV1<unknown, unknown> => ({
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: () => ({ issues: [{ message: `about ${quoted}`, path: ['a'] }] }),
      },
    });
    expect(messageOf(quoting(SECRET), { a: 1, b: [{ c: SECRET }] })).toBe('events.e.a: does not match its schema');
    expect(messageOf(quoting('4111111'), { a: 4111111 })).toBe('events.e.a: does not match its schema');
    expect(messageOf(quoting('nothing of it'), { a: 1, b: SECRET })).toBe('events.e.a: about nothing of it');
  });

  test('are replaced if they are very long or missing', () => {
    const reporting = (issues: unknown): StandardSchemaV1<unknown, unknown> => ({
      '~standard': { version: 1, vendor: 'x', validate: () => ({ issues }) as never },
    });
    for (const issues of [[{ message: 'x'.repeat(201) }], [{ message: undefined }], [{}], []]) {
      expect(messageOf(reporting(issues), {})).toBe('events.e: does not match its schema');
    }
  });

  test('show keys that the sender chose only if they look like names', () => {
    const record = z.object({ by: z.record(z.string(), z.number()) });
    expect(messageOf(record, { by: { plain_name: 'x' } })).toMatch(/^events\.e\.by\.plain_name: /);
    expect(messageOf(record, { by: { [SECRET]: 'x' } })).toMatch(/^events\.e\.by\.…: /);
    expect(messageOf(record, { by: { ['k'.repeat(100_000)]: 'x' } }).length).toBeLessThan(200);
    expect(messageOf(record, { by: { 'line\nbreak': 'x' } })).not.toContain('\n');
    expect(messageOf(record, { by: { 12065550123: 'x' } })).toMatch(/^events\.e\.by\.…: /);
  });
});

describe('the payload of an event', () => {
  test('is the output of its schema: transformed, with defaults, without members that the schema drops', () => {
    const schema = z.object({
      at: z.number().transform((seconds) => new Date(seconds * 1000)),
      kind: z.string().default('none'),
    });
    const set = decodeSet(tokenWith({ events: { e: { at: 1, dropped: true } } }));
    expect(readEvent(set, defineEvent('e', schema))).toEqual({ at: new Date(1000), kind: 'none' });
  });
});

describe('null for an optional member', () => {
  test('reaches the schema as it was sent', () => {
    const definition = defineEvent('e', z.object({ note: z.string().nullish() }));
    expect(readEvent(decodeSet(tokenWith({ events: { e: { note: null } } })), definition)).toEqual({ note: null });
  });
});

describe('a schema that misbehaves', () => {
  const set = decodeSet(tokenWith({ events: { e: { name: SECRET } } }));

  test('causes a TypeError if it is asynchronous, and leaves no unhandled rejection', async () => {
    const failing: StandardSchemaV1<unknown, unknown> = {
      '~standard': { version: 1, vendor: 'x', validate: () => Promise.reject(new Error('late')) },
    };
    expect(() => readEvent(set, defineEvent('e', failing))).toThrow(
      new TypeError('The schema of events.e is asynchronous'),
    );
    expect(() => readEvent(set, defineEvent('e', z.object({ name: z.string().refine(async () => true) })))).toThrow(
      TypeError,
    );
    expect(() =>
      readEvents(set, [
        defineEvent(
          'e',
          v.pipeAsync(
            v.object({}),
            v.checkAsync(async () => true),
          ),
        ),
      ]),
    ).toThrow(TypeError);
    // An unhandled rejection would be reported a little later, and fail the run.
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test('causes a SetError if it throws, without its message, which may quote the value', () => {
    const throwing: StandardSchemaV1<unknown, unknown> = {
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: () => {
          throw new RangeError(SECRET);
        },
      },
    };
    const error = refusalOf(() => readEvent(set, defineEvent('e', throwing)));
    expect(error).toMatchObject({ code: 'ERR_SET_EVENT', message: 'events.e: its schema threw RangeError' });
    expect(error.cause).toBeUndefined();
  });

  test.each<[name: string, schema: StandardSchemaV1<unknown, unknown>]>([
    ['Zod', z.object({ name: z.string().transform((text) => new URL(text)) })],
    ['Zod', z.object({ name: z.string().refine((text) => BigInt(text) > 0n) })],
    [
      'Valibot',
      v.object({
        name: v.pipe(
          v.string(),
          v.transform((text) => new URL(text)),
        ),
      }),
    ],
    ['ArkType', ark({ name: ark('string').pipe((text) => new URL(text)) })],
  ])('of %s causes a SetError, not a TypeError, if a transformation throws because of the value', (_, schema) => {
    expect(refusalOf(() => readEvent(set, defineEvent('e', schema)))).toMatchObject({
      code: 'ERR_SET_EVENT',
      message: expect.not.stringContaining('secret'),
    });
  });

  test.each<[name: string, result: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'x'],
    ['a number', 5],
  ])('causes a TypeError if it returns %s', (_, result) => {
    const broken = { '~standard': { version: 1, vendor: 'x', validate: () => result } } as unknown as StandardSchemaV1<
      unknown,
      unknown
    >;
    expect(() => readEvent(set, defineEvent('e', broken))).toThrow(
      new TypeError('The schema of events.e must return an object'),
    );
  });

  const setOfDepth = (depth: number): ReturnType<typeof decodeSet> => {
    const payload = `{"iss":"i","iat":1,"jti":"j","events":{"e":{"deep":${'['.repeat(depth)}${']'.repeat(depth)}}}}`;
    return decodeSet(makeToken(HEADER, payload));
  };
  const zodTree: z.ZodType = z.lazy(() => z.array(zodTree));
  const valibotTree: v.GenericSchema = v.lazy(() => v.array(valibotTree));

  test.each<[name: string, schema: StandardSchemaV1<unknown, unknown>]>([
    ['Zod', z.object({ deep: zodTree })],
    ['Valibot', v.object({ deep: valibotTree })],
    ['ArkType, whose messages recurse', ark({ deep: "'a' | 'b'" })],
    ['Zod, which ignores the value', z.object({ deep: z.unknown() })],
  ])('of %s never gets a payload that would overflow its stack', (_, schema) => {
    for (const depth of [101, 5_000, 300_000]) {
      expect(refusalOf(() => readEvent(setOfDepth(depth), defineEvent('e', schema)))).toMatchObject({
        code: 'ERR_SET_EVENT',
        message: 'events.e: is nested more than 100 levels deep',
      });
    }
    expect(
      refusalOf(() => readEvent(setOfDepth(50), defineEvent('e', z.object({ deep: z.string() })))).message,
    ).toContain('events.e.deep: ');
  });

  test('causes a message with only the beginning of a long path', () => {
    let deep: unknown = 5;
    for (let i = 0; i < 60; i++) deep = { ['n'.repeat(60)]: deep };
    const tree: v.GenericSchema = v.lazy(() => v.record(v.string(), tree));
    expect(refusalOf(() => defineEvent('e', v.object({ deep: tree })).parse({ deep })).message.length).toBeLessThan(
      1_000,
    );
  });

  test('may get a cyclic value, which no token can contain', () => {
    const own: Record<string, unknown> = { k: 1 };
    own['self'] = own;
    expect(refusalOf(() => defineEvent('e', z.object({ k: z.string() })).parse(own)).code).toBe('ERR_SET_EVENT');
  });
});
