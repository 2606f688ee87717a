/**
 * The decoder page: shows the tokens that are pasted, dropped, opened or embedded by `secevent inspect`.
 *
 * Nothing is stored and nothing is sent: the Content-Security-Policy of the page forbids every request.
 */
import { isSetError } from '../errors.js';
import { parseText } from '../json.js';
import { decodeSet } from '../set.js';
import { clock } from '../time.js';
import { byId, make } from './dom.js';
import { clientOf, readOwnClients } from './event.js';
import { createExample } from './example.js';
import { textOfFile } from './file.js';
import { type Entry, readPaste } from './input.js';
import { watchLinks } from './links.js';
import { createListView } from './list-view.js';
import { locate } from './locate.js';
import { formatCount, formatNumber } from './numbers.js';
import { viewParts } from './part-view.js';
import { createRow, type Row } from './rows.js';
import { savingButtons } from './saving.js';
import { forEachInSlices } from './slices.js';
import { viewFindings, viewSummary } from './summary-view.js';
import { viewDecodedFault, viewFaultyToken, viewToken } from './token-view.js';
import { createTrustView } from './trust-view.js';

/** Longer texts are not shown in the text box: browsers take seconds to lay them out. */
const MAX_IN_BOX = 100_000;

function startPage(): void {
  const box = byId('paste', HTMLTextAreaElement);
  const file = byId('file', HTMLInputElement);
  const clear = byId('clear', HTMLButtonElement);
  const remark = byId('remark', HTMLElement);
  const many = byId('many', HTMLElement);
  const one = byId('one', HTMLElement);
  const own = byId('own', HTMLTextAreaElement);
  const setTrustToken = createTrustView();
  let rows: Row[] = [];
  let shown: Entry | undefined;
  /** Counts the inputs: decoding of an earlier input stops when a new one arrives. */
  let version = 0;

  const showOne = (entry: Entry | undefined): void => {
    // Cleared first, so that nothing of an earlier token remains, least of all VERIFIED, if this one cannot be shown.
    setTrustToken(undefined);
    shown = entry;
    one.hidden = true;
    if (entry === undefined) return;
    setTrustToken(viewEntry(entry, own.value));
    one.hidden = false;
  };
  const showFailure = (error: unknown): void => {
    showOne(undefined);
    many.hidden = true;
    remark.textContent = `The input cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
  };
  const list = createListView(({ entry }) => {
    try {
      showOne(entry);
    } catch (error) {
      showFailure(error);
    }
  });

  const decodeText = (text: string): void => {
    const ownVersion = ++version;
    showOne(undefined);
    decodeTokens(text, () => ownVersion === version).catch((error: unknown) => {
      if (ownVersion === version) showFailure(error);
    });
  };
  const decodeTokens = async (text: string, isCurrent: () => boolean): Promise<void> => {
    const paste = readPaste(text);
    clear.hidden = text === '';
    document.body.classList.toggle('filled', text !== '');
    rows = [];
    remark.textContent = '';
    many.hidden = true;
    const iterator = paste.entries[Symbol.iterator]();
    const first = iterator.next();
    if (first.done === true) {
      if (paste.kind !== 'nothing')
        remark.textContent = paste.kind === 'tokens' ? 'No token found.' : `This is ${paste.kind} without a token.`;
      return;
    }
    // A single token is shown immediately; several are shown once all of them are decoded.
    const second = iterator.next();
    if (second.done === true) {
      const source = paste.kind === 'a token' || paste.kind === 'tokens' ? '' : `Found in ${paste.kind}. `;
      remark.textContent = source + (first.value.remark ?? '');
      showOne(first.value);
      return;
    }
    many.hidden = false;
    rows.push(createRow(first.value), createRow(second.value));
    const progress = (): void => {
      remark.textContent = `Decoding: ${formatNumber(rows.length)} tokens so far…`;
    };
    const rest = { [Symbol.iterator]: () => iterator };
    if (
      !(await forEachInSlices(rest, (entry) => rows.push(createRow(entry)), {
        isWanted: isCurrent,
        progress,
        now: clock,
      }))
    )
      return;
    const changed = rows.filter(({ entry }) => entry.remark !== undefined).length;
    remark.textContent = changed > 0 ? `Repaired, extracted or rebuilt: ${formatCount(changed, 'token')}.` : '';
    list.load(rows, readOwnClients(own.value));
  };
  const setInput = (text: string): void => {
    box.value = text.length > MAX_IN_BOX ? '' : text;
    box.placeholder = text.length > MAX_IN_BOX ? `${formatNumber(text.length)} characters, too many to show here` : '';
    decodeText(text);
  };
  const openFile = (chosen: Blob): void => {
    const ownVersion = ++version;
    textOfFile(chosen).then(
      (text) => {
        // Unless there was another input in the meantime.
        if (ownVersion === version) setInput(text);
      },
      (error: unknown) => {
        if (ownVersion === version) showFailure(error);
      },
    );
  };

  box.addEventListener('input', () => decodeText(box.value));
  box.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text.length <= MAX_IN_BOX) return;
    event.preventDefault();
    setInput(text);
  });
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    if (chosen) openFile(chosen);
    // Without this, opening the same file again would not fire an event.
    file.value = '';
  });
  byId('example', HTMLButtonElement).addEventListener('click', () => setInput(createExample()));
  clear.addEventListener('click', () => {
    setInput('');
    box.focus();
  });
  own.addEventListener('input', () => {
    if (rows.length > 0) list.setOwnClients(readOwnClients(own.value));
    if (shown) viewEntry(shown, own.value);
  });
  watchDrop(setInput, openFile);
  watchLinks(one);
  byId('one-saving', HTMLElement).append(savingButtons('', () => (shown ? [shown.token] : [])));

  // The page has autofocus too, but it may take effect too late for a quick paste.
  if (document.activeElement === document.body) box.focus();
  const given = parseText(byId('given', HTMLScriptElement).textContent ?? '', 'The embedded input');
  if (typeof given === 'string') setInput(given);
  // Pasted before this script ran.
  else if (box.value !== '') decodeText(box.value);
}

/** Renders a token. Returns what the form can verify, or undefined when the token fails to decode. */
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
      ? ` ${mark.reason.replace(/\.$/, '')} (character ${formatNumber(mark.start + 1)} of the token).`
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

/** Makes the whole page a drop target for tokens, and the key field one for keys. */
function watchDrop(setInput: (text: string) => void, openFile: (file: Blob) => void): void {
  const key = byId('key', HTMLTextAreaElement);
  const setKey = (text: string): void => {
    key.value = text;
    // As if typed: this resets the verdict.
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
      // A file that cannot be read clears the field.
      if (file) textOfFile(file).then(setKey, () => setKey(''));
      else if (text !== '') setKey(text);
    } else if (file) openFile(file);
    else if (text !== '') setInput(text);
  });
}

startPage();
