/**
 * Finds the tokens in pasted or dropped text: one token, a file of tokens, the dump of an HTTP request, JSON lines of
 * `secevent listen` and `secevent decode --lines`, or any other JSON or text that contains tokens.
 *
 * Malformed tokens are found too, so that the page can show their errors. Prose and log lines are skipped.
 */
import { encodeBase64url } from '../base64url.js';
import { isSetError } from '../errors.js';
import { encodeUtf8, isJsonObject, parseText } from '../json.js';
import { scanJson } from './json-text.js';
import { firstOfSeveralWords, hasSeveralTokens, repairPaste } from '../text/paste.js';

/** A token that was found in the text. */
export interface Entry {
  readonly token: string;
  /** A sentence about what was repaired, or how the token was built. */
  readonly remark?: string;
}

/** The kind of a text, and its tokens. */
export interface Paste {
  readonly kind: 'nothing' | 'a token' | 'tokens' | 'an HTTP message' | 'JSON';
  /** The tokens, found one by one as they are requested: there may be very many. */
  readonly entries: Iterable<Entry>;
}

/** Determines the kind of a text, and finds its tokens. */
export function readPaste(text: string): Paste {
  if (text.trim() === '') return { kind: 'nothing', entries: [] };
  let body = httpBodyOf(text);
  if (body !== undefined) {
    // A dump may contain a request followed by its response.
    for (let count = 0; count < MAX_MESSAGES; count++) {
      const next = httpBodyOf(body);
      if (next === undefined) break;
      body = next;
    }
    return {
      kind: 'an HTTP message',
      entries: httpBodyOf(body) === undefined && body.trim() !== '' ? readPaste(body).entries : entriesInLines(body),
    };
  }
  if (/^\s*[[{]/.test(text)) return { kind: 'JSON', entries: entriesInJson(text) };
  if (isSingleToken(text)) return { kind: 'a token', entries: [singleEntry(text)] };
  return { kind: 'tokens', entries: entriesInLines(text) };
}

/** How many messages are unwrapped, each from the body of the one before. The rest is searched line by line. */
const MAX_MESSAGES = 20;

const REQUEST_LINE = /^(?:[<>] ?)?(?:(?:POST|PUT) \S+(?: HTTP\/[\d.]+)?|HTTP\/[\d.]+ \d{3}.*)$/;
const HEADER_LINE = /^(?:[<>] ?)?:?[\w-]+:[ \t]/;

/**
 * Returns the body of an HTTP message, or undefined for another text. A message begins with a request line, a status
 * line or two header fields; lines may begin with `>` or `<`, as curl prints them.
 */
function httpBodyOf(text: string): string | undefined {
  const start = text.trimStart();
  const [first = '', second = ''] = start.slice(0, 4096).split(/\r?\n/, 2);
  const isMessage = REQUEST_LINE.test(first.trimEnd()) || (HEADER_LINE.test(first) && HEADER_LINE.test(second));
  if (!isMessage) return undefined;
  const end = /\r?\n(?:[<>] ?)?\r?\n/.exec(start);
  return end ? start.slice(end.index + end[0].length) : '';
}

/** The longest text that may be a single token with added white space. */
const MAX_SINGLE_LENGTH = 2 * 1_048_576;

function isSingleToken(text: string): boolean {
  if (text.length > MAX_SINGLE_LENGTH || hasSeveralTokens(text)) return false;
  return !text.trim().split(/\r?\n/).some(isLogLine);
}

/** Reports whether a line has a token after other text, as in a log, a form or a table. */
function isLogLine(line: string): boolean {
  const { token } = repairPaste(line, 'line');
  return tokensIn(token).length > 0 && !/^[\w-]+\./.test(token);
}

function singleEntry(text: string): Entry {
  const word = firstOfSeveralWords(text);
  const [token] = word === undefined ? [] : tokensIn(word);
  // The rest of a wrapped token is base64url only; prose after a token is not.
  if (
    token !== undefined &&
    token === word &&
    text
      .trim()
      .split(/\s+/)
      .slice(1)
      .some((each) => !/^[\w-]+$/.test(each))
  ) {
    return { token, remark: 'Ignored the text after the token.' };
  }
  return repairedEntry(text, 'text');
}

function repairedEntry(text: string, extent: 'text' | 'line'): Entry {
  const { token, removed } = repairPaste(text, extent);
  return removed.length > 0 ? { token, remark: `Repaired the pasted text: removed ${removed.join(', ')}.` } : { token };
}

/** Three parts of base64url, the first of which encodes the start of a JSON object: `{"`, or `{` and white space. */
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

function* entriesInLines(text: string): Generator<Entry> {
  for (const line of linesOf(text)) {
    const entry = repairedEntry(line, 'line');
    const isWord = !/\s/.test(entry.token);
    // A line of one word counts as a token, so that its error is shown.
    if (isWord && !isLogLine(line)) yield entry;
    else
      for (const token of tokensIn(line))
        yield isWord ? { token, remark: 'Ignored the text around the token.' } : { token };
  }
}

function* entriesInJson(text: string): Generator<Entry> {
  const [first = ''] = linesOf(text);
  // When the first line is JSON by itself, the text is read as JSON lines.
  const value = jsonValueOf(first) === undefined ? jsonValueOf(text) : undefined;
  if (value !== undefined) yield* entriesInValue(text, value);
  else {
    for (const line of linesOf(text)) {
      const lineValue = jsonValueOf(line.trim());
      // A line that is not JSON is treated as a token, so that its error is shown.
      if (lineValue === undefined) yield { token: line.trim() };
      else yield* entriesInValue(line.trim(), lineValue);
    }
  }
}

/** Returns the value of a JSON text, or undefined when it is not JSON. */
function jsonValueOf(text: string): unknown {
  try {
    return parseText(text, 'The text');
  } catch (error) {
    if (!isSetError(error)) throw error;
    return undefined;
  }
}

/** Finds the tokens in a value at any depth. Without any, the text itself counts as a token and its error is shown. */
function* entriesInValue(text: string, value: unknown): Generator<Entry> {
  const whole = entryOfRecord(value, () => text);
  if (whole) {
    yield whole;
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
      const entry = Array.isArray(each) ? undefined : entryOfRecord(each, () => stringify(each));
      if (entry) {
        count++;
        yield entry;
      } else {
        // A loop instead of push(...inner): there may be more members than a call can take arguments.
        for (let index = inner.length - 1; index >= 0; index--) open.push(inner[index]);
      }
    }
  }
  if (count === 0) yield { token: text };
}

/**
 * Builds the token of a record `{"header","payload","signature"}` from the exact text of its parts, so that the
 * signature stays valid. From an object of claims it builds a token without a signature.
 */
function entryOfRecord(value: unknown, getText: () => string | undefined): Entry | undefined {
  const { header, payload, signature, iss, events } = Object(value) as Record<string, unknown>;
  const isRecord = isJsonObject(header) && isJsonObject(payload);
  if (!isRecord && !(typeof iss === 'string' && isJsonObject(events))) return undefined;
  const text = getText();
  if (text === undefined) return undefined;
  const { members } = scanJson(text);
  const segmentOf = (name: string): string => {
    const member = members.filter(({ path }) => path[0] === name).pop()!;
    return encodeBase64url(encodeUtf8(text.slice(member.valueStart, member.end)));
  };
  if (!isRecord)
    return {
      token: `${NO_HEADER}.${encodeBase64url(encodeUtf8(text))}.`,
      remark: 'Built from claims only, without a header and a signature.',
    };
  const token = `${segmentOf('header')}.${segmentOf('payload')}.${typeof signature === 'string' ? signature : ''}`;
  return { token, remark: 'Rebuilt from a JSON record of its parts.' };
}

/** Converts a parsed value back to JSON. Returns undefined when it nests too deeply for the engine. */
function stringify(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The encoded header `{"alg":"none"}`. */
const NO_HEADER = 'eyJhbGciOiJub25lIn0';
