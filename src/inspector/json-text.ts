/**
 * Where things stand in a JSON text (RFC 8259), which JSON.parse does not tell: the character at which the text stops
 * being JSON, and the members of the outermost objects.
 *
 * Nothing here recurses: hostile JSON can be as deep as it is long.
 */
import { parseText } from '../json.js';

/** From `start` up to, and without, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A member of an object: its range from the name to the end of the value, and where the value begins. */
export interface Member extends Range {
  /** The names of the members that it stands in, and its own as the last. */
  readonly path: readonly string[];
  readonly valueStart: number;
}

/** What there is to know of a text. */
export interface JsonText {
  /** The first character that cannot stand where it is; the length of the text where it ends too soon. */
  readonly fault: number | undefined;
  /** The members up to the fault, in the order of their ends. */
  readonly members: readonly Member[];
}

type Awaited = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma' | 'end';

/**
 * Reads a text up to its end or its first fault, and takes note of the members of objects that are so deep at the most,
 * in objects only.
 */
export function scanJson(text: string, depth = 1): JsonText {
  const members: Member[] = [];
  /** The closing brackets that are due. */
  const open: string[] = [];
  /** The member that is being read in each object that is open. */
  const current: { readonly name: string; readonly start: number; valueStart: number }[] = [];
  let awaited: Awaited = 'value';
  let at = skip(SPACE, text, 0);

  const isNoted = (): boolean => open.length > 0 && open.length <= depth && open.every((bracket) => bracket === '}');
  /** Takes note of a value that ends here, and tells what comes next. */
  const endValue = (): Awaited => {
    if (isNoted()) {
      const path = current.slice(0, open.length);
      const { start, valueStart } = path.at(-1)!;
      members.push({ path: path.map(({ name }) => name), start, end: at, valueStart });
    }
    return open.length === 0 ? 'end' : 'comma';
  };

  while (at < text.length) {
    const character = text.charAt(at);
    if (awaited === 'end') return { fault: at, members };
    if (awaited === 'colon') {
      if (character !== ':') return { fault: at, members };
      awaited = 'value';
      at++;
    } else if (
      (awaited === 'comma' || awaited === 'name or }' || awaited === 'value or ]') &&
      character === open.at(-1)
    ) {
      open.pop();
      at++;
      awaited = endValue();
    } else if (awaited === 'comma') {
      if (character !== ',') return { fault: at, members };
      awaited = open.at(-1) === '}' ? 'name' : 'value';
      at++;
    } else if (awaited === 'name' || awaited === 'name or }') {
      if (character !== '"') return { fault: at, members };
      const end = endOfString(text, at);
      if (end < 0) return { fault: ~end, members };
      if (isNoted())
        current[open.length - 1] = {
          name: String(parseText(text.slice(at, end), 'A name')),
          start: at,
          valueStart: end,
        };
      at = end;
      awaited = 'colon';
    } else {
      if (isNoted()) current[open.length - 1]!.valueStart = at;
      if (character === '{' || character === '[') {
        open.push(character === '{' ? '}' : ']');
        awaited = character === '{' ? 'name or }' : 'value or ]';
        at++;
      } else {
        const end = character === '"' ? endOfString(text, at) : endOfScalar(text, at);
        if (end < 0) return { fault: ~end, members };
        at = end;
        awaited = endValue();
      }
    }
    at = skip(SPACE, text, at);
  }
  return { fault: awaited === 'end' ? undefined : text.length, members };
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\x00-\x1f]*)*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const WORDS = ['true', 'false', 'null'];

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Behind the closing quote, or the complement of the place of the fault, which is negative. */
function endOfString(text: string, at: number): number {
  const end = skip(STRING, text, at);
  return text.charAt(end) === '"' ? end + 1 : ~end;
}

/** Behind a number or a word, or the complement of the place of the fault. */
function endOfScalar(text: string, at: number): number {
  const end = skip(SCALAR, text, at);
  if (end > at) return end;
  // Of a word that was begun, the first letter that is another.
  const lengths = WORDS.map((word) => [...word].findIndex((letter, index) => text.charAt(at + index) !== letter));
  return ~(at + Math.max(text.charAt(at) === '-' ? 1 : 0, ...lengths));
}
