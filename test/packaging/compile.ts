/** Compiles files of consumer/ against the installed package, with a release of TypeScript and every strict option. */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Outcome, runProgram } from '../support/program.js';
import type { Project } from '../support/tarball.js';

export const COMPILERS = ['5.4', '5.9', '6.0', '7.0'] as const;
export type Compiler = (typeof COMPILERS)[number];

export type Options = Readonly<Record<string, string | boolean | readonly string[]>>;

/** The name of each file in the project, and the file of consumer/ to copy. */
export type Files = Readonly<Record<string, string>>;

const { resolve } = createRequire(import.meta.url);
const consumer = fileURLToPath(new URL('consumer/', import.meta.url));

/** Links the types of Node and of Cloudflare Workers into a project, as if they were installed. */
export async function addPlatformTypes({ folder }: Project): Promise<void> {
  for (const name of ['@types', 'undici-types', '@cloudflare']) {
    await symlink(fileURLToPath(new URL(`node_modules/${name}`, import.meta.url)), join(folder, 'node_modules', name));
  }
}

/** Compiles the files in a new folder of this name. The output has one diagnostic per line. */
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
    // Checking TypeScript's own libraries would take most of the time.
    skipDefaultLibCheck: true,
    types: [],
    // A consumer that publishes declarations must be able to name the types of the package.
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
