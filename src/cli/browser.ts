/** Opens a file in the person's browser, without a shell: a name that is none of ours cannot become a command. */
import { spawn } from 'node:child_process';

/** What opens files on each system. */
const OPENERS: { readonly [platform: string]: string } = { darwin: 'open', win32: 'explorer.exe' };

/** How long an opener has to say that it cannot, after which it counts as having opened. */
const PATIENCE_MS = 1_500;

/** Opens a file, and gives nothing, or says why it could not be opened. */
export async function openInBrowser(path: string): Promise<string | undefined> {
  const { platform, env } = process;
  const opener = OPENERS[platform] ?? 'xdg-open';
  if (opener === 'xdg-open' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return 'there is no screen to open a browser on';
  return new Promise((resolve) => {
    // Detached: the browser lives on when the command ends, and Ctrl-C in the terminal does not reach it.
    const child = spawn(opener, [path], { detached: true, stdio: 'ignore' });
    const timer = setTimeout(() => finish(undefined), PATIENCE_MS);
    const finish = (fault: string | undefined): void => {
      clearTimeout(timer);
      child.unref();
      resolve(fault);
    };
    child.once('error', () => finish(`${opener} is not there to open a browser`));
    // explorer.exe gives 1 whatever it did.
    child.once('exit', (status) =>
      finish(status === 0 || platform === 'win32' ? undefined : `${opener} found no browser`),
    );
  });
}
