/**
 * A table of any length that keeps only the rows in view in the document. All rows have the same height, and spacers
 * stand in for the others; `aria-rowcount` and `aria-rowindex` describe them to screen readers. The table is a single
 * Tab stop; arrow keys move between rows.
 */
import { escapeControls } from '../text/controls.js';
import { byId, make } from './dom.js';
import type { Row } from './rows.js';
import { dateWords } from './time-words.js';

/** Returns the height of a row in pixels, as in style.css: on a narrow screen the time is below the event. */
function rowHeight(): number {
  return matchMedia('(max-width: 48rem)').matches ? 56 : 36;
}

/** How many rows are drawn above and below the visible ones, so that fast scrolling shows no gap. */
const MARGIN = 12;
/** Browsers cannot draw elements much taller than 16 million pixels: this many rows on a narrow screen. */
const MAX_ROWS = 285_000;

/** The table on the page. */
export interface TableView {
  /** Replaces the rows, and returns how many of them the table can show. */
  update(rows: readonly Row[]): number;
  /** Scrolls to a row and focuses it. */
  reveal(index: number): void;
  /** Chooses a row, as a click on it does. */
  choose(index: number): void;
}

/**
 * Sets up the table.
 *
 * @param chosen is called with each row that is chosen
 */
export function createTableView(chosen: (row: Row) => void): TableView {
  const scroller = byId('scroller', HTMLElement);
  const table = byId('rows', HTMLTableElement);
  const body = table.tBodies[0]!;
  let rows: readonly Row[] = [];
  let current: Row | undefined;
  /** The row that is the Tab stop: the one that was focused or chosen last. */
  let tabStop = 0;
  let drawn = { first: -1, last: -1 };

  const buttons = (): Iterable<HTMLElement> => body.querySelectorAll('button');
  const draw = (isForced = false): void => {
    const height = rowHeight();
    const firstVisible = Math.floor(scroller.scrollTop / height);
    const first = Math.max(0, firstVisible - MARGIN);
    const last = Math.min(rows.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + MARGIN);
    if (!isForced && first === drawn.first && last === drawn.last) return;
    drawn = { first, last };
    const focused =
      document.activeElement instanceof HTMLElement && body.contains(document.activeElement)
        ? document.activeElement.dataset.index
        : undefined;
    const lines = rows.slice(first, last).map((row, offset) => viewRow(row, first + offset, row === current));
    body.replaceChildren(spacer(first * height), ...lines, spacer((rows.length - last) * height));
    const focusable = tabStop >= first && tabStop < last ? tabStop : firstVisible;
    for (const button of buttons()) button.tabIndex = Number(button.dataset.index) === focusable ? 0 : -1;
    // Redrawing removes the focused row. Focus returns to it, or to the scroller when the row is no longer drawn, so
    // that the keyboard continues here.
    if (focused !== undefined)
      (body.querySelector<HTMLElement>(`[data-index="${focused}"]`) ?? scroller).focus({ preventScroll: true });
  };
  const reveal = (index: number): void => {
    const height = rowHeight();
    const top = index * height;
    const bottom = top + height + table.tHead!.offsetHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
    draw();
    body.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true });
  };
  const choose = (index: number): void => {
    const row = rows[index];
    if (!row) return;
    current = row;
    tabStop = index;
    draw(true);
    chosen(row);
  };
  const indexOf = ({ target }: Event): number =>
    target instanceof HTMLElement ? Number(target.closest<HTMLElement>('tr')?.dataset.row ?? NaN) : NaN;

  scroller.addEventListener('scroll', () => draw());
  addEventListener('resize', () => draw(true));
  body.addEventListener('click', (event) => choose(indexOf(event)));
  body.addEventListener('focusin', (event) => {
    tabStop = indexOf(event);
    for (const button of buttons()) button.tabIndex = button === event.target ? 0 : -1;
  });
  body.addEventListener('keydown', (event) => {
    const page = Math.floor(scroller.clientHeight / rowHeight()) - 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -rows.length,
      End: rows.length,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    reveal(Math.max(0, Math.min(rows.length - 1, indexOf(event) + step)));
  });

  return {
    update(next) {
      rows = next.slice(0, MAX_ROWS);
      tabStop = Math.max(0, current ? rows.indexOf(current) : 0);
      table.ariaRowCount = String(rows.length + 1);
      draw(true);
      return rows.length;
    },
    reveal,
    choose,
  };
}

function spacer(height: number): HTMLElement {
  const line = make('tr', { class: 'spacer', 'aria-hidden': 'true' });
  line.style.height = `${height}px`;
  return line;
}

function viewRow({ at, words, subject, client, code }: Row, index: number, isCurrent: boolean): HTMLElement {
  const time = Number.isNaN(at) ? '' : dateWords(at).slice(0, -4);
  const what = code === undefined ? words : `${code}: ${words}`;
  const button = make(
    'button',
    { type: 'button', 'data-index': index, 'data-time': time, 'aria-pressed': String(isCurrent) },
    what,
  );
  // Row 1 is the row of headings.
  return make(
    'tr',
    {
      'aria-rowindex': index + 2,
      'data-row': index,
      class: [code === undefined ? '' : 'bad', isCurrent ? 'current' : ''].join(' ').trim(),
    },
    make('td', {}, time),
    make('td', {}, button),
    make('td', { title: escapeControls(subject) }, subject),
    make('td', { title: escapeControls(client) }, client),
  );
}
