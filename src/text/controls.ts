/** Characters of a token that act on what shows it, and are not seen. */

/**
 * Escapes the characters that JSON leaves as they are but that act on a terminal or a page: DEL and the C1 controls
 * (some terminals take U+009B for the begin of a command), and the marks that reverse the direction of text. The JSON
 * means the same.
 */
export function escapeControls(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
