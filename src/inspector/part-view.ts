/** The decoded parts of a set as tables of members, each with its value and meaning. */
import { showBounded } from './bounded.js';
import { type ClaimWords, EVENT_WORDS, HEADER_WORDS, PAYLOAD_WORDS, TIME_CLAIMS } from './claim-words.js';
import { make } from './dom.js';
import { type EventView, viewEvents } from './event.js';
import { formatJson } from '../text/layout.js';
import { linkOf } from './links.js';
import { formatCount } from './numbers.js';
import { ownMember } from './own-member.js';
import { viewTime } from './time-words.js';
import type { DecodedSet, JsonObject } from '../model.js';

/** Renders header, payload and signature, each in its color. */
export function viewParts(set: DecodedSet, now: number): HTMLElement {
  const { header, payload, signature } = set;
  const headerRows = viewMembers(header, (name, value) =>
    viewMemberRow(name, linkOf('header', name), ownMember(HEADER_WORDS, name) ?? UNKNOWN, ...viewValue('', value, now)),
  );
  const payloadRows = viewMembers(payload, (name, value) => {
    const link = linkOf('payload', name);
    if (name !== 'events')
      return viewMemberRow(name, link, ownMember(PAYLOAD_WORDS, name) ?? UNKNOWN, ...viewValue(name, value, now));
    return viewMemberRow(
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
    viewPart('header', 'Header', viewTable('Header', headerRows)),
    viewPart('payload', 'Payload', viewTable('Payload', payloadRows)),
    viewPart(
      'signature',
      'Signature',
      make(
        'p',
        {},
        signature.length === 0
          ? 'Empty: the token is unsigned.'
          : `${formatCount(signature.length, 'byte')}. Verify the token to check it.`,
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

const UNKNOWN: ClaimWords = ['Unknown to this page'];

function viewPart(name: string, title: string, content: HTMLElement): HTMLElement {
  const heading = make(
    'h3',
    {},
    make('button', { type: 'button', 'data-link': linkOf(name), 'aria-pressed': 'false' }, title),
  );
  return make('section', { class: `part ${name}`, 'data-link': linkOf(name) }, heading, content);
}

function viewTable(caption: string, rows: readonly HTMLElement[]): HTMLElement {
  return make('table', {}, make('caption', { class: 'visually-hidden' }, caption), make('tbody', {}, ...rows));
}

function viewMemberRow(
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

function viewEvent({ type, payload, vocabulary }: EventView, now: number): HTMLElement {
  const link = (...path: readonly string[]): string => linkOf('payload', 'events', type, ...path);
  // The meaning of a member depends on the vocabulary, so members of unknown events are not explained.
  const words = vocabulary === undefined ? {} : EVENT_WORDS[vocabulary];
  const rows = viewMembers(payload, (name, value) =>
    viewMemberRow(name, link(name), ownMember(words, name), ...viewValue(name, value, now)),
  );
  const content = rows.length > 0 ? viewTable(type, rows) : make('p', { class: 'means' }, 'No members.');
  return make('div', { class: 'event', 'data-link': link() }, make('p', { class: 'type' }, type), content);
}

/** Renders a value. A number that is a time is shown with its date and age. */
function viewValue(name: string, value: unknown, now: number): (Node | string)[] {
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
  if (typeof value === 'object' && value !== null) return [make('pre', { tabindex: 0 }, formatJson(value))];
  return [JSON.stringify(value)];
}
