/**
 * A file that grows by lines, each of which is on disk before anybody is told so.
 *
 * Whenever the process ends, even in the midst of writing: every line that was acknowledged is whole and in the file,
 * and at most the last line is torn. That one was acknowledged to nobody, and the next start takes it away. A loss of
 * power can leave zeros in place of any line that was not yet synced: from the first of them on nothing was
 * acknowledged, since lines are synced in their order.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replayKey } from '../receiver/replay.js';
import { lock } from './lock.js';

/** An open journal. */
export interface Journal {
  /** How many records it holds. */
  readonly count: number;
  /** How many bytes of a torn line were taken away when it was opened. */
  readonly removedBytes: number;
  /** Whether it holds the record of a SET, by its key. */
  has(key: string): boolean;
  /**
   * Appends the record of a SET, and ends when it is on disk.
   *
   * When the disk refuses, the file is as it was before. When it cannot even be brought back to that, nothing more is
   * appended.
   */
  append(key: string, record: string): Promise<void>;
  /** Ends when all is on disk, and closes the file. */
  close(): Promise<void>;
}

/** How every record begins, as record.ts makes it. */
const BEGINNING = '{"header":{';

const LINE_FEED = 10;

/**
 * Opens a journal: reads back which SETs it holds, and takes away a line that was torn.
 *
 * @returns what is wrong with the file, when it holds anything else: it may be somebody's own
 * @throws what the system says when the file cannot be opened or read
 */
export async function openJournal(path: string): Promise<Journal | string> {
  const { O_RDWR, O_CREAT, O_APPEND } = constants;
  const file = await open(path, O_RDWR | O_CREAT | O_APPEND, 0o600);
  let journal: Journal | undefined;
  let unlock: (() => void) | undefined;
  try {
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) return 'is no file';
    // Before anything is changed: what looks torn may be what another process is writing.
    unlock = await lock(stats);
    if (!unlock) return 'is in use by another process';
    const known = new Set<string>();
    const { size, rest, fault } = await readBack(file, (key) => known.add(digestOf(key)));
    if (fault !== undefined) return fault;
    if (rest > 0) await file.truncate(size);
    await file.sync();
    // So that the file itself is there after a loss of power.
    await syncFolder(dirname(path));
    return (journal = makeJournal(file, known, size, rest, unlock));
  } finally {
    if (!journal) {
      await file.close();
      unlock?.();
    }
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Half a digest is far more than enough to tell SETs apart, and memory is kept for each. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64').slice(0, 22);
}

interface Reading {
  /** Up to where there are whole records. */
  readonly size: number;
  /** How much of a torn one follows. */
  readonly rest: number;
  /** What is there that is no record. */
  readonly fault?: string;
}

async function readBack(file: FileHandle, take: (key: string) => void): Promise<Reading> {
  let size = 0;
  let line = 0;
  let torn = Buffer.alloc(0);
  const buffer = Buffer.alloc(1_048_576);
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return { size, rest: torn.length };
    position += bytesRead;
    const chunk = buffer.subarray(0, bytesRead);
    const text = torn.length ? Buffer.concat([torn, chunk]) : chunk;
    let start = 0;
    for (let end = text.indexOf(LINE_FEED); end >= 0; end = text.indexOf(LINE_FEED, start)) {
      line++;
      const record = text.subarray(start, end);
      const key = keyOf(record.toString());
      if (key === undefined && record.includes(0) && line > 1) return { size, rest: (await file.stat()).size - size };
      if (key === undefined)
        return { size, rest: 0, fault: `holds something else in line ${line}, and not what this command writes` };
      take(key);
      size += end + 1 - start;
      start = end + 1;
    }
    torn = Buffer.from(text.subarray(start));
    if (!isTorn(torn))
      return { size, rest: 0, fault: `holds something else in line ${line + 1}, and not what this command writes` };
  }
}

/** The key of the SET that a line records, if it is a record. */
function keyOf(line: string): string | undefined {
  try {
    const record = JSON.parse(line) as { payload?: { iss?: unknown; jti?: unknown } };
    const { iss, jti } = record.payload ?? {};
    if (line.startsWith(BEGINNING) && typeof iss === 'string' && typeof jti === 'string')
      return replayKey(record as never);
  } catch {
    // No JSON is no record.
  }
  return undefined;
}

/** Whether octets can be the beginning of a record; or what a file system may leave of one when the power fails. */
function isTorn(rest: Buffer): boolean {
  const beginning = rest.toString('latin1', 0, BEGINNING.length);
  return BEGINNING.startsWith(beginning) || rest.every((octet) => octet === 0);
}

interface Waiting {
  readonly key: string;
  readonly record: string;
  resolve(): void;
  reject(error: unknown): void;
}

function makeJournal(
  file: FileHandle,
  known: Set<string>,
  sizeAtStart: number,
  removedBytes: number,
  unlock: () => void,
): Journal {
  let size = sizeAtStart;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  /** Why nothing more can be appended. */
  let broken: unknown;

  /** Writes all that waits, and what comes meanwhile: one call of the disk for many lines. */
  async function write(): Promise<void> {
    while (waiting.length) {
      const batch = waiting;
      waiting = [];
      try {
        if (broken !== undefined) throw broken;
        const lines = Buffer.from(batch.map(({ record }) => `${record}\n`).join(''));
        await file.appendFile(lines);
        await file.datasync();
        size += lines.length;
        for (const { key, resolve } of batch) {
          known.add(digestOf(key));
          resolve();
        }
      } catch (error) {
        broken ??= await restore();
        for (const { reject } of batch) reject(error);
      }
    }
  }

  function start(): void {
    writing ??= write().finally(() => {
      writing = undefined;
      // What came after the last look and before this.
      if (waiting.length) start();
    });
  }

  /** Brings the file back to the last line that was acknowledged, or gives why it cannot be. */
  async function restore(): Promise<unknown> {
    try {
      await file.truncate(size);
      await file.datasync();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  return {
    get count() {
      return known.size;
    },
    removedBytes,
    has: (key) => known.has(digestOf(key)),
    append: (key, record) =>
      new Promise((resolve, reject) => {
        waiting.push({ key, record, resolve, reject });
        start();
      }),
    async close() {
      while (writing) await writing;
      await file.close();
      unlock();
    },
  };
}
