/**
 * Checks of what a caller configures. A mistake there is the caller's own: a TypeError, thrown at once and not with the first token.
 */

/**
 * Checks an amount, where one is given: a finite number from 0 up.
 *
 * @throws TypeError
 */
export function checkAmount(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isFinite(value) && value >= 0)) throw new TypeError(`${name} must be finite, 0 or more`);
}

/**
 * Checks that a value is one of a few.
 *
 * @throws TypeError
 */
export function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value)) throw new TypeError(`${name} must be one of ${choices.join(', ')}`);
}

/**
 * Makes a list of what may be one text or several.
 *
 * @throws TypeError when there is none, or when one of them is empty or no string
 */
export function listOf(name: string, value: string | readonly string[]): readonly string[] {
  const list = Array.isArray(value) ? [...value] : [value];
  if (!list.length || list.some((each) => typeof each !== 'string' || each === '')) {
    throw new TypeError(`${name} must be a string, not empty, or a list of such`);
  }
  return list;
}
