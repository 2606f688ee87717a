/**
 * Finds the tokens in what a person pastes or drops: one token, a file of tokens, the dump of an HTTP request, lines of
 * JSON as `secevent listen` and `secevent decode --lines` write them, or any other JSON or text that has tokens in it.
 *
 * Found is what could be a token, good or not: a bad one is shown with its error. Prose and lines of a log are passed
 * over.
 */
import { encodeBase64url } from '../base64url.js';
import { isSetError } from '../errors.js';
import { encodeUtf8, parseText } from '../json.js';
import { scanJson } from './json-text.js';
import { firstWord, holdsSeveralTokens, repairPaste } from '../text/paste.js';

/** A token that was found. */
export interface Entry {
  readonly token: string;
  /** What was repaired, or how the token came about, in words. */
  readonly remark?: string;
}

/** What a text is, so far as that is worth a word. */
export interface Paste {
  readonly kind: 'nothing' | 'a token' | 'tokens' | 'an HTTP message' | 'JSON';
  /** The tokens. To be taken one by one, since there may be very many. */
  readonly entries: Iterable<Entry>;
}

/** Looks what a text is, and gives its tokens as they are asked for. */
export function readPaste(text: string): Paste {
  if (text.trim() === '') return { kind: 'nothing', entries: [] };
  let body = bodyOf(text);
  if (body !== undefined) {
    // A dump may show the request and then the answer.
    for (let left = MAX_MESSAGES, next = bodyOf(body); next !== undefined && left > 0; left--, next = bodyOf(body))
      body = next;
    return {
      kind: 'an HTTP message',
      entries: bodyOf(body) === undefined && body.trim() !== '' ? readPaste(body).entries : inLines(body),
    };
  }
  if (/^\s*[[{]/.test(text)) return { kind: 'JSON', entries: inJson(text) };
  if (isOne(text)) return { kind: 'a token', entries: [oneOf(text)] };
  return { kind: 'tokens', entries: inLines(text) };
}

/** More messages than these, one in the body of the other, are looked through by lines. */
const MAX_MESSAGES = 20;

const REQUEST_LINE = /^(?:[<>] ?)?(?:(?:POST|PUT) \S+(?: HTTP\/[\d.]+)?|HTTP\/[\d.]+ \d{3}.*)$/;
const HEADER_LINE = /^(?:[<>] ?)?:?[\w-]+:[ \t]/;

/**
 * The body of an HTTP message, when the text is one: its first line says so, or it begins with at least two header
 * fields. `>` in front of lines is what curl puts there.
 */
function bodyOf(text: string): string | undefined {
  const start = text.trimStart();
  const [first = '', second = ''] = start.slice(0, 4096).split(/\r?\n/, 2);
  const isMessage = REQUEST_LINE.test(first.trimEnd()) || (HEADER_LINE.test(first) && HEADER_LINE.test(second));
  if (!isMessage) return undefined;
  const end = /\r?\n(?:[<>] ?)?\r?\n/.exec(start);
  return end ? start.slice(end.index + end[0].length) : '';
}

/** The longest text that may be one token with the damage of pasting. */
const MAX_ONE = 2 * 1_048_576;

function isOne(text: string): boolean {
  if (text.length > MAX_ONE || holdsSeveralTokens(text)) return false;
  return !text.trim().split(/\r?\n/).some(isLog);
}

/** A token amid other text, as in a log, a form or a table. Where it was only wrapped, it comes first. */
function isLog(line: string): boolean {
  const { token } = repairPaste(line, 'line');
  return tokensIn(token).length > 0 && !/^[\w-]+\./.test(token);
}

function oneOf(text: string): Entry {
  const word = firstWord(text);
  const [alone] = word === undefined ? [] : tokensIn(word);
  // A token that a wrap has cut within its signature goes on; prose behind it does not look like base64url.
  if (
    alone !== undefined &&
    alone === word &&
    text
      .trim()
      .split(/\s+/)
      .slice(1)
      .some((each) => !/^[\w-]+$/.test(each))
  ) {
    return { token: alone, remark: 'Left out the text behind the token.' };
  }
  return repaired(text, 'text');
}

function repaired(text: string, extent: 'text' | 'line'): Entry {
  const { token, removed } = repairPaste(text, extent);
  return removed.length > 0 ? { token, remark: `Repaired the pasted text: removed ${removed.join(', ')}.` } : { token };
}

/** Three parts of base64url that begin as JSON objects do: `{"`, or `{` and white space. */
const TOKEN = /(?<![\w.-])e[wy][\w-]+\.[\w-]+\.[\w-]*/g;

function tokensIn(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, end);
    if (line.trim() !== '') yield line;
    start = end + 1;
  }
}

