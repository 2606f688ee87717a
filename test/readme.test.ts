/** README.md and docs/: every example is compiled and run, and every command that they show exists. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { createTestTransmitter } from '../src/testing/transmitter.js';
import { secevent } from './support/command.js';
import { readVector } from './support/vectors.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const documented = readVector('akamai/documented-token.jwt');

const docs = readdirSync(join(root, 'docs')).map((name) => join(root, 'docs', name));

const blocks = (language: string, text = readme): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1]!);
const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));

/** A folder where `secevent` is installed, so that examples import it by its name. */
const folder = mkdtempSync(join(tmpdir(), 'secevent-readme-'));
mkdirSync(join(folder, 'node_modules'));
symlinkSync(root, join(folder, 'node_modules', 'secevent'), 'dir');
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
afterAll(() => rmSync(folder, { recursive: true }));

/** The world of the examples: a transmitter that signs `token` and answers every fetch with its keys. */
const PREAMBLE = `
import { createTestTransmitter as createWorld } from 'secevent/testing';
const world = await createWorld({ issuer: 'https://transmitter.example/', audience: 'https://receiver.example/events' });
globalThis.fetch = () => world.fetch(world.jwksUrl);
const token = await world.sign();
const documented = ${JSON.stringify(documented)};
`;

describe('examples in TypeScript', () => {
  const all = [readme, ...docs.map((path) => readFileSync(path, 'utf8'))].flatMap((text) => blocks('ts', text));
  const examples = all.map((block, i) => ({ name: `example ${i + 1}`, block }));

  test('are there', () => expect(examples.length).toBeGreaterThanOrEqual(4));

  test.each(examples)(
    '$name compiles under strict rules, prints what it says, and begins by importing',
    ({ name, block }) => {
      expect(block).toMatch(/^import \{.*\} from 'secevent(?:\/\w+)?';/);
      const file = join(folder, `${name.replace(' ', '-')}.ts`);
      // In an example, `token` is what a webhook received, and `documented` the token of Akamai's documentation.
      writeFileSync(file, `declare const token: string;\ndeclare const documented: string;\n${block}`);
      const program = ts.createProgram([file], {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
        types: [],
        strict: true,
        noEmit: true,
      });
      const faults = ts
        .getPreEmitDiagnostics(program)
        .map((fault) => ts.flattenDiagnosticMessageText(fault.messageText, '\n'));
      expect(faults).toEqual([]);

      const { outputText } = ts.transpileModule(block, {
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      });
      const script = join(folder, `${name.replace(' ', '-')}.mjs`);
      writeFileSync(script, PREAMBLE + outputText);
      const printed = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trimEnd().split('\n');
      const promised = [...block.matchAll(/\/\/ prints: (.*)/g)].map((match) => match[1]!);
      expect(promised.length).toBeGreaterThan(0);
      expect(printed).toEqual(promised);
    },
  );
});

describe('commands', () => {
  test('for the set-up are the scripts of the package', () => {
    expect(commands.filter((command) => command.startsWith('npm '))).toEqual([
      'npm ci && npm run demo',
      'npm ci && npm test',
    ]);
    expect(readme.slice(0, readme.indexOf('```'))).toContain(`npm install ${manifest.name}`);
    expect(Object.keys(manifest.scripts)).toEqual(
      expect.arrayContaining(['demo', 'test', 'test:runtimes', 'bench', 'prepare']),
    );
  });

  test('npm run demo decodes the documented token', () => {
    const output = execFileSync('npm', ['run', '--silent', 'demo'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(output).toContain('userCredentialUpdated');
    expect(output).toContain('UNVERIFIED');
  });

  const examples = commands.filter((command) => command.startsWith('npx secevent '));
  test('of secevent are there', () => expect(examples).toHaveLength(6));

  test.each(examples.filter((command) => command.startsWith('npx secevent listen ')))('%s', async (command) => {
    const { sign, jwks } = await createTestTransmitter({
      issuer: 'https://transmitter.example/',
      audience: 'https://receiver.example/events',
    });
    writeFileSync(join(folder, 'jwks.json'), JSON.stringify(jwks));
    const args = command.replace('--port 8080', '--port 0').split(' ').slice(2);
    const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      const [log] = (await once(child.stderr, 'data')) as [Buffer];
      const [url] = /http:\S+/.exec(String(log))!;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/secevent+jwt' },
        body: await sign({ jti: 'a' }),
      });
      expect(response.status).toBe(202);
      expect(readFileSync(join(folder, 'sets.ndjson'), 'utf8')).toContain('"jti":"a"');
    } finally {
      child.kill();
    }
  });

  test.each(examples.filter((command) => !command.startsWith('npx secevent listen ')))('%s', async (command) => {
    cpSync(join(root, 'test/vectors/akamai/documented-token.jwt'), join(folder, 'token.jwt'));
    writeFileSync(join(folder, 'tokens.txt'), `${documented}\n`);
    const { sign, jwks } = await createTestTransmitter({
      issuer: 'https://transmitter.example/',
      audience: 'https://receiver.example/events',
    });
    writeFileSync(join(folder, 'signed.jwt'), await sign());
    writeFileSync(join(folder, 'jwks.json'), JSON.stringify(jwks));
    const args = command
      .split(' ')
      .slice(2)
      .map((arg) => (/^\w+\.(jwt|txt|json|html)$/.test(arg) ? join(folder, arg) : arg));
    expect(await secevent(args)).toMatchObject({ status: 0, errors: '' });
  });
});

