/**
 * The recipes of the README in their frameworks, each app of apps/ in its own process.
 *
 * Needs dist and the installed frameworks.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { Agent, type ClientRequest, type OutgoingHttpHeaders, request as startRequest } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { startServer, type TestServer } from '../support/server.js';

const BUILD_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 30_000;
const TEST_TIMEOUT_MS = 20_000;
const TYPE = { 'content-type': 'application/secevent+jwt' };
const MAX_BODY_BYTES = 1_048_576;
/** The paths where an Express parser reads the body first: all of it, before it reports that it is too large. */
const PARSED = ['/parsed', '/raw'];

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = fileURLToPath(new URL('.', import.meta.url));

let transmitter: TestTransmitter;
let keys: TestServer;

beforeAll(async () => {
  await install();
  transmitter = await createTestTransmitter();
  keys = await startServer();
  keys.answer = (response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(transmitter.jwks));
}, START_TIMEOUT_MS);

afterAll(() => keys?.close());

/** Installs the package where the apps find it, replacing an earlier copy. */
async function install(): Promise<void> {
  for (const needed of ['dist/receiver.js', 'test/frameworks/node_modules/next']) {
    if (!existsSync(join(root, needed))) throw new Error(`${needed} is missing: npm test creates it`);
  }
  // A copy: Next follows no links that leave its root.
  const home = join(folder, 'node_modules/secevent');
  await rm(home, { recursive: true, force: true });
  await mkdir(home);
  await copyFile(join(root, 'package.json'), join(home, 'package.json'));
  await cp(join(root, 'dist'), join(home, 'dist'), { recursive: true });
}

/** Returns the environment of an app. With Vitest's NODE_ENV, frameworks would not behave as in production. */
function environmentOf(name: string): NodeJS.ProcessEnv {
  const { issuer: ISSUER, audience: AUDIENCE } = transmitter;
  return {
    ...process.env,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    JWKS_URL: `${keys.url}/${name}`,
    ISSUER,
    AUDIENCE,
  };
}

interface App {
  readonly url: string;
  /** Returns how often the app has reported that it handled a SET. */
  handled(jti: string): number;
  stop(): Promise<void>;
}

/** Starts an app, and waits until it responds. */
async function start(name: string, args: readonly string[], cwd: string): Promise<App> {
  const PORT = await freePort();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...environmentOf(name), PORT },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const app: App = {
    url: `http://127.0.0.1:${PORT}`,
    handled: (jti) => output.split('\n').filter((line) => line === `handled ${jti}`).length,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
  try {
    await Promise.race([
      vi.waitFor(() => fetch(`${app.url}/events`), { timeout: START_TIMEOUT_MS, interval: 50 }),
      ended.then(() => Promise.reject(new Error('the process ended'))),
    ]);
  } catch (cause) {
    await app.stop();
    throw new Error(`${name} did not start:\n${output}${errors}`, { cause });
  }
  return app;
}

async function freePort(): Promise<string> {
  const probe = await startServer();
  await probe.close();
  return new URL(probe.url).port;
}

interface Recipe {
  readonly name: string;
  readonly paths: readonly string[];
  start(): Promise<App>;
  /** Removes what was created to start it. */
  clean(): Promise<void>;
}

const nextApp = join(folder, 'apps/next');
const next = join(folder, 'node_modules/next/dist/bin/next');
const removeBuild = (): Promise<void> => rm(join(nextApp, '.next'), { recursive: true, force: true });

const RECIPES: readonly Recipe[] = [
  nodeRecipe('express', '/events', ...PARSED),
  nodeRecipe('fastify', '/events'),
  nodeRecipe('hono', '/events'),
  {
    name: 'next',
    paths: ['/events'],
    async start() {
      await removeBuild();
      // Next evaluates the routes during the build, so they need their settings already.
      await run(process.execPath, [next, 'build'], {
        cwd: nextApp,
        env: environmentOf('next'),
        timeout: BUILD_TIMEOUT_MS,
      });
      return start('next', [next, 'start', '--hostname', '127.0.0.1'], nextApp);
    },
    clean: removeBuild,
  },
];

/** Creates a recipe that Node runs without a build. */
function nodeRecipe(name: string, ...paths: readonly string[]): Recipe {
  return { name, paths, start: () => start(name, [`apps/${name}.mjs`], folder), clean: async () => undefined };
}

