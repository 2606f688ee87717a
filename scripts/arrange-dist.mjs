/**
 * Runs after tsup: gives entry points their names, and writes one set of declarations for both formats, where every
 * runtime finds them.
 *
 * The declarations of the CommonJS modules are the only ones; an entry's `.d.ts` re-exports them. So a value has one
 * type whichever way it was imported: `VerifiedSet` is branded, and two declarations would be two types.
 *
 * Deno does not look for a declaration beside a module that is imported by its path, so each module names its own. tsup
 * puts shared declarations into files such as `remote-CLXpl1If.d.cts`; this script moves them beside their modules.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const entries = JSON.parse(readFileSync(new URL('entries.json', import.meta.url), 'utf8'));
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const listFiles = () => readdirSync(dist, { recursive: true }).map((name) => resolve(dist, name));

/** Moves files, given as pairs of old and new paths, and rewrites the relative specifiers of all of them. */
function move(pairs) {
  const places = new Map(pairs);
  const texts = pairs.map(([from, to]) => [
    to,
    readFileSync(from, 'utf8').replace(/(['"])(\.{1,2}\/[^'"]+\.c?js)\1/g, (_, quote, specifier) => {
      const target = resolve(dirname(from), specifier);
      // A declaration names the module that it is beside.
      const declaration = target.replace(/\.cjs$/, '.d.cts');
      const place = places.get(target) ?? places.get(declaration)?.replace(/\.d\.cts$/, '.cjs');
      if (!place) throw new Error(`${from}: ${specifier} is not in dist`);
      const path = relative(dirname(to), place).replaceAll('\\', '/');
      return `${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
    }),
  ]);
  for (const [from] of pairs) rmSync(from);
  for (const [to, text] of texts) writeFileSync(to, text);
}

const entryOf = new Map(Object.entries(entries).map(([name, source]) => [source.replace(/^src\/|\.ts$/g, ''), name]));
const modules = listFiles().filter((file) => /\.c?js$/.test(file));
move(
  modules.map((file) => {
    const [, path, ending] = /^(.*)(\.c?js)$/.exec(relative(dist, file).replaceAll('\\', '/'));
    return [file, resolve(dist, (entryOf.get(path) ?? path) + ending)];
  }),
);

const files = listFiles();
/** Returns the module that a declaration describes, by its name without a hash. */
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

const declarations = files.filter((file) => file.endsWith('.d.cts'));
move(declarations.map((file) => [file, moduleOf(file).replace(/\.cjs$/, '.d.cts')]));
for (const file of declarations) nameTypes(moduleOf(file), moduleOf(file).replace(/\.cjs$/, '.d.cts'));
for (const file of files.filter((name) => name.endsWith('.d.ts'))) rmSync(file);
// Modules without code stay only beside a declaration.
for (const file of files.filter((name) => /\.c?js$/.test(name))) {
  if (readFileSync(file, 'utf8').replace("'use strict';", '').trim() === '') rmSync(file);
}
for (const name of Object.keys(entries)) {
  writeFileSync(resolve(dist, `${name}.d.ts`), `export * from './${name}.cjs';\n`);
  nameTypes(resolve(dist, `${name}.js`), `${name}.d.ts`);
}
