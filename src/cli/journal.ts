/**
 * An append-only file of lines, each of which is on disk before it is acknowledged.
 *
 * If the process ends at any time, even during a write, every acknowledged line is whole and in the file; only the last
 * line may be torn. It was never acknowledged, and the next start removes it. A power failure can leave zeros in place
 * of lines that were not yet synced. Lines are synced in order, so nothing from the first of these zeros on was
 * acknowledged.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replayKey } from '../receiver/replay.js';
import { acquireLock } from './lock.js';

/** An open journal. */
export interface Journal {
  /** The number of records. */
  readonly count: number;
  /** How many bytes of incomplete lines were removed when it was opened. */
  readonly removedBytes: number;
  /** Reports whether it contains the record of a SET, by its replay key. */
  has(key: string): boolean;
  /**
   * Appends the record of a SET. Resolves once it is on disk.
   *
   * If the write fails, the file is restored to its previous content. If that fails too, nothing more is appended.
   */
  append(key: string, record: string): Promise<void>;
  /** Waits until all records are on disk, then closes the file. */
  close(): Promise<void>;
}

/** How each record begins: see text/record.ts. */
const RECORD_START = '{"header":{';

const LINE_FEED = 10;

/**
 * Opens a journal, creating it if necessary: reads which SETs it contains, and removes a torn line.
 *
 * @returns the journal, or what is wrong with the file: it may be in use, or belong to another program
 * @throws the system's error when the file cannot be opened or read
 */
export async function openJournal(path: string): Promise<Journal | string> {
  const { O_RDWR, O_CREAT, O_APPEND } = constants;
  const file = await open(path, O_RDWR | O_CREAT | O_APPEND, 0o600);
  let journal: Journal | undefined;
  let unlock: (() => void) | undefined;
  try {
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) return 'is not a regular file';
    // Before any change: a line that looks torn may be one that another process is still writing.
    unlock = await acquireLock(stats);
    if (!unlock) return 'is in use by another process';
    const known = new Set<string>();
    const { size, rest, fault } = await scanRecords(file, (key) => known.add(digestOf(key)));
    if (fault !== undefined) return fault;
    if (rest > 0) await file.truncate(size);
    await file.sync();
    // Otherwise a new file could be missing after a power failure.
    await syncFolder(dirname(path));
    return (journal = createJournal(file, known, size, rest, unlock));
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

/** Returns half a SHA-256 digest, which is enough to tell SETs apart and saves memory. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64').slice(0, 22);
}

/** The result of scanning a file. */
interface Scan {
  /** The size of the whole records at the start, in bytes. */
  readonly size: number;
  /** The size of what a torn write left after them. */
  readonly rest: number;
  /** Set if the file contains anything else. */
  readonly fault?: string;
}

async function scanRecords(file: FileHandle, take: (key: string) => void): Promise<Scan> {
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
      if (key === undefined) return { size, rest: 0, fault: describeForeignLine(line) };
      take(key);
      size += end + 1 - start;
      start = end + 1;
    }
    torn = Buffer.from(text.subarray(start));
    if (!isTornRecord(torn)) return { size, rest: 0, fault: describeForeignLine(line + 1) };
  }
}

function describeForeignLine(line: number): string {
  return `was not written by secevent listen (see line ${line})`;
}

/** Returns the replay key of the SET that a line records, or undefined if the line is not a record. */
function keyOf(line: string): string | undefined {
  try {
    const record = JSON.parse(line) as { payload?: { iss?: unknown; jti?: unknown } };
    const { iss, jti } = record.payload ?? {};
    if (line.startsWith(RECORD_START) && typeof iss === 'string' && typeof jti === 'string')
      return replayKey(record as never);
  } catch {
    // Not JSON, so not a record.
  }
  return undefined;
}

/** Reports whether octets can be the start of a record, or zeros that a power failure leaves. */
function isTornRecord(rest: Buffer): boolean {
  const start = rest.toString('latin1', 0, RECORD_START.length);
  return RECORD_START.startsWith(start) || rest.every((octet) => octet === 0);
}

/** A record that is not on disk yet. */
interface PendingRecord {
  readonly key: string;
  readonly record: string;
  resolve(): void;
  reject(error: unknown): void;
}

function createJournal(
  file: FileHandle,
  known: Set<string>,
  sizeAtStart: number,
  removedBytes: number,
  unlock: () => void,
): Journal {
  let size = sizeAtStart;
  let pending: PendingRecord[] = [];
  let writing: Promise<void> | undefined;
  /** Why nothing more can be appended. */
  let failure: unknown;

  /** Writes all pending records, including those added meanwhile, with one sync for each batch. */
  async function writeBatches(): Promise<void> {
    while (pending.length) {
      const batch = pending;
      pending = [];
      try {
        if (failure !== undefined) throw failure as Error;
        const lines = Buffer.from(batch.map(({ record }) => `${record}\n`).join(''));
        await file.appendFile(lines);
        await file.datasync();
        size += lines.length;
        for (const { key, resolve } of batch) {
          known.add(digestOf(key));
          resolve();
        }
      } catch (error) {
        failure ??= await rollBack();
        for (const { reject } of batch) reject(error);
      }
    }
  }

  function startWriting(): void {
    writing ??= writeBatches().finally(() => {
      writing = undefined;
      // Records may have been added since the last check.
      if (pending.length) startWriting();
    });
  }

  /** Truncates the file to the last acknowledged line. Returns the error if that fails. */
  async function rollBack(): Promise<unknown> {
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
        pending.push({ key, record, resolve, reject });
        startWriting();
      }),
    async close() {
      while (writing) await writing;
      await file.close();
      unlock();
    },
  };
}
