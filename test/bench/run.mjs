// Every benchmark, one after the other: `npm run bench`. The first run installs what only the benchmarks need.
// ROUNDS, LINES, DELIVERIES and DISTINCT make it shorter or longer.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const inherit = { cwd: folder, stdio: 'inherit' };

if (!existsSync(new URL('../../dist/index.js', import.meta.url))) throw new Error('There is no dist: run npm ci first.');
if (!existsSync(new URL('node_modules', import.meta.url))) execFileSync('npm', ['ci'], inherit);
for (const script of ['decode.mjs', 'events.mjs', 'verify.mjs', 'lines.mjs', 'receive.mjs']) execFileSync(process.execPath, ['--expose-gc', script], inherit);
