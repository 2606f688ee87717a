/**
 * The rules of the linter, and the reason for each unusual one. prettier decides the format, and tsc reports undefined
 * and unused names.
 *
 * test/lint.test.ts checks that these rules find what they should. Leaves out what no linter knows, such as layers and
 * work at import time: see test/structure.test.ts.
 */
import { defineConfig } from 'eslint/config';
import jsdoc from 'eslint-plugin-jsdoc';
import * as regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const SRC = 'src/**/*.ts';
const CLI = 'src/cli/**';
const INDEX = 'src/**/index.ts';

/** Functions that Safari 15 lacks, by the object that has them. */
const NEWER_FUNCTIONS = {
  AbortSignal: ['any', 'timeout'],
  Array: ['fromAsync'],
  Map: ['groupBy'],
  Object: ['groupBy', 'hasOwn'],
  Promise: ['try', 'withResolvers'],
  Response: ['json'],
  URL: ['canParse', 'parse'],
  Uint8Array: ['fromBase64', 'fromHex'],
};

/** Methods of arrays, strings and signals that it lacks. */
const NEWER_METHODS =
  'at|findLast|findLastIndex|isWellFormed|throwIfAborted|toReversed|toSorted|toSpliced|toWellFormed|with';

/** One place each: only `files` may use these globals, members and forms of syntax. */
const PLACES = [
  {
    files: [CLI],
    globals: ['process', 'Buffer', 'require', '__dirname', '__filename', 'global', 'setImmediate', 'console'],
    syntax: [
      'TSQualifiedName[left.name="NodeJS"]',
      ':matches(TSTypeReference, TSTypeQuery) > Identifier[name=/^(?:process|Buffer|require)$/]',
    ],
  },
  // The page decodes its compressed script before the library in it has loaded.
  { files: ['src/base64url.ts', 'src/inspector/unpack.ts'], globals: ['atob', 'btoa'] },
  { files: ['src/json.ts', 'src/receiver/delivery.ts', 'src/inspector/file.ts', CLI], globals: ['TextDecoder'] },
  { files: ['src/json.ts'], globals: ['TextEncoder', 'escape', 'unescape', 'decodeURIComponent'] },
  { files: ['src/json.ts', CLI], properties: [{ object: 'JSON', property: 'parse' }] },
  {
    files: ['src/http.ts'],
    globals: ['fetch'],
    syntax: [
      'CallExpression > .callee:matches([name="fetch"], [property.name="fetch"])',
      'CallExpression > :matches(ConditionalExpression, LogicalExpression).callee Identifier[name="fetch"]',
      '[property.name=/^(?:call|apply|bind)$/] > .object:matches([name="fetch"], [property.name="fetch"])',
    ],
  },
  { files: ['src/time.ts', CLI], properties: [{ object: 'Date', property: 'now' }] },
  { files: ['src/time.ts'], syntax: [':matches(NewExpression, CallExpression)[callee.name="Date"]'] },
  { files: ['src/key-import.ts', 'src/cli/client-key.ts'], properties: [{ property: 'importKey' }] },
  // Only subtle.verify takes four arguments, whatever its object is called.
  { files: ['src/verify.ts'], syntax: ['CallExpression[callee.property.name="verify"][arguments.length=4]'] },
  { files: ['src/errors.ts'], syntax: ['ClassDeclaration[id.name="SetError"]'] },
  { files: [INDEX], syntax: ['ExportAllDeclaration', 'ExportNamedDeclaration[declaration=null]'] },
  // Safari 15 and versions of React Native lack these; test/old-runtimes.test.ts runs the package without them. A
  // module with a lookbehind does not even load there. The page needs a newer browser for other reasons too.
  {
    files: [CLI],
    globals: ['structuredClone'],
    properties: Object.entries(NEWER_FUNCTIONS).flatMap(([object, names]) =>
      names.map((property) => ({ object, property })),
    ),
    syntax: [`CallExpression[callee.property.name=/^(?:${NEWER_METHODS})$/]`],
    message: 'Some supported engines lack it.',
  },
  {
    files: [CLI, 'src/inspector/input.ts'],
    syntax: ['Literal[regex.pattern=/\\(\\?<[!=]/]'],
    message: 'Some supported engines lack lookbehind.',
  },
  // Any other use of the global object, a cast or a pattern, would hide which global is meant.
  {
    files: ['src/inspector/unpack.ts'],
    syntax: [':not(MemberExpression, TSTypeQuery, TSQualifiedName) > Identifier[name=/^(?:globalThis|window|self)$/]'],
  },
];

/** No file may use these forms of syntax. */
const NOWHERE = [
  { selector: ':matches(ClassDeclaration, ClassExpression)[id.name!="SetError"]', message: 'No class but SetError.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of literals: an enum is code.' },
  { selector: 'ImportExpression', message: 'Use an import declaration: it shows what a file needs.' },
];

const ONLY_EXPORTS = {
  selector: 'Program > :not(ExportAllDeclaration, ExportNamedDeclaration[source.value])',
  message: 'An index.ts only re-exports.',
};

