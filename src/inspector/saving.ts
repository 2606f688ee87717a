/**
 * Copies and downloads what was decoded, as JSON lines of `{"header","payload","signature"}`, the format of
 * `secevent decode --lines`.
 */
import { isSetError } from '../errors.js';
import { make } from './dom.js';
import { toRecord } from '../text/record.js';

/** Converts tokens to records, one per line. Tokens that cannot be decoded are skipped. */
export function toRecords(tokens: Iterable<string>): string {
  const lines: string[] = [];
  for (const token of tokens) {
    try {
      lines.push(`${toRecord(token)}\n`);
    } catch (error) {
      if (!isSetError(error)) throw error;
    }
  }
  return lines.join('');
}

/**
 * Creates the buttons that copy and download records.
 *
 * @param what names the tokens in the labels: empty, or with a space at the end
 * @param tokens is called on each press, and returns the tokens at that time
 */
export function savingButtons(what: string, tokens: () => Iterable<string>): HTMLElement {
  const status = make('span', { role: 'status' });
  const copy = async (): Promise<void> => {
    status.textContent = '';
    status.textContent = (await copyText(toRecords(tokens())))
      ? 'Copied.'
      : 'The browser did not allow copying. Use the download instead.';
  };
  return make(
    'div',
    { class: 'saving' },
    make('button', { type: 'button', click: () => void copy() }, `Copy ${what}as JSON`),
    make('button', { type: 'button', click: () => download(toRecords(tokens())) }, `Download ${what}as JSON`),
    status,
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard API on this page, or no permission: fall back to execCommand.
    const area = make('textarea', { 'aria-label': 'Copied text' });
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    return isCopied;
  }
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  make('a', { href: url, download: 'security-events.ndjson' }).click();
  // Later, because the browser has to read the URL first.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
