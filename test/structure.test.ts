/** The rules of the house hold in src, and each of them can fail. What the rules are stands in support/structure.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { findDocFaults } from './support/docs.js';
import { checkStructure, PLACES, type Rule, RULES, type Sources } from './support/structure.js';

const root = fileURLToPath(new URL('../', import.meta.url));

function readSources(): Sources {
  const names = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).map((name) =>
    name.replaceAll('\\', '/'),
  );
  const paths = names.filter((name) => /\.[cm]?[jt]sx?$/.test(name) && !BUILD_STEPS.includes(name)).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(`${root}src/${path}`, 'utf8')]));
}

/** What the build runs, in Node, and no part of what it makes. */
const BUILD_STEPS = ['declare.mjs', 'inspector/assemble.mjs'];

/** Gives every file the comment that it has to begin with, as its first line. */
function withOpening(sources: Sources): Sources {
  return Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, `/** What it is. */\n${text}`]));
}

/** Where the rule has to find its one violation, in made-up sources. */
type Case = readonly [place: string, sources: Sources];

/** A case of one file with the violation in its second line, the first after the opening. */
function line2(path: string, ...texts: readonly string[]): Case[] {
  return texts.map((text) => [`${path}:2`, { [path]: text }]);
}

const A = 'export const a = 1;';
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
    ['akamai/verifier.ts:2', { 'akamai/verifier.ts': `export const f = () => import('../cli/a.js');`, 'cli/a.ts': A }],
    ['jws.ts:2', { 'jws.ts': `export type T = import('./keys.js').T;`, 'keys.ts': A }],
  ],
  'an import names a source file': [
    ...line2('set.ts', `import { a } from './gone.js';`, `import data from '../package.json';`),
    ...line2('set.ts', 'export const f = (name: string) => import(name);'),
  ],
  'no cycle among imports': [
    ['time.ts:2', { 'json.ts': `import './time.js';`, 'time.ts': `import './json.js';` }],
    [
      'time.ts:2',
      { 'json.ts': `import type { B } from './time.js';`, 'time.ts': `import type { A } from './json.js';` },
    ],
    [
      'cli/c.ts:2',
      { 'cli/a.ts': `import './b.js';`, 'cli/b.ts': `import './c.ts';`, 'cli/c.ts': `type A = import('./a').A;` },
    ],
    ['cli/b.ts:2', { 'cli/a.ts': `export const f = () => import('./b.js');`, 'cli/b.ts': `import './a.js';` }],
    ['set.ts:2', { 'set.ts': `import './set.js';` }],
  ],
  'no runtime dependency': [
    ...line2('set.ts', `import { decodeJwt } from 'jose';`, `import type { Jwk } from '@scope/jose/types';`),
    ...line2('cli/a.ts', `import fs from 'fs';`, `export const f = () => require('jose');`, `import a from '/a.js';`),
    ...line2('set.ts', `export const f = () => import('jose');`, `/// <reference types="node" />`, `import '#inside';`),
  ],
  'Node only in cli/': [
    ...line2(
      'receiver/node.ts',
      `import type { Server } from 'node:http';`,
      `export const f = () => import('node:fs');`,
    ),
    ...line2('receiver/node.ts', 'export function f(body: Buffer) {}', 'export type T = typeof process;'),
    ...line2('receiver/node.ts', 'export type T = NodeJS.Timeout;'),
    ...line2('set.ts', 'export const f = () => (globalThis as { process?: unknown }).process;'),
    ...line2('set.ts', 'export function f() { const { process: host } = globalThis; return host; }'),
    ...line2('set.ts', `export const f = () => globalThis['Buffer'];`, 'export const f = () => ({ __dirname });'),
  ],
  'nobody imports an index.ts': [
    ['cli/a.ts:2', { 'cli/a.ts': `import { a } from '../akamai/index.js';`, 'akamai/index.ts': '' }],
    ['cli/a.ts:2', { 'cli/a.ts': `import { a } from '../akamai';`, 'akamai/index.ts': '' }],
    ['index.ts:2', { 'index.ts': `export * from './akamai/index.js';`, 'akamai/index.ts': '' }],
  ],
  'only an index.ts re-exports': [
    ['set.ts:2', { 'set.ts': `export { a } from './jws.js';`, 'jws.ts': A }],
    ['set.ts:2', { 'set.ts': `export * from './jws.js';`, 'jws.ts': A }],
    ['set.ts:2', { 'set.ts': `export type { A } from './jws.js';`, 'jws.ts': A }],
    ['set.ts:3', { 'set.ts': `import { a } from './jws.js';\nexport { a as b };`, 'jws.ts': A }],
  ],
  'an index.ts holds exports only': [
    ...line2('index.ts', A, 'export {};', 'interface A {}'),
    ['akamai/index.ts:2', { 'akamai/index.ts': `import { a } from '../set.js';`, 'set.ts': A }],
  ],
  'one place each': [
    ...line2(
      'verify.ts',
      `export const f = () => window['atob']('');`,
      'export function f() { const { parse } = JSON; }',
    ),
    ...line2('jwks/remote.ts', 'export const f = (options: Options) => (options.fetch ?? globalThis.fetch)(url);'),
    ...line2(
      'jwks/remote.ts',
      'export const f = (o: O) => (o ? g : o.fetch)(url);',
      'export const f = (now = Date.now) => 1;',
    ),
    ...['call', 'apply', 'bind'].flatMap((name) =>
      line2('jwks/remote.ts', `export const f = () => fetch.${name}(null, url);`),
    ),
    ...line2('keys.ts', 'export const f = (s: SubtleCrypto) => s.verify(algorithm, key, signature, data);'),
    ...line2('verify.ts', 'export function f() { const { importKey } = crypto.subtle; }'),
  ],
  'no file over 300 lines': [['set.ts:301', { 'set.ts': '\n'.repeat(299) + A }]],
  'no vague file names': [
    'akamai/utils.ts',
    'cli/helper/a.ts',
    'cli/helpers.ts',
    'cli/misc.ts',
    'cli/shared/a.ts',
    'events/Common.ts',
    'jwks/a.util.ts',
  ].map((path) => [`${path}:1`, { [path]: A }]),
  'a file begins with what it is': [
    ['set.ts:1', { 'set.ts': `${A} // What it is.` }],
    ['set.ts:1', { 'set.ts': `/***/\n${A}` }],
  ],
  'no class but SetError': [
    ...line2('set.ts', 'class Store {}', 'export class SetError extends Error {}', 'export const f = () => class {};'),
    ...line2('errors.ts', 'export class KeyError extends Error {}', 'export const A = class {};'),
  ],
  'no enum': line2('set.ts', 'export enum Kind { a }', 'const enum Kind { a }', 'declare enum Kind { a }'),
  'no any': line2(
    'set.ts',
    'export function f(a: any) {}',
    'export type T = any[];',
    'export const f = () => 1 as any;',
  ),
  'no check is switched off': [
    ...line2('set.ts', '// @ts-ignore\n', '// @ts-expect-error because', '/* @ts-ignore */', '//@ts-nocheck'),
    ...line2('set.ts', '/* eslint-disable no-empty */', 'export const a = [ // eslint-disable-line\n];'),
    ['set.ts:4', { 'set.ts': 'export function f() {\n  g();\n  // eslint-disable-next-line\n  h();\n}' }],
    ['set.ts:3', { 'set.ts': '/*\n * @ts-ignore\n */' }],
  ],
  'no silent catch': [
    ...line2(
      'set.ts',
      'export function f() { try { g(); } catch {} }',
      'export function f() { try { g(); } catch (e) { ; } }',
    ),
    ...line2(
      'set.ts',
      'export function f() { try { g(); } catch { /* */ } }',
      'export const f = () => g().catch(() => {});',
    ),
  ],
  'no work at import time': [
    ...line2('set.ts', 'f();', 'if (a) {}', 'const a = f();', 'var a = 1;', 'const { a } = b;', 'let a = await b;'),
    ...line2('set.ts', 'const a = new Map();', `const a = Symbol('a');`, 'const a = [1, Object.freeze({})];'),
    ...line2('set.ts', 'const a = /* @__PURE__ */ f();', 'const a = /* @__PURE__ */ new Map([f()]);', 'const a = URL;'),
    ...line2('set.ts', 'const a = { ...{} };', 'const a = [...[]];', 'const a = { [f()]: 1 };', 'const a = { URL };'),
    ...line2('set.ts', 'const a = `${f()}`;'),
    ...line2(
      'set.ts',
      'const a = b.c;',
      'using a = null;',
      'export default f();',
      'declare global {}',
      'const a = b ?? 1;',
    ),
    ...line2('errors.ts', 'export class SetError extends mix(Error) {}', 'export class SetError { static { f(); } }'),
    ...line2('errors.ts', 'export class SetError { static a = f(); }'),
  ],
};

