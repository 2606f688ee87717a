/**
 * The browsers, each with the built ES modules in a page, and with a bundle in a worker.
 *
 * The page comes from this machine, which browsers trust like https: otherwise WebCrypto would be missing.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserName, launchBrowser } from '../browsers/launch.js';
import { launchWebKit } from '../browsers/webkit.js';
import { startServer, type TestServer } from '../support/server.js';
import type { Project } from '../support/tarball.js';
import { bundleSuite, importMap } from './bundle.js';
import type { Finding, Runtime } from './runtime.js';
import type { Report } from './suite/run.js';

const TIMEOUT_MS = 240_000;
const SCRIPT = 'text/javascript; charset=utf-8';

type Way = 'page' | 'worker';

/** The expressions that a page evaluates, each a promise of the report as JSON. */
const ASK: Readonly<Record<Way, string>> = {
  page: `import('/page.mjs').then(() => report())`,
  worker: `new Promise((resolve, reject) => {
    const worker = new Worker('/worker.mjs', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage('');
  })`,
};

/** Serves the package, a page with an import map to it, and the suite in both forms. */
async function serveSuite({ home }: Project): Promise<TestServer> {
  const map = JSON.stringify({ imports: importMap('/package/') });
  const [page, worker] = await Promise.all([bundleSuite('page', 'esm', home), bundleSuite('page', 'whole', home)]);
  const server = await startServer();
  server.answer = async (response, { url = '' }) => {
    if (url === '/')
      response.setHeader('content-type', 'text/html').end(`<!doctype html><script type="importmap">${map}</script>`);
    else if (url === '/page.mjs') response.setHeader('content-type', SCRIPT).end(page);
    else if (url === '/worker.mjs') response.setHeader('content-type', SCRIPT).end(worker);
    else if (/^\/package\/dist\/(?:[\w-]+\/)?[\w-]+\.js$/.test(url))
      response.setHeader('content-type', SCRIPT).end(await readFile(join(home, url.slice('/package/'.length))));
    else response.writeHead(404).end();
  };
  return server;
}

/** A browser that opens a page and evaluates an expression in it. */
interface Driver {
  readonly version: string;
  open(url: string): Promise<void>;
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

async function drivePuppeteer(name: BrowserName): Promise<Driver> {
  const browser = await launchBrowser(name, { protocolTimeout: TIMEOUT_MS });
  try {
    const page = await browser.newPage();
    return {
      version: (await browser.version()).replace(/^\w+\//, ''),
      open: async (url) => void (await page.goto(url)),
      evaluate: (expression) => page.evaluate(expression),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function driveWebKit(): Promise<Driver> {
  const { driver, version, close } = await launchWebKit();
  return {
    version,
    async open(url) {
      await driver.manage().setTimeouts({ script: TIMEOUT_MS });
      await driver.get(url);
    },
    evaluate: (expression) =>
      driver.executeAsyncScript(
        `const done = arguments[0]; (${expression}).then(done, (error) => done(String(error)));`,
      ),
    close,
  };
}

function inBrowser(name: string, way: Way, start: () => Promise<Driver>): Runtime {
  return {
    name,
    way: way === 'page' ? 'built ES modules in a page' : 'bundled, in a worker',
    async run(project): Promise<Finding> {
      const server = await serveSuite(project);
      try {
        const driver = await start();
        try {
          await driver.open(`${server.url}/`);
          const text = String(await driver.evaluate(ASK[way]));
          if (!text.startsWith('{')) throw new Error(text);
          return { version: driver.version, report: JSON.parse(text) as Report };
        } finally {
          await driver.close();
        }
      } finally {
        await server.close();
      }
    },
  };
}

export const BROWSERS: readonly Runtime[] = (['page', 'worker'] as const).flatMap((way) => [
  inBrowser('Chromium', way, () => drivePuppeteer('chromium')),
  inBrowser('Firefox', way, () => drivePuppeteer('firefox')),
  inBrowser('WebKitGTK', way, driveWebKit),
]);
