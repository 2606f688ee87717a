/** Octets and texts, by what every runtime has, and base64url by another library's hand. */
import { base64url } from 'jose';

/** The octets that a text names, one a character: `\xff` is 255. */
export function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The text of octets in UTF-8, with U+FFFD for what is none. */
export function textOf(octets: Uint8Array): string {
  return new TextDecoder().decode(octets);
}

/** base64url of a text (as UTF-8) or of octets. */
export function segment(part: string | Uint8Array): string {
  return base64url.encode(part);
}
