/** For browsers, in a page or in a worker of one: what a driver or the page asks for, and gets as text. */
import { runSuite } from './run.js';

const report = async (): Promise<string> => JSON.stringify(await runSuite('browser'));

Reflect.set(globalThis, 'report', report);
if (!('document' in globalThis)) globalThis.addEventListener('message', async () => globalThis.postMessage(await report()));
