/** publint and Are The Types Wrong, at their strictest, on the package: each entry, and each way to resolve it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../support/program.js';
import { makeProject, type Project } from '../support/tarball.js';
import { ENTRIES } from './entries.js';

const TIMEOUT_MS = 60_000;

let project: Project;
beforeAll(async () => {
  project = await makeProject();
}, TIMEOUT_MS);
afterAll(() => project?.remove());

test('publint has no complaint, not even a suggestion', async () => {
  const { messages, pkg } = await publint({ pkgDir: project.home, pack: false, level: 'suggestion', strict: true });
  expect(pkg['name']).toBe('secevent');
  expect(messages).toEqual([]);
});

interface Analysis {
  readonly entrypoints: Readonly<
    Record<string, { readonly resolutions: Readonly<Record<string, { readonly resolution?: object }>> }>
  >;
  readonly problems: readonly object[];
}

test(
  'the types resolve for each entry, from node10 to bundler',
  async () => {
    const attw = join(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json'), '../dist/index.js');
    const { status, output, errors } = await runProgram(process.execPath, [
      attw,
      project.tarball,
      '--profile',
      'strict',
      '--format',
      'json',
    ]);
    expect({ status, errors }, output).toEqual({ status: 0, errors: '' });
    const { analysis } = JSON.parse(output) as { analysis: Analysis };
    expect(analysis.problems).toEqual([]);
    for (const entry of ENTRIES) {
      const { resolutions } = analysis.entrypoints[entry.replace('secevent', '.')] ?? { resolutions: {} };
      const resolved = Object.entries(resolutions)
        .filter(([, { resolution }]) => resolution !== undefined)
        .map(([kind]) => kind);
      expect(resolved.sort(), entry).toEqual(['bundler', 'node10', 'node16-cjs', 'node16-esm']);
    }
  },
  TIMEOUT_MS,
);
