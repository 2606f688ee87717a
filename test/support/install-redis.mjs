// Before the tests: a Redis server, which some of them start. Root on Debian gets the package redis-server; others are told to.
import { spawnSync } from 'node:child_process';

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

if (!has('redis-server') && has('apt-get') && process.getuid?.() === 0) {
  console.log('Installing redis-server for the tests');
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env: environment, encoding: 'utf8' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']]) {
    const { status, stderr } = spawnSync('apt-get', args, options);
    if (status !== 0) console.error(stderr);
  }
}
if (!has('redis-server')) console.error('Some tests will fail without a Redis server: install the package redis-server (on Debian: apt-get install redis-server)');
