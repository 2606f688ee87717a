/** The package as npm publishes it, unpacked as npm installs it. `npm run build` must have created dist. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './program.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A project outside this one with only the package installed. */
export interface Project {
  readonly folder: string;
  /** Where the package is unpacked: `node_modules/secevent` in the folder. */
  readonly home: string;
  readonly tarball: string;
  /** The paths in the tarball. */
  readonly files: readonly string[];
  /** The total size of the files. */
  readonly unpackedBytes: number;
  remove(): Promise<void>;
}

/**
 * Options with which npm runs no script of the package. The npm of Node 20 runs `prepare` regardless, so its shell is
 * replaced by `true`, which does nothing.
 */
export const WITHOUT_SCRIPTS = ['--ignore-scripts', '--script-shell=true', '--foreground-scripts=false'];

/** Packs the package and creates a project that has it installed. */
export async function makeProject(): Promise<Project> {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist is missing: run npm run build');
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'secevent-')));
  try {
    return await installPacked(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function installPacked(folder: string): Promise<Project> {
  const packing = await runProgram('npm', ['pack', '--json', ...WITHOUT_SCRIPTS, '--pack-destination', folder], {
    cwd: root,
  });
  if (packing.status !== 0) throw new Error(packing.errors);
  const [packed] = JSON.parse(packing.output) as [
    { filename: string; unpackedSize: number; files: { path: string }[] },
  ];
  const tarball = join(folder, packed.filename);
  const home = join(folder, 'node_modules/secevent');
  await mkdir(home, { recursive: true });
  const unpacking = await runProgram('tar', ['-xzf', tarball, '--strip-components=1', '-C', home]);
  if (unpacking.status !== 0) throw new Error(unpacking.errors);
  return {
    folder,
    home,
    tarball,
    files: packed.files.map(({ path }) => path),
    unpackedBytes: packed.unpackedSize,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
