/**
 * Positions in a JSON text (RFC 8259), which JSON.parse does not report: the character at which the text stops being
 * JSON, and the members of its outer objects.
 *
 * Nothing here recurses: hostile JSON can be as deep as it is long.
 */
import { parseText } from '../json.js';

/** A range of characters from `start`, inclusive, to `end`, exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A member of an object. Its range begins at the name and ends after the value. */
export interface Member extends Range {
  /** The names of the enclosing members, outermost first, then its own. */
  readonly path: readonly string[];
  readonly valueStart: number;
}

/** The result of a scan. */
export interface JsonText {
  /**
   * The offset of the first invalid character, or the text's length when it ends too early; undefined in valid JSON.
   */
  readonly fault: number | undefined;
  /** The members before the fault, ordered by where they end. */
  readonly members: readonly Member[];
}

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma' | 'end';

/**
 * Scans a text up to its end or its first fault.
 *
 * @param depth how deep members are recorded: 1 for those of the outermost object only. Members of objects in an array
 * are not recorded
 */
export function scanJson(text: string, depth = 1): JsonText {
  const members: Member[] = [];
  /** The closing brackets of the open objects and arrays. */
  const open: string[] = [];
  /** The member that is being read in each open object. */
  const current: { readonly name: string; readonly start: number; valueStart: number }[] = [];
  let expected: Expected = 'value';
  let at = matchEnd(SPACE, text, 0);

  const isRecorded = (): boolean => open.length > 0 && open.length <= depth && open.every((bracket) => bracket === '}');
  /** Records a member whose value ends here, and returns what is expected next. */
  const endValue = (): Expected => {
    if (isRecorded()) {
      const path = current.slice(0, open.length);
      const { start, valueStart } = path[path.length - 1]!;
      members.push({ path: path.map(({ name }) => name), start, end: at, valueStart });
    }
    return open.length === 0 ? 'end' : 'comma';
  };

  while (at < text.length) {
    const character = text.charAt(at);
    if (expected === 'end') return { fault: at, members };
    if (expected === 'colon') {
      if (character !== ':') return { fault: at, members };
      expected = 'value';
      at++;
    } else if (
      (expected === 'comma' || expected === 'name or }' || expected === 'value or ]') &&
      character === open[open.length - 1]
    ) {
      open.pop();
      at++;
      expected = endValue();
    } else if (expected === 'comma') {
      if (character !== ',') return { fault: at, members };
      expected = open[open.length - 1] === '}' ? 'name' : 'value';
      at++;
    } else if (expected === 'name' || expected === 'name or }') {
      if (character !== '"') return { fault: at, members };
      const end = endOfString(text, at);
      if (end < 0) return { fault: ~end, members };
      if (isRecorded())
        current[open.length - 1] = {
          name: String(parseText(text.slice(at, end), 'A name')),
          start: at,
          valueStart: end,
        };
      at = end;
      expected = 'colon';
    } else {
      if (isRecorded()) current[open.length - 1]!.valueStart = at;
      if (character === '{' || character === '[') {
        open.push(character === '{' ? '}' : ']');
        expected = character === '{' ? 'name or }' : 'value or ]';
        at++;
      } else {
        const end = character === '"' ? endOfString(text, at) : endOfScalar(text, at);
        if (end < 0) return { fault: ~end, members };
        at = end;
        expected = endValue();
      }
    }
    at = matchEnd(SPACE, text, at);
  }
  return { fault: expected === 'end' ? undefined : text.length, members };
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\x00-\x1f]*)*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const WORDS = ['true', 'false', 'null'];

/** Returns where a match at a position ends, or the position itself without a match. */
function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Returns the offset after the closing quote, or the bitwise complement (a negative number) of the fault's offset. */
function endOfString(text: string, at: number): number {
  const end = matchEnd(STRING, text, at);
  return text.charAt(end) === '"' ? end + 1 : ~end;
}

/** Returns the offset after a number or a word, or the bitwise complement of the fault's offset. */
function endOfScalar(text: string, at: number): number {
  const end = matchEnd(SCALAR, text, at);
  if (end > at) return end;
  // In an incomplete word, the fault is its first wrong letter.
  const lengths = WORDS.map((word) => [...word].findIndex((letter, index) => text.charAt(at + index) !== letter));
  return ~(at + Math.max(text.charAt(at) === '-' ? 1 : 0, ...lengths));
}
