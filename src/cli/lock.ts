/**
 * A lock on a file, held while this process lives.
 *
 * The lock is a local socket. The system closes it however the process ends, so the lock cannot go stale, unlike a file
 * with a process ID. The socket is named after the file's device and inode: two paths to one file share a lock.
 */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Acquires the lock and returns a function that releases it, or undefined if another local process holds it. */
export async function acquireLock({ dev, ino }: BigIntStats): Promise<(() => void) | undefined> {
  const name = `secevent-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`;
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.lock`);
  for (let tries = 0; tries < 2; tries++) {
    const server = await bindSocket(path);
    if (server) return () => server.close();
    if (await isHeld(path)) return undefined;
    // Left behind by a process that was killed.
    await rm(path, { force: true });
  }
  return undefined;
}

/** Listens on a local socket. Resolves to undefined if its path is in use. */
function bindSocket(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });
}

/** Reports whether a process listens on a local socket. */
function isHeld(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
