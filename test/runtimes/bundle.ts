/**
 * Bundles the suite into one file that any runtime can load: the package replaces src, suite/vitest.ts replaces Vitest,
 * and the vectors are in the file.
 *
 * Nothing else is replaced: a test that needs Node fails the build.
 */
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import manifest from '../../package.json' with { type: 'json' };
import { readFolder } from '../support/vector-files.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** How the suite imports the package. */
export type SuiteFormat =
  /** By `import`, as the runtime resolves it. */
  | 'esm'
  /** By `require`, likewise. */
  | 'cjs'
  /** Not at all: it is bundled into the file, as for browsers and workers. */
  | 'whole';

/** The folders of src that are an entry each. */
const ENTRY_FOLDERS = ['akamai', 'receiver', 'ssf', 'testing'];

/** Returns the public entry that exports what a file of src exports. */
function entryOf(path: string): string {
  const [, folder = '', name] = /^src\/(?:(\w+)\/)?([\w-]+)\.js$/.exec(path) ?? [];
  if (folder === 'transmitters' || folder === 'vocabularies') return `secevent/${name}`;
  return ENTRY_FOLDERS.includes(folder) ? `secevent/${folder}` : 'secevent';
}

/** Creates the plugin that replaces modules. `packageFolder` is the unpacked package, from which `whole` is bundled. */
function replaceModules(format: SuiteFormat, packageFolder: string): Plugin {
  return {
    name: 'replace-modules',
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

/** Bundles the suite from one of the entries in suite/, which pass on the report as their runtimes need it. */
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
    // Some dependencies of the tests would ask Node whether it prints in color.
    define: { process: 'undefined' },
    // Some tests read the names of classes.
    keepNames: true,
    logLevel: 'error',
    plugins: [replaceModules(format, packageFolder)],
  });
  return outputFiles[0]!.text;
}

/** Returns the paths of the built modules, for runtimes that do not resolve packages themselves. */
export function importMap(home: string): Readonly<Record<string, string>> {
  const modules = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [[path, target.import.default]],
  );
  return Object.fromEntries(modules.map(([path, file]) => [path!.replace('.', 'secevent'), file!.replace('./', home)]));
}
