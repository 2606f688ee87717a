/** Reads the files of test/vectors. Separate from vectors.ts, since only this needs a file system. */
import { readdirSync, readFileSync } from 'node:fs';

/** Returns the text of each file by its path in the folder. */
export function readFolder(): Readonly<Record<string, string>> {
  const folder = new URL('../vectors/', import.meta.url);
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  const names = entries.filter((name) => /\.\w+$/.test(name)).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]));
}
