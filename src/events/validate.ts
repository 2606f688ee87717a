/**
 * Validates a payload against a schema of another library, and reports a mismatch as this library does.
 *
 * A foreign schema may quote the value in its messages, throw, overflow the stack on a deep value, or be asynchronous.
 * Every case becomes a SetError or a TypeError that quotes nothing from the value. One exception remains: a message
 * from the caller's own code may contain something that it computed from the value.
 */
import { SetError } from '../errors.js';
import { payloadError } from './schema.js';
import type { SchemaPath, SchemaResult, StandardSchemaV1 } from './standard.js';

/** Real payloads are far shallower, and some schemas overflow the stack not far beyond this. */
const MAX_DEPTH = 100;
const MAX_MESSAGE_LENGTH = 200;
const MAX_PATH_LENGTH = 10;

/**
 * Returns the output of a schema for a value.
 *
 * @param path the path of the value, for messages
 * @throws SetError `ERR_SET_EVENT` with the path, and with the message of the schema unless it quotes the value
 * @throws TypeError when the schema is asynchronous or violates Standard Schema
 */
export function validate<Output>(schema: StandardSchemaV1<unknown, Output>, value: unknown, path: string): Output {
  if (isTooDeep(value)) throw new SetError('ERR_SET_EVENT', `${path}: is nested more than ${MAX_DEPTH} levels deep`);
  let result: SchemaResult<Output> | Promise<SchemaResult<Output>>;
  let fault: { readonly message: unknown; readonly path: unknown } | undefined;
  try {
    result = schema['~standard'].validate(value);
    // Read inside the try block: they may be getters, which can throw and quote the value.
    if (Object(result) === result && 'issues' in result && result.issues)
      fault = { message: result.issues[0]?.message, path: result.issues[0]?.path };
  } catch (error) {
    // Without the cause: its message may quote the value as well.
    throw new SetError('ERR_SET_EVENT', `${path}: its schema threw ${errorName(error)}`);
  }
  if (Object(result) !== result) throw new TypeError(`The schema of ${path} must return an object`);
  if ('then' in result) {
    result.then(undefined, () => {
      // The rejection is handled here, so that it does not end the process. The error below tells the caller.
    });
    const thrown = thrownByZod(schema, value);
    if (thrown !== undefined) throw new SetError('ERR_SET_EVENT', `${path}: its schema threw ${errorName(thrown)}`);
    throw new TypeError(`The schema of ${path} is asynchronous`);
  }
  if (!fault) return (result as { readonly value: Output }).value;
  const keys = Array.isArray(fault.path) ? (fault.path as SchemaPath) : [];
  const names = keys.map((key) => shownName(typeof key === 'object' ? key.key : key));
  const { message } = fault;
  const isShown = typeof message === 'string' && message.length <= MAX_MESSAGE_LENGTH && !quotes(message, value, names);
  throw payloadError(path, {
    path: names.length > MAX_PATH_LENGTH ? [...names.slice(0, MAX_PATH_LENGTH), '…'] : names,
    message: isShown ? message : 'does not match its schema',
  });
}

/**
 * Returns what Zod threw while it parsed synchronously.
 *
 * After any throw, Zod starts again asynchronously. A transformation that throws because of the value would otherwise
 * look like a mistake by the caller.
 *
 * @returns undefined when it threw only because the schema is asynchronous
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

function errorName(error: unknown): string {
  return error instanceof Error ? shownName(error.name) : 'something';
}

/** The name of a member as messages show it. The sender chooses the names in JSON, which can be any text. */
function shownName(name: PropertyKey): string {
  return /^(?:[a-z_$][\w:$-]{0,63}|\d{1,6})$/i.test(String(name)) ? String(name) : '…';
}

function isTooDeep(value: unknown): boolean {
  let depth = 0;
  for (const _ of levelsOf(value)) if (++depth > MAX_DEPTH) return true;
  return false;
}

/**
 * Reports whether a message quotes a string, a number or a member name of the value, plain or with JSON escapes. Names
 * that the path shows do not count.
 */
function quotes(message: string, value: unknown, names: readonly unknown[]): boolean {
  for (const level of levelsOf(value)) {
    for (const each of level) {
      if ((typeof each !== 'string' && typeof each !== 'number') || each === '' || names.includes(each)) continue;
      const text = String(each);
      if (
        text.length > 3
          ? [text, JSON.stringify(text).slice(1, -1)].some((form) => message.includes(form))
          : containsWord(message, text)
      )
        return true;
    }
  }
  return false;
}

/** Reports whether a message contains a short text as a word of its own. Within a longer word it is a coincidence. */
function containsWord(message: string, text: string): boolean {
  for (let at = message.indexOf(text); at >= 0; at = message.indexOf(text, at + 1)) {
    if (!/\w/.test((message[at - 1] ?? '') + (message[at + text.length] ?? ''))) return true;
  }
  return false;
}

/** Yields everything in a value, level by level: names and members. A cycle is followed once. */
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
