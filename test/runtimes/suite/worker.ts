/** For workerd, as the test of a worker: one line with the report. */
import { runSuite } from './run.js';

export default {
  async test(): Promise<void> {
    console.log(JSON.stringify(await runSuite('server')));
  },
};
