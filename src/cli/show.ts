/** A decoded SET for a person to read: its three parts, each in its colour. */
import { escapeControls } from '../inspector/controls.js';
import type { DecodedSet } from '../set.js';
import { type Colour, paint } from './terminal.js';

/** What stands above the parts and says how far to trust them: lines, each in its colour. */
export type Headline = readonly (readonly [line: string, colour: Colour])[];

const WARNING: Headline = [['UNVERIFIED: anyone can have written this. Decoding does not check the signature.', 'yellow']];

/** Lays out the three parts, with a line break at the end. */
export function show(token: string, set: DecodedSet, inColour: boolean, headline = WARNING): string {
  const tint = (text: string, colour: Colour): string => (inColour ? paint(text, colour) : text);
  const segment = token.slice(token.lastIndexOf('.') + 1);
  const size = set.signature.length;
  return [
    ...headline.map(([line, colour]) => tint(line, colour)),
    '',
    'Header',
    tint(layOut(set.header), 'red'),
    '',
    'Payload',
    tint(layOut(set.payload), 'magenta'),
    '',
    size === 0 ? 'Signature (none)' : `Signature (${size} bytes)`,
    ...(size === 0 ? [] : [tint(segment, 'cyan')]),
    '',
  ].join('\n');
}

/** Deeper than this, the indents would soon outweigh the content: a small token could fill a disk. */
const MAX_DEPTH = 50;

function layOut(value: object): string {
  try {
    const line = JSON.stringify(value);
    return escapeControls(depthOf(line) > MAX_DEPTH ? line : JSON.stringify(value, null, 2));
  } catch (error) {
    // JSON.parse takes deeper nesting than JSON.stringify gives.
    if (error instanceof RangeError) return '(nested too deeply to be shown, use --json)';
    throw error;
  }
}

/** How deep JSON nests at the most. Brackets in strings count as well, which only makes the answer larger. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of json.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
