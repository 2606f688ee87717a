/** The text of a token, either in three colors with a span for each member, or with the place of an error marked. */
import { make } from './dom.js';
import type { Range } from './json-text.js';
import { linkOf } from './links.js';
import { type MemberPlace, membersOf, type PartName, PARTS, partRanges, type Place } from './locate.js';

/** Renders a token that decodes. */
export function viewToken(token: string): HTMLElement {
  const parts = partRanges(token).flatMap((range, index) => {
    const name = PARTS[index]!;
    const spans = name === 'signature' ? [token.slice(range.start, range.end)] : spansOf(token, range, name);
    const part = make(
      'span',
      { class: name, 'data-link': linkOf(name), tabindex: 0, role: 'group', 'aria-label': `${name}, encoded` },
      ...spans,
    );
    return index === 0 ? [part] : [make('span', { class: 'dot' }, '.'), part];
  });
  return make('div', { class: 'token' }, ...parts);
}

/** The depth of the members of an event. The decoded view has a row for each of them too. */
const MAX_DEPTH = 3;

/** A part with more members gets no spans. */
const MAX_SPANS = 5_000;

function spansOf(token: string, range: Range, part: PartName): (Node | string)[] {
  const places = membersOf(token, range, MAX_DEPTH).filter(
    ({ path }) => path.length === 1 || (part === 'payload' && path[0] === 'events'),
  );
  return nest(token, range, part, places.length > MAX_SPANS ? [] : places, 1);
}

/** Nests the spans of members. A character that two members share belongs to the first. */
function nest(
  token: string,
  range: Range,
  part: PartName,
  places: readonly MemberPlace[],
  depth: number,
): (Node | string)[] {
  const spans: (Node | string)[] = [];
  let at = range.start;
  // A member comes after the members that it contains.
  let inner: MemberPlace[] = [];
  for (const place of places) {
    if (place.path.length > depth) {
      inner.push(place);
      continue;
    }
    const start = Math.max(at, place.start);
    const end = Math.max(start, place.end);
    const span = make(
      'span',
      { 'data-link': linkOf(part, ...place.path) },
      ...nest(token, { start, end }, part, inner, depth + 1),
    );
    spans.push(token.slice(at, start), span);
    at = end;
    inner = [];
  }
  return [...spans, token.slice(at, range.end)];
}

/** How many characters of a long text are shown before and after a mark. */
const MAX_AROUND = 4_000;

/** Renders a token that fails to decode, with the place of the error marked. */
export function viewFaultyToken(token: string, place: Range | undefined): HTMLElement {
  const { start, end } = place ?? { start: token.length, end: token.length };
  const box = make('div', { class: 'token' });
  const from = Math.max(0, start - MAX_AROUND);
  const to = Math.min(token.length, end + MAX_AROUND);
  if (from > 0) box.append('…');
  const ranges = partRanges(token);
  ranges.forEach((range, index) => {
    // The dot belongs to the part before it, so that a surplus dot can be marked.
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

/** Renders the decoded text of a part around a fault in it. */
export function viewDecodedFault({ text, start, end }: NonNullable<Place['decoded']>): HTMLElement {
  const before = text.slice(Math.max(0, start - MAX_AROUND), start);
  const mark = start === end ? make('mark', { class: 'gap' }, 'missing') : make('mark', {}, text.slice(start, end));
  return make(
    'pre',
    { class: 'decoded', tabindex: 0, 'aria-label': 'Decoded text with the fault marked' },
    before,
    mark,
    text.slice(end, end + MAX_AROUND),
  );
}
