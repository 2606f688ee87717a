/**
 * Each rule of eslint.config.js that the project relies on finds a violation: a rule that finds nothing goes unnoticed.
 *
 * Leaves out most rules of the recommended sets.
 */
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';
import tseslint from 'typescript-eslint';

const cwd = fileURLToPath(new URL('../', import.meta.url));
const untyped = new ESLint({ cwd, overrideConfig: [tseslint.configs.disableTypeChecked] });

/** Returns the rules that a text breaks. Null stands for a comment that would switch a rule off. */
async function rulesBrokenBy(text: string, path: string, eslint = untyped): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: `${cwd}src/${path}` });
  return [...new Set(result!.messages.map(({ ruleId }) => ruleId))];
}

// In parts, so that a search of the project for such comments finds only real ones.
const SWITCH_OFF = ['eslint', 'disable'].join('-');
const SUPPRESS = ['@ts', 'ignore'].join('-');

const GLOBALS = 'no-restricted-globals';
const MEMBERS = 'no-restricted-properties';
const SYNTAX = 'no-restricted-syntax';
const IMPORTS = 'no-restricted-imports';

/** What is allowed in one place and a violation elsewhere. */
const PLACES: readonly (readonly [place: string, rule: string, violation: string])[] = [
  ['cli/a.ts', GLOBALS, 'f(process.argv);'],
  ['cli/a.ts', GLOBALS, 'f(Buffer);'],
  ['cli/a.ts', GLOBALS, 'f({ __dirname });'],
  ['cli/a.ts', SYNTAX, 'f((a: Buffer) => 1);'],
  ['cli/a.ts', GLOBALS, 'f(globalThis["Buffer"]);'],
  ['cli/a.ts', SYNTAX, 'f({} as typeof process);'],
  ['cli/a.ts', SYNTAX, 'f({} as NodeJS.Timeout);'],
  ['cli/a.ts', GLOBALS, 'console.log(1);'],
  ['cli/a.ts', IMPORTS, 'import "node:fs";'],
  ['cli/a.ts', IMPORTS, 'import type { Server } from "node:http";'],
  ['base64url.ts', GLOBALS, 'atob("");'],
  ['inspector/unpack.ts', GLOBALS, 'window["btoa"]("");'],
  ['inspector/unpack.ts', SYNTAX, 'f(globalThis as { process?: 1 });'],
  ['inspector/unpack.ts', SYNTAX, 'const { process: host } = globalThis;'],
  ['json.ts', GLOBALS, 'new TextDecoder();'],
  ['json.ts', GLOBALS, 'new TextEncoder();'],
  ['json.ts', GLOBALS, 'decodeURIComponent(escape(""));'],
  ['json.ts', MEMBERS, 'JSON.parse("");'],
  ['json.ts', MEMBERS, 'const { parse } = JSON;'],
  ['http.ts', GLOBALS, 'f(globalThis.fetch);'],
  ['http.ts', SYNTAX, 'options.fetch(url);'],
  ['http.ts', SYNTAX, '(o ? g : o.fetch)(url);'],
  ['http.ts', SYNTAX, 'options.fetch.call(null, url);'],
  ['time.ts', MEMBERS, 'f(Date.now);'],
  ['time.ts', SYNTAX, 'new Date(1);'],
  ['time.ts', SYNTAX, 'Date();'],
  ['key-import.ts', MEMBERS, 'crypto.subtle.importKey();'],
  ['key-import.ts', MEMBERS, 'const { importKey } = crypto.subtle;'],
  ['verify.ts', SYNTAX, 's.verify(algorithm, key, signature, data);'],
  ...[
    ...['Object.hasOwn(o, "a");', 'Object.groupBy(a, f);', 'const { hasOwn } = Object;', 'Map.groupBy(a, f);'],
    ...['URL.canParse(a);', 'URL.parse(a);', 'Promise.withResolvers();', 'Promise.try(f);', 'Array.fromAsync(a);'],
    ...['AbortSignal.any(a);', 'f(AbortSignal.timeout);', 'Response.json(a);', 'Uint8Array.fromBase64(a);'],
    'Uint8Array.fromHex(a);',
  ].map((violation) => ['cli/a.ts', MEMBERS, violation] as const),
  ...[
    ...['a.at(-1);', 'a?.at(0);', 'f().findLast(g);', 'a.findLastIndex(f);', 'a.toReversed();', 'a.toSorted();'],
    ...['a.toSpliced(0, 1);', 'a.with(0, 1);', 'a.isWellFormed();', 'a.toWellFormed();', 'signal.throwIfAborted();'],
  ].map((violation) => ['cli/a.ts', SYNTAX, violation] as const),
  ['cli/a.ts', GLOBALS, 'structuredClone(a);'],
  ['inspector/input.ts', SYNTAX, 'f(/(?<=a)b/);'],
  ['inspector/input.ts', SYNTAX, 'f(/(?<!a)b/);'],
  ['errors.ts', SYNTAX, 'class SetError extends Error {}'],
  ['index.ts', SYNTAX, 'export { a } from "./set.js";'],
  ['akamai/index.ts', SYNTAX, 'export * from "../set.js";'],
];

