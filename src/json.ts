/**
 * From octets to a JSON object: fatal UTF-8, strict JSON, nothing but an object, and, for verification, no member twice
 * (RFC 7515 sections 4 and 5.2, RFC 7519 sections 4 and 7.2).
 *
 * Leaves out what the members mean: see jws.ts and envelope.ts.
 */
import { decodeOctets } from './base64url.js';
import { SetError, type SetErrorCode } from './errors.js';
import type { JsonObject } from './model.js';

/**
 * The type of a JSON value, as `typeof` tells it, or nothing for null, lists, and the infinities that JSON.parse makes
 * of 1e999.
 */
export function typeOf(value: unknown): string {
  return value === null || value === Infinity || value === -Infinity || Array.isArray(value) ? '' : typeof value;
}

/**
 * Checks the type of one header parameter or claim. One that is required must not be an empty string either.
 *
 * @throws SetError with `code` where there is one, else `ERR_SET_CLAIM_MISSING` or `ERR_SET_CLAIM_INVALID` with the
 * claim
 */
export function checkMember(
  name: string,
  value: unknown,
  type: 'string' | 'number' | 'object',
  isRequired?: boolean,
  code?: SetErrorCode,
): void {
  const isMissing = value === undefined;
  if (isMissing ? isRequired : typeOf(value) !== type || (isRequired && value === '')) {
    throw new SetError(
      code ?? (isMissing ? 'ERR_SET_CLAIM_MISSING' : 'ERR_SET_CLAIM_INVALID'),
      `"${name}" ${isMissing ? 'is missing' : `must be a valid ${type}`}`,
      code ? undefined : { claim: name },
    );
  }
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
 * Reads JSON of any kind from a text.
 *
 * @throws SetError `ERR_SET_JSON`
 */
export function parseText(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the text, so it is not passed on.
    throw new SetError('ERR_SET_JSON', `${name} is not JSON`);
  }
}

/**
 * Reads the octet string of a part as its JSON object.
 *
 * @throws SetError `ERR_SET_JSON` when it is not UTF-8, not JSON, or JSON but not an object
 */
export function parseOctets(octets: string, part: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(octets));
  } catch {
    // Refused below. The engine's own message quotes the text, so it is not passed on.
  }
  if (typeOf(value) !== 'object') throw new SetError('ERR_SET_JSON', `The ${part} is not a JSON object in UTF-8`);
  return value as JsonObject;
}

/**
 * Checks that no object in a part names a member twice, however it is spelled.
 *
 * JSON.parse keeps the last of the members with one name, escapes undone. In the text each member has a colon, and else
 * there are colons in strings only. So the text has more colons than members and strings of the value exactly when a
 * member was lost, at any depth. Nothing here recurses: hostile JSON can be as deep as it is long.
 *
 * @param octets the octet string of valid JSON
 * @param value what JSON.parse made of it
 * @throws SetError `ERR_SET_DUPLICATE_MEMBER`
 */
export function checkDuplicates(octets: string, value: JsonObject, part: string): void {
  let surplus = colonsIn(
    octets.includes('\\') ? octets.replace(/\\u003a|\\./gi, (escaped) => (escaped.length > 2 ? ':' : '')) : octets,
  );
  const open: unknown[] = [value];
  while (open.length) {
    const each = open.pop();
    if (typeof each === 'string') surplus -= colonsIn(each);
    else if (Array.isArray(each)) for (const one of each) open.push(one);
    else if (typeof each === 'object' && each) {
      for (const [name, one] of Object.entries(each)) {
        surplus -= 1 + colonsIn(name);
        open.push(one);
      }
    }
  }
  if (surplus) throw new SetError('ERR_SET_DUPLICATE_MEMBER', `The ${part} has a member twice`);
}

function colonsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) count++;
  return count;
}

let encoder: TextEncoder | undefined;
let scratch: Uint8Array<ArrayBuffer> | undefined;

/**
 * Decodes UTF-8 that comes as an octet string (one character code for each octet).
 *
 * Most tokens are ASCII throughout, and then the octet string is the text.
 *
 * @throws URIError when the octets are not UTF-8
 */
export function decodeUtf8(octets: string): string {
  // A call for each run would be dear in a long text that has many.
  if (octets.length > 2048) return /[^\0-\x7f]/.test(octets) ? decodeRun(octets) : octets;
  // encodeInto counts in native code; some polyfills of TextEncoder lack it. The scratch has room for two octets a
  // character: were it filled to the brim, `written` could equal the length by chance.
  encoder ??= globalThis.TextEncoder && new TextEncoder();
  if (encoder?.encodeInto?.(octets, (scratch ??= new Uint8Array(4096))).written === octets.length) return octets;
  return octets.replace(/[^\0-\x7f]+/g, decodeRun);
}

/** The octets of a text in UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return (encoder ??= new TextEncoder()).encode(text);
}

/**
 * The URI functions of ECMAScript are a strict UTF-8 decoder (no overlong forms, no surrogates) that every engine has,
 * and they keep a BOM for JSON.parse to refuse. TextDecoder is missing in some engines, and not all others honour
 * `fatal`.
 */
function decodeRun(octets: string): string {
  return decodeURIComponent(escape(octets));
}
