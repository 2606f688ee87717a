/** How much memory unauthenticated requests cost a server. The built package runs in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PATIENTLY } from '../support/timing.js';

/** What the process holds after garbage collection. */
interface Held {
  readonly usedBytes: number;
  readonly bytesRead: number;
  readonly streams: number;
}

let child: ChildProcess;
let port: number;
let port2: number;
beforeEach(async () => {
  child = fork(fileURLToPath(new URL('../support/memory-process.mjs', import.meta.url)), { execArgv: ['--expose-gc'] });
  [{ port, port2 }] = (await once(child, 'message')) as [{ port: number; port2: number }];
  // The first request loads code, which must not count as a cost of the next ones.
  await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' });
});
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  child.kill('SIGKILL');
});

async function held(): Promise<Held> {
  child.send('held');
  return ((await once(child, 'message')) as [Held])[0];
}

const MAX_GROWTH_BYTES = 5_000_000;

test('two bodies of a million one-octet chunks cost less than 5 MB', async () => {
  const before = await held();
  const chunks = '1\r\nx\r\n'.repeat(1_000_000);
  for (let i = 0; i < 2; i++) {
    const socket = createConnection(port, '127.0.0.1');
    sockets.push(socket);
    socket.write(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/secevent+jwt\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    socket.write(chunks);
  }
  let during = before;
  await vi.waitFor(
    async () => {
      during = await held();
      expect(during.bytesRead).toBeGreaterThan(2 * chunks.length);
    },
    { ...PATIENTLY, timeout: 100_000 },
  );
  expect(during.usedBytes - before.usedBytes).toBeLessThan(MAX_GROWTH_BYTES);
}, 120_000);

test('750 oversized HTTP/2 requests whose clients disconnect leave no streams open and leak no memory', async () => {
  const rounds: number[] = [];
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 10; i++) {
      const client = connect(`http://127.0.0.1:${port2}`);
      client.on('error', () => undefined);
      const statuses = Array.from({ length: 25 }, () => {
        const stream = client.request({
          ':method': 'POST',
          ':path': '/',
          'content-type': 'application/secevent+jwt',
          'content-length': '2000000',
        });
        stream.on('error', () => undefined);
        stream.write(Buffer.alloc(60_000, 'x'));
        return new Promise<unknown>((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
      });
      expect(new Set(await Promise.all(statuses))).toEqual(new Set([413]));
      client.destroy();
    }
    await vi.waitFor(async () => expect((await held()).streams).toBe(0), PATIENTLY);
    rounds.push((await held()).usedBytes);
  }
  // The first round warms up.
  expect(rounds[3]! - rounds[0]!).toBeLessThan(MAX_GROWTH_BYTES);
}, 120_000);
