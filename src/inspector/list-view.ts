/** Many tokens: filters, a timeline, and a table of which only what is in sight is in the page. */
import { byId, make } from './dom.js';
import type { OwnClients } from './event.js';
import { lastPart } from './event-words.js';
import { countValues, countWords, type Filter, type Row, selectRows } from './rows.js';
import { savingButtons } from './saving.js';
import { watchTable } from './table-view.js';
import { drawTimeline } from './timeline-view.js';

/** The list of tokens. */
export interface ListView {
  /** Shows these rows in place of any others, all of them, and chooses the first. */
  begin(rows: readonly Row[], own: OwnClients): void;
  /** Takes other clients for one's own. */
  regard(own: OwnClients): void;
}

/** Sets the list up. */
export function watchList(choose: (row: Row) => void): ListView {
  const type = byId('type', HTMLSelectElement);
  const subject = byId('subject', HTMLInputElement);
  const client = byId('client', HTMLSelectElement);
  const count = byId('count', HTMLElement);
  const timeline = byId('timeline', HTMLElement);
  let all: readonly Row[] = [];
  let shown: readonly Row[] = [];
  let own: OwnClients = new Map();

  const table = watchTable(choose);
  const select = (): void => {
    const filter: Filter = { type: type.value, subject: subject.value, client: client.value };
    shown = selectRows(all, filter, own);
    const listed = table.update(shown);
    drawTimeline(timeline, shown, (index) => table.reveal(index));
    const failed = shown.filter(({ code }) => code !== undefined).length;
    count.textContent = countWords({ all: all.length, shown: shown.length, failed, listed });
  };
  for (const field of [type, subject, client]) field.addEventListener('input', select);
  byId('many-saving', HTMLElement).append(savingButtons('these ', () => shown.map(({ entry }) => entry.token)));

  const offerTypes = (): void => {
    const failed = all.filter(({ code }) => code !== undefined).length;
    fill(type, [
      ['', 'All events'],
      ...countValues(all.flatMap(({ types }) => types))
        .slice(0, MAX_CHOICES)
        .map(([value, many]) => [value, `${lastPart(value)} (${number(many)})`] as const),
      ...(failed > 0 ? [['ERR', `Bad tokens (${number(failed)})`] as const] : []),
    ]);
  };
  const offerClients = (): void => {
    const seen = countValues(all.flatMap(({ client: id }) => (id === '' ? [] : [id])));
    fill(client, [
      ['', 'All clients'],
      ...(own.size > 0
        ? ([
            ['own', 'Yours'],
            ['other', 'Not yours'],
          ] as const)
        : []),
      ...seen.slice(0, MAX_CHOICES).map(([id, many]) => [id, `${own.get(id) || id} (${number(many)})`] as const),
    ]);
    client.disabled = seen.length === 0;
  };

  return {
    begin(rows, clients) {
      [all, own] = [rows, clients];
      for (const field of [type, subject, client]) field.value = '';
      offerTypes();
      offerClients();
      select();
      table.choose(0);
    },
    regard(clients) {
      own = clients;
      offerClients();
      select();
    },
  };
}

/** A longer list of choices is no help. */
const MAX_CHOICES = 200;

function number(value: number): string {
  return value.toLocaleString('en');
}

function fill(select: HTMLSelectElement, choices: readonly (readonly [value: string, text: string])[]): void {
  const chosen = select.value;
  select.replaceChildren(
    ...choices.map(([value, text]) => make('option', { value, selected: value === chosen }, text)),
  );
}
