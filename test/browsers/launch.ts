/**
 * Real browsers from the system's packages, without a window. `npm test` installs them where it can.
 *
 * Each start has a profile of its own, and nothing of it stays: the browser ends with `close`.
 */
import { existsSync } from 'node:fs';
import { type Browser, launch, type LaunchOptions } from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';

/** Without these, Chromium looks for its updates and services, and needs a user who is not root. */
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const BROWSERS: Readonly<Record<BrowserName, { readonly paths: readonly string[]; readonly options: LaunchOptions }>> =
  {
    chromium: {
      paths: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
      options: { browser: 'chrome', args: CHROMIUM_FLAGS },
    },
    firefox: { paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox'], options: { browser: 'firefox' } },
  };

/** How long a browser may take to start, in ms: more than ten times what it takes. */
const START_TIMEOUT_MS = 120_000;

/** Where a browser is on this machine. */
export function pathOf(name: BrowserName): string | undefined {
  return BROWSERS[name].paths.find((path) => existsSync(path));
}

/** Starts a browser, with flags besides: by the DevTools protocol, or by WebDriver BiDi for Firefox. */
export async function launchBrowser(
  name: BrowserName,
  options: LaunchOptions = {},
  flags: readonly string[] = [],
): Promise<Browser> {
  const executablePath = pathOf(name);
  if (executablePath === undefined)
    throw new Error(`there is no ${name} at ${BROWSERS[name].paths.join(' or ')}: install it`);
  const { args = [], ...defaults } = BROWSERS[name].options;
  return launch({
    ...defaults,
    executablePath,
    headless: true,
    timeout: START_TIMEOUT_MS,
    args: [...args, ...flags],
    ...options,
  });
}