describe.each(RECIPES)('$name', (recipe) => {
  let app: App;
  beforeAll(
    async () => {
      app = await recipe.start();
    },
    BUILD_TIMEOUT_MS + START_TIMEOUT_MS + 10_000,
  );
  afterAll(async () => {
    await app?.stop();
    await recipe.clean();
  });

  const deliver = (path: string, body: string, headers: Record<string, string> = TYPE): Promise<Response> =>
    fetch(app.url + path, { method: 'POST', headers, body });

  /** Delivers a new, valid SET, and waits until the app has reported that it handled it. */
  async function deliverAnother(path: string, claims: object = {}): Promise<void> {
    const jti = crypto.randomUUID();
    expect((await deliver(path, await transmitter.sign({ ...claims, jti }))).status).toBe(202);
    await vi.waitFor(() => expect(app.handled(jti)).toBe(1), { timeout: TEST_TIMEOUT_MS / 2 });
  }

  /** Posts over a new connection, and returns the status of the response. */
  function send(
    path: string,
    headers: OutgoingHttpHeaders,
    write: (outgoing: ClientRequest) => void,
  ): Promise<number | 'closed'> {
    return new Promise((resolve) => {
      const outgoing = startRequest(app.url + path, { method: 'POST', headers, agent: false });
      outgoing.on('error', () => resolve('closed'));
      outgoing.once('response', ({ statusCode }) => {
        resolve(statusCode!);
        outgoing.destroy();
      });
      write(outgoing);
    });
  }

  describe.each(recipe.paths)('at %s', { timeout: TEST_TIMEOUT_MS }, (path) => {
    test('a SET is handled once, however often it is delivered', async () => {
      const jti = crypto.randomUUID();
      const token = await transmitter.sign({ jti });
      for (let i = 0; i < 3; i++) {
        const response = await deliver(path, token);
        expect([response.status, await response.text()]).toEqual([202, '']);
      }
      await deliverAnother(path);
      expect(app.handled(jti)).toBe(1);
    });

    test('SETs that arrive at once are all handled', async () => {
      await Promise.all(Array.from({ length: 20 }, () => deliverAnother(path)));
    });

    test('a SET of half a megabyte is handled', async () => {
      await deliverAnother(path, { events: { 'https://a.example/large': { text: 'é'.repeat(200_000) } } });
    });

    test('a SET for another audience is refused and not handled', async () => {
      const jti = crypto.randomUUID();
      const response = await deliver(path, await transmitter.sign({ jti, aud: 'https://another.example/' }));
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('content-language')).toBe('en');
      expect(await response.json()).toEqual({ err: 'invalid_audience', description: expect.any(String) });
      await deliverAnother(path);
      expect(app.handled(jti)).toBe(0);
    });

    test('a handler that fails is a 500 without a body each time, and the next SET is handled', async () => {
      const token = await transmitter.sign({ jti: `fail-${crypto.randomUUID()}` });
      for (let i = 0; i < 2; i++) {
        const response = await deliver(path, token);
        expect([response.status, await response.text()]).toEqual([500, '']);
      }
      await deliverAnother(path);
    });

    test('a content type with capitals and a parameter is accepted', async () => {
      const response = await deliver(path, await transmitter.sign(), {
        'content-type': 'Application/SecEvent+JWT; charset=utf-8',
      });
      expect(response.status).toBe(202);
    });

    test.each(['text/plain', 'application/jwt', 'application/json'])('a SET as %s is a 415', async (type) => {
      const token = await transmitter.sign();
      // Valid JSON, since parsers refuse anything else themselves, with a 400.
      const body = type === 'application/json' ? JSON.stringify(token.split('.')) : token;
      expect((await deliver(path, body, { 'content-type': type })).status).toBe(415);
    });

    test.each(['GET', 'PUT', 'DELETE'])('%s is a 405', async (method) => {
      expect((await fetch(app.url + path, { method })).status).toBe(405);
    });

    test('a body that declares too large a size is a 413', async () => {
      const headers = { ...TYPE, 'content-length': MAX_BODY_BYTES + 1 };
      const status = await send(path, headers, (outgoing) => {
        if (PARSED.includes(path)) outgoing.end(Buffer.alloc(MAX_BODY_BYTES + 1));
        else outgoing.flushHeaders();
      });
      expect(status).toBe(413);
      await deliverAnother(path);
    });

    test('a body that grows too large is a 413, and the app keeps running', async () => {
      const status = await send(path, TYPE, (outgoing) => {
        for (let i = 0; i < 64; i++) outgoing.write(Buffer.alloc(MAX_BODY_BYTES / 32));
        outgoing.end();
      });
      // A client that is still sending may see the connection close before it sees the response.
      expect([413, 'closed']).toContain(status);
      await deliverAnother(path);
    });

    test('a SET on the connection of a body that grew too large is handled', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const postInPieces = (body: Uint8Array): Promise<number | undefined> =>
        new Promise((resolve) => {
          const outgoing = startRequest(app.url + path, { method: 'POST', headers: TYPE, agent });
          outgoing.on('error', () => resolve(undefined));
          outgoing.once('response', (response) => response.resume().once('close', () => resolve(response.statusCode)));
          for (let at = 0; at < body.length; at += 32_768) outgoing.write(body.subarray(at, at + 32_768));
          outgoing.end();
        });
      await postInPieces(new Uint8Array(MAX_BODY_BYTES * 2));
      expect(await postInPieces(new TextEncoder().encode(await transmitter.sign()))).toBe(202);
      agent.destroy();
    });

    test('a body that breaks off does no harm', async () => {
      await send(path, { ...TYPE, 'content-length': 100 }, (outgoing) => {
        outgoing.write('abc', () => setTimeout(() => outgoing.destroy(), 50));
      });
      await deliverAnother(path);
    });

    test('the keys are fetched once', async () => {
      await Promise.all([deliverAnother(path), deliverAnother(path)]);
      expect(keys.paths.filter((each) => each === `/${recipe.name}`)).toHaveLength(1);
    });
  });
});
