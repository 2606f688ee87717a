/**
 * Repairs what copying does to a token: line wraps, quotes, a `Bearer` prefix, escaped underscores.
 *
 * Only the command forgives, and it says so; the library takes a token exactly as it is.
 */

/** A token as it probably was, and what was taken away to get there, in words. */
export interface Repair {
  readonly token: string;
  readonly removed: readonly string[];
}

const STEPS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['white space around it', /^\s+|\s+$/g],
  ['quotes', /^["'`“”‘’]+|["'`“”‘’]+[,;]?$/g],
  ['a "Bearer" prefix', /^(?:authorization:\s*)?bearer\s+/i],
  ['quotes', /^["'`“”‘’]+/g],
  // Some renderings of Markdown leave the backslash in front of an underscore.
  ['backslashes', /\\(?=[_.\-\s])/g],
  ['line breaks and spaces inside', /[\s\u00ad\u200b-\u200d\u2060\ufeff]+/g],
];

/** Takes away what cannot belong to a token. A line break at the very end, as every file has, is not worth a word. */
export function repairPaste(text: string): Repair {
  let token = text.replace(/\r?\n$/, '');
  const removed: string[] = [];
  for (const [what, pattern] of STEPS) {
    const rest = token.replace(pattern, '');
    if (rest !== token && !removed.includes(what)) removed.push(what);
    token = rest;
  }
  return { token, removed };
}
