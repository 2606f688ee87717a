/** Limits how many items of a list the page shows: a token of a megabyte may contain a hundred thousand claims. */
import { formatNumber } from './numbers.js';

/** About as many items as a person would look through. */
export const MAX_SHOWN = 500;

/** Renders the items of a list up to {@link MAX_SHOWN}, and one element that counts the rest. */
export function showBounded<Item, Shown>(
  items: readonly Item[],
  show: (item: Item) => Shown,
  showRest: (words: string) => Shown,
): Shown[] {
  const shown = items.slice(0, MAX_SHOWN).map(show);
  return items.length > MAX_SHOWN
    ? [...shown, showRest(`and ${formatNumber(items.length - MAX_SHOWN)} more (not shown)`)]
    : shown;
}
