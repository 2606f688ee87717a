/**
 * The README's table of runtimes, generated from what ran.
 *
 * Versions in the lock file must be those of the table. Browsers come from the system, which updates them: they may be
 * newer than in the table, but not older.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { Finding, Runtime } from './runtime.js';

/** A runtime with its version and its report. */
export interface Run extends Pick<Runtime, 'name' | 'way'> {
  readonly finding: Finding;
}

const README = new URL('../../README.md', import.meta.url);
const TABLE = /(?<=<!-- runtimes -->\n)[^]*?(?=<!-- \/runtimes -->)/;
const SYSTEM_BROWSERS = ['Chromium', 'Firefox', 'WebKitGTK'];

/** Returns one row per runtime, with its versions and the ways in which it loaded the package. */
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
  return ['| runtime | versions | how it is loaded |\n', '|---|---|---|\n', ...rows].join('');
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

/** Whether this is the platform of the table. npm may have other versions for other platforms. */
const IS_PLATFORM_OF_TABLE = process.platform === 'linux' && process.arch === 'x64';

/** Returns the runtimes whose rows do not match what ran. */
export function compareTables(written: string, made: string, isExact = IS_PLATFORM_OF_TABLE): string[] {
  const [claimed, ran] = [readRows(written), readRows(made)];
  return [...new Set([...claimed.keys(), ...ran.keys()])].filter((name) => {
    const [version = '', ways] = claimed.get(name) ?? [];
    const [found = '', foundWays] = ran.get(name) ?? [];
    const isCovered = SYSTEM_BROWSERS.includes(name)
      ? isAtLeast(found, version)
      : isExact
        ? found === version
        : majorsOf(found) === majorsOf(version);
    return !isCovered || ways !== foundWays;
  });
}

/** Returns the versions and the ways of each runtime. The first two lines are the head of the table. */
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

/** Compares the major and the minor version. */
function isAtLeast(version: string, least: string): boolean {
  const [[major = 0, minor = 0], [leastMajor = 0, leastMinor = 0]] = [version, least].map((each) =>
    each.split('.').map(Number),
  ) as [number[], number[]];
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
