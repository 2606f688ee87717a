/** Launches WebKitGTK over WebDriver. It has no headless mode, so it gets a virtual screen. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { Builder, Capabilities, type WebDriver } from 'selenium-webdriver';

export interface WebKit {
  readonly driver: WebDriver;
  readonly version: string;
  close(): Promise<void>;
}

/** Finds the test browser of WebKitGTK, whose path depends on the machine's architecture and on the API version. */
function findBrowser(): string {
  const folders = readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu'));
  const paths = folders.flatMap((name) =>
    ['4.1', '4.0', '6.0'].map((version) => `/usr/lib/${name}/webkit2gtk-${version}/MiniBrowser`),
  );
  const found = paths.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error('the MiniBrowser of WebKitGTK is missing: install webkit2gtk-driver and xvfb');
  return found;
}

/** Starts a program. Rejects if it cannot be started. */
async function startProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  await once(child, 'spawn');
  // The program must not outlive this process.
  const kill = (): void => void child.kill();
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

export async function launchWebKit(): Promise<WebKit> {
  const binary = findBrowser();
  const screen = await startProgram(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'],
    process.env,
  );
  const started: ChildProcess[] = [screen];
  const stopAll = async (): Promise<void> => void (await Promise.all(started.map(stopProgram)));
  try {
    const ended = once(screen, 'exit').then(([status]) =>
      Promise.reject(new Error(`Xvfb ended with status ${status}`)),
    );
    const [display] = (await Promise.race([once(screen.stdio[3] as Readable, 'data'), ended])) as [Buffer];
    ended.catch(() => {});
    const port = await freePort();
    started.push(
      await startProgram('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
        ...process.env,
        DISPLAY: `:${String(display).trim()}`,
      }),
    );
    await waitForDriver(port);
    const options = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary, args: ['--automation'] } };
    const driver = await new Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities(new Capabilities(options))
      .build();
    const version = String((await driver.getCapabilities()).get('browserVersion'));
    return { driver, version, close: () => driver.quit().finally(stopAll) };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Waits until the driver responds. */
async function waitForDriver(port: number): Promise<void> {
  for (let left = 600; ; left--) {
    try {
      return void (await (await fetch(`http://127.0.0.1:${port}/status`)).body?.cancel());
    } catch (error) {
      if (left === 0) throw new Error('WebKitWebDriver does not respond', { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
