/** Starts `secevent listen` and delivers to it. Needs dist. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, vi } from 'vitest';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import { PATIENTLY } from './timing.js';

export const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
// ES256, because thousands of tokens are signed and RSA is slower.
export const transmitter = await createTestTransmitter({ algorithm: 'ES256' });
export const folder = mkdtempSync(join(tmpdir(), 'secevent-listen-'));
export const jwks = join(folder, 'jwks.json');
writeFileSync(jwks, JSON.stringify(transmitter.jwks));
export const TRUST = [
  '--jwks',
  jwks,
  '--algorithm',
  'ES256',
  '--issuer',
  transmitter.issuer,
  '--audience',
  transmitter.audience,
];

export const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
export const newFile = (): string => join(folder, `${files++}.ndjson`);

export interface Listener {
  readonly child: ChildProcess;
  readonly port: number;
  /** Returns everything on standard error so far. */
  log(): string;
  readonly exit: Promise<number | null>;
}

/** Starts the command on a free port, and waits until it listens. */
export async function startListener(file: string, trust: readonly string[] = TRUST): Promise<Listener> {
  const child = spawn(process.execPath, [command, 'listen', '--port', '0', '--out', file, ...trust], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  children.push(child);
  let log = '';
  child.stderr!.on('data', (chunk) => (log += chunk));
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const port = await vi.waitFor(() => {
    const found = /listening on http:\/\/127\.0\.0\.1:(\d+)\n/.exec(log);
    if (!found) throw new Error(`not listening yet: ${log}`);
    return Number(found[1]);
  }, PATIENTLY);
  return { child, port, log: () => log, exit };
}

/** Delivers a token, and returns the status of the response, or undefined if there was none. */
export function deliver(port: number, token: string, agent?: Agent): Promise<number | undefined> {
  return new Promise((resolve) => {
    const outgoing = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt' },
      ...(agent && { agent }),
    });
    outgoing.on('response', (response) =>
      response
        .resume()
        .on('end', () => resolve(response.statusCode))
        .on('error', () => resolve(undefined)),
    );
    outgoing.on('error', () => resolve(undefined));
    outgoing.end(token);
  });
}

export interface Line {
  readonly header: unknown;
  readonly payload: { readonly jti: string };
  readonly signature: string;
}

export const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
export const jtisOf = (file: string): string[] => linesOf(file).map(({ payload }) => payload.jti);
