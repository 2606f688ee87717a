/** The journal: what the file contains after torn writes, power failures and full disks. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Journal, openJournal } from '../../src/cli/journal.js';
import { toRecord } from '../../src/text/record.js';
import { replayKey } from '../../src/receiver/replay.js';
import { decodeSet } from '../../src/set.js';
import { CLAIMS, makeToken, tokenWith } from '../support/tokens.js';

const folder = mkdtempSync(join(tmpdir(), 'secevent-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));

let path: string;
let files = 0;
beforeEach(() => {
  path = join(folder, `${files++}.ndjson`);
});

async function open(): Promise<Journal> {
  const journal = await openJournal(path);
  if (typeof journal === 'string') throw new Error(journal);
  return journal;
}

const entry = (jti: string): [key: string, record: string] => {
  const token = tokenWith({ jti });
  return [replayKey(decodeSet(token)), toRecord(token)];
};
const lines = (): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const jtis = (): string[] => lines().map((line) => (JSON.parse(line) as { payload: { jti: string } }).payload.jti);

describe('a journal', () => {
  test('appends records as lines, and recognizes them when it is reopened', async () => {
    const journal = await open();
    for (const jti of ['a', 'b']) await journal.append(...entry(jti));
    expect(jtis()).toEqual(['a', 'b']);
    expect([journal.count, journal.has(entry('a')[0]), journal.has(entry('c')[0])]).toEqual([2, true, false]);
    await journal.close();

    const reopened = await open();
    expect([reopened.count, reopened.removedBytes, reopened.has(entry('a')[0]), reopened.has(entry('c')[0])]).toEqual([
      2,
      0,
      true,
      false,
    ]);
    await reopened.append(...entry('c'));
    await reopened.close();
    expect(jtis()).toEqual(['a', 'b', 'c']);
  });

  test('is readable by its owner only', async () => {
    await (await open()).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('appends many records at once in order, each in the file before its promise resolves', async () => {
    const journal = await open();
    await Promise.all(
      Array.from({ length: 500 }, async (_, i) => {
        await journal.append(...entry(`j${i}`));
        expect(journal.has(entry(`j${i}`)[0])).toBe(true);
        expect(readFileSync(path, 'utf8')).toContain(`"j${i}"`);
      }),
    );
    await journal.close();
    expect(jtis()).toEqual(Array.from({ length: 500 }, (_, i) => `j${i}`));
  });

  test('closes after all records are written', async () => {
    const journal = await open();
    const appended = Promise.all(['a', 'b', 'c'].map((jti) => journal.append(...entry(jti))));
    await journal.close();
    await appended;
    expect(jtis()).toEqual(['a', 'b', 'c']);
  });

  test('removes a line that was torn at any octet', async () => {
    const whole = `${entry('a')[1]}\n`;
    const torn = `${entry('é')[1]}\n`;
    for (let length = 0; length < torn.length; length += length < 20 ? 1 : 23) {
      writeFileSync(path, Buffer.concat([Buffer.from(whole), Buffer.from(torn).subarray(0, length)]));
      const journal = await open();
      expect([journal.count, journal.removedBytes]).toEqual([1, length]);
      await journal.append(...entry('b'));
      await journal.close();
      expect(jtis()).toEqual(['a', 'b']);
    }
  });

  test('removes zeros that a power failure leaves', async () => {
    writeFileSync(path, Buffer.concat([Buffer.from(`${entry('a')[1]}\n`), Buffer.alloc(5_000)]));
    const journal = await open();
    expect([journal.count, journal.removedBytes]).toEqual([1, 5_000]);
    await journal.close();
    expect(jtis()).toEqual(['a']);
  });

  test('removes zeros in place of unsynced lines, and the lines after them', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((jti) => `${entry(jti)[1]}\n`) as [string, string, string];
    writeFileSync(path, Buffer.concat([Buffer.from(a), Buffer.alloc(b.length - 1), Buffer.from('\n'), Buffer.from(c)]));
    const journal = await open();
    expect([journal.count, journal.removedBytes]).toEqual([1, b.length + c.length]);
    await journal.close();
    expect(jtis()).toEqual(['a']);
  });

  test('reads a file of many megabytes with long lines', async () => {
    const records = Array.from({ length: 60 }, (_, i) =>
      toRecord(tokenWith({ jti: `j${i}`, more: 'x'.repeat(i % 2 ? 10 : 300_000) })),
    );
    writeFileSync(path, `${records.join('\n')}\n`);
    const journal = await open();
    expect(journal.count).toBe(60);
    expect(journal.has(entry('j59')[0])).toBe(true);
    await journal.close();
  });
});

describe('a journal in use', () => {
  test('cannot be opened again by any path until it is closed', async () => {
    const journal = await open();
    await journal.append(...entry('a'));
    writeFileSync(path, '{"header":{', { flag: 'a' });
    symlinkSync(path, `${path}.link`);
    for (const each of [path, `${path}.link`]) expect(await openJournal(each)).toBe('is in use by another process');
    expect(readFileSync(path, 'utf8')).toMatch(/\{"header":\{$/);
    await journal.close();
    const next = await open();
    expect(next.removedBytes).toBe(11);
    await next.close();
  });
});

describe('a line', () => {
  test('is synced before it is acknowledged', async () => {
    const steps: string[] = [];
    const probe = await openFile(path, 'w');
    const prototype = Object.getPrototypeOf(probe) as FileHandle;
    await probe.close();
    const journal = await open();
    const { appendFile, datasync } = prototype;
    vi.spyOn(prototype, 'appendFile').mockImplementation(async function (this: FileHandle, ...args) {
      await appendFile.apply(this, args);
      steps.push('written');
    });
    vi.spyOn(prototype, 'datasync').mockImplementation(async function (this: FileHandle) {
      await datasync.call(this);
      steps.push('synced');
    });
    await journal.append(...entry('a')).then(() => steps.push('acknowledged'));
    await Promise.all(
      ['b', 'c', 'd'].map(async (jti) => journal.append(...entry(jti)).then(() => steps.push('acknowledged'))),
    );
    vi.restoreAllMocks();
    expect(steps).toEqual([
      'written',
      'synced',
      'acknowledged',
      'written',
      'synced',
      'acknowledged',
      'written',
      'synced',
      'acknowledged',
      'acknowledged',
    ]);
    await journal.close();
  });

  test.each(['\n{"typ":"secevent+jwt","alg":"RS256"} ', '{"alg":"RS256"}\n'])(
    'is recognized after reopening, even with white space around its parts: %j',
    async (header) => {
      const token = makeToken(header, ` ${JSON.stringify({ ...CLAIMS, jti: 'a' })}\n`);
      const journal = await open();
      await journal.append(replayKey(decodeSet(token)), toRecord(token));
      await journal.close();
      const reopened = await open();
      expect(reopened.has(replayKey(decodeSet(token)))).toBe(true);
      await reopened.close();
    },
  );
});

describe('a file with other content', () => {
  test.each<[name: string, content: string | Buffer, line: number]>([
    ['text', 'my notes\n', 1],
    ['text without a line break', 'my notes', 1],
    ['other JSON', '{"a":1}\n', 1],
    ['an empty line', '\n', 1],
    ['one other line among records', `${entry('a')[1]}\n{"header":{},"payload":{}}\n${entry('b')[1]}\n`, 2],
    ['binary data', Buffer.from([0, 1, 2, 3]), 1],
    ['zeros with a line break', Buffer.from('\0\0\n'), 1],
  ])('is not changed: %s', async (_, content, line) => {
    writeFileSync(path, content);
    expect(await openJournal(path)).toBe(`was not written by secevent listen (see line ${line})`);
    expect(readFileSync(path)).toEqual(Buffer.from(content));
  });

  test('cannot be a folder or a device', async () => {
    await expect(openJournal(folder)).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await openJournal('/dev/null')).toBe('is not a regular file');
    await expect(openJournal(join(folder, 'none', 'x'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});

describe('a full disk', () => {
  /** Runs in a process with a limit on file sizes, where a write fails partway, as on a full disk. */
  const SCRIPT = `
    process.on('SIGXFSZ', () => {});
    const { openJournal } = await import('./src/cli/journal.ts');
    const journal = await openJournal(process.argv[2]);
    const outcomes = [];
    for (let i = 0; i < 6; i++) {
      const more = 'x'.repeat(i === 2 ? 4000 : 300);
      const record = '{"header":{},"payload":{"iss":"i","jti":"' + i + '","more":"' + more + '"}}';
      outcomes.push(await journal.append('["i","' + i + '"]', record).then(() => 'on disk', (error) => error.code));
    }
    await journal.close();
    console.log(JSON.stringify(outcomes));`;

  test('leaves no torn line, and later records that fit are written', async () => {
    const script = join(folder, 'full.mjs');
    const resolveDir = fileURLToPath(new URL('../../', import.meta.url));
    await build({
      stdin: { contents: SCRIPT, resolveDir },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
      logLevel: 'silent',
    });
    // The limit is in blocks of 1,024 bytes.
    const run = spawnSync('bash', ['-c', 'ulimit -f 3; exec "$0" "$1" "$2"', process.execPath, script, path], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual(['on disk', 'on disk', 'EFBIG', 'on disk', 'on disk', 'on disk']);
    expect(jtis()).toEqual(['0', '1', '3', '4', '5']);
  });

  test('fails every later append with the cause if the rollback fails too', async () => {
    const journal = await open();
    await journal.append(...entry('a'));
    await journal.close();
    await expect(journal.append(...entry('b'))).rejects.toMatchObject({ code: 'EBADF' });
    await expect(journal.append(...entry('c'))).rejects.toMatchObject({ code: 'EBADF' });
    expect(jtis()).toEqual(['a']);
  });
});
