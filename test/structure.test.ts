/** src keeps the rules of support/structure.ts and support/docs.ts, which no linter knows, and each rule can fail. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import sources from '../scripts/entries.json' with { type: 'json' };
import { findDocFaults } from './support/docs.js';
import { checkStructure, type Rule, RULES, type Sources } from './support/structure.js';

const root = fileURLToPath(new URL('../', import.meta.url));

function readSources(): Sources {
  const names = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' });
  const paths = names.map((name) => name.replaceAll('\\', '/')).filter((name) => /\.[cm]?[jt]sx?$/.test(name));
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(`${root}src/${path}`, 'utf8')]));
}

/** Adds to every file the comment that it has to begin with, as its first line. */
function withOpening(sources: Sources): Sources {
  return Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, `/** What it is. */\n${text}`]));
}

/** Where the rule finds its one violation, in made-up sources. */
type Case = readonly [place: string, sources: Sources];

const A = 'export const a = 1;';
const WORK: readonly string[] = [
  ...['f();', 'if (a) {}', 'const a = f();', 'var a = 1;', 'const { a } = b;', 'let a = await b;', 'const a = URL;'],
  ...['const a = new Map();', `const a = Symbol('a');`, 'const a = [1, Object.freeze({})];', 'const a = `${f()}`;'],
  ...['const a = /* @__PURE__ */ f();', 'const a = /* @__PURE__ */ new Map([f()]);', 'const a = { URL };'],
  ...['const a = { ...{} };', 'const a = [...[]];', 'const a = { [f()]: 1 };', 'const a = b.c;', 'using a = null;'],
  ...['export default f();', 'declare global {}', 'const a = b ?? 1;', 'export class SetError extends mix(Error) {}'],
  ...['export class SetError { static { f(); } }', 'export class SetError { static a = f(); }'],
];
const REFUSED: Readonly<Record<Rule, readonly Case[]>> = {
  'every file has a layer': [
    ['strange.ts:1', { 'strange.ts': A }],
    ['strange/a.ts:1', { 'strange/a.ts': `import { a } from '../set.js';`, 'set.ts': A }],
    ['set.mts:1', { 'set.mts': A }],
  ],
  'imports run one way': [
    ['json.ts:2', { 'json.ts': `import { a } from './set.js';`, 'set.ts': A }],
    ['errors.ts:3', { 'errors.ts': `${A}\nimport type { B } from './time.js';`, 'time.ts': 'export type B = 1;' }],
    ['events/read.ts:2', { 'events/read.ts': `import '../receiver/push.js';`, 'receiver/push.ts': A }],
    ['jws.ts:2', { 'jws.ts': `export type { T } from './keys.js';`, 'keys.ts': A }],
  ],
  'no cycle among imports': [
    ['time.ts:2', { 'json.ts': `import './time.js';`, 'time.ts': `import './json.js';` }],
    ['time.ts:2', { 'json.ts': `import type { B } from './time.js';`, 'time.ts': `export * from './json.js';` }],
    ['set.ts:2', { 'set.ts': `import './set.js';` }],
  ],
  'no vague file names': [
    ...['akamai/utils.ts', 'cli/helper/a.ts', 'cli/helpers.ts', 'cli/misc.ts', 'cli/shared/a.ts', 'events/Common.ts'],
    'jwks/a.util.ts',
  ].map((path) => [`${path}:1`, { [path]: A }]),
  'a file begins with what it is': [
    ['set.ts:1', { 'set.ts': `${A} // What it is.` }],
    ['set.ts:1', { 'set.ts': `/***/\n${A}` }],
  ],
  'no work at import time': WORK.map((text) => ['set.ts:2', { 'set.ts': text }]),
};

