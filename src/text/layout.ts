/** JSON laid out for a person to read, on a terminal or a page. */
import { escapeControls } from './controls.js';

/** Deeper than this, the indents would soon outweigh the content: a small token could fill a disk. */
const MAX_DEPTH = 50;

/** JSON on indented lines; on one line where it nests too deeply for that. */
export function layOut(value: object): string {
  const line = onOneLine(value);
  return escapeControls(line === TOO_DEEP || depthOf(line) > MAX_DEPTH ? line : JSON.stringify(value, null, 2));
}

const TOO_DEEP = '(nested too deeply to be shown: take it as JSON)';

/** JSON of what JSON.parse gave. */
export function onOneLine(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // JSON.parse takes deeper nesting than JSON.stringify gives; nothing else of what it gave can fail. Engines differ
    // in what they throw.
    return TOO_DEEP;
  }
}

/** How deep JSON nests at the most. Brackets in strings count as well, which only makes the answer larger. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of json.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
