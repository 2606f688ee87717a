/**
 * README.md, docs/ and .github/: every example is compiled and run, every command that they show exists, and every file
 * that they name.
 */
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
const documented = readVector('akamai/documented-token.jwt');

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const docs = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);
const guides = ['README.md', ...docs];
const documents = [...guides, 'CHANGELOG.md', '.github/CONTRIBUTING.md', '.github/SECURITY.md'];

const blocks = (language: string, paths: readonly string[]): string[] =>
  paths.flatMap((path) =>
    [...read(path).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1]!),
  );
const commandsIn = (...paths: string[]): string[] => blocks('sh', paths).flatMap((block) => block.trim().split('\n'));

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
  const examples = blocks('ts', guides).map((block, i) => ({ name: `example ${i + 1}`, block }));

  test('are there', () => expect(examples.length).toBeGreaterThanOrEqual(4));

  test.each(examples)(
    '$name compiles under strict rules, runs, prints what it says, and begins by importing',
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
      const printed = execFileSync(process.execPath, [script], { encoding: 'utf8' });
      const promised = [...block.matchAll(/\/\/ prints: (.*)/g)].map((match) => `${match[1]!}\n`);
      expect(printed).toBe(promised.join(''));
    },
  );
});

describe('commands', () => {
  const [install, ...commands] = commandsIn('README.md');

  test('begin with the installation', () => expect(install).toBe(`npm install ${manifest.name}`));

  test.each(['README.md', '.github/CONTRIBUTING.md'])('of %s set up the project and run its tests', (path) => {
    expect(commandsIn(path).filter((command) => command.startsWith('npm ci'))).toEqual([
      'npm ci && npm run demo',
      'npm ci && npm run setup && npm test',
    ]);
  });

  test('that run the tests are also those of .ci/run', () => {
    expect(read('.ci/run').replace(/\btimeout \d+ /g, '')).toContain('npm ci && npm run setup && npm test');
  });

  test.each(documents)('in %s call scripts and test files that exist', (path) => {
    const text = read(path);
    const scripts = [...text.matchAll(/\bnpm run ([\w:]+)/g)].map((match) => match[1]!);
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
    const files = [...text.matchAll(/\bnpx vitest (?:run )?([\w./-]+)/g)].map((match) => match[1]!);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
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

  const examples = [...new Set([...commands, ...commandsIn(...docs)])].filter((command) =>
    command.startsWith('npx secevent '),
  );
  test.each(['decode', 'verify', 'listen', 'inspect'])('show secevent %s in the README and in its guide', (name) => {
    for (const path of ['README.md', 'docs/command.md'])
      expect(commandsIn(path)).toContainEqual(expect.stringContaining(`npx secevent ${name} `));
  });

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
      .map((arg) => (/^\w+\.(?:jwt|txt|json|html)$/.test(arg) ? join(folder, arg) : arg));
    expect(await secevent(args)).toMatchObject({ status: 0, errors: '' });
  });
});

