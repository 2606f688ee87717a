/** Reads the published tokens in test/vectors; their sources are in its README.md. */
import { readFolder } from './vector-files.js';
import { HEADER, makeToken } from './tokens.js';

const files = readFolder();

/** Returns the text of a vector without trailing white space. */
export function readVector(name: string): string {
  const text = files[name];
  if (text === undefined) throw new Error(`test/vectors/${name} does not exist`);
  return text.trimEnd();
}

/** Returns the names of the vectors in a folder that have this ending. */
export function listVectors(name: string, ending: string): string[] {
  return Object.keys(files).filter(
    (file) => file.startsWith(`${name}/`) && !file.includes('/', name.length + 1) && file.endsWith(ending),
  );
}

/** Creates a token from a `.json` vector of claims, with the vector's own header if it has one. */
export function encodeVector(name: string): { token: string; header: unknown; payload: unknown } {
  const json: Record<string, unknown> = JSON.parse(readVector(name));
  const { header, payload } = 'header' in json && 'payload' in json ? json : { header: HEADER, payload: json };
  return { token: makeToken(header, payload), header, payload };
}
