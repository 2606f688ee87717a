/**
 * The suite as one file that any runtime can load: what the tests import of src is the package, and the vectors are in
 * it.
 *
 * Nothing else is replaced: a test that needs Node fails the build.
 */
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import manifest from '../../package.json' with { type: 'json' };
import { readFolder } from '../support/vector-files.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** How the package is imported by the suite. */
export type SuiteFormat =
  /** By `import`, from where the runtime finds it. */
  | 'esm'
  /** By `require`, likewise. */
  | 'cjs'
  /** Not at all: it is in the file, as bundlers put it there for browsers and workers. */
  | 'whole';

/** The public entry that has what a file of src exports. */
function entryOf(path: string): string {
  const [, folder, name] = /^src\/(?:(\w+)\/)?([\w-]+)\.js$/.exec(path) ?? [];
  if (folder === 'vocabularies') return `secevent/${name}`;
  return folder === 'akamai' || folder === 'receiver' || folder === 'testing' ? `secevent/${folder}` : 'secevent';
}

/** Where `packageFolder` is the unpacked package, which the whole file is made of. */
function substitute(format: SuiteFormat, packageFolder: string): Plugin {
  return {
    name: 'substitute',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /\/src\// }, async ({ path, kind }) => {
        const entry = entryOf(path.slice(path.indexOf('src/')));
        return format === 'whole'
          ? resolve(entry, { resolveDir: packageFolder, kind })
          : { path: entry, external: true };
      });
      onResolve({ filter: /^vitest$/ }, () => ({ path: `${root}test/runtimes/suite/vitest.ts` }));
      onLoad({ filter: /vector-files\.ts$/ }, () => ({
        contents: `export const readFolder = () => (${JSON.stringify(readFolder())});`,
        loader: 'js',
      }));
    },
  };
}

/** Makes the suite of one of the entries in suite/: what it does with the report is up to the runtime. */
export async function bundleSuite(entry: string, format: SuiteFormat, packageFolder: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}test/runtimes/suite/${entry}.ts`],
    bundle: true,
    write: false,
    format: format === 'cjs' ? 'cjs' : 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    target: 'es2022',
    // Some of what the tests are made of would ask Node for its colours.
    define: { process: 'undefined' },
    // Names of classes are what some tests look at.
    keepNames: true,
    logLevel: 'error',
    plugins: [substitute(format, packageFolder)],
  });
  return outputFiles[0]!.text;
}

/** Where the built modules of the package are, for runtimes that look for nothing by itself. */
export function importMap(home: string): Readonly<Record<string, string>> {
  const modules = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [[path, target.import.default]],
  );
  return Object.fromEntries(modules.map(([path, file]) => [path!.replace('.', 'secevent'), file!.replace('./', home)]));
}
