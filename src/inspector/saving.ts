/**
 * Copying and downloading what was decoded, as JSON: lines of `{"header","payload","signature"}`, as the command writes
 * them.
 */
import { isSetError } from '../errors.js';
import { make } from './dom.js';
import { toRecord } from '../text/record.js';

/** The records of tokens, a line each. Those that do not decode have none. */
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

/** Buttons that copy and download the records of the tokens that there are when one is pressed. */
export function savingButtons(what: string, tokens: () => Iterable<string>): HTMLElement {
  const status = make('span', { role: 'status' });
  const copy = async (): Promise<void> => {
    status.textContent = '';
    status.textContent = (await copyText(toRecords(tokens())))
      ? 'Copied.'
      : 'The browser does not allow copying: download instead.';
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
    // No clipboard in this page, or no permission. What follows is the old way.
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
  // Only once the browser has taken it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
