/** Decodes many tokens: one per line in, one JSON object per line out. Memory use is bounded for any input. */
import { isSetError, SetError } from '../errors.js';
import { repairPaste } from '../text/paste.js';
import { toRecord } from '../text/record.js';

/** The counts so far. Empty lines are not counted. */
export interface Tally {
  readonly decoded: number;
  readonly failed: number;
}

/** Receives the output in whole lines. Reading pauses until each write has finished. */
export interface LinesOutput {
  writeRecords(records: string): Promise<void>;
  /** Writes messages about lines that failed or were repaired. */
  writeNotices(notices: string): Promise<void>;
  /** Called before each write. */
  progress(tally: Tally): void;
}

/** Twice the longest token that is decoded, so that damage from pasting fits too. */
const MAX_LINE_LENGTH = 2 * 1_048_576;

/** How much output is collected before it is written, in characters. */
const FLUSH_LENGTH = 262_144;

const LINE_FEED = 10;

/** Decodes all lines of the input. */
export async function decodeLines(input: AsyncIterable<Buffer>, output: LinesOutput): Promise<Tally> {
  let line = 0;
  let decoded = 0;
  let failed = 0;
  let records = '';
  let notices = '';
  /** The pieces of the current line. */
  let pieces: Buffer[] = [];
  let length = 0;

  function addPiece(piece: Buffer): void {
    length += piece.length;
    if (length > MAX_LINE_LENGTH) pieces = [];
    else if (piece.length > 0) pieces.push(piece);
  }

  function endLine(): void {
    line++;
    try {
      if (length > MAX_LINE_LENGTH)
        throw new SetError('ERR_SET_TOO_LARGE', `The line is longer than ${MAX_LINE_LENGTH} bytes`);
      // A token is ASCII, and Latin-1 needs no decoding. A single piece, the common case, is not copied.
      const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      const record = decodeLine(bytes.toString('latin1'));
      if (record !== '') {
        records += record;
        decoded++;
      }
    } catch (error) {
      if (!isSetError(error)) throw error;
      failed++;
      notices += `secevent: line ${line}: ${error.code}: ${error.message}\n`;
    }
    pieces = [];
    length = 0;
  }

  function decodeLine(text: string): string {
    const token = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (token === '') return '';
    try {
      return `${toRecord(token)}\n`;
    } catch (error) {
      // Damage from pasting, such as curly quotes, is UTF-8.
      const pasted = Buffer.from(token, 'latin1').toString();
      if (pasted.trim() === '') return '';
      const repair = repairPaste(pasted, 'line');
      if (repair.removed.length === 0) throw error;
      const record = `${toRecord(repair.token)}\n`;
      notices += `secevent: line ${line}: repaired: removed ${repair.removed.join(', ')}\n`;
      return record;
    }
  }

  async function flush(): Promise<void> {
    const [recordsNow, noticesNow] = [records, notices];
    records = '';
    notices = '';
    output.progress({ decoded, failed });
    if (recordsNow !== '') await output.writeRecords(recordsNow);
    if (noticesNow !== '') await output.writeNotices(noticesNow);
  }

  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      addPiece(chunk.subarray(start, end));
      start = end + 1;
      endLine();
      if (records.length + notices.length > FLUSH_LENGTH) await flush();
    }
    addPiece(chunk.subarray(start));
    await flush();
  }
  if (length > 0) endLine();
  await flush();
  return { decoded, failed };
}
