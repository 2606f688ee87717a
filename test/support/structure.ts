/**
 * The rules that keep src a good house, checked on syntax trees and not on text.
 *
 * A pure function over texts, so that a test can show of each rule that it can fail. Names count as they are spelled: a
 * local variable called `process` or `atob` is refused like the global one.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { commentsOf, importedNames, importsOf, isSilentCatch, usesOf, visitAll, workOf } from './syntax.js';

/** Paths relative to src, with the text of each file. */
export type Sources = Readonly<Record<string, string>>;

export const RULES = [
  'every file has a layer',
  'imports run one way',
  'an import names a source file',
  'no cycle among imports',
  'no runtime dependency',
  'Node only in cli/',
  'nobody imports an index.ts',
  'only an index.ts re-exports',
  'an index.ts holds exports only',
  'one place each',
  'no file over 300 lines',
  'no vague file names',
  'a file begins with what it is',
  'no class but SetError',
  'no enum',
  'no any',
  'no check is switched off',
  'no silent catch',
  'no work at import time',
] as const;
export type Rule = (typeof RULES)[number];

/** From the ground up. A folder stands for everything in it. */
const LAYERS: readonly (readonly string[])[] = [
  ['model.ts'],
  ['errors.ts', 'options.ts'],
  ['base64url.ts', 'json.ts', 'body.ts', 'http.ts', 'time.ts'],
  ['jws.ts', 'envelope.ts', 'algorithms.ts'],
  ['set.ts', 'keys.ts', 'key-import.ts', 'policy.ts'],
  ['events/', 'subject.ts', 'verify.ts', 'jwks/', 'testing/'],
  ['akamai/', 'vocabularies/', 'receiver/'],
  ['text/'],
  ['inspector/'],
  ['cli/'],
  ['index.ts'],
];

/** Where alone something may be used, spelled as `usesOf` does. The rule is "one place each" unless named. */
export const PLACES: readonly {
  readonly uses: readonly string[];
  readonly files: readonly string[];
  readonly rule?: Rule;
}[] = [
  {
    uses: ['process', 'Buffer', 'require', '__dirname', '__filename', 'NodeJS'],
    files: ['cli/'],
    rule: 'Node only in cli/',
  },
  // The page unpacks its script before the library in it is there.
  { uses: ['atob', 'btoa'], files: ['base64url.ts', 'inspector/unpack.ts'] },
  { uses: ['TextDecoder'], files: ['http.ts', 'receiver/delivery.ts', 'cli/', 'inspector/file.ts'] },
  { uses: ['TextEncoder', 'escape', 'unescape', 'decodeURIComponent'], files: ['json.ts'] },
  { uses: ['JSON.parse'], files: ['json.ts', 'http.ts', 'cli/'] },
  { uses: ['fetch()'], files: ['http.ts'] },
  { uses: ['Date.now'], files: ['time.ts', 'cli/'] },
  { uses: ['new Date', 'Date()'], files: ['time.ts'] },
  { uses: ['importKey', '.importKey'], files: ['key-import.ts'] },
  { uses: ['subtle.verify'], files: ['verify.ts'] },
];

