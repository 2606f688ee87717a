/**
 * Launches real browsers from the system's packages, headless.
 *
 * Each launch has a new profile, which `close` deletes.
 */
import { existsSync } from 'node:fs';
import { type Browser, launch, type LaunchOptions } from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';

/** Flags that let Chromium run as root, and keep it from contacting its update and other services. */
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

/** How long a browser may take to start, in ms: more than ten times as long as it usually takes. */
const START_TIMEOUT_MS = 120_000;

/** Returns the path of a browser on this machine, if it is installed. */
export function pathOf(name: BrowserName): string | undefined {
  return BROWSERS[name].paths.find((path) => existsSync(path));
}

/** Launches a browser with additional flags: Chromium over the DevTools protocol, Firefox over WebDriver BiDi. */
export async function launchBrowser(
  name: BrowserName,
  options: LaunchOptions = {},
  flags: readonly string[] = [],
): Promise<Browser> {
  const executablePath = pathOf(name);
  if (executablePath === undefined) throw new Error(`${name} is not installed at ${BROWSERS[name].paths.join(' or ')}`);
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