const VIOLATIONS: readonly (readonly [path: string, rule: string | null, violation: string])[] = [
  ['set.ts', SYNTAX, 'import { a } from "./set.js";\nexport { a };'],
  ['index.ts', SYNTAX, 'const a = 1;'],
  ['akamai/index.ts', SYNTAX, 'export {};'],
  ['set.ts', SYNTAX, 'class Store { a = 1; }'],
  ['set.ts', SYNTAX, 'f(class { a = 1; });'],
  ['errors.ts', SYNTAX, 'class KeyError extends Error {}'],
  ['set.ts', SYNTAX, 'declare enum Kind { a }'],
  ['cli/a.ts', SYNTAX, 'f(() => import("./set.js"));'],
  ['set.ts', IMPORTS, 'import "jose";'],
  ['set.ts', IMPORTS, 'import type { Jwk } from "@scope/jose/types";'],
  ['cli/a.ts', IMPORTS, 'import "fs";'],
  ['cli/a.ts', IMPORTS, 'import "/a.js";'],
  ['set.ts', IMPORTS, 'import "#inside";'],
  ['set.ts', IMPORTS, 'import "../package.json";'],
  ['set.ts', IMPORTS, 'import "./set";'],
  ['cli/a.ts', IMPORTS, 'import "../akamai/index.js";'],
  ['cli/a.ts', IMPORTS, 'import "../akamai";'],
  ['set.ts', '@typescript-eslint/consistent-type-imports', 'type A = import("./set.js").A;'],
  ['set.ts', '@typescript-eslint/no-require-imports', 'import a = require("./set.js");'],
  ['set.ts', '@typescript-eslint/triple-slash-reference', '/// <reference types="node" />'],
  ['set.ts', '@typescript-eslint/no-explicit-any', 'let a: any;'],
  ...[SUPPRESS, '@ts-expect-error', '@ts-nocheck'].map(
    (directive) => ['set.ts', '@typescript-eslint/ban-ts-comment', `// ${directive} because it is so`] as const,
  ),
  ['set.ts', null, `// ${SWITCH_OFF}-next-line no-empty\nf();`],
  ['set.ts', null, '/* eslint no-empty: off */'],
  ['set.ts', 'no-empty', 'try { f(); } catch {}'],
  ['set.ts', '@typescript-eslint/no-empty-function', 'f().catch(() => {});'],
  ['set.ts', 'jsdoc/require-jsdoc', 'export type A = 1;'],
  ['set.ts', 'jsdoc/require-jsdoc', '// A comment.\nexport function a() { f(); }'],
  ['set.ts', 'jsdoc/require-description', '/** @see RFC 1 */\nexport const a = 1;'],
  ['set.ts', 'jsdoc/match-description', '/** does it. */\nexport const a = 1;'],
  ['set.ts', 'jsdoc/match-description', '/** Does. */\nexport const a = 1;'],
  ['set.ts', 'jsdoc/no-restricted-syntax', '/** Does it, or throws. */\nexport function f() { g(); }'],
  ['set.ts', 'jsdoc/match-description', '/** Does it */\nexport const a = 1;'],
  ['set.ts', 'jsdoc/require-throws', '/** Does it. */\nexport function a() { throw new Error("a"); }'],
  ['set.ts', 'jsdoc/check-tag-names', '/**\n * Does it.\n *\n * @sees RFC 1\n */\nexport const a = 1;'],
  [
    'set.ts',
    'jsdoc/no-types',
    '/**\n * Does it.\n *\n * @param {string} a its name\n */\nexport function f(a) { g(a); }',
  ],
];

