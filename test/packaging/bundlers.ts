/** Builds browser applications with each bundler: production mode, the set-up of its documentation, nothing added. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as buildByEsbuild, transform } from 'esbuild';
import { rollup } from 'rollup';
import { build as buildByVite, createLogger } from 'vite';
import webpack from 'webpack';

export interface Bundle {
  /** A classic script, minified. */
  readonly text: string;
  /** Everything that the bundler reported. */
  readonly warnings: readonly string[];
  /** What the script was built from: paths, or the bundler's names for modules of its own. */
  readonly modules: readonly string[];
}

/** Bundles the module at a path. It may write to the output folder. */
type Bundler = (input: string, outputFolder: string) => Promise<Bundle>;

const esbuild: Bundler = async (input) => {
  const { outputFiles, warnings, metafile } = await buildByEsbuild({
    entryPoints: [input],
    absWorkingDir: dirname(input),
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const modules = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).map((path) => join(dirname(input), path)),
  );
  return { text: outputFiles.map(({ text }) => text).join(''), warnings: warnings.map(({ text }) => text), modules };
};

/** rollup leaves minifying to a plugin, and esbuild takes its place here. */
const byRollup: Bundler = async (input) => {
  const warnings: string[] = [];
  const bundle = await rollup({
    input,
    plugins: [nodeResolve({ browser: true })],
    onLog: (_, { message }) => void warnings.push(message),
  });
  const { output } = await bundle.generate({ format: 'iife' });
  await bundle.close();
  const chunks = output.flatMap((file) => (file.type === 'chunk' ? [file] : []));
  const { code, warnings: more } = await transform(chunks.map((chunk) => chunk.code).join('\n'), {
    minify: true,
    target: 'es2022',
  });
  return {
    text: code,
    warnings: [...warnings, ...more.map(({ text }) => text)],
    modules: chunks.flatMap(({ moduleIds }) => moduleIds),
  };
};

const vite: Bundler = async (input) => {
  const warnings: string[] = [];
  const note = (message: string): void => void warnings.push(message);
  const result = await buildByVite({
    root: dirname(input),
    configFile: false,
    mode: 'production',
    customLogger: { ...createLogger('silent'), warn: note, warnOnce: note, error: note },
    build: { write: false, reportCompressedSize: false, rollupOptions: { input, output: { format: 'iife' } } },
  });
  if ('on' in result) throw new Error('vite is watching instead of building');
  const chunks = [result]
    .flat()
    .flatMap(({ output }) => output.flatMap((file) => (file.type === 'chunk' ? [file] : [])));
  return {
    text: chunks.map(({ code }) => code).join(''),
    warnings,
    modules: chunks.flatMap(({ moduleIds }) => moduleIds),
  };
};

const byWebpack: Bundler = async (input, outputFolder) => {
  const compiler = webpack({
    mode: 'production',
    target: 'web',
    context: dirname(input),
    entry: input,
    output: { path: outputFolder, filename: 'bundle.js' },
  });
  if (compiler === null) throw new Error('webpack returned no compiler');
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler.run((error, done) =>
      compiler.close((closing) => ((error ?? closing) ? reject(error ?? closing) : resolve(done))),
    );
  });
  if (stats === undefined) throw new Error('webpack returned no statistics');
  const everyModule = {
    modules: true,
    nestedModules: true,
    modulesSpace: Infinity,
    nestedModulesSpace: Infinity,
  } as const;
  const {
    errors = [],
    warnings = [],
    modules = [],
  } = stats.toJson({ all: false, errors: true, warnings: true, ...everyModule });
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return {
    text: await readFile(join(outputFolder, 'bundle.js'), 'utf8'),
    warnings: warnings.map(({ message }) => message),
    modules: modules.flatMap(pathsOf),
  };
};

/**
 * Returns the path of a module, or the paths of the modules that webpack has concatenated in it. Its runtime is not a
 * module, and orphan modules are concatenated elsewhere or left out.
 */
const pathsOf = ({ type, modules, nameForCondition, name }: webpack.StatsModule): string[] => {
  if (type === 'runtime modules' || type === 'orphan modules') return [];
  return modules?.flatMap(pathsOf) ?? [nameForCondition ?? name ?? String(type)];
};

const BUNDLERS = { esbuild, rollup: byRollup, vite, webpack: byWebpack } as const;
export type BundlerName = keyof typeof BUNDLERS;
export const BUNDLER_NAMES = Object.keys(BUNDLERS) as readonly BundlerName[];

/** Bundles an application of these lines in a new folder inside a project's. A failure is reported as a warning. */
export async function bundle(
  bundler: BundlerName,
  projectFolder: string,
  name: string,
  lines: readonly string[],
): Promise<Bundle> {
  const folder = join(projectFolder, `${bundler}-${name}`);
  await mkdir(folder);
  const input = join(folder, 'main.js');
  await writeFile(input, lines.join('\n'));
  try {
    return await BUNDLERS[bundler](input, join(folder, 'out'));
  } catch (error) {
    return { text: '', warnings: [String(error)], modules: [] };
  }
}
