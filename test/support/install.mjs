// Before the tests: what they need besides the root's packages. A program is looked for, and root on Debian gets its
// package; a folder gets the packages of its lock file, once. What cannot be had is named, and the tests that need it
// will fail and say so.
//
//   node test/support/install.mjs redis-server test/browsers
//
// Where SECEVENT_CACHE names a folder, what a lock file asks for is kept there, for the next checkout.
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

/** Debian's package for each program, and what else the program is no use without. */
const PACKAGES = {
  'redis-server': ['redis-server'],
  chromium: ['chromium', 'fonts-liberation'],
  'firefox-esr': ['firefox-esr'],
  WebKitWebDriver: ['webkit2gtk-driver'],
  Xvfb: ['xvfb'],
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = process.env.SECEVENT_CACHE;
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

function installPrograms(programs) {
  const missing = programs.filter((program) => !has(program));
  if (missing.length > 0 && has('apt-get') && process.getuid?.() === 0) {
    console.log(`Installing ${missing.join(', ')} for the tests`);
    // One after the other: a package that there is not must not keep the others out.
    const installs = missing.map((program) => ['install', '-y', '--no-install-recommends', ...PACKAGES[program]]);
    for (const args of [['update'], ...installs]) {
      const { status, stderr } = spawnSync('apt-get', args, {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        encoding: 'utf8',
      });
      if (status !== 0) console.error(stderr);
    }
  }
  for (const program of missing.filter((each) => !has(each))) {
    console.error(
      `Some tests will fail without ${program}: install it (on Debian: apt-get install ${PACKAGES[program].join(' ')})`,
    );
  }
}

function copy(from, to) {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
}

function installFolder(folder) {
  const home = join(root, folder);
  const modules = join(home, 'node_modules');
  const lock = readFileSync(join(home, 'package-lock.json'), 'utf8');
  const installed = join(modules, '.installed-lock.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return;

  const name = basename(folder);
  const identity = createHash('sha256')
    .update(`${lock}${process.version}${process.platform}${process.arch}`)
    .digest('hex')
    .slice(0, 16);
  const kept = cache && join(cache, `${name}-${identity}`);
  if (kept && existsSync(kept) && restore(kept, modules)) return;

  console.log(`Installing the packages of ${folder} for the tests`);
  const npm = (...args) =>
    spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: home, stdio: 'inherit' })
      .status === 0;
  // Scripts of packages run for those alone that the folder names.
  const { allowScripts = {} } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const built = Object.keys(allowScripts);
  if (!npm('ci', '--ignore-scripts') || (built.length > 0 && !npm('rebuild', ...built))) {
    process.exitCode = 1;
    return;
  }
  copyFileSync(join(home, 'package-lock.json'), installed);
  if (kept) keep(modules, kept, name);
}

/** Whether what was kept is in place again; another run may have taken it away meanwhile. */
function restore(kept, modules) {
  rmSync(modules, { recursive: true, force: true });
  try {
    copy(kept, modules);
    return true;
  } catch (error) {
    console.error(`The packages kept in ${cache} cannot be used: ${error.message}`);
    return false;
  }
}

/**
 * Keeps a copy, whole or not at all, in place of those of older lock files. Without it the next install takes longer,
 * and no more.
 */
function keep(modules, kept, name) {
  try {
    mkdirSync(cache, { recursive: true });
    for (const old of readdirSync(cache).filter((each) => each.includes(`${name}-`)))
      rmSync(join(cache, old), { recursive: true, force: true });
    const partial = join(cache, `.partial-${name}-${process.pid}`);
    copy(modules, partial);
    renameSync(partial, kept);
  } catch (error) {
    console.error(`The packages are not kept in ${cache}: ${error.message}`);
  }
}

const wanted = process.argv.slice(2);
installPrograms(wanted.filter((name) => !name.includes('/')));
for (const folder of wanted.filter((name) => name.includes('/'))) installFolder(folder);
