/** Many tokens: one a line in, one JSON object a line out. Memory stays flat, whatever the size of the input. */
import { isSetError, SetError } from '../errors.js';
import { repairPaste } from './paste.js';
import { toRecord } from './record.js';

/** How a bulk run ended. Empty lines count as lines and are neither decoded nor failed. */
export interface Tally {
  lines: number;
  decoded: number;
  failed: number;
}

/** What a bulk run tells while it works. */
export interface LinesListener {
  /** A piece of output: whole lines. The run waits until it has been taken. */
  write(text: string): Promise<void>;
  /** A line that fails. */
  onFault(line: number, error: SetError): void;
  /** A line that decoded only after a repair. */
  onRepair(line: number, removed: readonly string[]): void;
  /** After every piece of input. */
  onProgress(tally: Readonly<Tally>): void;
}

/** Above the longest token that is decoded, so that a token of that length still fits with its damage. */
const MAX_LINE_LENGTH = 2 * 1_048_576;

const LINE_FEED = 10;

/** Decodes all lines of the input. */
export async function decodeLines(input: AsyncIterable<Buffer>, listener: LinesListener): Promise<Tally> {
  const tally: Tally = { lines: 0, decoded: 0, failed: 0 };
  let rest: Buffer = Buffer.alloc(0);
  let isOverlong = false;

  function take(line: string): string {
    tally.lines++;
    if (isOverlong) {
      isOverlong = false;
      return fail(new SetError('ERR_SET_TOO_LARGE', `The line has more than ${MAX_LINE_LENGTH} characters`));
    }
    const token = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (token === '') return '';
    try {
      const record = toRecord(token);
      tally.decoded++;
      return `${record}\n`;
    } catch (error) {
      return retry(token, error);
    }
  }

  function retry(line: string, error: unknown): string {
    if (!isSetError(error)) throw error;
    // Lines are read as Latin-1, which is all that a token needs and much faster; what a person pasted is UTF-8.
    const { token, removed } = repairPaste(Buffer.from(line, 'latin1').toString());
    if (token === '') return '';
    if (removed.length === 0) return fail(error);
    try {
      const record = toRecord(token);
      tally.decoded++;
      listener.onRepair(tally.lines, removed);
      return `${record}\n`;
    } catch (second) {
      if (!isSetError(second)) throw second;
      return fail(second);
    }
  }

  function fail(error: SetError): string {
    tally.failed++;
    listener.onFault(tally.lines, error);
    return '';
  }

  for await (const chunk of input) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let output = '';
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      // A string of its own for each line: a slice of one large string would be slower in everything that follows.
      output += take(bytes.toString('latin1', start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_LENGTH) {
      isOverlong = true;
      rest = rest.subarray(rest.length);
    }
    if (output !== '') await listener.write(output);
    listener.onProgress(tally);
  }
  if (rest.length > 0 || isOverlong) {
    const output = take(rest.toString('latin1'));
    if (output !== '') await listener.write(output);
    listener.onProgress(tally);
  }
  return tally;
}
