/** Runs `secevent listen`: every acknowledged SET is in the file exactly once, whatever happens to the process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import { secevent } from '../support/command.js';
import {
  command,
  deliver,
  folder,
  jtisOf,
  newFile,
  startListener,
  transmitter,
  TRUST,
  children,
} from '../support/listener.js';
import { startServer } from '../support/server.js';
import { PATIENTLY } from '../support/timing.js';

const TIMEOUT_MS = 60_000;

/** Reports whether a port accepts connections. */
function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(Boolean(socket.destroy())));
    socket.once('error', () => resolve(false));
  });
}

describe('a delivery', () => {
  test('is on disk before the response, as a line with the JSON of the token', async () => {
    const file = newFile();
    const { port } = await startListener(file);
    const token = await transmitter.sign({ jti: 'a', name: 'Zoë' });
    expect(await deliver(port, token)).toBe(202);
    const [header, payload, signature] = token.split('.');
    const jsonOf = (part: string): string => Buffer.from(part, 'base64url').toString();
    expect(readFileSync(file, 'utf8')).toBe(
      `{"header":${jsonOf(header!)},"payload":${jsonOf(payload!)},"signature":"${signature}"}\n`,
    );
  });

  test('that is repeated is acknowledged and written once, also after a restart', async () => {
    const file = newFile();
    const token = await transmitter.sign({ jti: 'a' });
    const first = await startListener(file);
    expect([await deliver(first.port, token), await deliver(first.port, token)]).toEqual([202, 202]);
    first.child.kill('SIGKILL');
    await first.exit;
    const second = await startListener(file);
    expect(await deliver(second.port, token)).toBe(202);
    expect(await deliver(second.port, await transmitter.sign({ jti: 'b' }))).toBe(202);
    expect(jtisOf(file)).toEqual(['a', 'b']);
  });

  test('that is refused is not written, and is reported without the token', async () => {
    const file = newFile();
    const { port, log } = await startListener(file);
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

  test('of an Akamai customer needs only the host and the customer ID', async () => {
    const file = newFile();
    const { port, log } = await startListener(file, ['--akamai', 'localhost:1/0123', '--audience', 'a']);
    // No server has the keys. The SET may be valid, so it must be redelivered.
    expect(await deliver(port, await (await createTestTransmitter()).sign())).toBe(503);
    await vi.waitFor(() => expect(log()).toContain('will be redelivered: ERR_SET_JWKS'), PATIENTLY);
  });

  test('is accepted once its keys can be fetched', async () => {
    const server = await startServer();
    const file = newFile();
    const { port } = await startListener(file, [...TRUST.slice(2), '--jwks', `${server.url}/keys`]);
    const token = await transmitter.sign({ jti: 'a' });
    expect(await deliver(port, token)).toBe(503);
    server.answer = (response) => response.end(JSON.stringify(transmitter.jwks));
    await vi.waitFor(async () => expect(await deliver(port, token)).toBe(202), { ...PATIENTLY, interval: 200 });
    expect(jtisOf(file)).toEqual(['a']);
    await server.close();
  });
});

describe('a stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s finishes the delivery in progress, accepts no other, and exits with status 0',
    async (signal) => {
      const file = newFile();
      const { child, port, log, exit } = await startListener(file);
      const token = await transmitter.sign({ jti: 'slow' });
      const headers = {
        'content-type': 'application/secevent+jwt',
        'content-length': token.length,
        expect: '100-continue',
      };
      const outgoing = request({ port, host: '127.0.0.1', method: 'POST', headers });
      const responded = new Promise<number | undefined>((resolve) =>
        outgoing.once('response', (response) => resolve(response.resume().statusCode)),
      );
      outgoing.write(token.slice(0, 100));
      // After this response the request is in progress.
      await once(outgoing, 'continue');
      child.kill(signal);
      await vi.waitFor(async () => expect(await canConnect(port)).toBe(false), PATIENTLY);
      expect(await deliver(port, await transmitter.sign())).toBeUndefined();
      outgoing.end(token.slice(100));
      expect(await responded).toBe(202);
      expect(await exit).toBe(0);
      expect(log()).toMatch(new RegExp(`\\nsecevent: ${signal}: stopped with 1 SET on disk\\n$`));
      expect(jtisOf(file)).toEqual(['slow']);
    },
    TIMEOUT_MS,
  );

  test(
    'by SIGTERM under load is quick, and every acknowledged SET is in the file',
    async () => {
      const file = newFile();
      const { child, port, exit } = await startListener(file);
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const acknowledged: string[] = [];
      let isOver = false;
      let created = 0;
      const load = Promise.all(
        Array.from({ length: 8 }, async () => {
          while (!isOver) {
            const jti = `${created++}`;
            if ((await deliver(port, await transmitter.sign({ jti }), agent)) === 202) acknowledged.push(jti);
          }
        }),
      );
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(20), PATIENTLY);
      const stoppedAt = Date.now();
      child.kill('SIGTERM');
      await vi.waitFor(async () => expect(await canConnect(port)).toBe(false), PATIENTLY);
      const before = acknowledged.length;
      expect(await exit).toBe(0);
      // Below the grace period of 10 s, and about a hundred times what it takes.
      expect(Date.now() - stoppedAt).toBeLessThan(9_000);
      isOver = true;
      await load;
      agent.destroy();
      // On each connection, the delivery in progress and one more.
      expect(acknowledged.length - before).toBeLessThanOrEqual(2 * 8);
      expect(jtisOf(file).sort()).toEqual(acknowledged.sort());
    },
    TIMEOUT_MS,
  );
});

