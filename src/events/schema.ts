/**
 * A small schema kit for event payloads: one description is both the check at run time and the TypeScript type.
 *
 * A description maps the name of each member to a rule, or to the list of its only values. A name that ends in `?`
 * marks an optional member. If it is null, it counts as absent: serializers that write null for a missing value are
 * common among transmitters. Members without a description pass through: receivers ignore what they do not understand
 * (OpenID SSF 1.0 section 4.2.3).
 */
import { SetError } from '../errors.js';
import { isJsonObject, jsonTypeOf } from '../json.js';
import type { SchemaIssue, SchemaResult, StandardSchemaV1 } from './standard.js';
import type { JsonObject } from '../model.js';

/** The check of one member, and the type of the values that it accepts. */
export interface Rule<Value> {
  /** What a message says after "must be". */
  readonly expected: string;
  /** Must reject null: an optional member that is null counts as absent. */
  readonly accepts: (value: unknown) => value is Value;
}

type Member = Rule<unknown> | readonly string[];

/** A description of an object: its members by name. */
export interface Members {
  readonly [name: string]: Member;
}

type ValueOf<Member> =
  Member extends Rule<infer Value> ? Value : Member extends readonly (infer Value)[] ? Value : never;

/** Any string. Editors complete the known values. */
export type OpenValue<Known extends string> = Known | (string & {});

/** Accepts any string, even an empty one. */
export const string: Rule<string> = {
  expected: 'a string',
  accepts: (value) => typeof value === 'string',
};

/** Accepts a finite number. */
export const number: Rule<number> = {
  expected: 'a number',
  accepts: (value): value is number => jsonTypeOf(value) === 'number',
};

/** Accepts an array of strings, even an empty one. */
export const strings: Rule<readonly string[]> = {
  expected: 'an array of strings',
  accepts: (value): value is readonly string[] =>
    Array.isArray(value) && value.every((each) => typeof each === 'string'),
};

/** Accepts an object, but not an array. */
export const object: Rule<JsonObject> = {
  expected: 'an object',
  accepts: isJsonObject,
};

/** Accepts any value but null: for a member whose type the specification leaves open. */
export const anything: Rule<unknown> = {
  expected: 'anything but null',
  accepts: (value): value is unknown => value !== null,
};

/** Accepts no value: for a member that must be absent. */
export const absent: Rule<never> = {
  expected: 'absent',
  accepts: (_value): _value is never => false,
};

/** A schema of this kit: synchronous, never throws, and its messages quote nothing of the value. */
export interface Schema<Output> extends StandardSchemaV1<unknown, Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'secevent';
    readonly validate: (value: unknown) => SchemaResult<Output>;
  };
}

/**
 * The type of an object that matches up to three descriptions.
 *
 * A conditional type, so that the compiler writes its members into declaration files and not its name, which no entry
 * exports.
 */
export type Described<A, B, C> = A & B & C extends infer All
  ? {
      readonly [Name in keyof All as Name extends `${string}?` ? never : Name]: ValueOf<All[Name]>;
    } & {
      readonly [Name in keyof All as Name extends `${infer Bare}?` ? Bare : never]?: ValueOf<All[Name]>;
    } & JsonObject
  : never;

/**
 * Creates the schema of an object with the members of up to three descriptions.
 *
 * Its output is the value itself, or a copy without the optional members that are null. A required member must not be
 * null. It reports the first mismatch only.
 */
export function createSchema<const A extends Members = {}, const B extends Members = {}, const C extends Members = {}>(
  ...descriptions: readonly [a?: A, b?: B, c?: C]
): Schema<Described<A, B, C>> {
  let plan: Plan | undefined;
  return {
    '~standard': {
      version: 1,
      vendor: 'secevent',
      validate: (value) => validateMembers(value, (plan ??= planOf(descriptions))),
    },
  };
}

/**
 * Returns a value as the type that its schema describes.
 *
 * @param path the path of the value, for messages
 * @throws SetError `ERR_SET_EVENT` with the path and what was expected
 */
export function parseAs<Output>(schema: Schema<Output>, value: unknown, path: string): Output {
  const result = schema['~standard'].validate(value);
  if (!result.issues) return result.value;
  throw payloadError(path, result.issues[0]!);
}

/** The error for an issue of a schema. The path of the issue follows the path of the value. */
export function payloadError(path: string, { path: within = [], message }: SchemaIssue): SetError {
  return new SetError('ERR_SET_EVENT', `${[path, ...within].join('.')}: ${message}`);
}

type Plan = readonly { readonly name: string; readonly isOptional: boolean; readonly member: Member }[];

function planOf(descriptions: readonly (Members | undefined)[]): Plan {
  return descriptions.flatMap((members) =>
    Object.entries(members ?? {}).map(([name, member]) => ({
      name: name.replace(/\?$/, ''),
      isOptional: name.endsWith('?'),
      member,
    })),
  );
}

function validateMembers<Output>(value: unknown, plan: Plan): SchemaResult<Output> {
  if (!object.accepts(value)) return { issues: [{ message: 'must be an object' }] };
  let output: JsonObject = value;
  for (const { name, isOptional, member } of plan) {
    const found = value[name];
    const isMissing = found === undefined;
    if (isMissing ? isOptional : 'accepts' in member ? member.accepts(found) : member.includes(found as string))
      continue;
    if (isOptional && found === null) {
      const { [name]: _, ...others } = output;
      output = others;
      continue;
    }
    const expected = 'accepts' in member ? member.expected : `one of ${member.join(', ')}`;
    return {
      issues: [{ message: isMissing ? `is missing: it must be ${expected}` : `must be ${expected}`, path: [name] }],
    };
  }
  return { value: output as Output };
}
