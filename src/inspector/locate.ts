/**
 * Where in the text of a token an error stands. SetError tells the cause and no place, since messages get logged; here
 * the person has the token before them.
 *
 * What is wrong is always the library's word. This only looks for the place.
 */
import { checkBase64url, decodeOctets } from '../base64url.js';
import { isSetError, type SetError } from '../errors.js';
import { decodeUtf8, parsePart } from '../json.js';
import { type Range, scanJson } from './json-text.js';

/** The parts of a token, in their order. */
export const PARTS = ['header', 'payload', 'signature'] as const;
export type PartName = (typeof PARTS)[number];

/** A place in a token. */
export interface Place extends Range {
  /** What is wrong there, in words. */
  readonly reason: string;
  /** The decoded text of the part, and the place in it, where the fault is in what was decoded. */
  readonly decoded?: Range & { readonly text: string };
}

/** Where the parts of a text stand: between the dots, of which there may be too few or too many. */
export function partRanges(token: string): Range[] {
  const ranges: Range[] = [];
  let start = 0;
  for (const part of token.split('.')) {
    ranges.push({ start, end: start + part.length });
    start += part.length + 1;
  }
  return ranges;
}

/** Finds the place of an error that `decodeSet` threw; nothing where it has none, as with an empty text. */
export function locate(token: string, error: SetError): Place | undefined {
  const { code, claim, message } = error;
  if (token === '') return undefined;
  if (code === 'ERR_SET_FORMAT') return locateForm(token);
  if (code === 'ERR_SET_BASE64URL') return locateCharacter(token);
  if (code === 'ERR_SET_JSON') return locateJson(token);
  // A message begins with the name of the header parameter.
  if (code === 'ERR_SET_HEADER') return locateMember(token, 'header', /^"(\w+)"/.exec(message)?.[1]);
  return claim === undefined ? undefined : locateMember(token, 'payload', claim);
}

function locateForm(token: string): Place {
  const prefix = /^\s*(?:bearer\s+|(?={))/i.exec(token)?.[0];
  if (prefix !== undefined)
    return {
      start: 0,
      end: Math.max(1, prefix.length),
      reason: 'A token begins here with something else than base64url.',
    };
  const [, , , fourth] = partRanges(token);
  if (fourth)
    return { start: fourth.start - 1, end: fourth.start, reason: 'This dot is one too many: a token has three parts.' };
  return { start: token.length, end: token.length, reason: 'The token ends here, with a part still missing.' };
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
      reason: `The ${PARTS[index]!} was cut off here, or this last character was changed.`,
    };
  const start = range.start + offset;
  const character = String.fromCodePoint(token.codePointAt(start)!);
  return { start, end: start + character.length, reason: `${nameOf(character)} is no character of base64url.` };
}

function nameOf(character: string): string {
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
  if (bad !== undefined) return { ...charactersOf(range, bad, bad + 1), reason: 'What this stands for is not UTF-8.' };
  const text = decodeUtf8(octets);
  const { fault = 0 } = scanJson(text);
  const end = Math.min(text.length, fault + 1);
  const before = octetOffsets(text);
  const place = charactersOf(range, before[fault]!, before[end]!);
  const reason =
    text === ''
      ? `The ${PARTS[index]!} is empty.`
      : fault === text.length
        ? 'The JSON ends too soon.'
        : `Here the ${PARTS[index]!} stops being ${scanJson(text).fault === undefined ? 'what it must be, a JSON object' : 'JSON'}.`;
  return { ...place, reason, decoded: { text, start: fault, end } };
}

function locateMember(token: string, part: 'header' | 'payload', name: string | undefined): Place | undefined {
  const range = partRanges(token)[PARTS.indexOf(part)];
  if (!range || name === undefined) return undefined;
  const found = membersOf(token, range, 1)
    .filter(({ path }) => path[0] === name)
    .at(-1);
  if (found) return { ...found, reason: `“${name}” stands here.` };
  return { ...range, reason: `“${name}” should be in the ${part}.` };
}

/** A member of the header or the payload, by the characters of the token that hold it. */
export interface MemberPlace extends Range {
  /** The names of the members that it stands in, and its own as the last. */
  readonly path: readonly string[];
}

/** Where the members of a part stand in the token, down to a depth: a part that has been decoded before. */
export function membersOf(token: string, range: Range, depth: number): MemberPlace[] {
  const text = decodeUtf8(decodeOctets(token.slice(range.start, range.end), 'part'));
  const octets = octetOffsets(text);
  return scanJson(text, depth).members.map(({ path, start, end }) => ({
    path,
    ...charactersOf(range, octets[start]!, octets[end]!),
  }));
}

/** How many octets of UTF-8 stand before each character of a text, and in all of it at the end. */
function octetOffsets(text: string): Uint32Array {
  const offsets = new Uint32Array(text.length + 1);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Surrogates come in pairs, and a pair is four octets.
    const isHalf = unit >= 0xd800 && unit < 0xe000;
    offsets[index + 1] = offsets[index]! + (unit < 0x80 ? 1 : unit < 0x800 || isHalf ? 2 : 3);
  }
  return offsets;
}

/**
 * The characters of base64url that hold some octets: four characters for each three octets, so that they overlap by
 * one.
 */
function charactersOf(range: Range, from: number, to: number): Range {
  const start = Math.min(range.end, range.start + Math.floor((from * 8) / 6));
  return { start, end: Math.min(range.end, Math.max(start, range.start + Math.ceil((to * 8) / 6))) };
}

/** The first octet that cannot stand in UTF-8 where it is (RFC 3629 section 4). */
function firstNonUtf8(octets: string): number | undefined {
  const rest = octets.replace(WELL_FORMED, '');
  return rest === '' ? undefined : octets.length - rest.length;
}

const WELL_FORMED =
  /^(?:[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*/;

/** The index of the first part that a check refuses, or -1. */
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
