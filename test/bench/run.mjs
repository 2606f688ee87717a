// Runs every benchmark in turn: `npm run bench`, which installs what only they need.
// ROUNDS, LINES, DELIVERIES and DISTINCT make it shorter or longer.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const inherit = { cwd: folder, stdio: 'inherit' };

if (!existsSync(new URL('../../dist/index.js', import.meta.url))) throw new Error('dist is missing: run npm ci first');
for (const script of ['decode.mjs', 'events.mjs', 'verify.mjs', 'lines.mjs', 'receive.mjs'])
  execFileSync(process.execPath, ['--expose-gc', script], inherit);
