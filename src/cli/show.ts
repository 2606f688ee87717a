/** A decoded SET for a person to read: its three parts, each in its colour. */
import { layOut } from '../text/layout.js';
import { type Colour, paint } from './terminal.js';
import type { DecodedSet } from '../model.js';

/** What stands above the parts and says how far to trust them: lines, each in its colour. */
export type Headline = readonly (readonly [line: string, colour: Colour])[];

const WARNING: Headline = [
  ['UNVERIFIED: anyone can have written this. Decoding does not check the signature.', 'yellow'],
];

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
