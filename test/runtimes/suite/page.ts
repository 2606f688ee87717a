/** For browsers, in a page or in a worker of one: what a driver or the page asks for, and gets as text. */
import { runSuite } from './run.js';

const { userAgent } = navigator;
if (userAgent.includes('AppleWebKit') && !userAgent.includes('Chrome')) makeKeysPatiently();

/**
 * Now and then WebKitGTK fails to make a pair of Ed25519 keys, and makes one when it is asked again. What is tested is
 * what verifies.
 */
function makeKeysPatiently(): void {
  const { subtle } = crypto;
  const generateKey = subtle.generateKey.bind(subtle) as (...request: readonly unknown[]) => Promise<CryptoKeyPair>;
  const again = (left: number, request: readonly unknown[]): Promise<CryptoKeyPair> =>
    generateKey(...request).catch((error: DOMException) => {
      if (error.name !== 'OperationError' || left === 0) throw error;
      return again(left - 1, request);
    });
  Reflect.set(subtle, 'generateKey', (...request: readonly unknown[]) => again(5, request));
}

const report = async (): Promise<string> => JSON.stringify(await runSuite('browser'));

Reflect.set(globalThis, 'report', report);
if (!('document' in globalThis))
  globalThis.addEventListener('message', async () => globalThis.postMessage(await report()));
