/** The text of a token in three colours, each member a stretch of its own; or with the place of an error marked. */
import { make } from './dom.js';
import type { Range } from './json-text.js';
import { linkOf } from './links.js';
import { type MemberPlace, membersOf, type PartName, PARTS, partRanges, type Place } from './locate.js';

/** A token that decodes. */
export function viewToken(token: string): HTMLElement {
  const parts = partRanges(token).flatMap((range, index) => {
    const name = PARTS[index]!;
    const stretches = name === 'signature' ? [token.slice(range.start, range.end)] : stretchesOf(token, range, name);
    const part = make(
      'span',
      { class: name, 'data-link': linkOf(name), tabindex: 0, role: 'group', 'aria-label': `${name}, encoded` },
      ...stretches,
    );
    return index === 0 ? [part] : [make('span', { class: 'dot' }, '.'), part];
  });
  return make('div', { class: 'token' }, ...parts);
}

/** Down to the members of an event, which are rows of the decoded part too. */
const MAX_DEPTH = 3;

/** With more members than that, a part is one stretch. */
const MAX_STRETCHES = 5_000;

function stretchesOf(token: string, range: Range, part: PartName): (Node | string)[] {
  const places = membersOf(token, range, MAX_DEPTH).filter(
    ({ path }) => path.length === 1 || (part === 'payload' && path[0] === 'events'),
  );
  return nest(token, range, part, places.length > MAX_STRETCHES ? [] : places, 1);
}

/** Members share a character of base64url where one ends amid it: it goes to the first. */
function nest(
  token: string,
  range: Range,
  part: PartName,
  places: readonly MemberPlace[],
  depth: number,
): (Node | string)[] {
  const stretches: (Node | string)[] = [];
  let at = range.start;
  // Members come before the one that they stand in.
  let inner: MemberPlace[] = [];
  for (const place of places) {
    if (place.path.length > depth) {
      inner.push(place);
      continue;
    }
    const start = Math.max(at, place.start);
    const end = Math.max(start, place.end);
    const stretch = make(
      'span',
      { 'data-link': linkOf(part, ...place.path) },
      ...nest(token, { start, end }, part, inner, depth + 1),
    );
    stretches.push(token.slice(at, start), stretch);
    at = end;
    inner = [];
  }
  return [...stretches, token.slice(at, range.end)];
}

/** How much of a long text is shown before and behind a mark. */
const MAX_AROUND = 4_000;

/** A token that is refused, with the place marked. */
export function viewFaultyToken(token: string, place: Range | undefined): HTMLElement {
  const { start, end } = place ?? { start: token.length, end: token.length };
  const box = make('div', { class: 'token' });
  const from = Math.max(0, start - MAX_AROUND);
  const to = Math.min(token.length, end + MAX_AROUND);
  if (from > 0) box.append('…');
  const ranges = partRanges(token);
  ranges.forEach((range, index) => {
    // The dot belongs to the part before it, so that a dot too many can be marked.
    const stop = index === ranges.length - 1 ? range.end : range.end + 1;
    const pieces: readonly (readonly [begin: number, end: number, isMarked: boolean])[] = [
      [range.start, Math.min(stop, start), false],
      [Math.max(range.start, start), Math.min(stop, end), true],
      [Math.max(range.start, end), stop, false],
    ];
    if (range.start > to || stop < from) return;
    const shown = pieces.flatMap(([begin, finish, isMarked]) => {
      const text = token.slice(Math.max(begin, from), Math.min(finish, to));
      if (text === '' || begin >= finish) return [];
      return [isMarked ? make('mark', {}, text) : text];
    });
    box.append(make('span', { class: PARTS[index] ?? 'surplus' }, ...shown));
  });
  if (place && start === end) box.append(make('mark', { class: 'gap' }, 'missing'));
  if (to < token.length) box.append('…');
  return box;
}

/** The decoded text around a fault in it. */
export function viewDecodedFault({ text, start, end }: NonNullable<Place['decoded']>): HTMLElement {
  const before = text.slice(Math.max(0, start - MAX_AROUND), start);
  const mark = start === end ? make('mark', { class: 'gap' }, 'missing') : make('mark', {}, text.slice(start, end));
  return make(
    'pre',
    { class: 'decoded', tabindex: 0, 'aria-label': 'The decoded text, with the fault marked' },
    before,
    mark,
    text.slice(end, end + MAX_AROUND),
  );
}
