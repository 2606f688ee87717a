/**
 * Checks of what a caller configures. A mistake there is the caller's own: a TypeError, thrown at once and not with the
 * first token.
 *
 * A message names the option, what kind of value was passed, and what it must be. It never quotes a string: the value
 * may be a secret.
 */

/**
 * The error for an option of the wrong kind. `undefined` is said as such: an unset environment variable is the usual
 * mistake.
 */
export function wrongOption(name: string, value: unknown, expected: string): TypeError {
  const shown = value !== null && /^[osf]/.test(typeof value) ? `of type ${typeof value}` : String(value);
  return new TypeError(`${name} is ${shown}: it must be ${expected}`);
}

/**
 * Checks an amount, if one was passed: a non-negative finite number.
 *
 * @throws TypeError
 */
export function checkAmount(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isFinite(value) && value >= 0))
    throw wrongOption(name, value, 'a non-negative finite number');
}

/**
 * Checks that a value is one of a few.
 *
 * @throws TypeError
 */
export function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value)) throw wrongOption(name, value, `one of ${choices.join(', ')}`);
}

/**
 * Checks a flag.
 *
 * @throws TypeError when it is not a boolean; the string 'false' of an environment variable would count as true
 */
export function checkFlag(name: string, value: boolean | undefined): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrongOption(name, value, 'true or false');
}

/**
 * Checks a callback, if one was passed.
 *
 * @throws TypeError
 */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined) requireFunction(name, value);
}

/**
 * Checks a callback that must be passed.
 *
 * @throws TypeError
 */
export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrongOption(name, value, 'a function');
}

/**
 * Checks an object of options, or another object that must be passed.
 *
 * @throws TypeError
 */
export function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongOption(name, value, 'an object');
}

/**
 * Checks an object with methods, such as a store or a cache.
 *
 * @throws TypeError that names the method that is missing
 */
export function requireMethods(name: string, value: unknown, methods: readonly string[]): void {
  for (const method of methods) requireFunction(`${name}.${method}`, Object(value)[method]);
}

/**
 * Checks headers to send: a plain object of strings, since the members of a `Headers` object are lost in a copy. The
 * platform would quote a value that it refuses, and a value may be a secret.
 *
 * @throws TypeError
 */
export function checkHeaders(name: string, value: unknown): void {
  const isPlain = Object.prototype.toString.call(value) === '[object Object]';
  const isBad = (text: unknown): boolean => typeof text !== 'string' || /[^\t -~\x80-\xff]/.test(text.trim());
  if (!isPlain || Object.values(value as object).some(isBad))
    throw wrongOption(name, value, 'a plain object of strings in one line');
}

/**
 * Makes a list of a string or several.
 *
 * @throws TypeError when there is none, or when one is empty or not a string
 */
export function listOf(name: string, value: string | readonly string[]): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? [...value] : [value];
  const wrong = list.length ? list.findIndex((each) => typeof each !== 'string' || each === '') : 0;
  if (wrong >= 0) throw wrongOption(name, list[wrong], 'a non-empty string or a list of them');
  return list as readonly string[];
}
