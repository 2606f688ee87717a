/** Looking up a name from a token in a table of words. */

/** Returns the member of a table, but none that every object inherits, such as `constructor`. */
export function ownMember<Value>(table: { readonly [name: string]: Value }, name: string): Value | undefined {
  return Object.prototype.hasOwnProperty.call(table, name) ? table[name] : undefined;
}
