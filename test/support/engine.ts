/**
 * An engine of its own for the CommonJS build: it has ECMAScript and what a test gives it, and nothing else of Node.
 * `npm run build` must have created dist.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { fileOf } from '../packaging/entries.js';

export interface Engine {
  run(script: string): unknown;
  /** Loads an entry of the package. The files that entries share are loaded once. */
  load(entry: string): unknown;
}

/** Creates an engine with these globals. The script runs before anything is loaded. */
export function createEngine(globals: object = {}, script = ''): Engine {
  const context = createContext({ ...globals });
  const run = (text: string): unknown => runInContext(text, context);
  const modules = new Map<string, { exports: unknown }>();
  function load(path: string): unknown {
    const loaded = modules.get(path);
    if (loaded) return loaded.exports;
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    const module = run('({ exports: {} })') as { exports: unknown };
    modules.set(path, module);
    const define = run(`(function (module, exports, require) {${text}\n})`) as (...args: unknown[]) => void;
    define(module, module.exports, (other: string) => load(posix.join(posix.dirname(path), other)));
    return module.exports;
  }
  run(script);
  return { run, load: (entry) => load(posix.normalize(fileOf(entry, 'require'))) };
}
