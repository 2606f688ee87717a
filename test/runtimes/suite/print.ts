/** For runtimes with a standard output: prints a set as `console.log` shows it, and then the report in one line. */
import { decodeSet } from '../../../src/set.js';
import { makeToken } from '../../support/tokens.js';
import { runSuite } from './run.js';

runSuite('server').then(
  (report) => {
    console.log(decodeSet(makeToken()));
    console.log(JSON.stringify(report));
  },
  (error: unknown) => {
    console.error(error);
    throw error;
  },
);
