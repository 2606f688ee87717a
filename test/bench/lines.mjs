// `secevent decode --lines` compared with a script that does the same with jose: whole processes that write to a file,
// in interleaved rounds. Then its memory over a million lines (LINES=…).
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './rounds.mjs';
import { makeTokens } from './tokens.mjs';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const script = fileURLToPath(new URL('jose-lines.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'secevent-bench-'));

try {
  const sample = writeTokens('sample.txt', 200_000);
  const contenders = { secevent: [command, 'decode', '--lines', sample], jose: [script, sample] };
  const times = { secevent: [], jose: [] };
  for (let round = 0; round < 7; round++) {
    for (const [name, args] of Object.entries(contenders)) {
      const { seconds } = await run(args, `${name}.ndjson`);
      if (round > 0) times[name].push(seconds);
    }
  }
  if (!readFileSync(join(folder, 'secevent.ndjson')).equals(readFileSync(join(folder, 'jose.ndjson')))) {
    throw new Error('the two outputs differ');
  }
  console.log('decode --lines: 200,000 distinct tokens, same output, whole processes');
  console.log(
    `  jose                     secevent is ${(median(times.jose) / median(times.secevent)).toFixed(2)} times as fast`,
  );

  const lines = Number(process.env.LINES ?? 1_000_000);
  const { peakMegabytes } = await run([command, 'decode', '--lines', writeTokens('many.txt', lines)], 'many.ndjson');
  const size = Math.round(statSync(join(folder, 'many.ndjson')).size / 1e6);
  console.log(
    `  memory                   ${peakMegabytes} MB at most for ${lines.toLocaleString('en')} lines (${size} MB written)`,
  );
} finally {
  rmSync(folder, { recursive: true });
}

function writeTokens(name, count) {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  for (let written = 0; written < count; written += 10_000) {
    writeSync(file, `${makeTokens(Math.min(10_000, count - written)).join('\n')}\n`);
  }
  closeSync(file);
  return path;
}

/** Runs a script with its output in a file, and measures its peak memory, which Linux has in /proc. */
async function run(args, outputName) {
  const output = openSync(join(folder, outputName), 'w');
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', output, 'inherit'] });
  let peakKilobytes = 0;
  const watch = setInterval(() => {
    try {
      peakKilobytes = Number(
        /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? peakKilobytes,
      );
    } catch {
      // The process has ended in the meantime.
    }
  }, 20);
  const status = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  closeSync(output);
  if (status !== 0) throw new Error(`${args[0]} ended with status ${status}`);
  return { seconds: (performance.now() - start) / 1000, peakMegabytes: Math.round(peakKilobytes / 1024) };
}
