/**
 * Holds a payload against a schema of another library, and says in this library's own way what does not fit.
 *
 * Such a schema may quote the value in its messages, throw, or be asynchronous. None of that gets out.
 */
import { SetError } from '../errors.js';
import { memberName } from '../json.js';
import { refusal } from './schema.js';
import type { SchemaIssue, SchemaResult, StandardSchemaV1 } from './standard.js';

/** A longer message has a part of the value in it, or nothing that helps. */
const MAX_MESSAGE_LENGTH = 200;

/**
 * Gives what the schema makes of a value.
 *
 * @param path where the value stands
 * @throws SetError `ERR_SET_EVENT` with the path and, where the schema says it without quoting the value, what was expected
 * @throws TypeError when the schema is asynchronous
 */
export function validate<Output>({ '~standard': schema }: StandardSchemaV1<unknown, Output>, value: unknown, path: string): Output {
  let result: SchemaResult<Output> | Promise<SchemaResult<Output>>;
  try {
    result = schema.validate(value);
  } catch (cause) {
    throw new SetError('ERR_SET_EVENT', `${path}: cannot be checked, its schema throws`, { cause });
  }
  if ('then' in result) {
    result.then(undefined, () => {
      // Nobody waits for it. The error below says what is wrong.
    });
    // Zod turns to its asynchronous way whenever its synchronous one throws, as it does when the stack ends.
    if (isDeep(value)) throw new SetError('ERR_SET_EVENT', `${path}: is nested too deeply to be checked`);
    throw new TypeError(`The schema of ${path} is asynchronous`);
  }
  if (!result.issues) return result.value;
  const { message, path: within = [] }: Partial<SchemaIssue> = result.issues[0] ?? {};
  const isShown = typeof message === 'string' && message.length <= MAX_MESSAGE_LENGTH && !repeats(message, value);
  throw refusal(path, {
    path: within.map((key) => memberName(typeof key === 'object' ? key.key : key)),
    message: isShown ? message : 'does not fit its schema',
  });
}

/** Whether a value nests deeper than anybody means it to: more than a hundred levels. */
function isDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length; depth++) {
    if (depth > 100) return true;
    const below: unknown[] = [];
    for (const each of level) if (typeof each === 'object' && each !== null) for (const member of Object.values(each)) below.push(member);
    level = below;
  }
  return false;
}

/** Whether a message repeats a text or a number of the value. One of up to three characters stands in any message. */
function repeats(message: string, value: unknown): boolean {
  const open: unknown[] = [value];
  while (open.length) {
    const each = open.pop();
    if (typeof each === 'object' && each !== null) {
      for (const member of Object.values(each)) open.push(member);
    } else if (typeof each === 'string' || typeof each === 'number') {
      const text = String(each);
      if (text.length > 3 && message.includes(text)) return true;
    }
  }
  return false;
}
