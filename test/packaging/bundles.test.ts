/**
 * The package in browser applications: each bundler accepts each entry without a warning, adds nothing, leaves out what
 * is not used, and its output runs in an engine with nothing but the language.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProject, type Project } from '../support/tarball.js';
import { bundle, BUNDLER_NAMES } from './bundlers.js';
import { ENTRIES, fileOf } from './entries.js';

const TIMEOUT_MS = 60_000;
const token = readFileSync(new URL('../vectors/akamai/documented-token.jwt', import.meta.url), 'utf8').trim();

/** The maximum size of an application that only decodes, in bytes, minified and compressed with gzip -9. */
const DECODE_BUDGET_BYTES = 1_970;

let project: Project;
beforeAll(async () => {
  project = await makeProject();
}, TIMEOUT_MS);
afterAll(() => project?.remove());

/** Evaluates a script with only the language and the given globals, and returns its global `app`. */
function evaluate(text: string, given: Readonly<Record<string, unknown>> = {}): unknown {
  const context = createContext({ ...given });
  runInContext(text, context);
  return runInContext('app', context);
}

const localName = (entry: string): string => entry.split('/')[1] ?? 'core';
const EVERYTHING = [
  ...ENTRIES.map((entry) => `import * as ${localName(entry)} from '${entry}';`),
  `globalThis.app = { ${ENTRIES.map(localName).join(', ')} };`,
];

/** Reports whether an application may contain a module: its own file, or a module of the package. */
const isExpected = (module: string): boolean =>
  module.endsWith('/main.js') || (module.startsWith(`${project.home}/dist/`) && module.endsWith('.js'));

/** Names that bundlers polyfill, and calls that only Node can serve. */
const NODE_NAMES = /["']node:|\brequire\(|\bprocess\??\.|\bBuffer\b|\bglobal\??\.|\b__dirname\b|\bsetImmediate\b/g;

describe.each(BUNDLER_NAMES)('%s', (bundler) => {
  test.each([
    ...ENTRIES.map((entry) => [entry, [`import * as entry from '${entry}';`, 'globalThis.app = entry;']] as const),
    ['all entries', EVERYTHING] as const,
  ])(
    'bundles %s without a warning and adds nothing',
    async (name, lines) => {
      const { text, warnings, modules } = await bundle(bundler, project.folder, name.replace(/\W/g, '-'), lines);
      expect(warnings).toEqual([]);
      expect(modules.filter((module) => !isExpected(module))).toEqual([]);
      expect(modules.length).toBeGreaterThan(1);
      expect(text.match(NODE_NAMES) ?? []).toEqual([]);
      const names =
        name === 'all entries'
          ? ENTRIES.map(localName)
          : Object.keys((await import(join(project.home, fileOf(name, 'import')))) as object);
      expect(Object.keys(evaluate(text) as object).sort()).toEqual([...names].sort());
    },
    TIMEOUT_MS,
  );

  test(
    'keeps only what decoding needs',
    async () => {
      const lines = [`import { decodeSet } from 'secevent';`, 'globalThis.app = JSON.stringify(decodeSet(token));'];
      const { text, warnings } = await bundle(bundler, project.folder, 'decode', lines);
      expect(warnings).toEqual([]);
      const { header, payload } = JSON.parse(evaluate(text, { token }) as string) as Record<
        'header' | 'payload',
        unknown
      >;
      expect([header, payload]).toEqual(
        token
          .split('.')
          .slice(0, 2)
          .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown),
      );
      const size = gzipSync(text, { level: 9 }).length;
      expect(size, `${size} bytes`).toBeLessThanOrEqual(DECODE_BUDGET_BYTES);
    },
    TIMEOUT_MS,
  );

  test(
    'would warn of a module that needs Node',
    async () => {
      const lines = [`import { readFileSync } from 'node:fs';`, 'globalThis.app = readFileSync(token);'];
      expect((await bundle(bundler, project.folder, 'node', lines)).warnings.join()).toContain('node:fs');
    },
    TIMEOUT_MS,
  );

  test(
    'keeps one SetError class for all entries, and verifying works',
    async () => {
      const { text } = await bundle(bundler, project.folder, 'verify', [
        ...EVERYTHING,
        `globalThis.app = (async () => {
        const { sign, jwks, issuer, audience } = await testing.createTestTransmitter();
        const { payload } = await core.verifySet(await sign(), jwks, { issuer, audience });
        const thrownBy = (call) => { try { return call(); } catch (error) { return [error instanceof core.SetError, error.code]; } };
        const errors = [() => akamai.parseGlobalSub(''), () => caep.sessionRevoked.parse(null), () => core.decodeSet('')].map(thrownBy);
        return JSON.stringify([payload.iss === issuer, ...errors]);
      })();`,
      ]);
      const seen = await (evaluate(text, { crypto, TextEncoder, URL }) as Promise<string>);
      expect(JSON.parse(seen)).toEqual([
        true,
        [true, 'ERR_SET_SUBJECT'],
        [true, 'ERR_SET_EVENT'],
        [true, 'ERR_SET_FORMAT'],
      ]);
    },
    TIMEOUT_MS,
  );
});
