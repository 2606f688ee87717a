/**
 * After tsup: one declaration of each entry, for both formats.
 *
 * The types of the CommonJS files are the types; those of the ES modules are a line that names them. So a value has one type whichever
 * way it came (VerifiedSet is branded: two declarations would be two types), and the package is smaller. Deno does not look for a
 * declaration beside a module that is imported by its path, so each entry names its own.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const dist = new URL('../dist/', import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const entries = Object.values(exports).flatMap((conditions) => conditions.import?.types ?? []).map((path) => path.replace('./dist/', ''));

for (const name of readdirSync(dist).filter((file) => file.endsWith('.d.ts') && !entries.includes(file))) rmSync(new URL(name, dist));
for (const declaration of entries) {
  const [name] = declaration.split('.');
  if (!existsSync(new URL(`${name}.d.cts`, dist))) throw new Error(`tsup made no ${name}.d.cts`);
  writeFileSync(new URL(declaration, dist), `export * from './${name}.cjs';\n`);
  const module = new URL(`${name}.js`, dist);
  writeFileSync(module, `// @ts-self-types="./${declaration}"\n${readFileSync(module, 'utf8')}`);
}
