/** `secevent listen` as a process: what is acknowledged is in the file, once, whatever happens to the process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import { secevent } from '../support/command.js';
import { startServer } from '../support/server.js';
import { PATIENTLY } from '../support/timing.js';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
// Elliptic, since thousands are signed.
const transmitter = await createTestTransmitter({ algorithm: 'ES256' });
const folder = mkdtempSync(join(tmpdir(), 'secevent-listen-'));
const jwks = join(folder, 'jwks.json');
writeFileSync(jwks, JSON.stringify(transmitter.jwks));
const TRUST = [
  '--jwks',
  jwks,
  '--algorithm',
  'ES256',
  '--issuer',
  transmitter.issuer,
  '--audience',
  transmitter.audience,
];

const TIMEOUT_MS = 60_000;

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = (): string => join(folder, `${files++}.ndjson`);

interface Listener {
  readonly child: ChildProcess;
  readonly port: number;
  /** Everything on standard error so far. */
  log(): string;
  exit: Promise<number | null>;
}

/** Starts the command on a free port, and waits until it listens. */
async function start(file: string, trust: readonly string[] = TRUST): Promise<Listener> {
  const child = spawn(process.execPath, [command, 'listen', '--port', '0', '--out', file, ...trust], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  children.push(child);
  let log = '';
  child.stderr!.on('data', (chunk) => (log += chunk));
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const port = await vi.waitFor(() => {
    const found = /listening on http:\/\/127\.0\.0\.1:(\d+)\n/.exec(log);
    if (!found) throw new Error(`it does not listen: ${log}`);
    return Number(found[1]);
  }, PATIENTLY);
  return { child, port, log: () => log, exit };
}

/** Delivers a token, and gives the status; or nothing where there was no answer. */
function deliver(port: number, token: string, agent?: Agent): Promise<number | undefined> {
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

/** Whether a port takes connections. */
function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(Boolean(socket.destroy())));
    socket.once('error', () => resolve(false));
  });
}

interface Line {
  readonly header: unknown;
  readonly payload: { readonly jti: string };
  readonly signature: string;
}

const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
const jtisOf = (file: string): string[] => linesOf(file).map(({ payload }) => payload.jti);