describe('recipes', () => {
  const recipe = blocks('js', guides).join('\n');
  const nameIn = (app: string): string =>
    readFileSync(join(root, 'test/frameworks/apps', app), 'utf8').replace(/\s+/g, ' ');

  // test/frameworks runs these lines in the frameworks themselves.
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
      ${/^export async function handler.+?^\}/ms.exec(recipe)![0]}
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

test.each(documents)('the links of %s lead to files and headings that exist', (path) => {
  const headingsOf = (file: string): string[] =>
    [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
  for (const [, target] of read(path).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    const [file = '', anchor] = target!.split('#');
    const linked = file === '' ? path : join(dirname(path), file);
    expect(existsSync(join(root, linked)), target).toBe(true);
    if (anchor !== undefined) expect(headingsOf(linked)).toContain(anchor);
  }
});

test.each(['.github/CONTRIBUTING.md', '.github/SECURITY.md'])('%s names files that exist', (path) => {
  const names = [...read(path).matchAll(/`((?:src|test|docs|scripts|\.ci)\/[\w./-]+|[\w./-]+\.test\.ts)`/g)].map(
    (match) => match[1]!,
  );
  expect(names.length).toBeGreaterThan(10);
  // SECURITY.md names its tests by their paths in test/.
  const isThere = (name: string): boolean => [name, `test/${name}`].some((each) => existsSync(join(root, each)));
  expect(names.filter((name) => !isThere(name))).toEqual([]);
});

describe('the README', () => {
  test('says in bold on its first screen that decoding is not verifying', () => {
    expect(readme.split('\n').slice(0, 25).join('\n')).toContain('**Decoding is not verifying.**');
  });

  test('has at most 290 lines', () => expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(290));

  test('lists every error code, in the order of errors.ts', () => {
    const codes = [...new Set(read('src/errors.ts').match(/'ERR_SET_[A-Z0-9_]+[A-Z0-9]'/g))].map((code) =>
      code.slice(1, -1),
    );
    expect(codes.length).toBeGreaterThan(7);
    const section = /^## Errors\n(.*?)^## /ms.exec(readme)![1]!;
    const listed = [...section.matchAll(/^\|.*$/gm)]
      .flatMap(([row]) => [...row.matchAll(/`(ERR_SET_\w+)`/g)])
      .map((match) => match[1]);
    expect(listed).toEqual(codes);
  });
});

describe('the guides', () => {
  test.each(docs)('are linked from the README: %s', (path) => {
    expect(readme).toContain(`](${path})`);
  });

  test('name every entry of the package', () => {
    const text = guides.map(read).join('\n');
    for (const path of Object.keys(manifest.exports).filter((each) => !each.endsWith('.json')))
      expect(text).toContain(path.replace('.', manifest.name));
  });

  test('list every vocabulary', () => {
    const table = /^## Vocabularies\n(.*?)^## /ms.exec(read('docs/events.md'))![1]!;
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /^(?:akamai|ssf|transmitters|vocabularies)[/\\].*\.ts$/.test(name))
      .map((name) => `src/${name}`);
    const lists = files.flatMap((path) => [...read(path).matchAll(/^export const (\w+Events) =/gm)]);
    expect(lists.length).toBeGreaterThanOrEqual(9);
    for (const [, list] of lists) expect(table).toContain(`\`${list}\``);
  });

  test('name each option', () => {
    const entries = ['src/index.ts', 'src/receiver/index.ts'].map((path) => join(root, path));
    const program = ts.createProgram(entries, { module: ts.ModuleKind.NodeNext, types: [] });
    const checker = program.getTypeChecker();
    const exported = entries.flatMap((path) =>
      checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path)!)!),
    );
    for (const [name, guide] of [
      ['VerifyOptions', 'docs/verifying.md'],
      ['RemoteJwksOptions', 'docs/verifying.md'],
      ['PushReceiverOptions', 'docs/receiving.md'],
      ['PollOptions', 'docs/receiving.md'],
    ] as const) {
      const symbol = checker.getAliasedSymbol(exported.find((each) => each.name === name)!);
      const options = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
      expect(options.length, name).toBeGreaterThan(5);
      const text = read(guide);
      const missing = options.filter((option) => !new RegExp(`\\b${option.name}\\b`).test(text));
      expect(missing.map((option) => `${name}.${option.name}`)).toEqual([]);
    }
  });
});

describe('the changelog', () => {
  const changelog = read('CHANGELOG.md');

  test('has the form of Keep a Changelog', () => {
    const versions = [...changelog.matchAll(/^## (.*)$/gm)].map((match) => match[1]!);
    expect(versions[0]).toBe('[Unreleased]');
    for (const version of versions.slice(1)) expect(version).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
    const kinds = [...changelog.matchAll(/^### (.*)$/gm)].map((match) => match[1]!);
    expect(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']).toEqual(
      expect.arrayContaining([...new Set(kinds)]),
    );
  });
});