describe('recipes', () => {
  const recipe = blocks('js')[0]!;
  const nameIn = (app: string): string =>
    readFileSync(join(root, 'test/frameworks/apps', app), 'utf8').replace(/\s+/g, ' ');

  // What runs in the frameworks themselves is what stands here: see test/frameworks.
  test.each([
    ['express.mjs', [`app.all('/events', toNodeListener(receive));`]],
    ['hono.mjs', [`app.all('/events', (c) => receive(c.req.raw));`]],
    ['next/app/events/route.js', ['export async function POST(request) { return receive(request); }']],
    [
      'fastify.mjs',
      [
        `app.addContentTypeParser('application/secevent+jwt', (request, body, done) => done(null));`,
        'reply.hijack();',
        '(request.raw, reply.raw);',
      ],
    ],
  ])('of %s are those that its test runs', (app, lines) => {
    for (const line of lines) {
      expect(recipe).toContain(line);
      expect(nameIn(app)).toContain(line);
    }
  });

  test('for Deno, Cloudflare Workers and AWS Lambda receive a SET', async () => {
    const line = (start: string): string => recipe.split('\n').find((each) => each.startsWith(start))!;
    const script = join(folder, 'recipes.mjs');
    writeFileSync(
      script,
      `${PREAMBLE}
      import { createVerifier } from 'secevent';
      import { createPushReceiver } from 'secevent/receiver';
      const receive = createPushReceiver({ verify: createVerifier(world.jwks, world), onSet() {} });
      const request = () => world.request('https://receiver.example/events');
      let served;
      globalThis.Deno = { serve: (handler) => { served = handler; } };
      ${line('Deno.serve')}
      ${line('export default')}
      ${/^export async function handler.*?^}/ms.exec(recipe)![0]}
      const call = async (body, more) => {
        const { url, headers } = await request();
        const event = { rawPath: new URL(url).pathname, headers: { ...Object.fromEntries(headers), host: 'receiver.example' }, body, ...more };
        return (await handler({ requestContext: { http: { method: 'POST' } }, isBase64Encoded: false, ...event })).statusCode;
      };
      setTimeout(async () => {
        const { default: worker } = await import(import.meta.url);
        const token = await world.sign();
        console.log(JSON.stringify([
          (await served(await request())).status,
          (await worker.fetch(await request())).status,
          await call(await world.sign()),
          await call(btoa(token), { isBase64Encoded: true }),
          await call(undefined),
          await call(undefined, { requestContext: { http: { method: 'GET' } } }),
        ]));
      });`,
    );
    expect(JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }))).toEqual([
      202, 202, 202, 202, 400, 405,
    ]);
  });
});

test.each([join(root, 'README.md'), ...docs])('the links of %s to other files lead to them', (path) => {
  const text = readFileSync(path, 'utf8');
  const headingsOf = (file: string): string[] =>
    [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
  for (const [, target] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    const [file = '', anchor] = target!.split('#');
    const linked = file === '' ? path : join(dirname(path), file);
    expect(existsSync(linked), target).toBe(true);
    if (anchor !== undefined) expect(headingsOf(linked)).toContain(anchor);
  }
});

describe('the text', () => {
  test('says in bold on its first screen that decoding is not verifying', () => {
    expect(readme.split('\n').slice(0, 25).join('\n')).toContain('**Decoding is not verifying.**');
  });

  test('is under 300 lines', () => expect(readme.split('\n').length).toBeLessThan(300));

  test('lists every error code that there is', () => {
    const source = readFileSync(join(root, 'src/errors.ts'), 'utf8');
    const codes = [...new Set(source.match(/'ERR_SET_[A-Z0-9_]+[A-Z0-9]'/g))].map((code) => code.slice(1, -1));
    expect(codes.length).toBeGreaterThan(7);
    const section = /^## When a token is refused\n(.*?)^## /ms.exec(readme)![1]!;
    const listed = [...section.matchAll(/^\|.*$/gm)]
      .flatMap(([row]) => [...row.matchAll(/`(ERR_SET_\w+)`/g)])
      .map((match) => match[1]);
    expect(listed).toEqual(codes);
  });
});
