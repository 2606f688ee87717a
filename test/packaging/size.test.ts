/**
 * What a browser has to load: the built entry, bundled and compressed as a web application would. Takes dist as it is.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Message, type Plugin } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { ENTRIES, fileOf } from './entries.js';

/** The most bytes, minified and under gzip -9, of a bundle that holds these exports and what they need. */
const BUDGET_BYTES = {
  decodeSet: 1_950,
  verifySet: 5_660,
  'verifySet, createRemoteJwks': 8_290,
} as const;

/** The most bytes that these add to a bundle of decodeSet, each with what it needs. */
const ADDED_BYTES: Readonly<Record<string, readonly [budget: number, exported: Readonly<Record<string, string>>]>> = {
  'one event of CAEP': [720, { secevent: 'readEvent', 'secevent/caep': 'sessionRevoked' }],
  'the largest event of CAEP': [830, { secevent: 'readEvents', 'secevent/caep': 'credentialChange' }],
  'the whole of CAEP': [1_250, { secevent: 'readEvent, readEvents', 'secevent/caep': '*' }],
  'the events of Akamai': [720, { secevent: 'readEvents', 'secevent/akamai': 'akamaiEvents' }],
  'an event with a schema of its own': [1_010, { secevent: 'defineEvent, readEvent' }],
  subjects: [780, { secevent: 'subjectOf' }],
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const pathOf = (name: string): string => join(root, fileOf(name, 'import'));
const entry = pathOf('secevent');

/**
 * Resolves the package in a way that does not read `sideEffects` in its package.json: the code itself has to show it.
 */
const unbelieving: Plugin = {
  name: 'unbelieving',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^secevent(?:\/\w+)?$|^\.{1,2}\// }, ({ path, importer }) => ({
      path: path.startsWith('.') ? join(dirname(importer), path) : pathOf(path),
    })),
};

async function bundle(contents: string, ...plugins: Plugin[]): Promise<{ text: string; warnings: Message[] }> {
  if (!existsSync(entry)) throw new Error('there is no dist: npm run build');
  const { outputFiles, warnings } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
    alias: Object.fromEntries(ENTRIES.map((name) => [name, pathOf(name)])),
    plugins,
  });
  return { text: outputFiles.map((file) => file.text).join(''), warnings };
}

describe.each(Object.entries(BUDGET_BYTES))('a bundle of %s', (names, budget) => {
  test(`has at most ${budget} bytes under gzip`, async () => {
    const { text } = await bundle(`export { ${names} } from 'secevent';`);
    const size = gzipSync(text, { level: 9 }).length;
    for (const name of names.split(', ')) expect(text).toContain(name);
    expect(size, `${names}: ${size} bytes, ${text.length} before gzip`).toBeLessThanOrEqual(budget);
  });
});

describe.each(Object.entries(ADDED_BYTES))('%s', (_, [budget, exported]) => {
  test(`adds at most ${budget} bytes to decodeSet`, async () => {
    const sizeOf = async (contents: string): Promise<number> =>
      gzipSync((await bundle(contents)).text, { level: 9 }).length;
    const base = `export { decodeSet } from 'secevent';`;
    const added = Object.entries(exported).map(
      ([name, names]) => `export ${names === '*' ? '*' : `{ ${names} }`} from '${name}';`,
    );
    const size = (await sizeOf([base, ...added].join('\n'))) - (await sizeOf(base));
    expect(size, `${size} bytes`).toBeLessThanOrEqual(budget);
    expect(size).toBeGreaterThan(100);
  });
});

describe.each(ENTRIES)('an import of %s that uses nothing', (name) => {
  test('leaves nothing in a bundle', async () => {
    const { text, warnings } = await bundle(`import '${name}';`);
    expect(text.trim()).toBe('');
    // esbuild says that it has dropped the import because the package.json allows it.
    expect(new Set(warnings.map(({ id }) => id))).toEqual(new Set(['ignored-bare-import']));
  });

  test('leaves nothing either where the package.json is not believed', async () => {
    const { text, warnings } = await bundle(`import '${name}';`, unbelieving);
    expect(text.trim()).toBe('');
    expect(warnings).toEqual([]);
  });
});
