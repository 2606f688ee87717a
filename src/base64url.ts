/**
 * base64url as JOSE uses it: RFC 7515 section 2 and RFC 4648 section 5, strict and canonical.
 *
 * One octet sequence has one spelling: no padding, no `+` or `/`, no white space, no bits that no encoder sets
 * (RFC 4648 sections 3.3 and 3.5). Otherwise two different tokens would pass for the same one.
 */
import { SetError } from './errors.js';

/**
 * Encodes octets as base64url without padding.
 *
 * @throws TypeError when the argument is not a `Uint8Array`
 * @see RFC 7515 section 2, RFC 4648 section 5
 */
export function encodeBase64url(bytes: Uint8Array): string {
  if (Object.prototype.toString.call(bytes) !== '[object Uint8Array]') {
    throw new TypeError('encodeBase64url takes a Uint8Array');
  }
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  let text = '';
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 6; count -= 6) text += alphabet.charAt((bits >> (count - 6)) & 63);
  }
  return count === 0 ? text : text + alphabet.charAt((bits << (6 - count)) & 63);
}

/**
 * Decodes canonical, unpadded base64url.
 *
 * @throws SetError `ERR_SET_INPUT` when the argument is not a string, `ERR_SET_BASE64URL` when it is not canonical
 * base64url
 * @see RFC 7515 section 2 and appendix C, RFC 4648 section 3.5
 */
export function decodeBase64url(text: string): Uint8Array {
  if (typeof text !== 'string') throw new SetError('ERR_SET_INPUT', `base64url must be a string, not ${typeof text}`);
  return decodeBytes(text, 'text');
}

/**
 * Decodes one part of a token to octets.
 *
 * @throws SetError `ERR_SET_BASE64URL` with the part and the place
 */
export function decodeBytes(segment: string, part: string): Uint8Array<ArrayBuffer> {
  const octets = decodeOctets(segment, part);
  const bytes = new Uint8Array(octets.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = octets.charCodeAt(i);
  return bytes;
}

/**
 * Decodes one part of a token to an octet string: a string in which each character code is one octet.
 *
 * `atob` gives exactly that, and is many times faster than a loop. It is only an accelerator: what it refuses, shortens
 * or is not there or not fit for is left to the strict check and the table.
 *
 * @throws SetError `ERR_SET_BASE64URL` with the part and the place
 */
export function decodeOctets(segment: string, part: string): string {
  try {
    let standard = segment;
    if (segment.includes('-')) standard = standard.replace(/-/g, '+');
    if (segment.includes('_')) standard = standard.replace(/_/g, '/');
    const octets = atob(standard);
    // atob skips white space and takes padding: both make the result shorter than the length of the text demands.
    const isWhole = octets.length === (segment.length * 3) >> 2;
    if (isWhole && isStrict(atob) && !segment.includes('+') && !segment.includes('/') && hasCanonicalEnd(segment))
      return octets;
  } catch {
    // No atob, or it refuses: the check below names the place.
  }
  checkBase64url(segment, part);
  let octets = '';
  let bits = 0;
  let count = 0;
  for (const character of segment) {
    bits = (bits << 6) | valueOf(character);
    count += 6;
    if (count > 7) {
      count -= 8;
      octets += String.fromCharCode((bits >> count) & 255);
    }
  }
  return octets;
}

let probed: typeof atob | undefined;
let isProbedStrict = false;

/** Polyfills made of Node's Buffer look at the low octet of a character only, and read U+0141 as A. */
function isStrict(decode: typeof atob): boolean {
  if (decode !== probed) {
    probed = decode;
    isProbedStrict = true;
    try {
      isProbedStrict = decode('AA\u0141A').length < 3;
    } catch {
      // It refuses, as it should.
    }
  }
  return isProbedStrict;
}

/**
 * Checks that a text is canonical base64url, without decoding it.
 *
 * @throws SetError `ERR_SET_BASE64URL` with the part and the place
 */
export function checkBase64url(text: string, part: string): void {
  // Without the flags i and u together, \w is exactly A-Z a-z 0-9 _ : look-alikes such as U+212A do not match.
  if (/[^\w-]/.test(text) || !hasCanonicalEnd(text)) {
    throw new SetError(
      'ERR_SET_BASE64URL',
      `The ${part} is not canonical base64url at offset ${text.search(/[^\w-]|$/)}`,
    );
  }
}

/** No length of 1 mod 4 (RFC 7515 appendix C), and zero in the bits of the last character that carry no data. */
function hasCanonicalEnd(text: string): boolean {
  const rest = text.length & 3;
  // Of the last 6 bits, 4 carry no data when 2 characters remain, 2 when 3 remain, none when no group is open.
  return rest !== 1 && !(valueOf(text.slice(-1)) & [0, 0, 15, 3][rest]!);
}

/** The 6 bits of a character of the alphabet. For any other character the result means nothing. */
function valueOf(character: string): number {
  const code = character.charCodeAt(0);
  return code > 96 ? code - 71 : code > 94 ? 63 : code > 64 ? code - 65 : code > 47 ? code + 4 : 62;
}
