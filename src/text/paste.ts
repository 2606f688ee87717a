/**
 * Repairs the damage that copying and pasting does to a token: line wraps, quotes, a `Bearer` prefix, escaped
 * underscores.
 *
 * Only the command and the decoder page do this, and they report each repair. The library accepts a token only as it
 * was sent. The cost is linear in the length of the text.
 */

/** A repaired token. */
export interface Repair {
  readonly token: string;
  /** What was removed, in words. */
  readonly removed: readonly string[];
}

/**
 * What is repaired: a whole text with one token, or one line of many. Line breaks and spaces inside the token are
 * removed from a text, and kept in a line.
 */
export type Extent = 'text' | 'line';

const QUOTES = '"\'`“”‘’';
const PREFIX = /^(?:authorization:\s*)?bearer\s+/i;

/** Removes what cannot be part of a token. A line break at the very end is removed too, but not reported. */
export function repairPaste(text: string, extent: Extent = 'text'): Repair {
  let token = text.endsWith('\r\n') ? text.slice(0, -2) : text.endsWith('\n') ? text.slice(0, -1) : text;
  const removed = new Set<string>();
  const apply = (what: string, rest: string): void => {
    if (rest !== token) removed.add(what);
    token = rest;
  };
  apply('surrounding white space', token.trim());
  apply('quotes', unquote(token));
  apply('a "Bearer" prefix', token.replace(PREFIX, ''));
  apply('quotes', unquote(token));
  // Markdown renderers may leave the backslash of an escaped underscore.
  apply('backslashes', token.replace(/\\(?=[_.\-\s])/g, ''));
  if (extent === 'text') apply('line breaks and spaces', token.replace(/[\s\u00ad\u200b-\u200d\u2060]/g, ''));
  return { token, removed: [...removed] };
}

function unquote(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && QUOTES.includes(text.charAt(start))) start++;
  if (/^[,;]$/.test(text.charAt(end - 1)) && end >= 2 && QUOTES.includes(text.charAt(end - 2))) end--;
  while (end > start && QUOTES.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Reports whether a text contains more than one token, separated by white space. Each may be in quotes. */
export function hasSeveralTokens(text: string): boolean {
  let count = 0;
  for (const word of text.split(/\s+/)) {
    if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(unquote(word))) count++;
  }
  return count > 1;
}

/** Returns the first of several words of a text, after repairs, or undefined if there is only one word. */
export function firstOfSeveralWords(text: string): string | undefined {
  const { token } = repairPaste(text, 'line');
  const end = token.search(/\s/);
  return end < 0 ? undefined : token.slice(0, end);
}
