/**
 * The build: the library as one file per module, and the command as one file.
 *
 * The decoder page and the names of declarations follow in scripts/: they read what this writes, and `onSuccess` runs
 * before the declarations are there.
 */
import { readdirSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';
import manifest from './package.json' with { type: 'json' };

type Plugin = NonNullable<Options['plugins']>[number];

/** The modules of the library. What runs in a browser's page or as the command is bundled on its own. */
const MODULES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((name) => `src/${name.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && !/^src\/(?:cli|inspector|text)\//.test(path));

/** The modules that users import, by the names they have in dist. Their declarations hold nothing internal. */
const ENTRIES = Object.fromEntries(
  Object.values(manifest.exports)
    .flatMap((target) => (typeof target === 'string' ? [] : [target.import.default]))
    .map((path) => path.replace(/^\.\/dist\/|\.js$/g, ''))
    .map((name) => [name, `src/${name}.ts`]),
);

/** Lets modules of the CommonJS build name each other by the names they get there. Rollup turns imports into `require`. */
const nameCommonJs: Plugin = {
  name: 'name-commonjs',
  renderChunk(code) {
    return this.format === 'cjs' ? { code: code.replace(/(\bfrom "\.{1,2}\/[^"]+)\.js";$/gm, '$1.cjs";') } : undefined;
  },
};

export default defineConfig([
  {
    entry: MODULES,
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    // A file per module, under its own name: a stack trace and a debugger show where one is. Bundlers of applications
    // drop what is not used as they do within a bundle.
    bundle: false,
    // Rollup writes CommonJS without the 25 lines of helpers that esbuild puts into each file.
    treeshake: { moduleSideEffects: false },
    plugins: [nameCommonJs],
    // tsup's declarations set baseUrl, which TypeScript 6 calls deprecated.
    dts: { entry: ENTRIES, compilerOptions: { ignoreDeprecations: '6.0' } },
    silent: true,
  },
  {
    entry: { cli: 'src/cli/main.ts' },
    format: 'esm',
    target: 'node20',
    platform: 'node',
    minify: true,
    silent: true,
  },
]);
