/** For runtimes with a standard output: one line with the report. */
import { runSuite } from './run.js';

runSuite('server').then(
  (report) => console.log(JSON.stringify(report)),
  (error: unknown) => {
    console.error(error);
    throw error;
  },
);
