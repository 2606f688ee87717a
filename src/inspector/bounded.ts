/**
 * Lists of a length that a page can take: a token of a megabyte may hold a hundred thousand claims, events or
 * audiences.
 */

/** As many as a person would look through. */
export const MAX_SHOWN = 500;

/** Makes what shows the items of a list, and one thing that says how many more there are. */
export function showBounded<Item, Shown>(
  items: readonly Item[],
  show: (item: Item) => Shown,
  showRest: (words: string) => Shown,
): Shown[] {
  const shown = items.slice(0, MAX_SHOWN).map(show);
  return items.length > MAX_SHOWN
    ? [...shown, showRest(`and ${(items.length - MAX_SHOWN).toLocaleString('en')} more, which are not shown`)]
    : shown;
}
