/**
 * The build: the library as one file per module, and the command as one file.
 *
 * Files get their final names, and the decoder page is built, in scripts/: both read what this writes, and `onSuccess`
 * runs before the declarations exist.
 */
import { readdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';
import entries from './scripts/entries.json' with { type: 'json' };

type Plugin = NonNullable<Options['plugins']>[number];

/** The modules of the library. The page and the command are bundled on their own. */
const MODULES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((name) => `src/${name.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && !/^src\/(?:cli|inspector|text)\//.test(path));

/** In the CommonJS build, modules import each other as `.cjs`. Rollup then turns imports into `require`. */
const nameCommonJs: Plugin = {
  name: 'name-commonjs',
  renderChunk(code) {
    return this.format === 'cjs' ? { code: code.replace(/(\bfrom "\.{1,2}\/[^"]+)\.js";$/gm, '$1.cjs";') } : undefined;
  },
};

/** The command imports the modules of the library from beside it, and contains only its own code. */
const importLibrary: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'import-library',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\.\// }, ({ path, resolveDir }) => {
      const module = relative('src', resolve(resolveDir, path)).replaceAll('\\', '/');
      return module.startsWith('text/') ? undefined : { path: `./${module}`, external: true };
    }),
};

export default defineConfig([
  {
    entry: MODULES,
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    // One file per module, under its own name: a stack trace or a debugger shows where you are. Application
    // bundlers drop unused code just as well as from one file. No source maps: the files are not minified, and maps
    // would add 680 kB to a package of 480 kB.
    bundle: false,
    // Rollup writes CommonJS without the 25 lines of helpers that esbuild puts into each file.
    treeshake: { moduleSideEffects: false },
    plugins: [nameCommonJs],
    // Declarations of the entry points only: they contain nothing internal. tsup sets baseUrl, which TypeScript 6 calls
    // deprecated.
    dts: { entry: entries, compilerOptions: { ignoreDeprecations: '6.0' } },
    silent: true,
  },
  {
    entry: { cli: 'src/cli/main.ts' },
    format: 'esm',
    target: 'node20',
    platform: 'node',
    minify: true,
    esbuildPlugins: [importLibrary],
    silent: true,
  },
]);
