/** Opens a file in the user's browser. No shell is involved, so no path can be run as a command. */
import { spawn } from 'node:child_process';

/** The program that opens files, by platform. The default is `xdg-open`. */
const OPENERS: { readonly [platform: string]: string } = { darwin: 'open', win32: 'explorer.exe' };

/** An opener that has reported no failure after this time counts as successful. */
const OPENER_TIMEOUT_MS = 1_500;

/** Opens a file. Returns undefined on success, or why it could not be opened. */
export async function openInBrowser(path: string): Promise<string | undefined> {
  const { platform, env } = process;
  const opener = OPENERS[platform] ?? 'xdg-open';
  if (opener === 'xdg-open' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return 'no display found';
  return new Promise((resolve) => {
    // Detached: the browser outlives the command, and Ctrl-C in the terminal does not reach it.
    const child = spawn(opener, [path], { detached: true, stdio: 'ignore' });
    const timer = setTimeout(() => detach(undefined), OPENER_TIMEOUT_MS);
    const detach = (fault: string | undefined): void => {
      clearTimeout(timer);
      child.unref();
      resolve(fault);
    };
    child.once('error', () => detach(`could not run ${opener}`));
    // explorer.exe exits with 1 even on success.
    child.once('exit', (status) =>
      detach(status === 0 || platform === 'win32' ? undefined : `${opener} could not open a browser`),
    );
  });
}
