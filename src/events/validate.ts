/**
 * Holds a payload against a schema of another library, and says in this library's own way what does not fit.
 *
 * Such a schema may quote the value in its messages, throw, recurse as deep as the value goes, or be asynchronous. None
 * of that gets out, with one exception: what a message of the caller's own code makes of a value is the caller's.
 */
import { SetError } from '../errors.js';
import { refusal } from './schema.js';
import type { SchemaPath, SchemaResult, StandardSchemaV1 } from './standard.js';

/** Nobody means to nest deeper, and the stacks of schemas end not far beyond. */
const MAX_DEPTH = 100;
const MAX_MESSAGE_LENGTH = 200;
const MAX_PATH_LENGTH = 10;

/**
 * Gives what the schema makes of a value.
 *
 * @param path where the value stands
 * @throws SetError `ERR_SET_EVENT` with the path and, where the schema says it without quoting the value, what was
 * expected
 * @throws TypeError when the schema is asynchronous, or breaks the rules of Standard Schema
 */
export function validate<Output>(schema: StandardSchemaV1<unknown, Output>, value: unknown, path: string): Output {
  if (isDeep(value)) throw new SetError('ERR_SET_EVENT', `${path}: nests more than ${MAX_DEPTH} levels deep`);
  let result: SchemaResult<Output> | Promise<SchemaResult<Output>>;
  let fault: { readonly message: unknown; readonly path: unknown } | undefined;
  try {
    result = schema['~standard'].validate(value);
    // Read here, since they may be made only now, and quote the value.
    if (Object(result) === result && 'issues' in result && result.issues)
      fault = { message: result.issues[0]?.message, path: result.issues[0]?.path };
  } catch (error) {
    // Its message may quote the value as well.
    throw new SetError('ERR_SET_EVENT', `${path}: its schema throws ${nameOf(error)}`);
  }
  if (Object(result) !== result) throw new TypeError(`The schema of ${path} breaks the rules of Standard Schema`);
  if ('then' in result) {
    result.then(undefined, () => {
      // Nobody waits for it. The error below says what is wrong.
    });
    const thrown = thrownByZod(schema, value);
    if (thrown !== undefined) throw new SetError('ERR_SET_EVENT', `${path}: its schema throws ${nameOf(thrown)}`);
    throw new TypeError(`The schema of ${path} is asynchronous`);
  }
  if (!fault) return (result as { readonly value: Output }).value;
  const keys = Array.isArray(fault.path) ? (fault.path as SchemaPath) : [];
  const names = keys.map((key) => memberName(typeof key === 'object' ? key.key : key));
  const { message } = fault;
  const isShown =
    typeof message === 'string' && message.length <= MAX_MESSAGE_LENGTH && !repeats(message, value, names);
  throw refusal(path, {
    path: names.length > MAX_PATH_LENGTH ? [...names.slice(0, MAX_PATH_LENGTH), '…'] : names,
    message: isShown ? message : 'does not fit its schema',
  });
}

/**
 * What Zod's synchronous way throws: whatever that is, Zod then turns to its asynchronous way, and a value that a
 * transformation throws at would pass for a mistake of the caller.
 *
 * @returns nothing when it throws because the schema is asynchronous
 */
function thrownByZod(schema: StandardSchemaV1, value: unknown): unknown {
  if (schema['~standard'].vendor !== 'zod') return undefined;
  try {
    (schema as unknown as { safeParse(value: unknown): unknown }).safeParse(value);
  } catch (error) {
    return String((error as Partial<Error> | undefined)?.message).includes('during synchronous parse')
      ? undefined
      : (error ?? 'nothing');
  }
  return undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? memberName(error.name) : 'something';
}

/** The name of a member as a message may show it. Whoever writes JSON chooses its names, and some are no names. */
function memberName(name: PropertyKey): string {
  return /^([a-z_$][\w:$-]{0,63}|\d{1,6})$/i.test(String(name)) ? String(name) : '…';
}

function isDeep(value: unknown): boolean {
  let depth = 0;
  for (const _ of levelsOf(value)) if (++depth > MAX_DEPTH) return true;
  return false;
}

/**
 * Whether a message repeats a text, a number or a name of the value, as it is or escaped; but for the names that are
 * shown anyway.
 */
function repeats(message: string, value: unknown, names: readonly unknown[]): boolean {
  for (const level of levelsOf(value)) {
    for (const each of level) {
      if ((typeof each !== 'string' && typeof each !== 'number') || each === '' || names.includes(each)) continue;
      const text = String(each);
      if (
        text.length > 3
          ? [text, JSON.stringify(text).slice(1, -1)].some((form) => message.includes(form))
          : hasWord(message, text)
      )
        return true;
    }
  }
  return false;
}

/** Whether a short text stands by itself in a message. Within a word it is no quotation. */
function hasWord(message: string, text: string): boolean {
  for (let at = message.indexOf(text); at >= 0; at = message.indexOf(text, at + 1)) {
    if (!/\w/.test((message[at - 1] ?? '') + (message[at + text.length] ?? ''))) return true;
  }
  return false;
}

/** All that is in a value, level by level: names and members. An object that holds itself is looked at once. */
function* levelsOf(value: unknown): Generator<readonly unknown[]> {
  const seen = new Set<unknown>();
  for (let level: unknown[] = [value]; level.length;) {
    yield level;
    const below: unknown[] = [];
    for (const each of level) {
      if (typeof each !== 'object' || each === null || seen.has(each)) continue;
      seen.add(each);
      const isList = Array.isArray(each);
      for (const [name, member] of Object.entries(each)) isList ? below.push(member) : below.push(name, member);
    }
    level = below;
  }
}
