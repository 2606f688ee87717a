/**
 * Repairs what copying does to a token: line wraps, quotes, a `Bearer` prefix, escaped underscores.
 *
 * Only the command and the decoder page forgive, and they say so; the library takes a token exactly as it is. The cost
 * is linear in the text.
 */

/** A token as it probably was, and what was taken away to get there, in words. */
export interface Repair {
  readonly token: string;
  readonly removed: readonly string[];
}

/**
 * What a text that holds one token may have besides, and what one line of many may have: no line break within a token.
 */
export type Extent = 'text' | 'line';

const QUOTES = '"\'`“”‘’';
const PREFIX = /^(?:authorization:\s*)?bearer\s+/i;

/** Takes away what cannot belong to a token. A line break at the very end, as every file has, is not worth a word. */
export function repairPaste(text: string, extent: Extent = 'text'): Repair {
  let token = text.endsWith('\r\n') ? text.slice(0, -2) : text.endsWith('\n') ? text.slice(0, -1) : text;
  const removed = new Set<string>();
  const apply = (what: string, rest: string): void => {
    if (rest !== token) removed.add(what);
    token = rest;
  };
  apply('white space around it', token.trim());
  apply('quotes', unquote(token));
  apply('a "Bearer" prefix', token.replace(PREFIX, ''));
  apply('quotes', unquote(token));
  // Some renderings of Markdown leave the backslash in front of an underscore.
  apply('backslashes', token.replace(/\\(?=[_.\-\s])/g, ''));
  if (extent === 'text')
    apply('line breaks and spaces inside', token.replace(/[\s\u00ad\u200b-\u200d\u2060\ufeff]/g, ''));
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

/** Whether a text holds more than one token, each perhaps in quotes, with white space between them. */
export function holdsSeveralTokens(text: string): boolean {
  let count = 0;
  for (const word of text.split(/\s+/)) {
    if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(unquote(word))) count++;
  }
  return count > 1;
}

/** The first of several words of a text, without what pasting left around it; nothing when there is only one word. */
export function firstWord(text: string): string | undefined {
  const { token } = repairPaste(text, 'line');
  const end = token.search(/\s/);
  return end < 0 ? undefined : token.slice(0, end);
}
