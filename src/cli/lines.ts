/** Many tokens: one a line in, one JSON object a line out. Memory stays flat, whatever the input holds. */
import { isSetError, SetError } from '../errors.js';
import { repairPaste } from '../text/paste.js';
import { toRecord } from '../text/record.js';

/** How a bulk run stands. Empty lines are neither decoded nor failed. */
export interface Tally {
  readonly decoded: number;
  readonly failed: number;
}

/** Where a bulk run writes: records and remarks in whole lines. It waits until each piece has been taken. */
export interface LinesOutlet {
  write(records: string): Promise<void>;
  /** What there is to say of lines that failed or were repaired. */
  remark(remarks: string): Promise<void>;
  /** Before each piece that is written. */
  progress(tally: Tally): void;
}

/** Twice the longest token that is decoded, so that one of that length still fits with its damage. */
const MAX_LINE_LENGTH = 2 * 1_048_576;

/** How much output is gathered before it is written, in characters. */
const PIECE_LENGTH = 262_144;

const LINE_FEED = 10;

/** Decodes all lines of the input. */
export async function decodeLines(input: AsyncIterable<Buffer>, outlet: LinesOutlet): Promise<Tally> {
  let line = 0;
  let decoded = 0;
  let failed = 0;
  let records = '';
  let remarks = '';
  /** The pieces of a line whose end has not come yet. */
  let pieces: Buffer[] = [];
  let length = 0;

  function keep(piece: Buffer): void {
    length += piece.length;
    if (length > MAX_LINE_LENGTH) pieces = [];
    else if (piece.length > 0) pieces.push(piece);
  }

  function endLine(): void {
    line++;
    try {
      if (length > MAX_LINE_LENGTH)
        throw new SetError('ERR_SET_TOO_LARGE', `The line has more than ${MAX_LINE_LENGTH} bytes`);
      // Latin-1 is all that a token needs, and much faster. A single piece, the common case, is not copied.
      const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      const record = decodeLine(bytes.toString('latin1'));
      if (record !== '') {
        records += record;
        decoded++;
      }
    } catch (error) {
      if (!isSetError(error)) throw error;
      failed++;
      remarks += `secevent: line ${line}: ${error.code}: ${error.message}\n`;
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
      // What a person pasted is UTF-8.
      const pasted = Buffer.from(token, 'latin1').toString();
      if (pasted.trim() === '') return '';
      const repair = repairPaste(pasted, 'line');
      if (repair.removed.length === 0) throw error;
      const record = `${toRecord(repair.token)}\n`;
      remarks += `secevent: line ${line}: repaired: removed ${repair.removed.join(', ')}\n`;
      return record;
    }
  }

  async function flush(): Promise<void> {
    const [recordsNow, remarksNow] = [records, remarks];
    records = '';
    remarks = '';
    outlet.progress({ decoded, failed });
    if (recordsNow !== '') await outlet.write(recordsNow);
    if (remarksNow !== '') await outlet.remark(remarksNow);
  }

  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      endLine();
      if (records.length + remarks.length > PIECE_LENGTH) await flush();
    }
    keep(chunk.subarray(start));
    await flush();
  }
  if (length > 0) endLine();
  await flush();
  return { decoded, failed };
}