describe('a delivery', () => {
  test('is on disk as a line of JSON when it is answered, in the words of the token', async () => {
    const file = newFile();
    const { port } = await start(file);
    const token = await transmitter.sign({ jti: 'a', name: 'Zoë' });
    expect(await deliver(port, token)).toBe(202);
    const [header, payload, signature] = token.split('.');
    const textOf = (part: string): string => Buffer.from(part, 'base64url').toString();
    expect(readFileSync(file, 'utf8')).toBe(
      `{"header":${textOf(header!)},"payload":${textOf(payload!)},"signature":"${signature}"}\n`,
    );
  });

  test('that comes again is acknowledged, and written once; after a new start too', async () => {
    const file = newFile();
    const token = await transmitter.sign({ jti: 'a' });
    const first = await start(file);
    expect([await deliver(first.port, token), await deliver(first.port, token)]).toEqual([202, 202]);
    first.child.kill('SIGKILL');
    await first.exit;
    const second = await start(file);
    expect(await deliver(second.port, token)).toBe(202);
    expect(await deliver(second.port, await transmitter.sign({ jti: 'b' }))).toBe(202);
    expect(jtisOf(file)).toEqual(['a', 'b']);
  });

  test('that is refused is not written, and said without the token', async () => {
    const file = newFile();
    const { port, log } = await start(file);
    const token = await transmitter.sign({ aud: 'https://other.example' });
    expect(await deliver(port, token)).toBe(400);
    expect(await deliver(port, 'junk')).toBe(400);
    await vi.waitFor(
      () => expect(log()).toMatch(/refused: ERR_SET_AUDIENCE: .*\nsecevent: refused: ERR_SET_FORMAT: .*\n/),
      PATIENTLY,
    );
    expect(log()).not.toContain(token.slice(0, 20));
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  test('of an Akamai customer is taken by its host and its ID alone', async () => {
    const file = newFile();
    const { port, log } = await start(file, ['--akamai', 'localhost:1/0123', '--audience', 'a']);
    // Nobody is there to give keys: the SET may be good, and is to come again.
    expect(await deliver(port, await (await createTestTransmitter()).sign())).toBe(503);
    await vi.waitFor(() => expect(log()).toContain('will be redelivered: ERR_SET_JWKS'), PATIENTLY);
  });

  test('whose keys come from a URL is taken once they can be had', async () => {
    const server = await startServer();
    const file = newFile();
    const { port } = await start(file, [...TRUST.slice(2), '--jwks', `${server.url}/keys`]);
    const token = await transmitter.sign({ jti: 'a' });
    expect(await deliver(port, token)).toBe(503);
    server.answer = (response) => response.end(JSON.stringify(transmitter.jwks));
    await vi.waitFor(async () => expect(await deliver(port, token)).toBe(202), { ...PATIENTLY, interval: 200 });
    expect(jtisOf(file)).toEqual(['a']);
    await server.close();
  });
});

describe('an end', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s lets what is under way be done, takes nothing more, and is clean',
    async (signal) => {
      const file = newFile();
      const { child, port, log, exit } = await start(file);
      const token = await transmitter.sign({ jti: 'slow' });
      const headers = {
        'content-type': 'application/secevent+jwt',
        'content-length': token.length,
        expect: '100-continue',
      };
      const outgoing = request({ port, host: '127.0.0.1', method: 'POST', headers });
      const answered = new Promise<number | undefined>((resolve) =>
        outgoing.once('response', (response) => resolve(response.resume().statusCode)),
      );
      outgoing.write(token.slice(0, 100));
      // With this answer the request is under way.
      await once(outgoing, 'continue');
      child.kill(signal);
      await vi.waitFor(async () => expect(await connects(port)).toBe(false), PATIENTLY);
      expect(await deliver(port, await transmitter.sign())).toBeUndefined();
      outgoing.end(token.slice(100));
      expect(await answered).toBe(202);
      expect(await exit).toBe(0);
      expect(log()).toMatch(new RegExp(`\\nsecevent: ${signal}: ended with 1 SET on disk\\n$`));
      expect(jtisOf(file)).toEqual(['slow']);
    },
    TIMEOUT_MS,
  );

  test(
    'by SIGTERM under load is soon, and every answer holds',
    async () => {
      const file = newFile();
      const { child, port, exit } = await start(file);
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const acknowledged: string[] = [];
      let isOver = false;
      let made = 0;
      const load = Promise.all(
        Array.from({ length: 8 }, async () => {
          while (!isOver) {
            const jti = `${made++}`;
            if ((await deliver(port, await transmitter.sign({ jti }), agent)) === 202) acknowledged.push(jti);
          }
        }),
      );
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(20), PATIENTLY);
      const began = Date.now();
      child.kill('SIGTERM');
      await vi.waitFor(async () => expect(await connects(port)).toBe(false), PATIENTLY);
      const before = acknowledged.length;
      expect(await exit).toBe(0);
      // Less than the grace period, and a hundred times what it takes.
      expect(Date.now() - began).toBeLessThan(9_000);
      isOver = true;
      await load;
      agent.destroy();
      // On each connection the delivery under way, and one more.
      expect(acknowledged.length - before).toBeLessThanOrEqual(2 * 8);
      expect(jtisOf(file).sort()).toEqual(acknowledged.sort());
    },
    TIMEOUT_MS,
  );

  test('by SIGKILL, twenty times under load, loses nothing that was acknowledged and writes nothing twice', async () => {
    const file = newFile();
    const acknowledged = new Set<string>();
    let made = 0;
    for (let round = 0; round < 20; round++) {
      const { child, port, exit } = await start(file);
      const agent = new Agent({ keepAlive: true, maxSockets: 16 });
      let isOver = false;
      const load = Promise.all(
        Array.from({ length: 16 }, async () => {
          while (!isOver) {
            const jti = `${made++}`;
            const token = await transmitter.sign({ jti });
            // Delivered twice at times, as by a transmitter that did not hear the answer.
            for (let times = made % 5 ? 1 : 2; times > 0; times--)
              if ((await deliver(port, token, agent)) === 202) acknowledged.add(jti);
          }
        }),
      );
      const enough = acknowledged.size + 26 + Math.random() * 50;
      await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(enough), { ...PATIENTLY, interval: 1 });
      child.kill('SIGKILL');
      await exit;
      isOver = true;
      await load;
      agent.destroy();
    }
    const last = await start(file);
    const written = jtisOf(file);
    expect(acknowledged.size).toBeGreaterThan(500);
    expect([...acknowledged].filter((jti) => !written.includes(jti))).toEqual([]);
    expect(new Set(written).size).toBe(written.length);
    // With an answer, it is known to have come to where it heeds the signal.
    expect(await deliver(last.port, 'junk')).toBe(400);
    last.child.kill('SIGTERM');
    expect(await last.exit).toBe(0);
  }, 300_000);
});

