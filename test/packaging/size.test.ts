/** What a browser has to load: entries of the existing dist, bundled and compressed as in a web application. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Message, type Plugin } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { ENTRIES, fileOf } from './entries.js';

/** The maximum size of a bundle of these exports, in bytes, minified and compressed with gzip -9. */
const BUDGET_BYTES = {
  decodeSet: 1_950,
  verifySet: 5_400,
  'verifySet, createRemoteJwks': 7_870,
} as const;

type Exported = Readonly<Record<string, string>>;

const DECODING: Exported = { secevent: 'decodeSet' };
const VERIFYING: Exported = { secevent: 'verifySet, createRemoteJwks' };

/** The maximum size that exports add to a bundle of others, in bytes, measured in the same way. */
const ADDED_BYTES: Readonly<Record<string, readonly [budget: number, exported: Exported, base?: Exported]>> = {
  'one CAEP event': [760, { secevent: 'readEvent', 'secevent/caep': 'sessionRevoked' }],
  'the largest CAEP event': [885, { secevent: 'readEvents', 'secevent/caep': 'credentialChange' }],
  'all of CAEP': [1_320, { secevent: 'readEvent, readEvents', 'secevent/caep': '*' }],
  'the Akamai events': [765, { secevent: 'readEvents', 'secevent/akamai': 'akamaiEvents' }],
  'an event with its own schema': [1_010, { secevent: 'defineEvent, readEvent' }],
  subjects: [1_030, { secevent: 'subjectOf' }],
  'the verifier for Apple': [345, { 'secevent/apple': 'createAppleVerifier' }, VERIFYING],
  'all of Apple': [1_200, { secevent: 'readEvents', 'secevent/apple': '*' }, VERIFYING],
  'the stream client': [2_140, { 'secevent/ssf': 'createStreamClient' }, { 'secevent/ssf': 'createSsfVerifier' }],
  'the verifier for Google': [785, { 'secevent/google': 'createGoogleVerifier' }, VERIFYING],
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const pathOf = (name: string): string => join(root, fileOf(name, 'import'));
const entry = pathOf('secevent');

/** Resolves the package without `sideEffects` of its package.json: the code itself must show that it has none. */
const withoutSideEffectsField: Plugin = {
  name: 'without-side-effects-field',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^secevent(?:\/\w+)?$|^\.{1,2}\// }, ({ path, importer }) => ({
      path: path.startsWith('.') ? join(dirname(importer), path) : pathOf(path),
    })),
};

async function bundle(contents: string, ...plugins: Plugin[]): Promise<{ text: string; warnings: Message[] }> {
  if (!existsSync(entry)) throw new Error('dist is missing: run npm run build');
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
  test(`is at most ${budget} bytes after gzip`, async () => {
    const { text } = await bundle(`export { ${names} } from 'secevent';`);
    const size = gzipSync(text, { level: 9 }).length;
    for (const name of names.split(', ')) expect(text).toContain(name);
    expect(size, `${names}: ${size} bytes, ${text.length} before gzip`).toBeLessThanOrEqual(budget);
  });
});

describe.each(Object.entries(ADDED_BYTES))('%s', (_, [budget, exported, base = DECODING]) => {
  test(`adds at most ${budget} bytes to ${Object.values(base).join()}`, async () => {
    const sizeOf = async (...parts: readonly Exported[]): Promise<number> => {
      const lines = parts
        .flatMap((part) => Object.entries(part))
        .map(([name, names]) => `export ${names === '*' ? '*' : `{ ${names} }`} from '${name}';`);
      return gzipSync((await bundle(lines.join('\n'))).text, { level: 9 }).length;
    };
    const size = (await sizeOf(base, exported)) - (await sizeOf(base));
    expect(size, `${size} bytes`).toBeLessThanOrEqual(budget);
    expect(size).toBeGreaterThan(100);
  });
});

describe.each(ENTRIES)('an unused import of %s', (name) => {
  test('leaves nothing in a bundle', async () => {
    const { text, warnings } = await bundle(`import '${name}';`);
    expect(text.trim()).toBe('');
    // esbuild reports that it dropped the import because the package.json allows that.
    expect(new Set(warnings.map(({ id }) => id))).toEqual(new Set(['ignored-bare-import']));
  });

  test('leaves nothing even if `sideEffects` is not read', async () => {
    const { text, warnings } = await bundle(`import '${name}';`, withoutSideEffectsField);
    expect(text.trim()).toBe('');
    expect(warnings).toEqual([]);
  });
});
