/**
 * Tables and lists for people, in text that a server may have written: control characters are escaped, and columns have
 * a limit.
 */
import { isJsonObject } from '../json.js';
import type { JsonObject } from '../model.js';
import { escapeControls } from '../text/controls.js';
import { compactJson } from '../text/layout.js';
import { colorize } from './terminal.js';

/** Longer cells are not cut, but move the rest of their line: without a limit, one would pad every line. */
const MAX_WIDTH = 48;

/** Escapes the characters of a text that act on a terminal, line breaks included. */
export function printable(text: string): string {
  return escapeControls(text.replace(/[\0-\x1f]/g, (character) => JSON.stringify(character).slice(1, -1)));
}

/** Formats rows as aligned columns. The first row contains the names of the columns. */
export function formatTable(rows: readonly (readonly string[])[], inColor: boolean): string {
  const [names = [], ...others] = alignColumns(rows);
  return [tint(names.join('  '), inColor), ...others.map((cells) => cells.join('  '))].map(endLine).join('');
}

/**
 * Formats an object as a list of its members, in their order. The members of an inner object follow with both names,
 * and an array takes a line for each of its values.
 */
export function formatMembers(document: JsonObject, inColor: boolean): string {
  const members = Object.entries(document).flatMap(([name, value]) =>
    isJsonObject(value)
      ? Object.entries(value).map(([inner, its]): Member => [`${name}.${inner}`, its])
      : [[name, value] satisfies Member],
  );
  const rows = members
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) =>
      [value].flat().map((each, index) => [index === 0 ? name : '', showValue(each)] as const),
    );
  return alignColumns(rows)
    .map(([name = '', value = '']) => endLine(`${tint(name, inColor)}  ${value}`))
    .join('');
}

type Member = readonly [name: string, value: unknown];

function showValue(value: unknown): string {
  return typeof value === 'string' ? value : compactJson(value);
}

/** Pads all cells but the last ones of their rows. */
function alignColumns(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const shown = rows.map((cells) => cells.map(printable));
  const widths: number[] = [];
  for (const cells of shown)
    for (const [index, { length }] of cells.entries())
      widths[index] = Math.min(Math.max(widths[index] ?? 0, length), MAX_WIDTH);
  return shown.map((cells) =>
    cells.map((cell, index) => (index === cells.length - 1 ? cell : cell.padEnd(widths[index]!))),
  );
}

function endLine(line: string): string {
  return `${line.trimEnd()}\n`;
}

function tint(text: string, inColor: boolean): string {
  return inColor && text !== '' ? colorize(text, 'cyan') : text;
}
