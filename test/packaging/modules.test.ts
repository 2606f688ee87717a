/** The modules of the packed package as Node loads them, by import and by require, each in its own process. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../support/program.js';
import { makeProject, type Project } from '../support/tarball.js';
import { ENTRIES } from './entries.js';

const TIMEOUT_MS = 60_000;
const token = readFileSync(new URL('../vectors/akamai/documented-token.jwt', import.meta.url), 'utf8').trim();

let project: Project;
beforeAll(async () => {
  project = await makeProject();
  for (const ending of ['mjs', 'cjs']) await writeFile(join(project.folder, `nothing.${ending}`), '');
}, TIMEOUT_MS);
afterAll(() => project?.remove());

interface Format {
  readonly ending: 'mjs' | 'cjs';
  /** Returns the expression that loads a module. */
  readonly load: (name: string) => string;
}
const FORMATS: readonly (readonly [name: string, format: Format])[] = [
  ['import', { ending: 'mjs', load: (name) => `(await import(${name}))` }],
  ['require', { ending: 'cjs', load: (name) => `require(${name})` }],
];
const CASES = FORMATS.flatMap(([way, format]) => ENTRIES.map((entry) => [entry, way, format] as const));

let scripts = 0;

/** Runs the body of an asynchronous function of `args` in a new process, and returns its result, passed on as JSON. */
async function runIn({ ending }: Format, body: string, ...args: readonly string[]): Promise<unknown> {
  const script = `script-${++scripts}.${ending}`;
  const text = `(async (...args) => {${body}})(...process.argv.slice(2)).then((value) => process.stdout.write(JSON.stringify(value)));`;
  await writeFile(join(project.folder, script), text);
  const { status, output, errors } = await runProgram(process.execPath, [script, ...args], { cwd: project.folder });
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  return JSON.parse(output);
}

describe.each(ENTRIES)('%s', (entry) => {
  test('exports the same names to import and to require', async () => {
    const [imported, required] = await Promise.all(
      FORMATS.map(([, format]) => runIn(format, `return Object.keys(${format.load('args[0]')}).sort();`, entry)),
    );
    expect(required).toEqual(imported);
    expect(imported).not.toEqual([]);
  });
});

/** Code that lists each property of the globals, of the built-in objects and of their prototypes. */
const SURVEY = `
  const seen = (value) => typeof value === 'function' || (typeof value === 'object' && value !== null);
  const survey = () => Object.entries(Object.getOwnPropertyDescriptors(globalThis)).flatMap(([name, { value }]) =>
    [[name, value], [name + '.prototype', seen(value) ? value.prototype : undefined]].filter(([, each]) => seen(each)).flatMap(([path, each]) =>
      Reflect.ownKeys(each).map((key) => { const d = Object.getOwnPropertyDescriptor(each, key); return [path + '.' + String(key), d.value, d.get, d.set]; })));`;

describe.each(CASES)('%s by %s', (entry, _, format) => {
  test('changes neither the globals nor a built-in object', async () => {
    const changed = await runIn(
      format,
      `${SURVEY}
      const before = new Map(survey().map(([name, ...values]) => [name, values]));
      const changes = () => survey().filter(([name, ...values]) => !values.every((value, index) => Object.is(value, before.get(name)?.[index]))).map(([name]) => name);
      ${format.load('args[0]')};
      const found = changes();
      Array.prototype.flat = Array.prototype.at;
      globalThis.left = 1;
      return [found, changes()];`,
      entry,
    );
    expect(changed).toEqual([[], expect.arrayContaining(['Array.prototype.flat', 'globalThis.left'])]);
  });

  test('uses no crypto, network, clock, timer or page when it is loaded, and leaves nothing running', async () => {
    const touched = await runIn(
      format,
      `
      const names = ['crypto', 'fetch', 'Request', 'Response', 'AbortSignal', 'WebSocket', 'performance', 'navigator', 'console',
        'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'document', 'window', 'self', 'localStorage', 'TextDecoder', 'TextEncoder', 'atob', 'btoa'];
      const touched = [];
      let isWatching = false;
      const watch = (owner, name, value) =>
        Object.defineProperty(owner, name, { configurable: true, get: () => (isWatching && touched.push(name), value), set: () => touched.push(name) });
      for (const name of names) watch(globalThis, name, globalThis[name]);
      for (const name of ['now', 'parse', 'UTC']) watch(Date, name, Date[name]);
      watch(Math, 'random', Math.random);
      // Node's own loader uses some of them for any module.
      isWatching = true;
      ${format.load(`'./nothing.${format.ending}'`)};
      const usedByLoader = new Set(touched.splice(0));
      ${format.load('args[0]')};
      const found = touched.filter((name) => !usedByLoader.has(name));
      void [crypto, Date.now];
      return [found, touched.slice(-2), process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate')];`,
      entry,
    );
    expect(touched).toEqual([[], ['crypto', 'now'], []]);
  });
});

