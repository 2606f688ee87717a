// Bundles a module for browsers, as an application would in production: node bundle.mjs BUNDLER FOLDER ENTRY. Prints JSON: the text of
// the one script that comes of it, and every warning. Bundlers look up the package from the folder.
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

const [bundler, folder, entry] = process.argv.slice(2);
const out = join(folder, `out-${bundler}-${basename(entry, '.js')}`);

const bundlers = {
  async esbuild() {
    const { build } = await import('esbuild');
    const { outputFiles, warnings } = await build({ entryPoints: [entry], bundle: true, minify: true, format: 'iife', platform: 'browser', target: 'es2022', write: false, logLevel: 'silent' });
    return { text: outputFiles[0].text, warnings: warnings.map(({ text }) => text) };
  },

  async rollup() {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const { transform } = await import('esbuild');
    const warnings = [];
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })], onLog: (level, { message }) => level === 'debug' || warnings.push(message) });
    const { output } = await bundle.generate({ format: 'iife' });
    // Rollup leaves minifying to others.
    return { text: (await transform(output[0].code, { minify: true, target: 'es2022' })).code, warnings };
  },

  async webpack() {
    const { default: webpack } = await import('webpack');
    const stats = await new Promise((resolve, reject) => {
      webpack({ mode: 'production', context: folder, entry, output: { path: out }, target: ['web', 'es2022'] }, (error, found) => (error ? reject(error) : resolve(found)));
    });
    const { warnings, errors } = stats.toJson({ warnings: true, errors: true });
    return { text: await readFile(join(out, 'main.js'), 'utf8'), warnings: [...warnings, ...errors].map(({ message }) => message) };
  },

  async vite() {
    const { build, createLogger } = await import('vite');
    const warnings = [];
    const note = (message) => void warnings.push(message);
    const customLogger = { ...createLogger('silent'), warn: note, warnOnce: note, error: note };
    const lib = { entry, formats: ['iife'], name: 'bundle', fileName: () => 'main.js' };
    const built = await build({ configFile: false, root: folder, customLogger, build: { lib, target: 'es2022', minify: true, write: false } });
    return { text: built[0].output[0].code, warnings };
  },
};

process.stdout.write(JSON.stringify(await bundlers[bundler]()));