/** For each use in the table of places the expression that shows it. */
const USES: Readonly<Record<string, string>> = {
  'JSON.parse': 'JSON.parse(text)',
  'fetch()': 'fetch(url)',
  'new Date': 'new Date()',
  'Date()': 'Date()',
  '.importKey': 'crypto.subtle.importKey()',
  'subtle.verify': 'crypto.subtle.verify()',
};

/** What only looks like a violation. */
const ACCEPTED: readonly Sources[] = [
  { 'set.ts': '// any enum class process Buffer atob JSON.parse new Date() fetch() import("jose") catch {}' },
  { 'set.ts': `export const a = 'any enum class process Buffer atob() JSON.parse new Date() // @ts-ignore';` },
  {
    'set.ts':
      'export const a = `process ${1} Date.now() // eslint-disable`;\nexport const b = /atob|fetch()|@ts-ignore/;',
  },
  { 'set.ts': '/** Unlike `@ts-ignore` this is said in words; nor is eslint-disable needed. */\nexport const a = 1;' },
  { 'set.ts': 'export interface O { process: 1; require?: 2; any: 3; fetch?: typeof fetch; escape(): void }' },
  { 'set.ts': 'export const f = (o: O) => [o.process, o.require, o.escape(), { Buffer: 1, fetch() {} }, o.parse(1)];' },
  { 'set.ts': 'export const f = (options: O) => load(options.fetch ?? globalThis.fetch, options.verify(token));' },
  { 'set.ts': 'export type T = Web.Buffer;\nexport const f = () => g(() => {});' },
  { 'set.ts': 'export const f = (date: Date): Date => Date.UTC(2020) ? date : date;' },
  {
    'set.ts':
      'export function f() { try { g(); } catch { /* No g. */ }\n  h().catch(() => {\n    // Said elsewhere.\n  }); }',
  },
  { 'set.ts': '\n'.repeat(298) + A + '\n' },
  { 'set.ts': 'const a = 4 * 1_048_576, b = -1, c = [a, { b, d: [/x/g, null, undefined] }] as const;\nlet e: string;' },
  { 'set.ts': 'export const a = /* @__PURE__ */ Object.freeze({ b: /* @__PURE__ */ new Set([1]), c() { f(); } });' },
  {
    'set.ts': `export const a = /* @__PURE__ */ describeEvent('a', { b: string }, c);\nconst string = 1, c = /* @__PURE__ */ objectOf({});`,
  },
  { 'set.ts': 'const a = /* @__PURE__ */ Symbol("a");\nconst b = { get [a]() { return f(); } } satisfies B;' },
  {
    'set.ts':
      'const a = 1;\nconst b = `x${a}`;\nfunction f() {}\nconst c = { f, g: function () {} };\nexport default c;',
  },
  { 'set.ts': `import { type A, a } from './jws.js';\nconst b: A = a;\nexport { b };`, 'jws.ts': A },
  { 'errors.ts': 'export class SetError extends Error { override readonly name = f(); }' },
  { 'cli/a.ts': `import { once } from 'node:events';\nexport const f = () => process.argv;` },
  { 'vocabularies/shared-signals.ts': A, 'cli/helping.ts': A },
  { 'cli/main.ts': 'run();', 'index.ts': '' },
];

