/** The entries of the package: what users import, and the file for each condition. */
import manifest from '../../package.json' with { type: 'json' };

const targets = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === 'string' ? [] : [[path.replace('.', manifest.name), target] as const],
);

/** `secevent` and its subpaths, without the package.json. */
export const ENTRIES: readonly string[] = targets.map(([entry]) => entry);

/** Returns the path of an entry's file, relative to the root of the package. */
export function fileOf(entry: string, condition: 'import' | 'require', kind: 'types' | 'default' = 'default'): string {
  const target = new Map(targets).get(entry);
  if (target === undefined) throw new Error(`${entry} is not an entry of the package`);
  return target[condition][kind];
}
