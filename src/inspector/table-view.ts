/**
 * A table of any length, of which only the rows in sight are in the page. Rows have one height, and room above and
 * below stands for the rest; `aria-rowcount` and `aria-rowindex` tell it to screen readers. The keyboard moves in it by
 * arrow keys: Tab stops at one row only.
 */
import { escapeControls } from '../text/controls.js';
import { byId, make } from './dom.js';
import type { Row } from './rows.js';
import { dateWords } from './time-words.js';

/** The height of a row in pixels, as in the style sheet: on a narrow screen the time stands below the event. */
function rowHeight(): number {
  return matchMedia('(max-width: 48rem)').matches ? 56 : 36;
}
/** Rows above and below what is in sight, so that fast scrolling shows no gap. */
const MARGIN = 12;
/** Browsers draw no element that is much higher than 16 million pixels: as many rows as that are on a narrow screen. */
const MAX_ROWS = 285_000;

/** The table. */
export interface TableView {
  /** Shows these rows in place of any others, and gives how many of them it can hold. */
  update(rows: readonly Row[]): number;
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
  /** The row at which Tab stops: the one that had the focus last, or was chosen. */
  let stop = 0;
  let drawn = { first: -1, last: -1 };

  const buttons = (): Iterable<HTMLElement> => body.querySelectorAll('button');
  const draw = (isForced = false): void => {
    const height = rowHeight();
    const inSight = Math.floor(scroller.scrollTop / height);
    const first = Math.max(0, inSight - MARGIN);
    const last = Math.min(rows.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + MARGIN);
    if (!isForced && first === drawn.first && last === drawn.last) return;
    drawn = { first, last };
    const focused =
      document.activeElement instanceof HTMLElement && body.contains(document.activeElement)
        ? document.activeElement.dataset.index
        : undefined;
    const lines = rows.slice(first, last).map((row, offset) => viewRow(row, first + offset, row === current));
    body.replaceChildren(spacer(first * height), ...lines, spacer((rows.length - last) * height));
    const stopped = stop >= first && stop < last ? stop : inSight;
    for (const button of buttons()) button.tabIndex = Number(button.dataset.index) === stopped ? 0 : -1;
    // Drawing anew takes the focus away with the old row; the keyboard goes on from here even where that row is out of
    // sight.
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
    stop = index;
    draw(true);
    chosen(row);
  };
  const indexOf = ({ target }: Event): number =>
    target instanceof HTMLElement ? Number(target.closest<HTMLElement>('tr')?.dataset.row ?? NaN) : NaN;

  scroller.addEventListener('scroll', () => draw());
  addEventListener('resize', () => draw(true));
  body.addEventListener('click', (event) => choose(indexOf(event)));
  body.addEventListener('focusin', (event) => {
    stop = indexOf(event);
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
      stop = Math.max(0, current ? rows.indexOf(current) : 0);
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
  // The first row is that of the headings.
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
