/** Reads the published tokens in test/vectors; their sources are in its README.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { HEADER, makeToken } from './tokens.js';

const folder = new URL('../vectors/', import.meta.url);

/** The text of a vector, without the line break that an editor may have put at its end. */
export function readVector(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8').trimEnd();
}

/** The names of all vectors in a folder with an ending. */
export function listVectors(name: string, ending: string): string[] {
  return readdirSync(new URL(`${name}/`, folder))
    .filter((file) => file.endsWith(ending))
    .map((file) => `${name}/${file}`);
}

/** Claims in a `.json` vector as a token: with the vector's own header where it has one. */
export function encodeVector(name: string): { token: string; header: unknown; payload: unknown } {
  const json: Record<string, unknown> = JSON.parse(readVector(name));
  const { header, payload } = 'header' in json && 'payload' in json ? json : { header: HEADER, payload: json };
  return { token: makeToken(header, payload), header, payload };
}