function* inLines(text: string): Generator<Entry> {
  for (const line of linesOf(text)) {
    const entry = repaired(line, 'line');
    const isWord = !/\s/.test(entry.token);
    // A line that is one word is meant as a token, whatever is wrong with it.
    if (isWord && !isLog(line)) yield entry;
    else
      for (const token of tokensIn(line))
        yield isWord ? { token, remark: 'Left out the text around the token.' } : { token };
  }
}

function* inJson(text: string): Generator<Entry> {
  const [first = ''] = linesOf(text);
  const value = isJson(first) ? undefined : attempt(text);
  if (value !== undefined) yield* inValue(text, value);
  else {
    for (const line of linesOf(text)) {
      const one = attempt(line.trim());
      // A line that is no JSON is not passed over in silence: it comes as a token, which it is not, with its error.
      if (one === undefined) yield { token: line.trim() };
      else yield* inValue(line.trim(), one);
    }
  }
}

function isJson(text: string): boolean {
  return attempt(text) !== undefined;
}

function attempt(text: string): unknown {
  try {
    return parseText(text, 'The text');
  } catch (error) {
    if (!isSetError(error)) throw error;
    return undefined;
  }
}

/** The tokens in a value, at any depth; where there are none, the text itself, to be refused with a reason. */
function* inValue(text: string, value: unknown): Generator<Entry> {
  const record = recordOf(value, () => text);
  if (record) {
    yield record;
    return;
  }
  let count = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const each = open.pop();
    if (typeof each === 'string') {
      for (const token of tokensIn(each)) {
        count++;
        yield { token };
      }
    } else if (typeof each === 'object' && each !== null) {
      const inner = Array.isArray(each) ? each : Object.values(each);
      const made = Array.isArray(each) ? undefined : recordOf(each, () => stringify(each));
      if (made) {
        count++;
        yield made;
      } else {
        // One by one: a call does not take as many arguments as a list may have members.
        for (let index = inner.length - 1; index >= 0; index--) open.push(inner[index]);
      }
    }
  }
  if (count === 0) yield { token: text };
}

/**
 * The token of a record `{"header","payload","signature"}`, from the very characters of its parts, so that the
 * signature still holds. Of claims alone it makes a token without a signature.
 */
function recordOf(value: unknown, textOf: () => string | undefined): Entry | undefined {
  const { header, payload, signature, iss, events } = Object(value) as Record<string, unknown>;
  const isRecord = isObject(header) && isObject(payload);
  if (!isRecord && !(typeof iss === 'string' && isObject(events))) return undefined;
  const text = textOf();
  if (text === undefined) return undefined;
  const { members } = scanJson(text);
  const segmentOf = (name: string): string => {
    const member = members.filter(({ path }) => path[0] === name).at(-1)!;
    return encodeBase64url(encodeUtf8(text.slice(member.valueStart, member.end)));
  };
  if (!isRecord)
    return {
      token: `${NO_HEADER}.${encodeBase64url(encodeUtf8(text))}.`,
      remark: 'Made from claims alone: there is no header and no signature.',
    };
  const token = `${segmentOf('header')}.${segmentOf('payload')}.${typeof signature === 'string' ? signature : ''}`;
  return { token, remark: 'Put together from a record of its parts.' };
}

/** The JSON of what came out of JSON; nothing where it nests so deeply that the engine gives up. */
function stringify(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** `{"alg":"none"}`. */
const NO_HEADER = 'eyJhbGciOiJub25lIn0';

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
