/** `secevent verify`: checks a token with keys that the caller trusts, and shows it only when it holds. */
import { parseArgs } from 'node:util';
import { isSetError } from '../errors.js';
import { toRecord } from '../text/record.js';
import { HELP } from './help.js';
import { sourceOf } from './keys.js';
import { misuse, say, write } from './output.js';
import { type Headline, show } from './show.js';
import { wantsColour } from './terminal.js';
import { readToken, refuse } from './token.js';
import { findFaults, type Trust, TRUST_OPTIONS } from './trust.js';
import { readVerifier } from './verifier.js';

/** Runs the subcommand and gives the exit status. */
export async function verify(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...TRUST_OPTIONS, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    await write(process.stdout, HELP);
    return 0;
  }
  const faults = findFaults(values);
  if (faults.length > 0) return misuse(`${faults.join('; ')}\n${HINT}`);
  // Before the token is read: nobody shall paste one in vain.
  const verifier = await readVerifier(values);
  if (typeof verifier === 'string') return misuse(`${verifier}\n${HINT}`);

  const given = await readToken('verify', positionals);
  if (typeof given === 'number') return given;
  const { token } = given;
  try {
    const set = await verifier(token);
    const headline = headlineOf(values);
    if (values.json) {
      await write(process.stdout, `${toRecord(token)}\n`);
      if (process.stderr.isTTY) say(headline.map(([line]) => line).join('. '));
    } else {
      await write(process.stdout, show(token, set, wantsColour(process.stdout, process.env), headline));
    }
    return 0;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return refuse(given, error);
  }
}

const HINT = 'Try: secevent --help';

/** What was checked, and what on purpose was not. */
function headlineOf(values: Trust): Headline {
  const checked = (['issuer', 'audience'] as const).filter((name) => !values[`any-${name}`]);
  const skipped = (['issuer', 'audience', 'typ'] as const).filter((name) => values[`any-${name}`]);
  const line = `VERIFIED: signed by a key of ${sourceOf(values)}${checked.length > 0 ? `, for this ${checked.join(' and ')}` : ''}`;
  return [[line, 'green'], ...(skipped.length > 0 ? [[`NOT checked: ${skipped.join(', ')}`, 'yellow'] as const] : [])];
}
