/** The cost of decodeSet. */
import { expect, test } from 'vitest';
import { decodeSet } from '../src/set.js';
import { utf8 } from './support/octets.js';
import { growthOf, LINEAR } from './support/timing.js';
import { tokenWith } from './support/tokens.js';

test('the cost is linear in the length of the token', async () => {
  for (const unit of ['a', 'é', '日本語', '\\', '%']) {
    const times = Math.floor(180_000 / utf8(JSON.stringify(unit).slice(1, -1)).length);
    const short = tokenWith({ text: unit.repeat(times) });
    const long = tokenWith({ text: unit.repeat(times * 4) });
    expect(await growthOf(decodeSet, short, long), `four times as many ${unit}`).toBeLessThan(LINEAR);
  }
});
