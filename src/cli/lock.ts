/**
 * A lock on a file, for as long as this process lives.
 *
 * It is a local socket, which the system closes with the process, however that ends: unlike a file with a process ID in
 * it, nothing stale is ever taken for a holder. It is called after the file itself, so that two paths to one file are
 * one lock.
 */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Takes the lock, or gives nothing when another process of this machine has it. */
export async function lock({ dev, ino }: BigIntStats): Promise<(() => void) | undefined> {
  const name = `secevent-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`;
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.lock`);
  for (let tries = 0; tries < 2; tries++) {
    const server = await listen(path);
    if (server) return () => server.close();
    if (await isAnswered(path)) return undefined;
    // Left by a process that was killed.
    await rm(path, { force: true });
  }
  return undefined;
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
