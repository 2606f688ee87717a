/** Reads the published tokens in test/vectors; their sources are in its README.md. */
import { readFolder } from './vector-files.js';
import { HEADER, makeToken } from './tokens.js';

const files = readFolder();

/** The text of a vector, without the line break that an editor may have put at its end. */
export function readVector(name: string): string {
  const text = files[name];
  if (text === undefined) throw new Error(`there is no test/vectors/${name}`);
  return text.trimEnd();
}

/** The names of all vectors in a folder with an ending. */
export function listVectors(name: string, ending: string): string[] {
  return Object.keys(files).filter(
    (file) => file.startsWith(`${name}/`) && !file.includes('/', name.length + 1) && file.endsWith(ending),
  );
}

/** Claims in a `.json` vector as a token: with the vector's own header where it has one. */
export function encodeVector(name: string): { token: string; header: unknown; payload: unknown } {
  const json: Record<string, unknown> = JSON.parse(readVector(name));
  const { header, payload } = 'header' in json && 'payload' in json ? json : { header: HEADER, payload: json };
  return { token: makeToken(header, payload), header, payload };
}
