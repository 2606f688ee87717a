/**
 * The rules of src that no linter knows: layers, cycles, file names, file headers and work at import time.
 *
 * A pure function over texts, so that a test can show that each rule can fail.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { workOf } from './syntax.js';

/** The text of each file, by its path relative to src. */
export type Sources = Readonly<Record<string, string>>;

export const RULES = [
  'every file has a layer',
  'imports run one way',
  'no cycle among imports',
  'no vague file names',
  'a file begins with what it is',
  'no work at import time',
] as const;
export type Rule = (typeof RULES)[number];

/** From the ground up. A folder stands for everything in it. */
const LAYERS: readonly (readonly string[])[] = [
  ['model.ts'],
  ['errors.ts', 'options.ts'],
  ['base64url.ts', 'json.ts', 'body.ts', 'http.ts', 'post.ts', 'redis-client.ts', 'time.ts'],
  ['jws.ts', 'envelope.ts', 'algorithms.ts'],
  ['set.ts', 'keys.ts', 'key-import.ts', 'policy.ts'],
  ['events/', 'subject.ts', 'verify.ts', 'jwks/', 'testing/'],
  ['akamai/', 'vocabularies/'],
  ['ssf/'],
  ['transmitters/', 'receiver/'],
  ['text/'],
  ['inspector/'],
  ['cli/'],
  ['index.ts'],
];

/** The command and the page themselves have to run something. */
const MAY_WORK_AT_IMPORT = ['cli/main.ts', 'inspector/main.ts', 'inspector/unpack.ts'];
const VAGUE_NAMES = /^(?:utils?|helpers?|common|misc|shared)$/i;

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
    const imports = importsOf(file).filter(({ target }) => Object.hasOwn(sources, target));
    for (const { target, position } of imports)
      if (layerOf(path) >= 0 && layerOf(target) > layerOf(path))
        report('imports run one way', position, `${target} is in a higher layer`);
    graph.set(
      path,
      imports.map(({ target, position }) => ({ target, line: lineOf(position) })),
    );
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

function checkFile({ fileName, text }: ts.SourceFile, report: Report): void {
  if (layerOf(fileName) < 0) report('every file has a layer', 0, 'unknown: add it to the table of layers');
  const vague = fileName.split(/[/.]/).find((part) => VAGUE_NAMES.test(part));
  if (vague !== undefined) report('no vague file names', 0, vague);
  const [opening] = ts.getLeadingCommentRanges(text, 0) ?? [];
  const isSaid = opening !== undefined && /\w/.test(text.slice(opening.pos, opening.end));
  if (!isSaid && fileName !== 'index.ts') report('a file begins with what it is', 0, 'no comment');
}

/** The files that a file names. The linter allows import and export declarations only, with the whole path. */
function importsOf(file: ts.SourceFile): { readonly target: string; readonly position: number }[] {
  return ts.preProcessFile(file.text).importedFiles.map(({ fileName, pos }) => ({
    target: posix.join(posix.dirname(file.fileName), fileName).replace(/\.js$/, '.ts'),
    position: pos,
  }));
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
