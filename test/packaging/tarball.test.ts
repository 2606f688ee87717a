/** What npm publishes: no unintended file, no missing file, and nothing for npm to correct. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { runProgram } from '../support/program.js';
import { makeProject, type Project, WITHOUT_SCRIPTS } from '../support/tarball.js';

const TIMEOUT_MS = 60_000;
const MAX_UNPACKED_BYTES = 640_000;
const root = fileURLToPath(new URL('../../', import.meta.url));

let project: Project;
beforeAll(async () => {
  project = await makeProject();
}, TIMEOUT_MS);
afterAll(() => project?.remove());

const readPacked = (path: string): string => readFileSync(join(project.home, path), 'utf8');

/** Returns every string inside a JSON value. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

describe('the tarball', () => {
  test('contains the build, the documents and nothing else', () => {
    expect(project.files.filter((path) => !path.startsWith('dist/')).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(
      project.files.filter(
        (path) =>
          path.startsWith('dist/') &&
          !/^dist\/(?:(?:[\w-]+\/)?[\w-]+\.(?:js|cjs|d\.ts|d\.cts)|inspector\.html)$/.test(path),
      ),
    ).toEqual([]);
  });

  test('is at most 640 kB, unpacked', () => {
    expect(project.unpackedBytes).toBeLessThanOrEqual(MAX_UNPACKED_BYTES);
  });

  test('contains every file that its package.json names', () => {
    const { main, module, types, typesVersions, bin, exports } = manifest;
    const targets = stringsIn([main, module, types, typesVersions, bin, exports]).map((path) => normalize(path));
    expect(targets).toContain('dist/index.js');
    expect(project.files).toEqual(expect.arrayContaining(targets));
  });

  test('contains every file that another file imports, or names as its types or source map', () => {
    const named = project.files
      .filter((path) => path.startsWith('dist/'))
      .flatMap((path) => {
        const imports = [
          ...readPacked(path).matchAll(/(?:\bfrom |\bimport |\bimport\(|\brequire\()['"](\.[^'"]+)['"]/g),
        ];
        const comments = [...readPacked(path).matchAll(/[#@] ?(?:ts-self-types|sourceMappingURL)=["']?([^"'\s*]+)/g)];
        return [...imports, ...comments].map(([, name = '']) => ({ path, name }));
      });
    expect(named).toContainEqual({ path: 'dist/index.js', name: './index.d.ts' });
    expect(named).toContainEqual({ path: 'dist/caep.d.ts', name: './caep.cjs' });
    expect(named.filter(({ path, name }) => !project.files.includes(join(dirname(path), name)))).toEqual([]);
  });

  test('has a command that prints the version of the package', async () => {
    const { status, output, errors } = await runProgram(process.execPath, [
      join(project.home, manifest.bin.secevent),
      '--version',
    ]);
    expect({ status, output, errors }).toEqual({ status: 0, output: `${manifest.version}\n`, errors: '' });
  });
});

describe('a release', () => {
  test('is the first in the changelog, below the unreleased changes', () => {
    expect(/^## \[(?!Unreleased\])([^\]]+)\]/m.exec(readPacked('CHANGELOG.md'))?.[1]).toBe(manifest.version);
  });

  test('has no dependencies and no install scripts', () => {
    const packed = JSON.parse(readPacked('package.json')) as Record<string, unknown> & {
      scripts: Record<string, string>;
    };
    expect(Object.keys(packed).filter((key) => /^(?:.*D|d)ependencies$/.test(key))).toEqual(['devDependencies']);
    expect(Object.keys(packed.scripts).filter((name) => /^(?:pre|post)?install$/.test(name))).toEqual([]);
  });

  test(
    'is published without a warning',
    async () => {
      expect(existsSync(join(root, 'dist/index.js'))).toBe(true);
      // npm warns if it has no token for the registry, and asks the registry for earlier versions. This registry does
      // not exist, and so has none.
      const registry = [
        '--registry',
        'http://127.0.0.1:9/',
        '--//127.0.0.1:9/:_authToken=none',
        '--fetch-retries',
        '0',
      ];
      const { status, output, errors } = await runProgram(
        'npm',
        ['publish', '--dry-run', ...registry, ...WITHOUT_SCRIPTS],
        { cwd: root },
      );
      const notices = errors.split('\n').filter((line) => !/^npm notice/.test(line) && line !== '');
      expect({ status, output, notices }).toEqual({
        status: 0,
        output: `+ secevent@${manifest.version}\n`,
        notices: [],
      });
      expect(errors).toContain('Publishing to http://127.0.0.1:9/ with tag latest');
    },
    TIMEOUT_MS,
  );
});
