/** Converts between octets and text with what every runtime has, and base64url with jose instead of src. */
import { base64url } from 'jose';

/** Converts each character to one octet: `\xff` becomes 255. */
export function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Encodes a text as UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Decodes UTF-8, with U+FFFD for invalid octets. */
export function textOf(octets: Uint8Array): string {
  return new TextDecoder().decode(octets);
}

/** Encodes a text (as UTF-8) or octets as base64url. */
export function segment(part: string | Uint8Array): string {
  return base64url.encode(part);
}