describe.runIf(process.platform === 'linux')('on a terminal', () => {
  test('a count is kept below the messages, and Ctrl-C stops the command', async () => {
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
    expect(screen).toMatch(/\r\u001b\[Ksecevent: SIGINT: stopped with 1 SET on disk\r\n$/);
  });
});

describe('a start', () => {
  test('removes a torn line and reports it', async () => {
    const file = newFile();
    writeFileSync(file, '{"header":{"alg":"ES');
    const { port, log } = await startListener(file);
    expect(log()).toContain('removed 20 bytes of an incomplete write, which was never acknowledged');
    expect(await deliver(port, await transmitter.sign({ jti: 'a' }))).toBe(202);
    expect(jtisOf(file)).toEqual(['a']);
  });

  test('fails on a file with other content, and leaves it unchanged', async () => {
    const file = newFile();
    writeFileSync(file, 'my notes');
    const { status, errors } = await secevent(['listen', '--port', '0', '--out', file, ...TRUST]);
    expect({ status, errors }).toEqual({
      status: 2,
      errors: `secevent: ${file} was not written by secevent listen (see line 1): choose another file for --out\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('my notes');
  });

  test('fails on a file that another process is using, on any port', async () => {
    const file = newFile();
    const { port } = await startListener(file);
    expect(await deliver(port, await transmitter.sign({ jti: 'a' }))).toBe(202);
    for (const each of ['0', String(port)]) {
      const { status, errors } = await secevent(['listen', '--port', each, '--out', file, ...TRUST]);
      expect({ status, errors }).toEqual({
        status: 2,
        errors: `secevent: ${file} is in use by another process: choose another file for --out\n`,
      });
    }
    expect(await deliver(port, await transmitter.sign({ jti: 'b' }))).toBe(202);
    expect(jtisOf(file)).toEqual(['a', 'b']);
  });

  test('fails with status 2 on a port that is in use', async () => {
    const { port } = await startListener(newFile());
    const { status, errors } = await secevent(['listen', '--port', String(port), '--out', newFile(), ...TRUST]);
    expect(status).toBe(2);
    expect(errors).toContain('EADDRINUSE');
  });

  const OUT = ['--port', '0', '--out', join(folder, 'never.ndjson')];
  test.each<[name: string, args: string[], reason: RegExp]>([
    ['no port', ['--out', 'x', ...TRUST], /specify a port from 0 to 65535 with --port/],
    ['an invalid port', ['--port', '65536', '--out', 'x', ...TRUST], /specify a port from 0 to 65535 with --port/],
    ['no file', ['--port', '0', ...TRUST], /specify the file to append to with --out/],
    [
      'standard output as the file',
      ['--port', '0', '--out', '-', ...TRUST],
      /specify the file to append to with --out/,
    ],
    ['a folder as the file', ['--port', '0', '--out', folder, ...TRUST], /EISDIR/],
    ['a file in a missing folder', ['--port', '0', '--out', join(folder, 'none', 'x'), ...TRUST], /ENOENT/],
    ['no keys', OUT, /specify the keys.*specify the expected issuer.*specify the expected audience/],
    ['Akamai without an audience', [...OUT, '--akamai', 'a.example/1'], /specify the expected audience/],
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
    ['a token', [...OUT, ...TRUST, 'eyJ.eyJ.x'], /^secevent: listen takes only options(?!.*eyJ)/],
  ])('with %s exits with status 2 and says what to do', async (_, args, reason) => {
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
