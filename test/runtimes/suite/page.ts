/** For browsers: a page defines a function that returns the report as JSON, a worker sends it as a message. */
import { runSuite } from './run.js';

const { userAgent } = navigator;
if (userAgent.includes('AppleWebKit') && !userAgent.includes('Chrome')) retryGeneratingKeys();

/**
 * Retries the generation of keys, since WebKitGTK occasionally fails to generate an Ed25519 pair. The tests are about
 * verifying, not about that.
 */
function retryGeneratingKeys(): void {
  const { subtle } = crypto;
  const generateKey = subtle.generateKey.bind(subtle) as (...request: readonly unknown[]) => Promise<CryptoKeyPair>;
  const attempt = (left: number, request: readonly unknown[]): Promise<CryptoKeyPair> =>
    generateKey(...request).catch((error: DOMException) => {
      if (error.name !== 'OperationError' || left === 0) throw error;
      return attempt(left - 1, request);
    });
  Reflect.set(subtle, 'generateKey', (...request: readonly unknown[]) => attempt(5, request));
}

const report = async (): Promise<string> => JSON.stringify(await runSuite('browser'));

Reflect.set(globalThis, 'report', report);
if (!('document' in globalThis))
  globalThis.addEventListener('message', async () => globalThis.postMessage(await report()));
