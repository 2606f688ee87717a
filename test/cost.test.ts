/** What decodeSet costs, by the clock of this machine. */
import { expect, test } from 'vitest';
import { decodeSet } from '../src/set.js';
import { utf8 } from './support/octets.js';
import { tokenWith } from './support/tokens.js';

test('the cost is linear in the length of the token', () => {
  // The best of several, interleaved, so that a busy machine does not matter. Four times as much text may take a good deal more
  // than four times as long, but a cost that grows with the square would take sixteen times.
  const time = (token: string): number => {
    const start = performance.now();
    decodeSet(token);
    return performance.now() - start;
  };
  for (const unit of ['a', 'é', '日本語', '\\', '%']) {
    const times = Math.floor(180_000 / utf8(JSON.stringify(unit).slice(1, -1)).length);
    const short = tokenWith({ text: unit.repeat(times) });
    const long = tokenWith({ text: unit.repeat(times * 4) });
    let [shortTime, longTime] = [Infinity, Infinity];
    for (let round = 0; round < 15; round++) {
      shortTime = Math.min(shortTime, time(short));
      longTime = Math.min(longTime, time(long));
    }
    expect(longTime / shortTime, `four times as much of ${unit}`).toBeLessThan(10);
  }
});
