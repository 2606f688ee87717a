/** Formats a decoded SET for people: three parts, each in its own color. */
import { formatJson } from '../text/layout.js';
import { type Color, colorize } from './terminal.js';
import type { DecodedSet } from '../model.js';

/** The lines above the parts, each with its color. They say whether the SET was verified. */
export type Headline = readonly (readonly [line: string, color: Color])[];

const UNVERIFIED: Headline = [
  ['UNVERIFIED: anyone could have written this. Decoding does not check the signature.', 'yellow'],
];

/** Formats the headline and the three parts, with a line break at the end. */
export function formatSet(token: string, set: DecodedSet, inColor: boolean, headline = UNVERIFIED): string {
  const tint = (text: string, color: Color): string => (inColor ? colorize(text, color) : text);
  const segment = token.slice(token.lastIndexOf('.') + 1);
  const size = set.signature.length;
  return [
    ...headline.map(([line, color]) => tint(line, color)),
    '',
    'Header',
    tint(formatJson(set.header), 'red'),
    '',
    'Payload',
    tint(formatJson(set.payload), 'magenta'),
    '',
    size === 0 ? 'Signature (none)' : `Signature (${size} bytes)`,
    ...(size === 0 ? [] : [tint(segment, 'cyan')]),
    '',
  ].join('\n');
}
