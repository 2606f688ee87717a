/**
 * After tsup: one declaration of each entry, for both formats, that every runtime finds.
 *
 * The types of the CommonJS files are the types; those of the ES modules are a line that names them. So a value has one
 * type whichever way it came (VerifiedSet is branded: two declarations would be two types), and the package is smaller.
 *
 * For a module that is imported by its path, Deno looks for no declaration beside it: the module has to name it, and
 * has to be there. What declarations share has a module of its own, which is empty where there are only types.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const dist = new URL('../dist/', import.meta.url);

function nameTypes(module, declaration) {
  const file = new URL(module, dist);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  writeFileSync(file, `// @ts-self-types="./${declaration}"\n${text}`);
}

for (const file of readdirSync(dist).filter((name) => name.endsWith('.d.ts'))) rmSync(new URL(file, dist));
for (const declaration of readdirSync(dist).filter((name) => name.endsWith('.d.cts'))) {
  const name = declaration.replace('.d.cts', '');
  nameTypes(`${name}.cjs`, declaration);
  if (!existsSync(new URL(`${name}.js`, dist))) continue;
  writeFileSync(new URL(`${name}.d.ts`, dist), `export * from './${name}.cjs';\n`);
  nameTypes(`${name}.js`, `${name}.d.ts`);
}
