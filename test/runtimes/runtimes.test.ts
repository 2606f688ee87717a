/**
 * The package in every supported runtime: the same tests, on the tarball that npm would publish.
 *
 * A runtime that is not installed is a failure that names it. UPDATE_README=1 rewrites the table in the README from
 * what ran.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../browsers/launch.js';
import { ALGORITHMS_EVERYWHERE, ML_DSA_ALGORITHMS } from '../support/algorithms.js';
import { startServer } from '../support/server.js';
import { makeProject, type Project } from '../support/tarball.js';
import { BROWSERS } from './browsers.js';
import { bundleSuite } from './bundle.js';
import { PROCESSES } from './processes.js';
import { compareTables, makeTable, readTable, type Run, writeTable } from './table.js';

const TIMEOUT_MS = 300_000;
const RUNTIMES = [...PROCESSES, ...BROWSERS];

/** With fewer tests than this, files of the suite must be missing. */
const MIN_TESTS = 1_400;

let project: Project;
const runs: Run[] = [];
beforeAll(async () => {
  project = await makeProject();
}, TIMEOUT_MS);
afterAll(() => project?.remove());

describe.concurrent('the suite', () => {
  test.each(RUNTIMES.map((runtime) => [runtime.name, runtime.way, runtime] as const))(
    'passes in %s, %s',
    async (name, way, runtime) => {
      const start = performance.now();
      const finding = await runtime.run(project);
      const { passed, failed, skipped, algorithms, lacking } = finding.report;
      const seconds = Math.round((performance.now() - start) / 1000);
      console.log(
        `${name} ${finding.version}, ${way}: ${passed} passed, ${failed.length} failed; ${algorithms.join(' ')} (${seconds} s)`,
      );
      expect(failed.map(({ name: failing, message }) => `${failing}: ${message}`).join('\n')).toBe('');
      expect(skipped).toEqual([]);
      expect(passed).toBeGreaterThan(MIN_TESTS);
      const rare = ML_DSA_ALGORITHMS.filter((algorithm) => !algorithms.includes(algorithm));
      expect(algorithms).toEqual(expect.arrayContaining([...ALGORITHMS_EVERYWHERE]));
      expect(lacking).toEqual(rare.map((algorithm) => `${algorithm}: ERR_SET_WEBCRYPTO`));
      if (name === 'Node.js' && Number.parseInt(finding.version) >= 26) expect(rare).toEqual([]);
      runs.push({ name, way, finding });
    },
    TIMEOUT_MS,
  );
});

describe('a page on plain http', () => {
  test(
    'can decode, and gets ERR_SET_WEBCRYPTO when it verifies',
    async () => {
      const script = await bundleSuite('insecure', 'whole', project.home);
      const server = await startServer();
      server.answer = (response) =>
        response
          .setHeader('content-type', 'text/html')
          .end(`<!doctype html><script type="module">${script.replaceAll('</script', '<\\/script')}</script>`);
      const browser = await launchBrowser('chromium', {}, ['--host-resolver-rules=MAP receiver.test 127.0.0.1']);
      try {
        const page = await browser.newPage();
        await page.goto(server.url.replace('127.0.0.1', 'receiver.test'));
        expect(
          await (await page.waitForFunction('globalThis.code && [isSecureContext, jti, code].join()')).jsonValue(),
        ).toBe('false,b70046bd-44c7-4575-b1a2-9b8556d1f040,ERR_SET_WEBCRYPTO');
      } finally {
        await browser.close();
        await server.close();
      }
    },
    TIMEOUT_MS,
  );
});

test('the table in the README matches what ran', async () => {
  const order = (run: Run): number => RUNTIMES.findIndex(({ name, way }) => name === run.name && way === run.way);
  const table = makeTable(runs.sort((a, b) => order(a) - order(b)));
  expect(runs).toHaveLength(RUNTIMES.length);
  if (process.env.UPDATE_README) await writeTable(table);
  expect(compareTables(await readTable(), table), table).toEqual([]);
});
