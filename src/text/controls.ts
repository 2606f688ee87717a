/** Escapes invisible characters that act on a terminal or a page. */

/**
 * Escapes the characters that are legal in JSON but act on a terminal or a page: DEL, the C1 controls (some terminals
 * take U+009B as the start of an escape sequence), the line separators and the marks that reverse the direction of
 * text. The JSON keeps its meaning.
 */
export function escapeControls(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