describe.each(FORMATS)('the package by %s', (_, format) => {
  test('decodes a token', async () => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const set = await runIn(
      format,
      `
      const { header, payload, signature } = ${format.load(`'secevent'`)}.decodeSet(args[0]);
      return { header, payload, signature: [...signature] };`,
      token,
    );
    const parse = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(set).toEqual({
      header: parse(header),
      payload: parse(payload),
      signature: [...Buffer.from(signature, 'base64url')],
    });
  });

  test('has one SetError class for all entries', async () => {
    const seen = await runIn(
      format,
      `
      const [core, akamai, apple, caep, google, oidc, okta, receiver, risc, scim, ssf, testing] =
        [${['', '/akamai', '/apple', '/caep', '/google', '/oidc', '/okta', '/receiver', '/risc', '/scim', '/ssf', '/testing'].map((path) => format.load(`'secevent${path}'`)).join()}];
      const transmitter = await testing.createTestTransmitter();
      const { issuer, audience, jwks } = transmitter;
      const nowhere = async () => ({ status: 404, body: null });
      const verify = core.createVerifier(jwks, { issuer, audience });
      const from = { issuer: 'https://a.example', audience: null, fetch: nowhere };
      const attempts = {
        secevent: () => core.decodeSet(''),
        akamai: () => akamai.parseGlobalSub(''),
        'akamai, an event': () => akamai.entityCreated.parse({}),
        'akamai, its verifier': async () => akamai.createAkamaiVerifier({ ...from, host: 'a.example', customerId: '1' })(await transmitter.sign()),
        apple: () => apple.emailEnabled.parse({}),
        'apple, its verifier': async () => apple.createAppleVerifier({ clientIds: 'a', fetch: nowhere })(await transmitter.sign()),
        caep: () => caep.deviceComplianceChange.parse({}),
        google: () => google.tokenRevoked.parse({}),
        'google, its verifier': async () => google.createGoogleVerifier({ clientIds: 'a', fetch: nowhere })(await transmitter.sign()),
        oidc: () => oidc.backchannelLogout.parse(null),
        'oidc, its verifier': async () => oidc.createLogoutVerifier(jwks, { issuer, audience })(await transmitter.sign({ nonce: '1' }, { typ: 'logout+jwt' })),
        okta: () => okta.ipChange.parse({}),
        receiver: async () => { for await (const set of receiver.pollSets('https://a.example', { verify, fetch: nowhere })) return set; },
        risc: () => risc.credentialCompromise.parse({}),
        scim: () => scim.provCreateFull.parse({}),
        ssf: () => ssf.streamUpdated.parse({}),
        'ssf, its verifier': async () => ssf.createSsfVerifier(from)(await transmitter.sign()),
        testing: async () => core.verifySet(await transmitter.sign({ exp: 1 }), jwks, { issuer, audience }),
      };
      const outcomes = [];
      for (const [name, attempt] of Object.entries(attempts)) {
        try { await attempt(); outcomes.push([name, 'nothing was thrown']); }
        catch (error) { outcomes.push([name, error instanceof core.SetError && core.isSetError(error), error.code]); }
      }
      return outcomes;`,
    );
    expect(seen).toEqual([
      ['secevent', true, 'ERR_SET_FORMAT'],
      ['akamai', true, 'ERR_SET_SUBJECT'],
      ['akamai, an event', true, 'ERR_SET_EVENT'],
      ['akamai, its verifier', true, 'ERR_SET_JWKS'],
      ['apple', true, 'ERR_SET_EVENT'],
      ['apple, its verifier', true, 'ERR_SET_JWKS'],
      ['caep', true, 'ERR_SET_EVENT'],
      ['google', true, 'ERR_SET_EVENT'],
      ['google, its verifier', true, 'ERR_SET_JWKS'],
      ['oidc', true, 'ERR_SET_EVENT'],
      ['oidc, its verifier', true, expect.stringMatching(/^ERR_SET_CLAIM_/)],
      ['okta', true, 'ERR_SET_EVENT'],
      ['receiver', true, 'ERR_SET_DELIVERY'],
      ['risc', true, 'ERR_SET_EVENT'],
      ['scim', true, 'ERR_SET_EVENT'],
      ['ssf', true, 'ERR_SET_EVENT'],
      ['ssf, its verifier', true, 'ERR_SET_JWKS'],
      ['testing', true, 'ERR_SET_EXPIRED'],
    ]);
  });
});

test('isSetError recognizes an error of the other copy, which instanceof does not', async () => {
  const [, format] = FORMATS[0] ?? [];
  if (format === undefined) throw new Error('FORMATS is empty');
  const seen = await runIn(
    format,
    `
    const esm = await import('secevent');
    const cjs = (await import('node:module')).createRequire(import.meta.url)('secevent');
    const thrownBy = ({ decodeSet }) => { try { return decodeSet(''); } catch (error) { return error; } };
    const see = (error, { isSetError, SetError }) => [isSetError(error), error instanceof SetError, error.code];
    return [see(thrownBy(esm), cjs), see(thrownBy(cjs), esm), see(thrownBy(esm), esm), see(thrownBy(cjs), cjs)];`,
  );
  const [other, same] = [
    [true, false, 'ERR_SET_FORMAT'],
    [true, true, 'ERR_SET_FORMAT'],
  ];
  expect(seen).toEqual([other, other, same, same]);
});
