/**
 * Runs after tsup: writes one set of declarations for both formats, where every runtime finds them.
 *
 * The declarations of the CommonJS modules are the only ones; an entry's `.d.ts` re-exports them. So a value has one
 * type whichever way it was imported: `VerifiedSet` is branded, and two declarations would be two types.
 *
 * Deno does not look for a declaration beside a module that is imported by its path, so each module names its own. What
 * entries share, tsup puts into files such as `remote-CLXpl1If.d.cts`: here they move beside the module they come from.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(root, 'dist');
const { exports } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
const files = readdirSync(dist, { recursive: true }).map((name) => resolve(dist, name));

/** The module that a declaration describes, by its name without a hash. */
function moduleOf(declaration) {
  const own = declaration.replace(/\.d\.cts$/, '.cjs');
  if (files.includes(own)) return own;
  const name = basename(own).replace(/-[\w-]{8}\.cjs$/, '.cjs');
  const found = files.filter((file) => basename(file) === name);
  if (found.length !== 1) throw new Error(`${declaration}: ${found.length} modules are called ${name}`);
  return found[0];
}

function nameTypes(module, declaration) {
  writeFileSync(module, `// @ts-self-types="./${basename(declaration)}"\n${readFileSync(module, 'utf8')}`);
}

const declared = files.filter((file) => file.endsWith('.d.cts')).map((file) => [file, moduleOf(file)]);
const moduleByName = new Map(declared.map(([file, module]) => [file.replace(/\.d\.cts$/, ''), module]));

for (const [file, module] of declared) {
  const text = readFileSync(file, 'utf8').replace(/'(\.{1,2}\/[^']+)\.cjs'/g, (_, specifier) => {
    const path = relative(dirname(module), moduleByName.get(resolve(dirname(file), specifier))).replaceAll('\\', '/');
    return `'${path.startsWith('.') ? path : `./${path}`}'`;
  });
  rmSync(file);
  const declaration = module.replace(/\.cjs$/, '.d.cts');
  writeFileSync(declaration, text);
  nameTypes(module, declaration);
}

for (const file of files.filter((name) => name.endsWith('.d.ts'))) rmSync(file);
// A module of types only is needed only where a declaration is beside it.
for (const file of files.filter((name) => /\.c?js$/.test(name))) {
  if (readFileSync(file, 'utf8').replace("'use strict';", '').trim() === '') rmSync(file);
}
for (const entry of Object.values(exports).flatMap(({ import: target }) => target ?? [])) {
  const types = resolve(root, entry.types);
  writeFileSync(types, `export * from './${basename(types, '.d.ts')}.cjs';\n`);
  nameTypes(resolve(root, entry.default), types);
}
