/** `secevent verify`: verifies a token, and prints it only if it is valid. */
import { parseArgs } from 'node:util';
import { isSetError } from '../errors.js';
import { toRecord } from '../text/record.js';
import { HELP, HINT } from './help.js';
import { describeKeySource } from './keys.js';
import { printNotice, reportUsageError, write } from './output.js';
import { formatSet, type Headline } from './show.js';
import { wantsColor } from './terminal.js';
import { readGivenToken, reportSetError } from './token.js';
import { findOptionFaults, VERIFICATION_OPTIONS, type VerificationValues } from './trust.js';
import { createCallVerifier } from './verifier.js';

/** Runs the subcommand and returns the exit status. */
export async function verify(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...VERIFICATION_OPTIONS, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    await write(process.stdout, HELP);
    return 0;
  }
  // Check the options before asking for a token.
  const faults = findOptionFaults(values);
  if (faults.length > 0) return reportUsageError(`${faults.join('; ')}\n${HINT}`);
  const verifier = await createCallVerifier(values);
  if (typeof verifier === 'string') return reportUsageError(`${verifier}\n${HINT}`);

  const given = await readGivenToken('verify', positionals);
  if (typeof given === 'number') return given;
  const { token } = given;
  try {
    const set = await verifier(token);
    const headline = headlineOf(values);
    if (values.json) {
      await write(process.stdout, `${toRecord(token)}\n`);
      if (process.stderr.isTTY) printNotice(headline.map(([line]) => line).join('. '));
    } else {
      await write(process.stdout, formatSet(token, set, wantsColor(process.stdout, process.env), headline));
    }
    return 0;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return reportSetError(given, error);
  }
}

/** Returns lines that say what was checked, and which checks were skipped on request. */
function headlineOf(values: VerificationValues): Headline {
  const checked = (['issuer', 'audience'] as const).filter((name) => !values[`any-${name}`]);
  const skipped = (['issuer', 'audience', 'typ'] as const).filter((name) => values[`any-${name}`]);
  const matches = checked.length > 0 ? `; ${checked.join(' and ')} ${checked.length > 1 ? 'match' : 'matches'}` : '';
  const line = `VERIFIED: signed with a key from ${describeKeySource(values)}${matches}`;
  return [[line, 'green'], ...(skipped.length > 0 ? [[`NOT checked: ${skipped.join(', ')}`, 'yellow'] as const] : [])];
}