/** Restricts files to what PLACES lets them use. Later configurations replace the options of earlier ones. */
function restrict(files) {
  const listed = (kind, toItem) =>
    PLACES.filter((place) => !place.files.includes(files)).flatMap((place) =>
      (place[kind] ?? []).map((item) => ({
        ...toItem(item),
        message: place.message ?? `This belongs in ${place.files.join(', ')}.`,
      })),
    );
  const syntax = listed('syntax', (selector) => ({ selector }));
  if (files === INDEX) syntax.push(ONLY_EXPORTS);
  return {
    files: [files],
    // With these names `window.fetch` counts as a use of fetch, as `globalThis.fetch` does.
    languageOptions: { globals: { window: 'readonly', self: 'readonly' } },
    rules: {
      'no-restricted-globals': ['error', { globals: listed('globals', (name) => ({ name })), checkGlobalObject: true }],
      'no-restricted-properties': ['error', ...listed('properties', (property) => property)],
      'no-restricted-syntax': ['error', ...NOWHERE, ...syntax],
    },
  };
}

/** Allows imports of source files by their whole path, and of what the pattern `others` lets through. */
function importsOf(others = '') {
  const patterns = [
    { regex: `^(?!\\.{1,2}/.*\\.js$${others})`, message: 'Import a source file, by its path with .js.' },
    { regex: '(?:^|/)index\\.js$', message: 'Import the file that declares it: an index.ts is an entry.' },
  ];
  return { 'no-restricted-imports': ['error', { patterns }] };
}

export default defineConfig(
  // The consumers contain mistakes on purpose, and are compiled against the packed package.
  { ignores: ['dist', '**/node_modules', '**/.next', 'test/vectors', 'test/packaging/consumer'] },
  // No comment may switch a rule off: each exception is in this file, with its reason.
  { linterOptions: { noInlineConfig: true } },
  tseslint.configs.recommended,
  regexp.configs['flat/recommended'],
  {
    files: [SRC, 'test/**/*.ts'],
    languageOptions: { parserOptions: { project: 'tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  { files: [SRC], extends: [tseslint.configs.strictTypeChecked] },
  {
    rules: {
      eqeqeq: 'error',
      'no-constant-binary-expression': 'error',
      'no-empty': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-catch': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-expressions': ['error', { allowTernary: true }],
      // tsc reports these.
      '@typescript-eslint/no-unused-vars': 'off',
      // Grammars and tests of hostile input name control characters and ranges of ASCII.
      'no-control-regex': 'off',
      'regexp/no-obscure-range': 'off',
      'regexp/match-any': ['error', { allows: ['[^]', 'dotAll'] }],
    },
  },
  // Tests of types name what must not compile, and a test of frameworks reads `arguments` as they do.
  {
    files: ['test/**'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', 'prefer-rest-params': 'off' },
  },
  {
    files: [SRC],
    rules: {
      'max-lines': ['error', 300],
      ...importsOf(),
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true }],
      '@typescript-eslint/no-empty-function': 'error',
      '@typescript-eslint/triple-slash-reference': ['error', { lib: 'never', path: 'never', types: 'never' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Errors from other code are rethrown, copied or converted to strings, whatever they are.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      // decodeURIComponent(escape()) and execCommand('copy') work where their successors do not.
      '@typescript-eslint/no-deprecated': ['error', { allow: [{ from: 'lib', name: ['escape', 'execCommand'] }] }],
      // Callers without types pass anything, and platforms lack what their types promise: src checks both.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      // Some casts change nothing with the types of the DOM, and are needed without them.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // noUncheckedIndexedAccess needs them.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // An async function without await turns what it throws into a rejection.
      '@typescript-eslint/require-await': 'off',
      // Ports are objects of functions that need no `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Matters of taste.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-empty-object-type': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  { files: [CLI], rules: importsOf('|node:') },
  [...new Set([SRC, ...PLACES.flatMap(({ files }) => files)])].map(restrict),
  {
    files: [SRC],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { ClassDeclaration: true, FunctionDeclaration: true },
          contexts: ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'VariableDeclaration'],
        },
      ],
      // From a capital letter or a name in backticks to a full stop or a table. V8 misreads [^] with the flag v.
      'jsdoc/match-description': [
        'error',
        { contexts: ['any'], matchDescription: '^\\n?[\\p{Lu}`]\\S*\\s[\\s\\S]*[.\\|]\\s*$' },
      ],
      'jsdoc/require-description': ['error', { contexts: ['ExportNamedDeclaration'] }],
      'jsdoc/no-restricted-syntax': [
        'error',
        {
          contexts: [
            {
              context: 'ExportNamedDeclaration[declaration.type="FunctionDeclaration"]',
              comment: 'JsdocBlock[description=/\\bthrows\\b/i]:not(:has(JsdocTag[tag="throws"]))',
              message: 'Say with @throws what it throws.',
            },
          ],
        },
      ],
      'jsdoc/informative-docs': 'error',
      'jsdoc/check-tag-names': 'error',
      'jsdoc/empty-tags': 'error',
      'jsdoc/no-bad-blocks': ['error', { ignore: ['__PURE__'] }],
      'jsdoc/no-types': 'error',
    },
  },
  {
    files: [SRC],
    // The page and the command rethrow what they did not expect, and name single members of a parameter.
    ignores: ['src/inspector/**', CLI],
    rules: {
      'jsdoc/check-param-names': ['error', { checkDestructured: false, disableMissingParamChecks: true }],
      // test/structure.test.ts checks this also for what a called function throws.
      'jsdoc/require-throws': ['error', { contexts: ['ExportNamedDeclaration > FunctionDeclaration'] }],
    },
  },
);
