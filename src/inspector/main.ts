/**
 * The decoder page: takes what is pasted, dropped, opened or was put into the page by `secevent inspect`, and shows it.
 *
 * Nothing is stored and nothing is sent: the Content-Security-Policy of the page forbids every request.
 */
import { isSetError } from '../errors.js';
import { parseText } from '../json.js';
import { decodeSet } from '../set.js';
import { clock } from '../time.js';
import { byId, make } from './dom.js';
import { clientOf, readOwnClients } from './event.js';
import { makeExample } from './example.js';
import { textOfFile } from './file.js';
import { type Entry, readPaste } from './input.js';
import { watchLinks } from './links.js';
import { watchList } from './list-view.js';
import { locate } from './locate.js';
import { viewParts } from './part-view.js';
import { makeRow, type Row } from './rows.js';
import { savingButtons } from './saving.js';
import { inSlices } from './slices.js';
import { viewFindings, viewSummary } from './summary-view.js';
import { viewDecodedFault, viewFaultyToken, viewToken } from './token-view.js';
import { watchTrust } from './trust-view.js';

/** A longer text is not put into the box: browsers take seconds to lay it out. */
const MAX_IN_BOX = 100_000;

function start(): void {
  const box = byId('paste', HTMLTextAreaElement);
  const file = byId('file', HTMLInputElement);
  const clear = byId('clear', HTMLButtonElement);
  const remark = byId('remark', HTMLElement);
  const many = byId('many', HTMLElement);
  const one = byId('one', HTMLElement);
  const own = byId('own', HTMLTextAreaElement);
  const trust = watchTrust();
  let rows: Row[] = [];
  let shown: Entry | undefined;
  /** Counts the inputs: what is still being decoded of an earlier one is left. */
  let version = 0;

  const showOne = (entry: Entry | undefined): void => {
    // Nothing of an earlier token stays, least of all that it was verified, if this one cannot be shown.
    trust(undefined);
    shown = entry;
    one.hidden = true;
    if (entry === undefined) return;
    trust(viewEntry(entry, own.value));
    one.hidden = false;
  };
  const giveUp = (error: unknown): void => {
    showOne(undefined);
    many.hidden = true;
    remark.textContent = `This cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
  };
  const list = watchList(({ entry }) => {
    try {
      showOne(entry);
    } catch (error) {
      giveUp(error);
    }
  });

  const take = (text: string): void => {
    const mine = ++version;
    showOne(undefined);
    read(text, () => mine === version).catch((error: unknown) => {
      if (mine === version) giveUp(error);
    });
  };
  const read = async (text: string, isCurrent: () => boolean): Promise<void> => {
    const paste = readPaste(text);
    clear.hidden = text === '';
    document.body.classList.toggle('filled', text !== '');
    rows = [];
    remark.textContent = '';
    many.hidden = true;
    const iterator = paste.entries[Symbol.iterator]();
    const first = iterator.next();
    if (first.done === true) {
      if (paste.kind !== 'nothing') remark.textContent = `This is ${paste.kind} without a token in it.`;
      return;
    }
    // One token is shown at once; of many the first has to wait for the list.
    const second = iterator.next();
    if (second.done === true) {
      const source = paste.kind === 'a token' || paste.kind === 'tokens' ? '' : `Found in ${paste.kind}. `;
      remark.textContent = source + (first.value.remark ?? '');
      showOne(first.value);
      return;
    }
    many.hidden = false;
    rows.push(makeRow(first.value), makeRow(second.value));
    const progress = (): void => {
      remark.textContent = `Decoding: ${rows.length.toLocaleString('en')} tokens so far…`;
    };
    const rest = { [Symbol.iterator]: () => iterator };
    if (!(await inSlices(rest, (entry) => rows.push(makeRow(entry)), { isWanted: isCurrent, progress, now: clock })))
      return;
    const repaired = rows.filter(({ entry }) => entry.remark !== undefined).length;
    remark.textContent = repaired > 0 ? `${repaired.toLocaleString('en')} tokens were repaired or put together.` : '';
    list.begin(rows, readOwnClients(own.value));
  };
  const takeLong = (text: string): void => {
    box.value = text.length > MAX_IN_BOX ? '' : text;
    box.placeholder =
      text.length > MAX_IN_BOX ? `${text.length.toLocaleString('en')} characters, which are not shown here` : '';
    take(text);
  };
  const takeFile = (chosen: Blob): void => {
    const mine = ++version;
    textOfFile(chosen).then(
      (text) => {
        // Something else came while it was read.
        if (mine === version) takeLong(text);
      },
      (error: unknown) => {
        if (mine === version) giveUp(error);
      },
    );
  };

  box.addEventListener('input', () => take(box.value));
  box.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text.length <= MAX_IN_BOX) return;
    event.preventDefault();
    takeLong(text);
  });
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    if (chosen) takeFile(chosen);
    // So that the same file can be opened again.
    file.value = '';
  });
  byId('example', HTMLButtonElement).addEventListener('click', () => takeLong(makeExample()));
  clear.addEventListener('click', () => {
    takeLong('');
    box.focus();
  });
  own.addEventListener('input', () => {
    if (rows.length > 0) list.regard(readOwnClients(own.value));
    if (shown) viewEntry(shown, own.value);
  });
  watchDrop(takeLong, takeFile);
  watchLinks(one);
  byId('one-saving', HTMLElement).append(savingButtons('', () => (shown ? [shown.token] : [])));

  // What autofocus in the page does too, but not always before a person pastes.
  if (document.activeElement === document.body) box.focus();
  const given = parseText(byId('given', HTMLScriptElement).textContent ?? '', 'What was given');
  if (typeof given === 'string') takeLong(given);
  // What was pasted before this script was there.
  else if (box.value !== '') take(box.value);
}

/** Shows a token, and gives what can be verified, when it decodes. */
function viewEntry({ token }: Entry, own: string): { token: string; set: ReturnType<typeof decodeSet> } | undefined {
  const place = (id: string): HTMLElement => byId(id, HTMLElement);
  const [problem, summary, findings, encoded, decoded] = [
    place('problem'),
    place('summary'),
    place('findings'),
    place('encoded'),
    place('decoded'),
  ] as const;
  const details = [place('trust-box'), place('what'), place('one-saving')];
  for (const each of [problem, summary, findings, encoded, decoded]) each.replaceChildren();
  decoded.classList.remove('fault');
  const now = clock();
  try {
    const set = decodeSet(token);
    for (const each of details) each.hidden = false;
    place('clients').hidden = !Object.values(set.payload.events).some((event) => clientOf(event) !== undefined);
    summary.append(viewSummary(set, readOwnClients(own), now));
    findings.append(viewFindings(token, set, now));
    encoded.append(make('h3', {}, 'Token'), viewToken(token));
    decoded.append(viewParts(set, now));
    return { token, set };
  } catch (error) {
    if (!isSetError(error)) throw error;
    for (const each of details) each.hidden = true;
    const mark = locate(token, error);
    const where = mark
      ? ` ${mark.reason.replace(/\.$/, '')} (character ${(mark.start + 1).toLocaleString('en')} of the token).`
      : '';
    problem.append(
      make(
        'div',
        { class: 'failed', role: 'alert' },
        make('h2', {}, error.code),
        make('p', {}, `${error.message}.${where}`),
      ),
    );
    encoded.append(make('h3', {}, 'Token'), viewFaultyToken(token, mark));
    if (mark?.decoded) {
      decoded.classList.add('fault');
      decoded.append(make('h3', {}, 'Decoded'), viewDecodedFault(mark.decoded));
    }
    return undefined;
  }
}

/** The whole page is a target for files and texts: for tokens, and its field for the key. */
function watchDrop(take: (text: string) => void, takeFile: (file: Blob) => void): void {
  const key = byId('key', HTMLTextAreaElement);
  const takeKey = (text: string): void => {
    key.value = text;
    // As typing does: a verdict by another key no longer holds.
    key.dispatchEvent(new Event('input', { bubbles: true }));
  };
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dropping');
    const file = event.dataTransfer?.files[0];
    const text = event.dataTransfer?.getData('text/plain') ?? '';
    if (event.target === key) {
      // What cannot be read leaves no key.
      if (file) textOfFile(file).then(takeKey, () => takeKey(''));
      else if (text !== '') takeKey(text);
    } else if (file) takeFile(file);
    else if (text !== '') take(text);
  });
}

start();
