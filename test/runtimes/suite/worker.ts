/** For workerd: the test of a worker, which prints the report in one line. */
import { runSuite } from './run.js';

export default {
  async test(): Promise<void> {
    console.log(JSON.stringify(await runSuite('server')));
  },
};