describe.runIf(process.platform === 'linux')('on a terminal', () => {
  test('a count runs below what there is to say, and Ctrl-C ends it', async () => {
    const file = newFile();
    const line = [process.execPath, command, 'listen', '--port', '0', '--out', file, ...TRUST]
      .map((part) => `'${part}'`)
      .join(' ');
    const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } });
    children.push(child);
    let screen = '';
    child.stdout.on('data', (chunk) => (screen += chunk));
    const port = await vi.waitFor(() => Number(/127\.0\.0\.1:(\d+)\r\n/.exec(screen)![1]), PATIENTLY);
    await vi.waitFor(() => expect(screen).toContain('\r\u001b[Ksecevent: 0 SETs on disk'), PATIENTLY);
    await deliver(port, await transmitter.sign());
    await vi.waitFor(() => expect(screen).toContain('\r\u001b[Ksecevent: 1 SET on disk'), PATIENTLY);
    await deliver(port, 'junk');
    await vi.waitFor(
      () =>
        expect(screen).toMatch(
          /\r\u001b\[Ksecevent: refused: ERR_SET_FORMAT: .*\r\n\r\u001b\[Ksecevent: 1 SET on disk$/,
        ),
      PATIENTLY,
    );
    child.stdin.write('\u0003');
    await new Promise((resolve) => child.once('close', resolve));
    expect(screen).toMatch(/\r\u001b\[Ksecevent: SIGINT: ended with 1 SET on disk\r\n$/);
  });
});

describe('a start', () => {
  test('takes away a torn line, and says so', async () => {
    const file = newFile();
    writeFileSync(file, '{"header":{"alg":"ES');
    const { port, log } = await start(file);
    expect(log()).toContain('removed 20 bytes of a line that was never finished, and so never acknowledged');
    expect(await deliver(port, await transmitter.sign({ jti: 'a' }))).toBe(202);
    expect(jtisOf(file)).toEqual(['a']);
  });

  test('with a file of somebody else leaves it', async () => {
    const file = newFile();
    writeFileSync(file, 'my notes');
    const { status, errors } = await secevent(['listen', '--port', '0', '--out', file, ...TRUST]);
    expect({ status, errors }).toEqual({
      status: 2,
      errors: `secevent: ${file} holds something else in line 1, and not what this command writes: give --out another file, or one that is new\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('my notes');
  });

  test('with a file that another process is writing leaves it, on whatever port', async () => {
    const file = newFile();
    const { port } = await start(file);
    expect(await deliver(port, await transmitter.sign({ jti: 'a' }))).toBe(202);
    for (const each of ['0', String(port)]) {
      const { status, errors } = await secevent(['listen', '--port', each, '--out', file, ...TRUST]);
      expect({ status, errors }).toEqual({
        status: 2,
        errors: `secevent: ${file} is in use by another process: give --out another file, or one that is new\n`,
      });
    }
    expect(await deliver(port, await transmitter.sign({ jti: 'b' }))).toBe(202);
    expect(jtisOf(file)).toEqual(['a', 'b']);
  });

  test('on a port that is taken is wrong use', async () => {
    const { port } = await start(newFile());
    const { status, errors } = await secevent(['listen', '--port', String(port), '--out', newFile(), ...TRUST]);
    expect(status).toBe(2);
    expect(errors).toContain('EADDRINUSE');
  });

  const OUT = ['--port', '0', '--out', join(folder, 'never.ndjson')];
  test.each<[name: string, args: string[], reason: RegExp]>([
    ['no port', ['--out', 'x', ...TRUST], /say where to listen/],
    ['a port that is none', ['--port', '65536', '--out', 'x', ...TRUST], /say where to listen/],
    ['no file', ['--port', '0', ...TRUST], /say where to write/],
    ['standard output for a file', ['--port', '0', '--out', '-', ...TRUST], /say where to write/],
    ['a folder for a file', ['--port', '0', '--out', folder, ...TRUST], /EISDIR/],
    ['a file in a folder that is not there', ['--port', '0', '--out', join(folder, 'none', 'x'), ...TRUST], /ENOENT/],
    ['no keys', OUT, /say where the keys are.*which issuer.*which audience/],
    ['Akamai without an audience', [...OUT, '--akamai', 'a.example/1'], /which audience/],
    [
      'Akamai with keys and an issuer',
      [...OUT, '--akamai', 'a.example/1', ...TRUST],
      /leave out --jwks.*leave out --issuer.*leave out --algorithm/,
    ],
    ['Akamai without a customer', [...OUT, '--akamai', 'a.example', '--any-audience'], /--akamai takes HOST\/CUSTOMER/],
    [
      'Akamai with a URL',
      [...OUT, '--akamai', 'https://a.example/1', '--any-audience'],
      /--akamai takes HOST\/CUSTOMER/,
    ],
    ['a token', [...OUT, ...TRUST, 'eyJ.eyJ.x'], /^secevent: listen takes options alone(?!.*eyJ)/],
  ])('with %s is wrong use, and says what to do', async (_, args, reason) => {
    const { status, output, errors } = await secevent(['listen', ...args]);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toMatch(reason);
  });

  test('with --help prints the help', async () => {
    const { status, output } = await secevent(['listen', '--help']);
    expect(status).toBe(0);
    expect(output).toContain('secevent listen --port NUMBER --out FILE');
  });
});
