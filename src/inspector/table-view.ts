/**
 * A table of any length, of which only the rows in sight are in the page. Rows have one height, and room above and below stands for the
 * rest; `aria-rowcount` and `aria-rowindex` tell it to screen readers.
 */
import { byId, make } from './dom.js';
import type { Row } from './rows.js';
import { dateWords } from './time-words.js';

/** In pixels, as in the style sheet. */
const ROW_HEIGHT = 36;
/** Rows above and below what is in sight, so that fast scrolling shows no gap. */
const MARGIN = 12;
/** Browsers draw no element that is much higher than this. */
const MAX_HEIGHT = 16_000_000;

/** The table. */
export interface TableView {
  update(rows: readonly Row[]): void;
  /** Scrolls to a row and puts the focus on it. */
  reveal(index: number): void;
  /** Chooses a row, as if it had been pressed. */
  choose(index: number): void;
}

/** Sets the table up. */
export function watchTable(chosen: (row: Row) => void): TableView {
  const scroller = byId('scroller', HTMLElement);
  const table = byId('rows', HTMLTableElement);
  const body = table.tBodies[0]!;
  let rows: readonly Row[] = [];
  let current: Row | undefined;
  let drawn = { first: -1, last: -1 };

  const draw = (isForced = false): void => {
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - MARGIN);
    const last = Math.min(rows.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW_HEIGHT) + MARGIN);
    if (!isForced && first === drawn.first && last === drawn.last) return;
    drawn = { first, last };
    const focused = document.activeElement instanceof HTMLElement && body.contains(document.activeElement) ? document.activeElement.dataset.index : undefined;
    const lines = rows.slice(first, last).map((row, offset) => viewRow(row, first + offset, row === current));
    body.replaceChildren(spacer(first), ...lines, spacer(rows.length - last));
    // Drawing anew takes the focus away with the old row.
    if (focused !== undefined) body.querySelector<HTMLElement>(`[data-index="${focused}"]`)?.focus({ preventScroll: true });
  };
  const reveal = (index: number): void => {
    const top = index * ROW_HEIGHT;
    const head = table.tHead!.offsetHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW_HEIGHT + head > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW_HEIGHT + head - scroller.clientHeight;
    draw();
    body.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true });
  };
  const choose = (index: number): void => {
    const row = rows[index];
    if (!row) return;
    current = row;
    draw(true);
    chosen(row);
  };
  const indexOf = ({ target }: Event): number => (target instanceof HTMLElement ? Number(target.closest<HTMLElement>('tr')?.dataset.row ?? NaN) : NaN);

  scroller.addEventListener('scroll', () => draw());
  body.addEventListener('click', (event) => choose(indexOf(event)));
  body.addEventListener('keydown', (event) => {
    const page = Math.floor(scroller.clientHeight / ROW_HEIGHT) - 1;
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    reveal(Math.max(0, Math.min(rows.length - 1, indexOf(event) + step)));
  });

  return {
    update(next) {
      rows = next.slice(0, MAX_HEIGHT / ROW_HEIGHT);
      table.ariaRowCount = String(rows.length + 1);
      draw(true);
    },
    reveal,
    choose,
  };
}

function spacer(count: number): HTMLElement {
  const line = make('tr', { class: 'spacer', 'aria-hidden': 'true' });
  line.style.height = `${count * ROW_HEIGHT}px`;
  return line;
}

function viewRow({ at, words, subject, client, code }: Row, index: number, isCurrent: boolean): HTMLElement {
  const button = make('button', { type: 'button', 'data-index': index, 'aria-pressed': String(isCurrent) }, code === undefined ? words : `${code}: ${words}`);
  // The first row is that of the headings.
  return make(
    'tr',
    { 'aria-rowindex': index + 2, 'data-row': index, class: [code === undefined ? '' : 'bad', isCurrent ? 'current' : ''].join(' ').trim() },
    make('td', {}, Number.isNaN(at) ? '' : dateWords(at).slice(0, -4)),
    make('td', {}, button),
    make('td', { title: subject }, subject),
    make('td', { title: client }, client),
  );
}
