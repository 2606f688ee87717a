/**
 * Finds where in the text of a token an error is. SetError does not contain the place, because messages are logged; on
 * the page the reader has the token in view.
 *
 * The library alone decides what is wrong. This file only searches for the place.
 */
import { checkBase64url, decodeOctets } from '../base64url.js';
import { isSetError, type SetError } from '../errors.js';
import { decodeUtf8, parsePart } from '../json.js';
import { type Range, scanJson } from './json-text.js';

/** The parts of a token, in order. */
export const PARTS = ['header', 'payload', 'signature'] as const;
/** The name of a part. */
export type PartName = (typeof PARTS)[number];

/** A place in a token. */
export interface Place extends Range {
  /** A sentence about what is wrong there. */
  readonly reason: string;
  /** The decoded text of the part with the range of the fault, when the fault is in the decoded text. */
  readonly decoded?: Range & { readonly text: string };
}

/** Returns the ranges between the dots of a text. Malformed tokens have too few or too many. */
export function partRanges(token: string): Range[] {
  const ranges: Range[] = [];
  let start = 0;
  for (const part of token.split('.')) {
    ranges.push({ start, end: start + part.length });
    start += part.length + 1;
  }
  return ranges;
}

/** Finds the place of an error thrown by `decodeSet`. Returns undefined when there is none, as in an empty text. */
export function locate(token: string, error: SetError): Place | undefined {
  const { code, claim, message } = error;
  if (token === '') return undefined;
  if (code === 'ERR_SET_FORMAT') return locateForm(token);
  if (code === 'ERR_SET_BASE64URL') return locateCharacter(token);
  if (code === 'ERR_SET_JSON') return locateJson(token);
  // The message begins with the name of the header parameter.
  if (code === 'ERR_SET_HEADER') return locateMember(token, 'header', /^"(\w+)"/.exec(message)?.[1]);
  return claim === undefined ? undefined : locateMember(token, 'payload', claim);
}

function locateForm(token: string): Place {
  const prefix = /^\s*(?:bearer\s+|(?=\{))/i.exec(token)?.[0];
  if (prefix !== undefined)
    return {
      start: 0,
      end: Math.max(1, prefix.length),
      reason: 'A token begins with base64url characters, not with this.',
    };
  const [, , , fourth] = partRanges(token);
  if (fourth)
    return { start: fourth.start - 1, end: fourth.start, reason: 'A token has three parts: this dot is one too many.' };
  return { start: token.length, end: token.length, reason: 'The token ends here, before its third part.' };
}

function locateCharacter(token: string): Place | undefined {
  const index = firstPart(token, ({ start, end }, name) => checkBase64url(token.slice(start, end), name));
  const range = partRanges(token)[index];
  if (!range) return undefined;
  const offset = token.slice(range.start, range.end).search(/[^\w-]/);
  if (offset < 0)
    return {
      start: range.end - 1,
      end: range.end,
      reason: `The ${PARTS[index]!} was cut off here, or its last character was changed.`,
    };
  const start = range.start + offset;
  const character = String.fromCodePoint(token.codePointAt(start)!);
  return { start, end: start + character.length, reason: `${quoteCharacter(character)} is not a base64url character.` };
}

/** Returns a printable ASCII character in quotes, and the code point of any other. */
function quoteCharacter(character: string): string {
  return /^[!-~]$/.test(character)
    ? `“${character}”`
    : `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

function locateJson(token: string): Place | undefined {
  const index = firstPart(token, ({ start, end }, name) => parsePart(token.slice(start, end), name));
  const range = partRanges(token)[index];
  if (!range) return undefined;
  const octets = decodeOctets(token.slice(range.start, range.end), 'part');
  const bad = firstNonUtf8(octets);
  if (bad !== undefined) return { ...encodedRange(range, bad, bad + 1), reason: 'This decodes to invalid UTF-8.' };
  const text = decodeUtf8(octets);
  const { fault } = scanJson(text);
  const start = fault ?? 0;
  const end = Math.min(text.length, start + 1);
  const offsets = octetOffsets(text);
  const place = encodedRange(range, offsets[start]!, offsets[end]!);
  const reason =
    text === ''
      ? `The ${PARTS[index]!} is empty.`
      : fault === text.length
        ? 'The JSON ends too early.'
        : fault === undefined
          ? `The ${PARTS[index]!} must be a JSON object.`
          : `The ${PARTS[index]!} stops being valid JSON here.`;
  return { ...place, reason, decoded: { text, start, end } };
}

function locateMember(token: string, part: 'header' | 'payload', name: string | undefined): Place | undefined {
  const range = partRanges(token)[PARTS.indexOf(part)];
  if (!range || name === undefined) return undefined;
  const found = membersOf(token, range, 1)
    .filter(({ path }) => path[0] === name)
    .pop();
  if (found) return { ...found, reason: `“${name}” is here.` };
  return { ...range, reason: `“${name}” belongs in the ${part}.` };
}

/** A member of the header or the payload, with the range of the token that encodes it. */
export interface MemberPlace extends Range {
  /** The names of the enclosing members, outermost first, then its own. */
  readonly path: readonly string[];
}

/** Returns the members of a part down to a depth, with their ranges in the token. The part must be valid. */
export function membersOf(token: string, range: Range, depth: number): MemberPlace[] {
  const text = decodeUtf8(decodeOctets(token.slice(range.start, range.end), 'part'));
  const offsets = octetOffsets(text);
  return scanJson(text, depth).members.map(({ path, start, end }) => ({
    path,
    ...encodedRange(range, offsets[start]!, offsets[end]!),
  }));
}

/** Returns the offset in UTF-8 octets of each character of a text, then the length of the text in octets. */
function octetOffsets(text: string): Uint32Array {
  const offsets = new Uint32Array(text.length + 1);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Each surrogate counts as two octets: a pair takes four.
    const isSurrogate = unit >= 0xd800 && unit < 0xe000;
    offsets[index + 1] = offsets[index]! + (unit < 0x80 ? 1 : unit < 0x800 || isSurrogate ? 2 : 3);
  }
  return offsets;
}

/** Returns the range of base64url characters that encode some octets. Neighboring octets share a character. */
function encodedRange(range: Range, from: number, to: number): Range {
  const start = Math.min(range.end, range.start + Math.floor((from * 8) / 6));
  return { start, end: Math.min(range.end, Math.max(start, range.start + Math.ceil((to * 8) / 6))) };
}

/** Returns the offset of the first octet that is not well-formed UTF-8 (RFC 3629 section 4). */
function firstNonUtf8(octets: string): number | undefined {
  const rest = octets.replace(WELL_FORMED, '');
  return rest === '' ? undefined : octets.length - rest.length;
}

const WELL_FORMED =
  /^(?:[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*/;

/** Returns the index of the first part for which a check throws, or -1. */
function firstPart(token: string, check: (range: Range, name: PartName) => unknown): number {
  return PARTS.findIndex((name, index) => {
    const range = partRanges(token)[index];
    if (!range) return false;
    try {
      check(range, name);
      return false;
    } catch (error) {
      if (!isSetError(error)) throw error;
      return true;
    }
  });
}
