/** A decoded SET as one line of JSON: `{"header":{…},"payload":{…},"signature":"…"}`. */
import { decodeOctets } from '../base64url.js';
import { decodeUtf8 } from '../json.js';
import { decodeSet } from '../set.js';
import { escapeControls } from './controls.js';

/**
 * Converts a token to its record, without a line break at the end.
 *
 * The JSON of header and payload is copied from the token, not serialized again: numbers keep every digit and members
 * their order. Only characters that act on a terminal are escaped, and line breaks become spaces.
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
    lastHeaderJson = jsonLineOf(header);
  }
  const payloadJson = jsonLineOf(token.slice(first + 1, second));
  return `{"header":${lastHeaderJson},"payload":${payloadJson},"signature":"${token.slice(second + 1)}"}`;
}

// Consecutive tokens usually have the same header.
let lastHeader = '';
let lastHeaderJson = '';

/** Returns the JSON of a part on one line. The part must be known to decode. */
function jsonLineOf(segment: string): string {
  // White space around the JSON is legal, as in the figures of RFC 8935.
  const octets = decodeOctets(segment, 'part').trim();
  const text = decodeUtf8(octets);
  // In valid JSON, a raw line break is only ever white space between tokens.
  const line = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, ' ') : text;
  // DEL is the only ASCII character in valid JSON that acts on a terminal.
  return text === octets && !text.includes('\x7f') ? line : escapeControls(line);
}
