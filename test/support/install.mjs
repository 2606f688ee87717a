// Before the tests: what they need besides the root's packages. A program is looked for, and root on Debian gets its package; a folder
// gets the packages of its lock file, once. What cannot be had is named, and the tests that need it will fail and say so.
//
//   node test/support/install.mjs redis-server test/browsers
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian's package for each program, and what else the program is no use without. */
const PACKAGES = {
  'redis-server': ['redis-server'],
  chromium: ['chromium', 'fonts-liberation'],
  'firefox-esr': ['firefox-esr'],
  WebKitWebDriver: ['webkit2gtk-driver', 'xvfb'],
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const wanted = process.argv.slice(2);
const programs = wanted.filter((name) => !name.includes('/'));
const missing = programs.filter((program) => !has(program));

if (missing.length > 0 && has('apt-get') && process.getuid?.() === 0) {
  const packages = missing.flatMap((program) => PACKAGES[program]);
  console.log(`Installing ${packages.join(', ')} for the tests`);
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const { status, stderr } = spawnSync('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, encoding: 'utf8' });
    if (status !== 0) console.error(stderr);
  }
}
for (const program of missing.filter((each) => !has(each))) {
  console.error(`Some tests will fail without ${program}: install it (on Debian: apt-get install ${PACKAGES[program].join(' ')})`);
}

for (const folder of wanted.filter((name) => name.includes('/'))) {
  const lock = join(root, folder, 'package-lock.json');
  const installed = join(root, folder, 'node_modules/.installed-lock.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(lock, 'utf8')) continue;
  console.log(`Installing the packages of ${folder} for the tests`);
  const npm = (...args) => spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: join(root, folder), stdio: 'inherit' }).status === 0;
  // Scripts of packages run for those alone that the folder names.
  const { allowScripts = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const built = Object.keys(allowScripts);
  if (npm('ci', '--ignore-scripts') && (built.length === 0 || npm('rebuild', ...built))) copyFileSync(lock, installed);
  else process.exitCode = 1;
}
