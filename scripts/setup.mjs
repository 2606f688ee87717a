/**
 * Installs what tests need beyond the packages of the root: programs of the system, and the packages of the folders
 * under test that have a package.json of their own.
 *
 *   node scripts/setup.mjs             installs everything
 *   node scripts/setup.mjs --check …   installs nothing, and names what is missing of the listed programs and folders
 *
 * Missing programs are installed if this runs as root on Debian; elsewhere it names them. If SECEVENT_CACHE names a
 * folder, installed packages are kept there for the next checkout.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Debian packages of each program, including those without which it does not work. */
const PROGRAMS = {
  'redis-server': ['redis-server'],
  chromium: ['chromium', 'fonts-liberation'],
  'firefox-esr': ['firefox-esr'],
  WebKitWebDriver: ['webkit2gtk-driver'],
  Xvfb: ['xvfb'],
};

const FOLDERS = ['test/bench', 'test/browsers', 'test/frameworks', 'test/packaging', 'test/runtimes'];

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = process.env.SECEVENT_CACHE;

const hasProgram = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const lockOf = (folder) => readFileSync(join(root, folder, 'package-lock.json'), 'utf8');
const markOf = (folder) => join(root, folder, 'node_modules/.installed-lock.json');
const isInstalled = (folder) => existsSync(markOf(folder)) && readFileSync(markOf(folder), 'utf8') === lockOf(folder);

function findMissing(wanted) {
  return wanted.filter((name) => (name in PROGRAMS ? !hasProgram(name) : !isInstalled(name)));
}

function installPrograms() {
  const missing = findMissing(Object.keys(PROGRAMS));
  if (missing.length > 0 && hasProgram('apt-get') && process.getuid?.() === 0) {
    console.log(`Installing ${missing.join(', ')}`);
    // One at a time: a package that does not exist must not prevent the others.
    const installs = missing.map((name) => ['install', '-y', '--no-install-recommends', ...PROGRAMS[name]]);
    for (const args of [['update'], ...installs]) {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
      if (status !== 0) console.error(stderr);
    }
  }
  for (const name of findMissing(missing)) {
    console.error(`Install ${name} yourself (on Debian: apt-get install ${PROGRAMS[name].join(' ')})`);
    process.exitCode = 1;
  }
}

function copy(from, to) {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
}

function installFolder(folder) {
  if (isInstalled(folder)) return;
  const home = join(root, folder);
  const modules = join(home, 'node_modules');
  const name = basename(folder);
  const identity = `${lockOf(folder)}${process.version}${process.platform}${process.arch}`;
  const kept = cache && join(cache, `${name}-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`);
  if (kept && existsSync(kept) && restore(kept, modules)) return;

  console.log(`Installing the packages of ${folder}`);
  const npm = (...args) =>
    spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: home, stdio: 'inherit' })
      .status === 0;
  // Only the listed packages may run their install scripts.
  const { allowScripts = {} } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const built = Object.keys(allowScripts);
  if (!npm('ci', '--ignore-scripts') || (built.length > 0 && !npm('rebuild', ...built))) {
    process.exitCode = 1;
    return;
  }
  copyFileSync(join(home, 'package-lock.json'), markOf(folder));
  if (kept) keep(modules, kept, name);
}

/** Restores kept packages. Returns false if that fails: another run may remove them meanwhile. */
function restore(kept, modules) {
  rmSync(modules, { recursive: true, force: true });
  try {
    copy(kept, modules);
    return true;
  } catch (error) {
    console.error(`The packages in ${cache} cannot be used: ${error.message}`);
    return false;
  }
}

/**
 * Keeps a copy, whole or not at all, and removes those of older lock files. A failure only makes the next run slower.
 */
function keep(modules, kept, name) {
  try {
    mkdirSync(cache, { recursive: true });
    for (const old of readdirSync(cache).filter((each) => each.includes(`${name}-`))) {
      rmSync(join(cache, old), { recursive: true, force: true });
    }
    const partial = join(cache, `.partial-${name}-${process.pid}`);
    copy(modules, partial);
    renameSync(partial, kept);
  } catch (error) {
    console.error(`The packages cannot be kept in ${cache}: ${error.message}`);
  }
}

const [option, ...wanted] = process.argv.slice(2);
if (option === '--check') {
  const missing = findMissing(wanted).map((name) => (name in PROGRAMS ? name : `the packages of ${name}`));
  if (missing.length > 0) {
    console.error(`Some tests will fail without ${missing.join(', ')}: npm run setup installs what they need`);
  }
} else {
  installPrograms();
  for (const folder of FOLDERS) installFolder(folder);
}
