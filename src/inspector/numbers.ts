/** Numbers as the page writes them. */

/** Formats a whole number with thousands separators, such as `10,000`. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en');
}

/** Formats a count with its noun, such as `1 token` or `10,000 tokens`. */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}
