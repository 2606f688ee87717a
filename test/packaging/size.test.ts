/** What a browser has to load: the built entry, bundled and compressed as a web application would. Takes dist as it is. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Message, type Plugin } from 'esbuild';
import { describe, expect, test } from 'vitest';

/** The most bytes, minified and under gzip -9, of a bundle that holds these exports and what they need. */
const BUDGET_BYTES = {
  decodeSet: 1_840,
  verifySet: 4_950,
  'verifySet, createRemoteJwks': 6_330,
} as const;

const entry = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** Resolves the package in a way that does not read `sideEffects` in its package.json: the code itself has to show it. */
const unbelieving: Plugin = {
  name: 'unbelieving',
  setup: ({ onResolve }) => onResolve({ filter: /^secevent$/ }, () => ({ path: entry })),
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
    alias: { secevent: entry },
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

  test('gives no warning and knows no Node', async () => {
    const { text, warnings } = await bundle(`export { ${names} } from 'secevent';`);
    expect(warnings).toEqual([]);
    expect(text).not.toMatch(/\bnode:|\brequire\(|\bprocess\./);
  });
});

describe('an import that uses nothing', () => {
  test('leaves nothing in a bundle', async () => {
    const { text, warnings } = await bundle(`import 'secevent';`);
    expect(text.trim()).toBe('');
    // esbuild says that it has dropped the import because the package.json allows it.
    expect(warnings.map(({ id }) => id)).toEqual(['ignored-bare-import']);
  });

  test('leaves nothing either where the package.json is not believed', async () => {
    const { text, warnings } = await bundle(`import 'secevent';`, unbelieving);
    expect(text.trim()).toBe('');
    expect(warnings).toEqual([]);
  });
});