/** The command and the page themselves have to run something. */
const MAY_WORK_AT_IMPORT = ['cli/main.ts', 'inspector/main.ts', 'inspector/unpack.ts'];
const VAGUE_NAMES = /^(?:utils?|helpers?|common|misc|shared)$/i;
const MAX_LINES = 300;
/** TypeScript and eslint obey these only where they begin a comment, or a line of one. */
const DIRECTIVE = /^\s*(?:\/[/*]+|\*)\s*(?:@ts-(?:ignore|expect-error|nocheck)|eslint-disable)/m;

type Report = (rule: Rule, position: number, detail: string) => void;

interface Edge {
  readonly target: string;
  readonly line: number;
}

/** Names each violation as `file:line: rule: what was found`. */
export function checkStructure(sources: Sources): string[] {
  const found: string[] = [];
  const graph = new Map<string, Edge[]>();
  for (const [path, text] of Object.entries(sources)) {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
    const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1;
    const report: Report = (rule, position, detail) => found.push(`${path}:${lineOf(position)}: ${rule}: ${detail}`);
    checkFile(file, report);
    graph.set(path, checkImports(file, sources, report));
    checkExports(file, report);
    checkNodes(file, report);
    if (MAY_WORK_AT_IMPORT.includes(path)) continue;
    for (const node of workOf(file))
      report('no work at import time', node.getStart(), node.getText().split('\n', 1).join());
  }
  return [...found, ...findCycles(graph)];
}

function layerOf(path: string): number {
  const slash = path.indexOf('/');
  return LAYERS.findIndex((names) => names.includes(slash < 0 ? path : path.slice(0, slash + 1)));
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

function isIndex(path: string): boolean {
  return /(?:^|\/)index\.\w+$/.test(path);
}

function checkFile(file: ts.SourceFile, report: Report): void {
  const { fileName, text } = file;
  if (layerOf(fileName) < 0) report('every file has a layer', 0, 'unknown, add it to the table of layers');
  const vague = fileName.split(/[/.]/).find((part) => VAGUE_NAMES.test(part));
  if (vague !== undefined) report('no vague file names', 0, vague);
  const lines = text.replace(/\n$/, '').split('\n').length;
  if (lines > MAX_LINES) report('no file over 300 lines', text.length, `${lines} lines`);
  const [opening] = ts.getLeadingCommentRanges(text, 0) ?? [];
  const isSaid = opening !== undefined && /\w/.test(text.slice(opening.pos, opening.end));
  if (!isSaid && fileName !== 'index.ts') report('a file begins with what it is', 0, 'no comment');
  for (const comment of commentsOf(file)) {
    const directive = DIRECTIVE.exec(comment.text);
    if (directive) report('no check is switched off', comment.position + directive.index, directive[0].trim());
  }
}

function checkImports(file: ts.SourceFile, sources: Sources, report: Report): Edge[] {
  const edges: Edge[] = [];
  const layer = layerOf(file.fileName);
  for (const { name, position } of importsOf(file)) {
    const target = name === undefined ? undefined : resolveImport(file.fileName, name, sources);
    if (name?.startsWith('node:')) {
      if (!isIn(file.fileName, ['cli/'])) report('Node only in cli/', position, name);
    } else if (name !== undefined && !/^\.{1,2}(?:\/|$)/.test(name)) {
      report('no runtime dependency', position, name);
    } else if (target === undefined) {
      report('an import names a source file', position, name ?? 'computed');
    } else {
      edges.push({ target, line: file.getLineAndCharacterOfPosition(position).line + 1 });
      if (isIndex(target)) report('nobody imports an index.ts', position, target);
      if (layer >= 0 && layerOf(target) > layer) report('imports run one way', position, `${target} lies above`);
    }
  }
  return edges;
}

/** Finds the file as TypeScript and bundlers do, whatever the ending, so that no spelling gets around a rule. */
function resolveImport(from: string, name: string, sources: Sources): string | undefined {
  const path = posix.join(posix.dirname(from), name);
  const stem = path.replace(/\.[cm]?jsx?$/, '');
  const candidates = [
    path,
    ...['.ts', '.tsx', '.mts', '.cts'].map((ending) => stem + ending),
    posix.join(path, 'index.ts'),
  ];
  return candidates.find((candidate) => Object.hasOwn(sources, candidate));
}

function findCycles(graph: ReadonlyMap<string, readonly Edge[]>): string[] {
  const rule: Rule = 'no cycle among imports';
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  function visit(path: string): void {
    if (done.has(path)) return;
    trail.push(path);
    for (const { target, line } of graph.get(path) ?? []) {
      const start = trail.indexOf(target);
      if (start >= 0) found.push(`${path}:${line}: ${rule}: ${[...trail.slice(start), target].join(' > ')}`);
      else visit(target);
    }
    trail.pop();
    done.add(path);
  }
  for (const path of graph.keys()) visit(path);
  return found;
}

function checkExports(file: ts.SourceFile, report: Report): void {
  const imported = importedNames(file);
  for (const statement of file.statements) {
    const clause = ts.isExportDeclaration(statement) ? statement.exportClause : undefined;
    const isFrom = ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
    if (isIndex(file.fileName)) {
      if (!isFrom) report('an index.ts holds exports only', statement.getStart(), ts.SyntaxKind[statement.kind]);
    } else if (isFrom) {
      report('only an index.ts re-exports', statement.getStart(), 'export from');
    } else if (clause && ts.isNamedExports(clause)) {
      const foreign = clause.elements.find(({ name, propertyName }) => imported.has((propertyName ?? name).text));
      if (foreign) report('only an index.ts re-exports', foreign.getStart(), `${foreign.getText()} was imported`);
    }
  }
}

/** The rules about single nodes, wherever they stand. */
function checkNodes(file: ts.SourceFile, report: Report): void {
  visitAll(file, (node) => {
    const start = node.getStart();
    if (node.kind === ts.SyntaxKind.AnyKeyword) report('no any', start, 'any');
    if (ts.isEnumDeclaration(node)) report('no enum', start, node.name.text);
    if (ts.isClassLike(node) && (node.name?.text !== 'SetError' || file.fileName !== 'errors.ts')) {
      report('no class but SetError', start, node.name?.text ?? 'without a name');
    }
    if (isSilentCatch(node)) report('no silent catch', start, 'empty, and no comment says why');
    for (const use of usesOf(node)) {
      const place = PLACES.find(({ uses, files }) => uses.includes(use) && !isIn(file.fileName, files));
      if (place) report(place.rule ?? 'one place each', start, `${use} belongs in ${place.files.join(', ')}`);
    }
  });
}