/** What only looks like a violation. */
const ACCEPTED: readonly Sources[] = [
  { 'set.ts': 'const a = 4 * 1_048_576, b = -1, c = [a, { b, d: [/x/g, null, undefined] }] as const;\nlet e: string;' },
  { 'set.ts': 'export const a = /* @__PURE__ */ Object.freeze({ b: /* @__PURE__ */ new Set([1]), c() { f(); } });' },
  {
    'set.ts': `const a = /* @__PURE__ */ describeEvent({ b }, c);\nconst b = 1, c = /* @__PURE__ */ createSchema({});`,
  },
  { 'set.ts': 'const a = /* @__PURE__ */ Symbol("a");\nconst b = { get [a]() { return f(); } } satisfies B;' },
  { 'set.ts': 'const a = 1;\nconst b = `x${a}`;\nfunction f() {}\nconst c = { f, g() {} };\nexport default c;' },
  { 'set.ts': `import { type A, a } from './jws.js';\nconst b: A = a;\nexport { b };`, 'jws.ts': A },
  { 'errors.ts': 'export class SetError extends Error { override readonly name = f(); }' },
  { 'vocabularies/shared-signals.ts': A, 'cli/helping.ts': A },
  { 'cli/main.ts': `import { once } from 'node:events';\nrun();`, 'index.ts': '' },
];

test('src keeps every rule', () => {
  const sources = readSources();
  expect(Object.keys(sources)).toContain('index.ts');
  expect(checkStructure(sources).join('\n')).toBe('');
});

describe.each(RULES)('the rule "%s"', (rule) => {
  test.each(REFUSED[rule])('is broken at %s in %j', (place, sources) => {
    const texts = rule === 'a file begins with what it is' ? sources : withOpening(sources);
    expect(checkStructure(texts).map((violation) => violation.split(': ', 2).join(': '))).toEqual([
      `${place}: ${rule}`,
    ]);
  });
});

test.each(ACCEPTED)('no rule is broken in %j', (sources) => {
  expect(checkStructure(withOpening(sources))).toEqual([]);
});

test('the entry may begin without a comment, and a command with its interpreter', () => {
  const command = `#!/usr/bin/env node\n// The command.\nrun();`;
  const entry = `export { a } from './set.js';`;
  expect(checkStructure({ 'index.ts': entry, 'set.ts': `// A set.\n${A}`, 'cli/main.ts': command })).toEqual([]);
});

/** A program of one made-up file, with no library. */
function programOf(text: string): ts.Program {
  const options: ts.CompilerOptions = { noLib: true, types: [], target: ts.ScriptTarget.ES2022 };
  const file = ts.createSourceFile('entry.ts', text, ts.ScriptTarget.ES2022, true);
  const getSourceFile = (name: string): ts.SourceFile | undefined => (name === 'entry.ts' ? file : undefined);
  return ts.createProgram(['entry.ts'], options, { ...ts.createCompilerHost(options), getSourceFile });
}

describe('docstrings', () => {
  test('name what each export throws and the standard that it follows', () => {
    const paths = Object.values(sources).map((path) => root + path);
    const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile) as { config: unknown };
    const program = ts.createProgram(paths, ts.parseJsonConfigFileContent(config, ts.sys, root).options);
    expect(paths.flatMap((path) => findDocFaults(program, path)).join('\n')).toBe('');
  });

  test.each([
    ['/** @see RFC 1 */ export function a() { throw 1; }', 'a: throws, and has no @throws'],
    ['/** @see RFC 1 */ export const a = () => { throw 1; };', 'a: throws, and has no @throws'],
    [
      '/** @see RFC 1 */ export function a() { b(); }\n/** @throws 1 */ function b() {}',
      'a: throws, and has no @throws',
    ],
    ['/** @see RFC 1 */ export function a() { try { throw 1; } finally {} }', 'a: throws, and has no @throws'],
    ['/** An error. */ export class SetError { constructor() { throw 1; } }', 'SetError: throws, and has no @throws'],
    ['/** Does it. */ export function a() {}', 'a: no @see'],
    ['/** An event. */ export const a = 1;', 'a: no @see'],
    ['/** A key. */ export interface JsonWebKey {}', 'JsonWebKey: no @see'],
  ])('fail in %j', (text, fault) => {
    expect(findDocFaults(programOf(text), 'entry.ts')).toEqual([fault]);
  });

  test.each([
    ['/** What this library throws. */ export class SetError { constructor() {} }'],
    ['/** @see RFC 1 */ export function a() { try { throw 1; } catch { return () => { throw 2; }; } }'],
    ['/**\n * @throws 1\n * @see RFC 1 */ export function a() { throw 1; }'],
    ['/** A type. */ export interface A {}\n/** Events. */ export const akamaiEvents = 1;'],
  ])('hold in %j', (text) => {
    expect(findDocFaults(programOf(text), 'entry.ts')).toEqual([]);
  });
});
