/**
 * After tsup: one set of declarations for both formats, which every runtime finds.
 *
 * The declarations of the CommonJS modules are the only ones; an entry's `.d.ts` re-exports them. So a value has one
 * type whichever way it was imported: `VerifiedSet` is branded, and two declarations would be two types.
 *
 * Deno does not look for a declaration beside a module that is imported by its path, so each module names its own.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function nameTypes(module, declaration) {
  writeFileSync(module, `// @ts-self-types="./${basename(declaration)}"\n${readFileSync(module, 'utf8')}`);
}

/** The declarations that an entry needs, its own included. */
const reached = new Set();
function reach(declaration) {
  if (reached.has(declaration)) return;
  reached.add(declaration);
  for (const [, path] of readFileSync(declaration, 'utf8').matchAll(/'(\.{1,2}\/[^']+)\.cjs'/g)) {
    reach(join(declaration, '..', `${path}.d.cts`));
  }
}

const entries = Object.values(exports).flatMap((entry) => entry.require?.types ?? []);
for (const entry of entries) reach(join(root, entry));
for (const name of readdirSync(join(root, 'dist'), { recursive: true })) {
  const file = join(root, 'dist', name);
  if (/\.d\.c?ts$/.test(name) && !reached.has(file)) rmSync(file);
}
for (const declaration of reached) nameTypes(declaration.replace(/\.d\.cts$/, '.cjs'), declaration);
for (const entry of entries) {
  const types = join(root, entry.replace(/\.d\.cts$/, '.d.ts'));
  writeFileSync(types, `export * from './${basename(types, '.d.ts')}.cjs';\n`);
  nameTypes(types.replace(/\.d\.ts$/, '.js'), types);
}
