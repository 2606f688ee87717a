/**
 * From octets to JSON: fatal UTF-8, strict JSON, and no duplicate members where a token is verified (RFC 7515 sections
 * 4 and 5.2, RFC 7519 sections 4 and 7.2).
 *
 * Leaves out what the members mean: see jws.ts and envelope.ts.
 */
import { decodeOctets } from './base64url.js';
import { SetError } from './errors.js';
import type { JsonObject } from './model.js';

/**
 * Returns the type of a JSON value, as `typeof` does, but an empty string for null, for an array, and for the
 * infinities that JSON.parse makes of 1e999.
 */
export function jsonTypeOf(value: unknown): string {
  return value === null || value === Infinity || value === -Infinity || Array.isArray(value) ? '' : typeof value;
}

/** Reports whether a JSON value is an object: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return jsonTypeOf(value) === 'object';
}

/**
 * Decodes the header or the payload part of a token to its JSON object.
 *
 * @throws SetError `ERR_SET_BASE64URL`, or `ERR_SET_JSON` when it is not UTF-8, not JSON, or JSON but not an object
 */
export function parsePart(segment: string, part: string): JsonObject {
  return parseOctets(decodeOctets(segment, part), part);
}

/**
 * Parses any JSON text.
 *
 * @throws SetError `ERR_SET_JSON`
 */
export function parseText(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's message quotes the text, so it is not passed on.
    throw new SetError('ERR_SET_JSON', `${name} is not JSON`);
  }
}

/**
 * Parses any JSON document from its octets.
 *
 * @throws SetError `ERR_SET_JSON` when it is not UTF-8 or not JSON
 */
export function parseBytes(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new SetError('ERR_SET_JSON', `${name} is not JSON in UTF-8`);
  }
}

/**
 * Parses the octet string of a part as a JSON object.
 *
 * @throws SetError `ERR_SET_JSON` when it is not UTF-8, not JSON, or JSON but not an object
 */
export function parseOctets(octets: string, part: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(octets));
  } catch {
    // Rejected below. The engine's message quotes the text, so it is not passed on.
  }
  if (!isJsonObject(value)) throw new SetError('ERR_SET_JSON', `The ${part} is not a JSON object in UTF-8`);
  return value;
}

/**
 * Checks that no object in a part contains a duplicate member, however its name is escaped.
 *
 * JSON.parse keeps the last of several members with one name. Without its strings, JSON has one colon per member: there
 * are more colons than members in the value exactly when a member was lost, at any depth. Nothing here recurses:
 * hostile JSON can be as deep as it is long.
 *
 * @param octets the octet string of valid JSON
 * @param value what JSON.parse made of it
 * @throws SetError `ERR_SET_DUPLICATE_MEMBER`
 */
export function checkDuplicates(octets: string, value: JsonObject, part: string): void {
  // Escapes go first, so that each remaining quote begins or ends a string.
  let lost = octets.replace(/\\./g, '').replace(/"[^"]*"|[^":]+/g, '').length;
  const open: object[] = [value];
  // The list grows while it is read.
  for (const each of open) {
    const members: unknown[] = Array.isArray(each) ? each : Object.values(each);
    if (members !== each) lost -= members.length;
    for (const member of members) if (typeof member === 'object' && member) open.push(member);
  }
  if (lost) throw new SetError('ERR_SET_DUPLICATE_MEMBER', `The ${part} contains a duplicate member`);
}

let encoder: TextEncoder | undefined;
let scratch: Uint8Array<ArrayBuffer> | undefined;

/**
 * Decodes UTF-8 from an octet string (one character code per octet).
 *
 * Most tokens are ASCII throughout, and then the octet string is the text. The URI functions of ECMAScript are a strict
 * UTF-8 decoder (no overlong forms, no surrogates) that every engine has, and that keeps a BOM for JSON.parse to
 * reject. Some engines lack TextDecoder, and others ignore `fatal`.
 *
 * @throws URIError when the octets are not UTF-8
 */
export function decodeUtf8(octets: string): string {
  // encodeInto detects ASCII in native code: decoding a token takes 1.17 times as long without it. Some polyfills of
  // TextEncoder lack it. The scratch buffer has room for two octets per character: were it filled to the brim,
  // `written` could equal the length by chance.
  encoder ??= globalThis.TextEncoder && new TextEncoder();
  if (
    octets.length <= 2048 &&
    encoder?.encodeInto?.(octets, (scratch ??= new Uint8Array(4096))).written === octets.length
  ) {
    return octets;
  }
  // From the first octet beyond ASCII to the end: a call per run would be slow in a long text with many of them.
  return octets.replace(/[^\0-\x7f][^]*/, (rest) => decodeURIComponent(escape(rest)));
}

/** Encodes a string as UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return (encoder ??= new TextEncoder()).encode(text);
}
