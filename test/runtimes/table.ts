/**
 * The README's table of runtimes, made from what ran.
 *
 * Versions that a lock file fixes have to be those of the table. Browsers come from the system, which goes on to newer
 * ones: the table has the version that ran when it was written, and an older one than that is not what it claims.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { Finding, Runtime } from './runtime.js';

/** A runtime with what was found in it. */
export interface Run extends Pick<Runtime, 'name' | 'way'> {
  readonly finding: Finding;
}

const README = new URL('../../README.md', import.meta.url);
const TABLE = /(?<=<!-- runtimes -->\n)[^]*?(?=<!-- \/runtimes -->)/;
const OF_THE_SYSTEM = ['Chromium', 'Firefox', 'WebKitGTK'];

/** One row a runtime, with its versions and the ways in which the package got into it. */
export function makeTable(runs: readonly Run[]): string {
  const families = new Map<string, { versions: Set<string>; ways: Set<string> }>();
  for (const { name, way, finding } of runs) {
    const family = name.replace(/ \d+$/, '');
    const row = families.get(family) ?? { versions: new Set(), ways: new Set() };
    families.set(family, row);
    row.versions.add(finding.version);
    row.ways.add(way);
  }
  const rows = [...families].map(
    ([family, { versions, ways }]) => `| ${family} | ${[...versions].join(', ')} | ${[...ways].join('; ')} |\n`,
  );
  return ['| runtime | versions | the package comes by |\n', '|---|---|---|\n', ...rows].join('');
}

export async function readTable(): Promise<string> {
  return TABLE.exec(await readFile(README, 'utf8'))?.[0] ?? '';
}

export async function writeTable(table: string): Promise<void> {
  await writeFile(
    README,
    (await readFile(README, 'utf8')).replace(TABLE, () => table),
  );
}

/** Where the versions of the table come from: on other platforms npm may have others. */
const IS_ITS_PLATFORM = process.platform === 'linux' && process.arch === 'x64';

/** The runtimes whose rows are not as they should be, by what ran. */
export function compareTables(written: string, made: string, isExact = IS_ITS_PLATFORM): string[] {
  const [claimed, ran] = [readRows(written), readRows(made)];
  return [...new Set([...claimed.keys(), ...ran.keys()])].filter((name) => {
    const [version = '', ways] = claimed.get(name) ?? [];
    const [found = '', foundWays] = ran.get(name) ?? [];
    const isCovered = OF_THE_SYSTEM.includes(name)
      ? isAtLeast(found, version)
      : isExact
        ? found === version
        : majorsOf(found) === majorsOf(version);
    return !isCovered || ways !== foundWays;
  });
}

/** The versions and the ways of each runtime, without the two lines at the head. */
function readRows(table: string): Map<string, readonly [versions?: string, ways?: string]> {
  const rows = table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()));
  return new Map(rows.map(([, name = '', versions = '', ways = '']) => [name, [versions, ways]]));
}

function majorsOf(versions: string): string {
  return versions
    .split(', ')
    .map((version) => parseInt(version, 10))
    .join();
}

/** By major and minor. */
function isAtLeast(version: string, least: string): boolean {
  const [[major = 0, minor = 0], [leastMajor = 0, leastMinor = 0]] = [version, least].map((each) =>
    each.split('.').map(Number),
  ) as [number[], number[]];
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
