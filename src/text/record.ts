/** One decoded SET as one line of JSON: `{"header":{…},"payload":{…},"signature":"…"}`. */
import { decodeOctets } from '../base64url.js';
import { decodeUtf8 } from '../json.js';
import { decodeSet } from '../set.js';
import { escapeControls } from './controls.js';

/**
 * Makes the line, without a line break.
 *
 * Header and payload are the texts of the token itself, which are JSON already: numbers keep every digit and members
 * their order, and nothing is written anew. Only characters that act on a terminal are escaped.
 *
 * @throws SetError as `decodeSet` does
 */
export function toRecord(token: string): string {
  decodeSet(token);
  const first = token.indexOf('.');
  const second = token.lastIndexOf('.');
  const header = token.slice(0, first);
  if (header !== lastHeader) {
    lastHeader = header;
    lastHeaderText = textOf(header);
  }
  return `{"header":${lastHeaderText},"payload":${textOf(token.slice(first + 1, second))},"signature":"${token.slice(second + 1)}"}`;
}

// Tokens that come together mostly have the same header.
let lastHeader = '';
let lastHeaderText = '';

/** The JSON of a part that has been decoded before, and so is known to be sound. */
function textOf(segment: string): string {
  // White space may stand around a part, as in the figures of RFC 8935.
  const octets = decodeOctets(segment, 'part').trim();
  const text = decodeUtf8(octets);
  // In valid JSON a raw line break only ever stands between tokens, where it means nothing.
  const line = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, ' ') : text;
  return text === octets ? line : escapeControls(line);
}