describe('the sources', () => {
  test('keep every rule', () => {
    const sources = readSources();
    expect(Object.keys(sources)).toContain('index.ts');
    expect(checkStructure(sources).join('\n')).toBe('');
  });
});

describe.each(RULES)('the rule "%s"', (rule) => {
  test.each(REFUSED[rule])('is broken at %s in %j', (place, sources) => {
    const texts = rule === 'a file begins with what it is' ? sources : withOpening(sources);
    expect(checkStructure(texts).map((violation) => violation.split(': ', 2).join(': '))).toEqual([
      `${place}: ${rule}`,
    ]);
  });
});

describe.each(PLACES)('$uses', ({ uses, files, rule = 'one place each' }) => {
  test.each(uses)('%s belongs in its place', (use) => {
    const text = `export const f = () => ${USES[use] ?? use};`;
    for (const file of files) expect(checkStructure(withOpening({ [file.replace(/\/$/, '/a.ts')]: text }))).toEqual([]);
    for (const path of ['envelope.ts', 'receiver/push.ts', 'inspector/page.ts']) {
      const violation = `${path}:2: ${rule}: ${use} belongs in ${files.join(', ')}`;
      expect(checkStructure(withOpening({ [path]: text }))).toEqual([violation]);
    }
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

/** For each entry the exports that have to cite their standard. */
const STANDARDISED: Readonly<Record<string, readonly string[]>> = {
  'index.ts': [
    ...['decodeSet', 'splitJws', 'encodeBase64url', 'decodeBase64url', 'toDate', 'occurredAt', 'audiences'],
    ...['defineEvent', 'readEvent', 'readEvents', 'parseSubject', 'subjectOf', 'SubjectIdentifier', 'StandardSchemaV1'],
    ...[
      'verifySet',
      'createVerifier',
      'verifyJws',
      'importSpki',
      'createRemoteJwks',
      'JsonWebKey',
      'JsonWebKeySet',
      'VerifyOptions',
    ],
  ],
  'akamai/index.ts': [
    ...['createAkamaiVerifier', 'attributeClient', 'parseGlobalSub', 'parseV2Notifications'],
    ...['entityCreated', 'entityUpdated', 'entityDeleted', 'userCredentialUpdated', 'test'],
  ],
  'vocabularies/caep.ts': [
    ...['sessionRevoked', 'tokenClaimsChange', 'credentialChange', 'assuranceLevelChange', 'deviceComplianceChange'],
    ...['sessionEstablished', 'sessionPresented', 'riskLevelChange'],
  ],
  'vocabularies/oidc.ts': ['backchannelLogout', 'createLogoutVerifier'],
  'vocabularies/risc.ts': [
    ...[
      'accountCredentialChangeRequired',
      'accountPurged',
      'accountDisabled',
      'accountEnabled',
      'identifierChanged',
      'identifierRecycled',
    ],
    ...['credentialCompromise', 'optIn', 'optOutInitiated', 'optOutCancelled', 'optOutEffective', 'recoveryActivated'],
    ...['recoveryInformationChanged', 'sessionsRevoked', 'verification'],
  ],
  'vocabularies/scim.ts': [
    ...[
      'feedAdd',
      'feedRemove',
      'provCreateNotice',
      'provCreateFull',
      'provPatchNotice',
      'provPatchFull',
      'provPutNotice',
    ],
    ...['provPutFull', 'provDelete', 'provActivate', 'provDeactivate', 'miscAsyncresp'],
  ],
  'vocabularies/ssf.ts': ['verification', 'streamUpdated', 'createSsfVerifier'],
  'receiver/index.ts': [
    ...[
      'createPushReceiver',
      'toNodeListener',
      'pollSets',
      'createMemoryReplayStore',
      'createRedisReplayStore',
      'replayKey',
      'deliveryErrorOf',
    ],
  ],
  'testing/index.ts': ['createTestTransmitter'],
};

/** A program of one made-up file, with no library. */
function programOf(text: string): ts.Program {
  const options: ts.CompilerOptions = { noLib: true, types: [], target: ts.ScriptTarget.ES2022 };
  const file = ts.createSourceFile('entry.ts', text, ts.ScriptTarget.ES2022, true);
  const host = {
    ...ts.createCompilerHost(options),
    getSourceFile: (name: string) => (name === 'entry.ts' ? file : undefined),
  };
  return ts.createProgram(['entry.ts'], options, host);
}

describe('docstrings', () => {
  test.each(Object.entries(STANDARDISED))(
    'say of every export of %s what it is, what it throws and which standard it follows',
    (entry, standardised) => {
      const { config, error } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
      expect(error).toBeUndefined();
      const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
      const program = ts.createProgram([`${root}src/${entry}`], options);
      expect(findDocFaults(program, `${root}src/${entry}`, standardised).join('\n')).toBe('');
    },
  );

  test.each([
    ['export type A = 1;', 'A: no docstring'],
    ['// A comment.\nexport function a() {}', 'a: no docstring'],
    ['/** does it */ export function a() {}', 'a: begins with no sentence'],
    ['/** Does it. */ export function a() { throw 1; }', 'a: throws, and has no @throws'],
    ['/** Does it. */ export const a = () => { throw 1; };', 'a: throws, and has no @throws'],
    ['/** Does it, or throws. */ export function a() {}', 'a: throws, and has no @throws'],
    ['/** Does it. */ export function a() { b(); }\n/** @throws 1 */ function b() {}', 'a: throws, and has no @throws'],
    ['/** Does it. */ export function a() { try { throw 1; } finally {} }', 'a: throws, and has no @throws'],
    ['/** An error. */ export class A { constructor() { throw 1; } }', 'A: throws, and has no @throws'],
    ['/** Does it. */ export function standard() {}', 'standard: no @see'],
    ['/** Does it. */ export function other() {}', 'standard: is not exported'],
  ])('fail in %j', (text, fault) => {
    expect(findDocFaults(programOf(text), 'entry.ts', fault.startsWith('standard') ? ['standard'] : [])).toEqual([
      fault,
    ]);
  });

  test.each([
    ['/** What this library throws. */ export class A { constructor() {} }'],
    ['/** Does it, always. */ export function a() { try { throw 1; } catch { return () => { throw 2; }; } }'],
    ['/**\n * Does it\n * in two lines.\n *\n * @throws 1\n * @see RFC 1 */ export function standard() { throw 1; }'],
    ['/** a word */ export interface A {}'],
    ['/** a word */ export const a = 1;'],
    ['/** Does it. */ export function a(): void;\nexport function a() {}'],
  ])('hold in %j', (text) => {
    expect(findDocFaults(programOf(text), 'entry.ts', text.includes('standard') ? ['standard'] : [])).toEqual([]);
  });
});
