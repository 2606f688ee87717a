/**
 * Compiles files of consumer/ in a project that has the package, by a release of TypeScript, with every strict option.
 */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Outcome, runProgram } from '../support/program.js';
import type { Project } from '../support/tarball.js';

export const COMPILERS = ['5.4', '5.9', '6.0', '7.0'] as const;
export type Compiler = (typeof COMPILERS)[number];

export type Options = Readonly<Record<string, string | boolean | readonly string[]>>;

/** What a file of the project is called, and the file of consumer/ that it is. */
export type Files = Readonly<Record<string, string>>;

const { resolve } = createRequire(import.meta.url);
const consumer = fileURLToPath(new URL('consumer/', import.meta.url));

/** Lets a project find the types of Node, as one that has them installed. */
export async function addNodeTypes({ folder }: Project): Promise<void> {
  for (const name of ['@types', 'undici-types']) {
    await symlink(fileURLToPath(new URL(`node_modules/${name}`, import.meta.url)), join(folder, 'node_modules', name));
  }
}

/** Gives the diagnostics, one a line. The name is that of the folder, which must not be there yet. */
export async function compile(
  project: Project,
  name: string,
  compiler: Compiler,
  options: Options,
  files: Files,
): Promise<Outcome> {
  const folder = join(project.folder, name);
  await mkdir(folder);
  const compilerOptions = {
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noUnusedLocals: true,
    skipLibCheck: false,
    // TypeScript's own libraries are not in question, and take most of the time.
    skipDefaultLibCheck: true,
    types: [],
    // Whoever publishes declarations of his own must be able to name what the package gives him.
    declaration: true,
    emitDeclarationOnly: true,
    outDir: 'out',
    ...options,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  for (const [file, source] of Object.entries(files)) await copyFile(join(consumer, source), join(folder, file));
  const manifest = resolve(`typescript-${compiler}/package.json`);
  return runProgram(process.execPath, [join(manifest, '../bin/tsc'), '--pretty', 'false'], { cwd: folder });
}
