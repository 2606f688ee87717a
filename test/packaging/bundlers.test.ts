/** The package in bundles for browsers: each bundler takes it without a word, leaves out what is not used, and what comes of it runs. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../support/program.js';
import { makeProject, type Project } from '../support/tarball.js';
import { readVector } from '../support/vectors.js';
import { ENTRIES } from './entries.js';

const TIMEOUT_MS = 120_000;
const BUNDLERS = ['esbuild', 'rollup', 'webpack', 'vite'] as const;

/** The most bytes, minified and under gzip -9, of an application that decodes a token and does nothing else. */
const DECODING_BYTES = 2_000;

const nameOf = (entry: string): string => entry.replace(/\W/g, '_');
/** Keeps everything that the entries export. */
const using = (entries: readonly string[]): string =>
  [...entries.map((entry) => `import * as ${nameOf(entry)} from '${entry}';`), `globalThis.answer = [${entries.map(nameOf).join()}].map((entry) => Object.keys(entry)).flat();\n`].join('\n');

/** Every application, by the name of its file. */
const APPLICATIONS: Readonly<Record<string, string>> = {
  decoding: `import { decodeSet } from 'secevent';\nglobalThis.answer = decodeSet(globalThis.token).payload.jti;\n`,
  all: using(ENTRIES),
  ...Object.fromEntries(ENTRIES.map((entry) => [nameOf(entry), using([entry])])),
};

let project: Project;
beforeAll(async () => {
  project = await makeProject();
  for (const [name, text] of Object.entries(APPLICATIONS)) await writeFile(join(project.folder, `${name}.js`), text);
}, TIMEOUT_MS);
afterAll(() => project.remove());

interface Bundle {
  readonly text: string;
  readonly warnings: readonly string[];
}

async function bundle(bundler: string, application: string): Promise<Bundle> {
  const script = fileURLToPath(new URL('bundle.mjs', import.meta.url));
  const { status, output, errors } = await runProgram(process.execPath, [script, bundler, project.folder, join(project.folder, `${application}.js`)]);
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  return JSON.parse(output) as Bundle;
}

/** Runs a bundle where there is ECMAScript and nothing else, and gives the answer that it leaves. */
function answerOf(text: string, token = ''): unknown {
  const context = createContext({ token });
  runInContext(text, context);
  return runInContext('answer', context);
}

describe.each(BUNDLERS)('%s', (bundler) => {
  test(`makes at most ${DECODING_BYTES} bytes of decoding, and they decode`, async () => {
    const { text, warnings } = await bundle(bundler, 'decoding');
    const size = gzipSync(text, { level: 9 }).length;
    expect(warnings).toEqual([]);
    expect(answerOf(text, readVector('akamai/documented-token.jwt'))).toBe('b70046bd-44c7-4575-b1a2-9b8556d1f040');
    expect(size, `${size} bytes`).toBeLessThanOrEqual(DECODING_BYTES);
    expect(size).toBeGreaterThan(1_000);
  }, TIMEOUT_MS);

  test.each(['all', ...ENTRIES.map(nameOf)])('takes %s whole, without a warning, a polyfill or anything of Node', async (application) => {
    const { text, warnings } = await bundle(bundler, application);
    expect(warnings).toEqual([]);
    expect(text).not.toMatch(/["']node:|\brequire\(|\bprocess\.|\bBuffer\b|\b__dirname\b/);
    const names = answerOf(text) as readonly string[];
    expect(names.length).toBeGreaterThan(0);
    if (application === 'all') expect(names).toEqual(expect.arrayContaining(['verifySet', 'createPushReceiver', 'caepEvents', 'createTestTransmitter']));
  }, TIMEOUT_MS);
});
