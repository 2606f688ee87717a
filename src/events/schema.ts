/**
 * A small schema kit for event payloads: from one description come the check and the TypeScript type.
 *
 * A description is plain data: to the name of each member a rule, or the list of the only values that it can have; a
 * name that ends in `?` is that of a member that may be absent. What is not described passes through, since receivers
 * ignore what they do not understand (OpenID SSF 1.0 section 4.2.3).
 */
import { SetError } from '../errors.js';
import { typeOf } from '../json.js';
import type { SchemaIssue, SchemaResult, StandardSchemaV1 } from './standard.js';
import type { JsonObject } from '../model.js';

/** What a member has to be. */
export interface Rule<Value> {
  /** For a message, behind "must be". */
  readonly expected: string;
  readonly fits: (value: unknown) => value is Value;
}

type Member = Rule<unknown> | readonly string[];

/** The members of an object. */
export interface Members {
  readonly [name: string]: Member;
}

type ValueOf<Member> =
  Member extends Rule<infer Value> ? Value : Member extends readonly (infer Value)[] ? Value : never;

/** Known values among others: any text is one, and editors complete the known. */
export type OpenValue<Known extends string> = Known | (string & {});

export const string: Rule<string> = {
  expected: 'a string',
  fits: (value) => typeof value === 'string',
};

export const number: Rule<number> = {
  expected: 'a number',
  fits: (value): value is number => typeOf(value) === 'number',
};

export const strings: Rule<readonly string[]> = {
  expected: 'a list of strings',
  fits: (value): value is readonly string[] => Array.isArray(value) && value.every((each) => typeof each === 'string'),
};

export const object: Rule<JsonObject> = {
  expected: 'an object',
  fits: (value): value is JsonObject => typeOf(value) === 'object',
};

/** Any value: for a member whose type its specification leaves open. */
export const anything: Rule<unknown> = {
  expected: 'anything',
  fits: (_value): _value is unknown => true,
};

/** No value: for a member that must not be there. */
export const nothing: Rule<never> = {
  expected: 'absent',
  fits: (_value): _value is never => false,
};

/** A schema made here: it needs no promise, never throws, and its messages repeat nothing of the value. */
export interface Schema<Output> extends StandardSchemaV1<unknown, Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'secevent';
    readonly validate: (value: unknown) => SchemaResult<Output>;
  };
}

/**
 * The type of what fits up to three descriptions.
 *
 * Conditional, since a compiler then writes its members into a declaration, and not its name, which no entry exports.
 */
export type Described<A, B, C> = A & B & C extends infer All
  ? {
      readonly [Name in keyof All as Name extends `${string}?` ? never : Name]: ValueOf<All[Name]>;
    } & {
      readonly [Name in keyof All as Name extends `${infer Bare}?` ? Bare : never]?: ValueOf<All[Name]>;
    } & JsonObject
  : never;

/**
 * Makes the schema of an object with the members of up to three descriptions.
 *
 * A value that fits is handed on as it is. The first member that does not is the one issue; null is a value like any
 * other.
 */
export function objectOf<const A extends Members = {}, const B extends Members = {}, const C extends Members = {}>(
  ...descriptions: readonly [a?: A, b?: B, c?: C]
): Schema<Described<A, B, C>> {
  let plan: Plan | undefined;
  return {
    '~standard': {
      version: 1,
      vendor: 'secevent',
      validate: (value) => checkMembers(value, (plan ??= planOf(descriptions))),
    },
  };
}

/**
 * Gives a value back as its schema says that it is.
 *
 * @param path where the value stands
 * @throws SetError `ERR_SET_EVENT` with the path and what was expected
 */
export function parseAs<Output>(schema: Schema<Output>, value: unknown, path: string): Output {
  const result = schema['~standard'].validate(value);
  if (!result.issues) return result.value;
  throw refusal(path, result.issues[0]!);
}

/** The error for an issue of a schema, by the path of the value and that within it. */
export function refusal(path: string, { path: within = [], message }: SchemaIssue): SetError {
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

function checkMembers<Output>(value: unknown, plan: Plan): SchemaResult<Output> {
  if (!object.fits(value)) return { issues: [{ message: 'must be an object' }] };
  for (const { name, isOptional, member } of plan) {
    const found = value[name];
    const isMissing = found === undefined;
    if (isMissing ? isOptional : 'fits' in member ? member.fits(found) : member.includes(found as string)) continue;
    const expected = 'fits' in member ? member.expected : `one of ${member.join(', ')}`;
    return {
      issues: [{ message: isMissing ? `is missing: it must be ${expected}` : `must be ${expected}`, path: [name] }],
    };
  }
  return { value: value as Output };
}
