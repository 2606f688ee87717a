/**
 * Checks of the caller's options. A mistake is a TypeError, thrown immediately and not with the first token.
 *
 * Messages name the option and what it must be. They never quote a string, which may be a secret.
 */

/**
 * Creates the error for a wrong option. It shows `undefined`, since the usual mistake is an unset environment variable.
 */
export function wrongOption(name: string, value: unknown, expected: string): TypeError {
  const shown = /^[osf]/.test(typeof (value ?? 0)) ? `of type ${typeof value}` : String(value);
  return new TypeError(`${name} is ${shown}: it must be ${expected}`);
}

/**
 * Checks that a number, if one was passed, is finite and not negative.
 *
 * Its message leaves out the value, so that a bundle that only decodes does not contain {@link wrongOption}.
 *
 * @throws TypeError
 */
export function checkAmount(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
    throw new TypeError(`${name} must be a non-negative finite number`);
  }
}

/**
 * Checks that a value is one of the choices.
 *
 * @throws TypeError
 */
export function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value)) throw wrongOption(name, value, `one of ${choices.join(', ')}`);
}

/**
 * Checks a boolean, if one was passed: the string 'false' of an environment variable would count as true.
 *
 * @throws TypeError
 */
export function checkFlag(name: string, value: boolean | undefined): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrongOption(name, value, 'true or false');
}

/**
 * Checks that a callback, if one was passed, is a function.
 *
 * @throws TypeError
 */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined) requireFunction(name, value);
}

/**
 * Checks that a callback is a function.
 *
 * @throws TypeError
 */
export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrongOption(name, value, 'a function');
}

/**
 * Checks that a value is an object, such as the options.
 *
 * @throws TypeError
 */
export function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongOption(name, value, 'an object');
}

/**
 * Checks that an object, such as a store or a cache, has its methods.
 *
 * @throws TypeError that names the missing method
 */
export function requireMethods(name: string, value: unknown, methods: readonly string[]): void {
  for (const method of methods)
    requireFunction(`${name}.${method}`, (Object(value) as Record<string, unknown>)[method]);
}

/**
 * Checks request headers: they must be a plain object, since copying a `Headers` object loses its members, and valid,
 * since the platform quotes a value that it rejects, which may be a secret.
 *
 * @throws TypeError
 */
export function checkHeaders(name: string, value: unknown): void {
  const isPlain = Object.prototype.toString.call(value) === '[object Object]';
  const isBad = (text: unknown): boolean => typeof text !== 'string' || /[^\t -~\x80-\xff]/.test(text.trim());
  if (!isPlain || Object.values(value as object).some(isBad))
    throw wrongOption(name, value, 'a plain object of single-line strings');
}

/**
 * Returns a list from one string or several.
 *
 * @throws TypeError when the list is empty, or when one entry is empty or not a string
 */
export function listOf(name: string, value: string | readonly string[]): readonly string[] {
  const list: readonly unknown[] = [value].flat();
  const wrong = list.length ? list.findIndex((each) => typeof each !== 'string' || each === '') : 0;
  if (wrong >= 0) throw wrongOption(name, list[wrong], 'a non-empty string or a list of them');
  return list as readonly string[];
}

/**
 * Rejects options that only other libraries have. Ignoring them would leave out a check that the caller relies on.
 *
 * @throws TypeError
 */
export function checkNames(options: object): void {
  for (const name in options) {
    if (/^(?:clockTolerance|maxTokenAge|maxAge|ignoreExpiration|jwksUri)$/.test(name))
      throw new TypeError(`${name} is not an option`);
  }
}
