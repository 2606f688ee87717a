/**
 * The types in every kind of project: TypeScript from 5.4 to 7.0, each way to resolve modules, ES modules and CommonJS,
 * with the types of browsers, of Node, of both, of Cloudflare Workers and of none of them. Each release also rejects
 * wrong uses.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProject, type Project } from '../support/tarball.js';
import { addPlatformTypes, compile, type Compiler, COMPILERS, type Files, type Options } from './compile.js';
import { exportedNames, importedNames } from './names.js';

const TIMEOUT_MS = 120_000;

let project: Project;
beforeAll(async () => {
  project = await makeProject();
  await addPlatformTypes(project);
}, TIMEOUT_MS);
afterAll(() => project?.remove());

const readConsumer = (name: string): string => readFileSync(new URL(`consumer/${name}`, import.meta.url), 'utf8');

const everywhere = ['akamai', 'core', 'receiver', 'streams', 'transmitters', 'vocabularies'] as const;
const filesOf = (names: readonly string[], ending: string): Files =>
  Object.fromEntries(names.map((name) => [`${name}.${ending}`, `${name}.ts`]));

/** Returns the same files twice: as ES modules and as CommonJS. */
const inBothFormats = (...names: readonly string[]): Files => ({
  ...filesOf(names, 'mts'),
  ...filesOf(names, 'cts'),
  'both.cts': 'both.cts',
});

/** Returns the files for a bundler's resolution: of `import`, and in both.cts of `require`. */
const bundled = (...names: readonly string[]): Files => ({ ...filesOf(names, 'ts'), 'both.cts': 'both.cts' });

const NODE: Options = { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022'] };
const BUNDLER: Options = { module: 'preserve', moduleResolution: 'bundler', lib: ['es2022'] };
// The replacement for node10, which TypeScript 6.0 deprecates.
const BUNDLER_COMMONJS: Options = { ...BUNDLER, module: 'commonjs' };
const NODE10: Options = { module: 'commonjs', moduleResolution: 'node10', lib: ['es2022'] };
const DOM: Options = { lib: ['es2022', 'dom'] };
const NODE_TYPES: Options = { types: ['node'] };
const WORKER_TYPES: Options = { types: ['@cloudflare/workers-types'] };
// For Workers with `nodejs_compat`. The two packages declare some globals in different ways.
const WORKER_AND_NODE_TYPES: Options = { types: ['@cloudflare/workers-types', 'node'], skipLibCheck: true };

const PROJECTS: readonly (readonly [name: string, options: Options, files: Files, compilers: readonly Compiler[]])[] = [
  ['nodenext', NODE, inBothFormats(...everywhere), COMPILERS],
  ['nodenext with the DOM', { ...NODE, ...DOM }, inBothFormats(...everywhere, 'dom'), COMPILERS],
  ['nodenext with Node types', { ...NODE, ...NODE_TYPES }, inBothFormats(...everywhere, 'node'), COMPILERS],
  [
    'nodenext with the DOM and Node types',
    { ...NODE, ...DOM, ...NODE_TYPES },
    inBothFormats(...everywhere, 'dom', 'node'),
    COMPILERS,
  ],
  ['bundler', BUNDLER, bundled(...everywhere), COMPILERS],
  ['bundler with the DOM', { ...BUNDLER, ...DOM }, bundled(...everywhere, 'dom'), COMPILERS],
  ['bundler for a Worker', { ...BUNDLER, ...WORKER_TYPES }, bundled(...everywhere, 'worker'), COMPILERS],
  [
    'bundler for a Worker with Node types',
    { ...BUNDLER, ...WORKER_AND_NODE_TYPES },
    bundled(...everywhere, 'worker'),
    COMPILERS,
  ],
  ['bundler to CommonJS', BUNDLER_COMMONJS, bundled(...everywhere), ['6.0', '7.0']],
  ['bundler to CommonJS with the DOM', { ...BUNDLER_COMMONJS, ...DOM }, bundled(...everywhere, 'dom'), ['6.0', '7.0']],
  ['node10', NODE10, filesOf(everywhere, 'ts'), ['5.4', '5.9']],
  ['node10 with the DOM', { ...NODE10, ...DOM }, filesOf([...everywhere, 'dom'], 'ts'), ['5.4', '5.9']],
];

/** Returns the lines of a file that name the errors expected there. */
const mistakesIn = (name: string): { line: number; codes: string[] }[] =>
  readConsumer(name)
    .split('\n')
    .flatMap((text, index) => {
      const codes = /\/\/ ((?:TS\d+ ?)+)$/.exec(text)?.[1];
      return codes === undefined ? [] : [{ line: index + 1, codes: codes.split(' ') }];
    });

const MISTAKES: readonly (readonly [name: string, options: Options])[] = [
  ['mistakes', NODE],
  ['worker-mistakes', { ...BUNDLER, ...WORKER_TYPES }],
];

describe.concurrent.each(COMPILERS)('TypeScript %s', (compiler) => {
  test.each(PROJECTS.filter(([, , , compilers]) => compilers.includes(compiler)))(
    'compiles a project: %s',
    async (name, options, files) => {
      const outcome = await compile(project, `${compiler} ${name}`, compiler, options, files);
      expect(outcome).toEqual({ status: 0, output: '', errors: '' });
    },
    TIMEOUT_MS,
  );

  test.each(MISTAKES)(
    'rejects each wrong use with the expected error: %s',
    async (name, options) => {
      const mistakes = mistakesIn(`${name}.ts`);
      const { status, output } = await compile(
        project,
        `${compiler} ${name}`,
        compiler,
        { ...options, noUnusedLocals: false },
        { [`${name}.mts`]: `${name}.ts` },
      );
      const found = [...output.matchAll(/^[\w-]+\.mts\((\d+),\d+\): error (TS\d+)/gm)].map(([, line, code]) => ({
        line: Number(line),
        code,
      }));
      expect(status).not.toBe(0);
      expect(mistakes.length).toBeGreaterThan(15);
      expect(
        found.map(({ line }) => line),
        output,
      ).toEqual(mistakes.map(({ line }) => line));
      for (const [index, { line, codes }] of mistakes.entries())
        expect(codes, `line ${line}`).toContain(found[index]?.code);
      // What to do stands in the error itself, wherever a decoded set is passed as a verified one.
      expect(output).toMatch(/\bverifyTheTokenWithVerifySetOrCreateVerifier\b.* required in type 'VerifiedSet'/);
    },
    TIMEOUT_MS,
  );
});

describe('the consumer', () => {
  test(
    'uses every exported name',
    () => {
      const names = exportedNames(project);
      const used = new Set(importedNames(readdirSync(new URL('consumer/', import.meta.url)).map(readConsumer)));
      expect(names).toEqual(
        expect.arrayContaining(['secevent decodeSet', 'secevent VerifiedSet', 'secevent/scim scimEvents']),
      );
      expect(names.filter((name) => !used.has(name))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
