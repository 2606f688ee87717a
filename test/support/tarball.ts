/** The package as npm publishes it, unpacked as npm installs it. Takes dist as it is; `npm run build` makes it. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './program.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** An empty project outside this one, which has the package and nothing else installed. */
export interface Project {
  readonly folder: string;
  /** Where the package is unpacked: `node_modules/secevent` of the folder. */
  readonly home: string;
  readonly tarball: string;
  /** The paths in the tarball, and what they take in all once unpacked. */
  readonly files: readonly string[];
  readonly unpackedBytes: number;
  remove(): Promise<void>;
}

/**
 * For npm: no script of the package runs. The npm of Node 20 runs `prepare` whatever it is told, and so has a shell
 * that does nothing.
 */
export const WITHOUT_SCRIPTS = ['--ignore-scripts', '--script-shell=true', '--foreground-scripts=false'];

/** Packs the package and makes a project that has it. */
export async function makeProject(): Promise<Project> {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('there is no dist: npm run build');
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'secevent-')));
  try {
    return await fill(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function fill(folder: string): Promise<Project> {
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
