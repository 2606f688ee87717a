// readEvents compared with decodeSet: the cost of reading typed events, with one vocabulary and with all of them.
import { akamaiEvents } from '../../dist/akamai.js';
import { caepEvents } from '../../dist/caep.js';
import { decodeSet, readEvents } from '../../dist/index.js';
import { oidcEvents } from '../../dist/oidc.js';
import { riscEvents } from '../../dist/risc.js';
import { scimEvents } from '../../dist/scim.js';
import { ssfEvents } from '../../dist/ssf.js';
import { measure } from './rounds.mjs';
import { makeTokens } from './tokens.mjs';

const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`;
const all = [...ssfEvents, ...caepEvents, ...riscEvents, ...scimEvents, ...oidcEvents, ...akamaiEvents];
const tokens = makeTokens(2000);
const sets = tokens.map((token) => decodeSet(token));
const contenders = {
  decodeSet: (i) => decodeSet(tokens[i]),
  [`readEvents, ${akamaiEvents.length} definitions`]: (i) => readEvents(sets[i], akamaiEvents),
  [`readEvents, ${all.length} definitions`]: (i) => readEvents(sets[i], all),
  'readEvents, no definition': (i) => readEvents(sets[i], []),
};
const times = measure(contenders, { pool: tokens.length, rounds: Number(process.env.ROUNDS ?? 31) });
console.log(`events: ${tokens.length} distinct tokens of about ${tokens[0].length} characters, ${runtime}`);
for (const [name, time] of Object.entries(times)) {
  if (name !== 'decodeSet')
    console.log(`  ${name.padEnd(28)} takes ${(time / times.decodeSet).toFixed(2)} times as long as decodeSet`);
}
