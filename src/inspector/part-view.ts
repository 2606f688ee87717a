/** The decoded parts of a set as tables: each member with its value and what it means. */
import { showBounded } from './bounded.js';
import { type ClaimWords, EVENT_WORDS, HEADER_WORDS, PAYLOAD_WORDS, TIME_CLAIMS } from './claim-words.js';
import { make } from './dom.js';
import { type EventView, viewEvents } from './event.js';
import { layOut } from '../text/layout.js';
import { linkOf } from './links.js';
import { viewTime } from './time-words.js';
import type { DecodedSet, JsonObject } from '../model.js';

/** Header, payload and signature, each in its colour. */
export function viewParts(set: DecodedSet, now: number): HTMLElement {
  const { header, payload, signature } = set;
  const headerRows = viewMembers(header, (name, value) =>
    row(name, linkOf('header', name), wordsFor(HEADER_WORDS, name) ?? UNKNOWN_CLAIM, ...valueOf('', value, now)),
  );
  const payloadRows = viewMembers(payload, (name, value) => {
    const link = linkOf('payload', name);
    if (name !== 'events')
      return row(name, link, wordsFor(PAYLOAD_WORDS, name) ?? UNKNOWN_CLAIM, ...valueOf(name, value, now));
    return row(
      name,
      link,
      PAYLOAD_WORDS.events,
      ...showBounded(
        viewEvents(payload),
        (event) => viewEvent(event, now),
        (rest) => make('p', {}, rest),
      ),
    );
  });
  return make(
    'div',
    { class: 'parts' },
    part('header', 'Header', table('Header', headerRows)),
    part('payload', 'Payload', table('Payload', payloadRows)),
    part(
      'signature',
      'Signature',
      make(
        'p',
        {},
        signature.length === 0
          ? 'None: the token is not signed.'
          : `${signature.length} bytes. Only verifying tells whether it holds.`,
      ),
    ),
  );
}

function viewMembers(object: JsonObject, view: (name: string, value: unknown) => HTMLElement): HTMLElement[] {
  return showBounded(
    Object.entries(object),
    ([name, value]) => view(name, value),
    (rest) => make('tr', {}, make('td', { colspan: 2 }, rest)),
  );
}

const UNKNOWN_CLAIM: ClaimWords = ['Not one of the claims that are known here'];

function part(name: string, title: string, content: HTMLElement): HTMLElement {
  const heading = make(
    'h3',
    {},
    make('button', { type: 'button', 'data-link': linkOf(name), 'aria-pressed': 'false' }, title),
  );
  return make('section', { class: `part ${name}`, 'data-link': linkOf(name) }, heading, content);
}

function table(caption: string, rows: readonly HTMLElement[]): HTMLElement {
  return make('table', {}, make('caption', { class: 'unseen' }, caption), make('tbody', {}, ...rows));
}

function row(
  name: string,
  link: string,
  words: ClaimWords | undefined,
  ...value: readonly (Node | string)[]
): HTMLElement {
  const button = make('button', { type: 'button', 'data-link': link, 'aria-pressed': 'false' }, name);
  const cell = make('td', {}, make('div', { class: 'value' }, ...value));
  if (words) {
    const [phrase, section] = words;
    cell.append(
      make(
        'p',
        { class: 'means' },
        `${phrase}. `,
        ...(section === undefined ? [] : [make('span', { class: 'section' }, section)]),
      ),
    );
  }
  return make('tr', { 'data-link': link }, make('th', { scope: 'row' }, button), cell);
}

function wordsFor(words: { readonly [name: string]: ClaimWords }, name: string): ClaimWords | undefined {
  return Object.hasOwn(words, name) ? words[name] : undefined;
}

function viewEvent({ type, payload, vocabulary }: EventView, now: number): HTMLElement {
  const link = (...path: readonly string[]): string => linkOf('payload', 'events', type, ...path);
  // Without a definition, a name alone does not tell what a member means.
  const words = vocabulary === undefined ? {} : EVENT_WORDS[vocabulary];
  const rows = viewMembers(payload, (name, value) =>
    row(name, link(name), wordsFor(words, name), ...valueOf(name, value, now)),
  );
  const content = rows.length > 0 ? table(type, rows) : make('p', { class: 'means' }, 'No members.');
  return make('div', { class: 'event', 'data-link': link() }, make('p', { class: 'type' }, type), content);
}

/** A value for reading. Numbers that are times come with their date and age. */
function valueOf(name: string, value: unknown, now: number): (Node | string)[] {
  if (typeof value === 'string') return [value === '' ? make('i', {}, 'empty') : value];
  if (typeof value === 'number' && TIME_CLAIMS.includes(name)) {
    const time = viewTime(value, now);
    if (!time) return [String(value)];
    const unit = time.isMilliseconds ? make('strong', { class: 'unit' }, 'milliseconds') : 'seconds';
    return [make('b', {}, time.date), ` ${time.age} `, make('span', { class: 'raw' }, `${value} `, unit)];
  }
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string'))
    return [
      make(
        'ul',
        {},
        ...showBounded(
          value,
          (each) => make('li', {}, each),
          (rest) => make('li', {}, rest),
        ),
      ),
    ];
  if (typeof value === 'object' && value !== null) return [make('pre', { tabindex: 0 }, layOut(value))];
  return [JSON.stringify(value)];
}
