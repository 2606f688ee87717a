/** The list of many tokens: filters, timeline and table. */
import { byId, make } from './dom.js';
import type { OwnClients } from './event.js';
import { lastPart } from './event-words.js';
import { formatNumber } from './numbers.js';
import { countValues, countWords, type Filter, type Row, selectRows } from './rows.js';
import { savingButtons } from './saving.js';
import { createTableView } from './table-view.js';
import { drawTimeline } from './timeline-view.js';

/** The list on the page. */
export interface ListView {
  /** Replaces the rows, clears the filters and chooses the first row. */
  load(rows: readonly Row[], own: OwnClients): void;
  /** Replaces the user's own clients. */
  setOwnClients(own: OwnClients): void;
}

/**
 * Sets up the list.
 *
 * @param choose is called with each row that is chosen
 */
export function createListView(choose: (row: Row) => void): ListView {
  const type = byId('type', HTMLSelectElement);
  const subject = byId('subject', HTMLInputElement);
  const client = byId('client', HTMLSelectElement);
  const count = byId('count', HTMLElement);
  const timeline = byId('timeline', HTMLElement);
  let all: readonly Row[] = [];
  let shown: readonly Row[] = [];
  let own: OwnClients = new Map();

  const table = createTableView(choose);
  const select = (): void => {
    const filter: Filter = { type: type.value, subject: subject.value, client: client.value };
    shown = selectRows(all, filter, own);
    const listed = table.update(shown);
    drawTimeline(timeline, shown, (index) => table.reveal(index));
    const failed = shown.filter(({ code }) => code !== undefined).length;
    count.textContent = countWords({ all: all.length, shown: shown.length, failed, listed });
  };
  for (const field of [type, subject, client]) field.addEventListener('input', select);
  byId('many-saving', HTMLElement).append(savingButtons('these tokens ', () => shown.map(({ entry }) => entry.token)));

  const offerTypes = (): void => {
    const failed = all.filter(({ code }) => code !== undefined).length;
    setChoices(type, [
      ['', 'All events'],
      ...countValues(all.flatMap(({ types }) => types))
        .slice(0, MAX_CHOICES)
        .map(([value, many]) => [value, `${lastPart(value)} (${formatNumber(many)})`] as const),
      ...(failed > 0 ? [['ERR', `Failed to decode (${formatNumber(failed)})`] as const] : []),
    ]);
  };
  const offerClients = (): void => {
    const seen = countValues(all.flatMap(({ client: id }) => (id === '' ? [] : [id])));
    setChoices(client, [
      ['', 'All clients'],
      ...(own.size > 0
        ? ([
            ['own', 'Your clients'],
            ['other', 'Other clients'],
          ] as const)
        : []),
      ...seen.slice(0, MAX_CHOICES).map(([id, many]) => [id, `${own.get(id) || id} (${formatNumber(many)})`] as const),
    ]);
    client.disabled = seen.length === 0;
  };

  return {
    load(rows, clients) {
      [all, own] = [rows, clients];
      for (const field of [type, subject, client]) field.value = '';
      offerTypes();
      offerClients();
      select();
      table.choose(0);
    },
    setOwnClients(clients) {
      own = clients;
      offerClients();
      select();
    },
  };
}

/** A longer list of choices would not help. */
const MAX_CHOICES = 200;

function setChoices(select: HTMLSelectElement, choices: readonly (readonly [value: string, text: string])[]): void {
  const chosen = select.value;
  select.replaceChildren(
    ...choices.map(([value, text]) => make('option', { value, selected: value === chosen }, text)),
  );
}
