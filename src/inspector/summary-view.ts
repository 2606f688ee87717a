/** The summary of a token (what happened, to whom, when, through which client) and the findings about it. */
import { isSetError } from '../errors.js';
import { MAX_SHOWN, showBounded } from './bounded.js';
import { make } from './dom.js';
import { clientOf, clientWords, type EventView, type OwnClients, viewEvents } from './event.js';
import { type Finding, findingsOf, type Severity } from './findings.js';
import { formatNumber } from './numbers.js';
import { viewSubject } from './subject-words.js';
import { occurrenceWords } from './time-words.js';
import type { DecodedSet } from '../model.js';

/** Renders the events in words, with the subject, the time and the clients. */
export function viewSummary(set: DecodedSet, own: OwnClients, now: number): HTMLElement {
  const events = viewEvents(set.payload);
  const clients = events.slice(0, MAX_SHOWN).flatMap((event) => clientFacts(event, own));
  const subject = fact('Subject', subjectSummary(set));
  const time = fact('When', occurrenceWords(set.payload, now));
  const facts = make('dl', {}, ...subject, ...time, ...clients);
  const headings = showBounded(events, viewHeading, (rest) => make('p', {}, rest));
  return make('section', { class: 'summary', 'aria-label': 'What happened' }, ...headings, facts);
}

function viewHeading({ words, vocabulary, type }: EventView): HTMLElement {
  // An attribute name such as familyName keeps its case.
  const sentence = /^[a-z]+\b(?!\.)/.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words;
  return make(
    'div',
    {},
    make('h2', {}, sentence),
    make('p', { class: 'means' }, `${vocabulary ?? 'Unknown vocabulary'} · `, make('span', { class: 'type' }, type)),
  );
}

function fact(name: string, value: string): HTMLElement[] {
  return [make('div', {}, make('dt', {}, name), make('dd', {}, value))];
}

function subjectSummary({ payload }: DecodedSet): string {
  try {
    const subject = viewSubject(payload);
    return subject ? `${subject.words} (${subject.format})` : 'none';
  } catch (error) {
    if (!isSetError(error)) throw error;
    return 'malformed';
  }
}

function clientFacts({ payload }: EventView, own: OwnClients): HTMLElement[] {
  const clientId = clientOf(payload);
  return clientId === undefined ? [] : fact('Client', `${clientId}: ${clientWords(clientId, own, payload)}`);
}

const LABELS: Readonly<Record<Severity, string>> = { reject: 'Reject', warning: 'Warning', note: 'Note' };

/** Renders the findings about a token, the most severe first. */
export function viewFindings(token: string, set: DecodedSet, now: number): HTMLElement {
  const findings = findingsOf(token, set, now);
  const items = showBounded(findings, viewFinding, (rest) => make('li', {}, rest));
  const content = items.length > 0 ? make('ul', {}, ...items) : make('p', {}, 'Nothing unusual found.');
  return make(
    'section',
    { class: 'findings', 'aria-label': 'Findings' },
    make('h3', {}, `Findings (${formatNumber(findings.length)})`),
    content,
  );
}

function viewFinding({ severity, text, section }: Finding): HTMLElement {
  const item = make('li', { class: severity }, make('strong', {}, LABELS[severity]), ` ${text} `);
  if (section !== undefined) item.append(make('span', { class: 'section' }, section));
  return item;
}
