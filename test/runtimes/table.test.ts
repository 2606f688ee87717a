/** table.ts: when the README's table no longer matches what ran. */
import { expect, test } from 'vitest';
import { compareTables, makeTable, type Run } from './table.js';

const run = (name: string, way: string, version: string): Run => ({
  name,
  way,
  finding: { version, report: { passed: 1, failed: [], skipped: [], algorithms: [], lacking: [] } },
});
const RUNS = [
  run('Node.js 20', 'import', '20.1.0'),
  run('Node.js 20', 'require', '20.1.0'),
  run('Node.js 22', 'import', '22.2.0'),
  run('Chromium', 'page', '156.0.1'),
];
const replaced = (at: number, other: Run): Run[] => RUNS.map((each, index) => (index === at ? other : each));

test('a family of runtimes has one row, with all versions and ways', () => {
  expect(makeTable(RUNS).split('\n').slice(2)).toEqual([
    '| Node.js | 20.1.0, 22.2.0 | import; require |',
    '| Chromium | 156.0.1 | page |',
    '',
  ]);
});

test.each<[name: string, runs: readonly Run[], found: readonly string[]]>([
  ['the same', RUNS, []],
  ['a runtime that did not run', RUNS.slice(0, -1), ['Chromium']],
  ['a runtime that is not in the README', [...RUNS, run('Bun', 'import', '1.0.0')], ['Bun']],
  ['another version of an npm package', replaced(2, run('Node.js 22', 'import', '22.3.0')), ['Node.js']],
  ['another way', replaced(1, run('Node.js 20', 'import', '20.1.0')), ['Node.js']],
  ['a newer browser', replaced(3, run('Chromium', 'page', '157.0.0')), []],
  ['an older browser', replaced(3, run('Chromium', 'page', '155.9.0')), ['Chromium']],
  ['an older browser whose version has fewer digits', replaced(3, run('Chromium', 'page', '99.0.0')), ['Chromium']],
])('%s: %j', (_, runs, found) => {
  expect(compareTables(makeTable(RUNS), makeTable(runs), true)).toEqual(found);
});

test('WebKitGTK, whose major version hardly changes, is compared by its minor version', () => {
  const [older, newer] = ['2.38.1', '2.50.6'].map((version) => makeTable([run('WebKitGTK', 'page', version)])) as [
    string,
    string,
  ];
  expect(compareTables(newer, older)).toEqual(['WebKitGTK']);
  expect(compareTables(older, newer)).toEqual([]);
});

test('on another platform, only the major versions of npm packages must match', () => {
  const [table, patched, other] = ['22.2.0', '22.9.9', '23.0.0'].map((version) =>
    makeTable([run('Node.js 22', 'import', version)]),
  ) as [string, string, string];
  expect(compareTables(table, patched, false)).toEqual([]);
  expect(compareTables(table, other, false)).toEqual(['Node.js']);
});