/** A violation per rule that needs types, which are those of DECLARED. */
const TYPED: Readonly<Record<string, string>> = {
  'await-thenable': 'await 1;',
  'no-floating-promises': 'f();',
  'no-misused-promises': 'if (f()) g();',
  'no-unsafe-member-access': 'g(JSON.parse("").a);',
  'only-throw-error': 'throw "a";',
  'prefer-promise-reject-errors': 'g(Promise.reject("a"));',
  'switch-exhaustiveness-check': 'switch (kind) { case "a": g(); }',
};

const DECLARED = [
  'declare const kind: "a" | "b";',
  'declare function f(): Promise<void>;',
  'declare function g(a?: unknown): void;',
];

const ACCEPTED = [
  'f("any enum class process atob JSON.parse new Date()", /fetch\\(\\)/);',
  `f("// ${SUPPRESS}");`,
  `/** Says \`${SUPPRESS}\` and ${SWITCH_OFF} in words. */\nexport const a = 1;`,
  'interface O { process: 1; require?: 2; any: 3; fetch?: typeof fetch; escape(): void }',
  'f(o.process, o.require, o.escape(), { Buffer: 1, fetch() { g(); } }, o.parse(1), options.verify(token));',
  'f(row.at, { at: 1 }, o.hasOwn, a.parse(b), list[list.length - 1], /(?<name>a)/, r.json());',
  'f((date: Date): Date => (Date.UTC(2020) ? date : date));',
  'try { f(); } catch {\n  // No f.\n}\ng().catch(() => {\n  // Said elsewhere.\n});',
  'import { type A, a } from "./jws.js";\nconst b: A = a;',
];

test.each(PLACES)('only %s may break %s with %j', async (place, rule, violation) => {
  expect(await rulesBrokenBy(violation, place)).toEqual([]);
  for (const path of ['envelope.ts', 'receiver/push.ts', 'inspector/page.ts'])
    expect(await rulesBrokenBy(violation, path), path).toEqual([rule]);
});

test.each(VIOLATIONS)('%s must not break %s with %j', async (path, rule, violation) => {
  expect(await rulesBrokenBy(violation, path)).toEqual([rule]);
});

test('each rule that needs types is broken', async () => {
  const text = [...DECLARED, ...Object.values(TYPED).map((violation) => `async () => { ${violation} };`)].join('\n');
  // The types of a file are known only if tsconfig.json includes its path. In CI, typescript-eslint would take the text
  // from the disk.
  const overrideConfig = { languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } } };
  const broken = await rulesBrokenBy(text, 'set.ts', new ESLint({ cwd, overrideConfig }));
  expect(broken).toEqual(expect.arrayContaining(Object.keys(TYPED).map((rule) => `@typescript-eslint/${rule}`)));
});

test('a file has at most 300 lines', async () => {
  expect(await rulesBrokenBy('f();\n'.repeat(300), 'set.ts')).toEqual([]);
  expect(await rulesBrokenBy('f();\n'.repeat(301), 'set.ts')).toEqual(['max-lines']);
});

test.each(ACCEPTED)('no rule is broken by %j', async (text) => {
  expect(await rulesBrokenBy(text, 'set.ts')).toEqual([]);
});
