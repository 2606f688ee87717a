/** Formats JSON for people, on a terminal or a page. */
import { escapeControls } from './controls.js';

/** Deeper nesting is not indented: the indents would outweigh the content, and a small token could fill a disk. */
const MAX_INDENTED_DEPTH = 50;

/** Formats a value as indented JSON, or on one line if it nests too deeply. */
export function formatJson(value: object): string {
  const line = compactJson(value);
  const isFlat = line === TOO_DEEP || depthOf(line) > MAX_INDENTED_DEPTH;
  return escapeControls(isFlat ? line : JSON.stringify(value, null, 2));
}

const TOO_DEEP = '(nested too deeply to show: see the JSON output)';

/** Formats a value that JSON.parse returned as JSON on one line, or as a remark if it nests too deeply. */
export function compactJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // JSON.parse accepts deeper nesting than JSON.stringify does. Nothing else can fail for a parsed value, so the
    // error, which differs between engines, needs no check.
    return TOO_DEEP;
  }
}

/** Returns how deeply JSON nests. Brackets inside strings count too, so the result may be too large. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of json.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
