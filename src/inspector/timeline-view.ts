/**
 * The timeline: a bar chart of the tokens by time. Clicking a bar scrolls the table to its first token. Keyboard users
 * have the table itself.
 */
import { make, makeSvg } from './dom.js';
import { formatCount } from './numbers.js';
import { type Row, timelineOf } from './rows.js';
import { dateWords } from './time-words.js';

const BARS = 80;
const HEIGHT = 48;

/** Draws the timeline of rows that are sorted by time. */
export function drawTimeline(box: HTMLElement, rows: readonly Row[], reveal: (index: number) => void): void {
  const bars = timelineOf(rows, BARS);
  const most = Math.max(0, ...bars.map(({ count }) => count));
  const dated = rows.filter(({ at }) => !Number.isNaN(at));
  const [first, last] = [dated[0], dated[dated.length - 1]];
  box.replaceChildren();
  if (!first || !last) return;
  const label = `${formatCount(dated.length, 'token')} from ${minuteOf(first.at)} to ${minuteOf(last.at)} UTC`;
  const shapes = bars.flatMap(({ start, count }, index) => {
    if (count === 0) return [];
    // Tall enough to be visible.
    const height = Math.max(2, (count / most) * HEIGHT);
    const revealBar = (): void => reveal(rows.findIndex(({ at }) => at >= start));
    return [
      makeSvg(
        'rect',
        { x: index * 10, y: HEIGHT - height, width: 8, height, click: revealBar },
        makeSvg('title', {}, `${formatCount(count, 'token')} from ${minuteOf(start)}`),
      ),
    ];
  });
  box.append(
    makeSvg(
      'svg',
      { role: 'img', 'aria-label': label, viewBox: `0 0 ${BARS * 10} ${HEIGHT}`, preserveAspectRatio: 'none' },
      ...shapes,
    ),
    make('p', { class: 'ends' }, make('span', {}, minuteOf(first.at)), make('span', {}, minuteOf(last.at))),
  );
}

/** Returns a time in UTC, to the minute. */
function minuteOf(milliseconds: number): string {
  return dateWords(milliseconds).slice(0, 16);
}
