/**
 * The package as a user gets it: packed by npm, unpacked into an empty project, then run by Node and compiled by TypeScript in
 * processes of their own. Takes dist as it is; `npm run build` makes it.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const TIMEOUT_MS = 60_000;
const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

interface Outcome {
  readonly status: string | number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program to its end, whatever that is. */
function run(program: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd }, (error, output, errors) => {
      resolve({ status: error ? (error.code ?? 'killed') : 0, output, errors });
    });
  });
}

let project = '';
let packed: string[] = [];

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('there is no dist: npm run build');
  project = await realpath(await mkdtemp(join(tmpdir(), 'secevent-package-')));
  const packing = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root);
  expect(packing.status, packing.errors).toBe(0);
  const [tarball] = JSON.parse(packing.output) as [{ filename: string; files: { path: string }[] }];
  packed = tarball.files.map(({ path }) => path);
  const home = join(project, 'node_modules/secevent');
  await mkdir(home, { recursive: true });
  const unpacking = await run('tar', ['-xzf', join(project, tarball.filename), '--strip-components=1', '-C', home], project);
  expect(unpacking.status, unpacking.errors).toBe(0);
}, TIMEOUT_MS);

afterAll(async () => {
  if (project !== '') await rm(project, { recursive: true, force: true });
});

async function readManifest(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(project, 'node_modules/secevent/package.json'), 'utf8')) as Record<string, unknown>;
}

/** Every text inside a JSON value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe('the tarball', () => {
  const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];

  test('holds what was built, and documents', () => {
    expect(packed.filter((path) => !path.startsWith('dist/')).sort()).toEqual(documents);
  });

  test('holds every file that its package.json names', async () => {
    const { main, module, types, bin, exports } = await readManifest();
    const targets = textsIn([main, module, types, bin, exports]).map((path) => path.replace(/^\.\//, ''));
    expect(targets).toContain('dist/index.js');
    expect(packed).toEqual(expect.arrayContaining(targets));
  });

  test('holds no source and no test', () => {
    expect(packed.filter((path) => /(?:^|\/)(?:src|test|node_modules)\/|(?<!\.d)\.[cm]?ts$/.test(path))).toEqual([]);
  });

  test('has a command that knows the version of the package', async () => {
    const { version } = await readManifest();
    const { status, output, errors } = await run(process.execPath, ['node_modules/secevent/dist/cli.js', '--version'], project);
    expect({ status, output, errors }).toEqual({ status: 0, output: `${String(version)}\n`, errors: '' });
  });
});

/** What users import: the package and its subpaths. */
const ENTRIES = Object.keys(manifest.exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => path.replace('.', 'secevent'));

interface Sight {
  readonly names: readonly string[];
  readonly set: { readonly header: unknown; readonly payload: unknown; readonly signature: readonly number[] };
  readonly added: readonly string[];
}

/** A program that takes a token, imports the package by an expression and prints what it sees. */
function sightOf(importing: string): string {
  return `
    const owners = { globalThis, Object, Array, String, Uint8Array, Date, Error, Promise, JSON };
    const list = () => Object.entries(owners).flatMap(([name, owner]) =>
      [owner, owner.prototype ?? {}].flatMap((each) => Reflect.ownKeys(each).map((key) => name + '.' + String(key))));
    const before = new Set(list());
    const secevent = ${importing};
    const added = list().filter((key) => !before.has(key));
    const { header, payload, signature } = secevent.decodeSet(process.argv[2]);
    const set = { header, payload, signature: [...signature] };
    console.log(JSON.stringify({ names: Object.keys(secevent).sort(), set, added }));`;
}

async function runScript(name: string, text: string, ...args: readonly string[]): Promise<unknown> {
  await writeFile(join(project, name), text);
  const { status, output, errors } = await run(process.execPath, [name, ...args], project);
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  return JSON.parse(output);
}

describe('the module', () => {
  const token = readFileSync(new URL('../vectors/akamai/documented-token.jwt', import.meta.url), 'utf8').trim();
  let esm: Sight;
  let cjs: Sight;

  beforeAll(async () => {
    [esm, cjs] = (await Promise.all([
      runScript('sight.mjs', sightOf(`await import('secevent')`), token),
      runScript('sight.cjs', sightOf(`require('secevent')`), token),
    ])) as [Sight, Sight];
  }, TIMEOUT_MS);

  test('gives the same names to import and to require', () => {
    expect(esm.names).toContain('decodeSet');
    expect(cjs.names).toEqual(esm.names);
  });

  test('decodes the same set, whether imported or required', () => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const parse = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    const expected = { header: parse(header), payload: parse(payload), signature: [...Buffer.from(signature, 'base64url')] };
    expect(esm.set).toEqual(expected);
    expect(cjs.set).toEqual(expected);
  });

  test('adds nothing to the globals and the built-in objects', () => {
    expect({ esm: esm.added, cjs: cjs.added }).toEqual({ esm: [], cjs: [] });
  });

  test.each([
    ['import', (name: string) => `await import('${name}')`, 'mjs'],
    ['require', (name: string) => `require('${name}')`, 'cjs'],
  ])('has one SetError, whichever entry threw it, by %s', async (_, importing, ending) => {
    const seen = await runScript(`entries.${ending}`, `
      (async () => {
        const { SetError } = ${importing('secevent')};
        const { createAkamaiVerifier } = ${importing('secevent/akamai')};
        const { createTestTransmitter } = ${importing('secevent/testing')};
        const { sign, fetch } = await createTestTransmitter();
        const verify = createAkamaiVerifier({ host: 'a.example', customerId: '1', audience: null, fetch });
        const thrownBy = (call) => { try { call(); } catch (error) { return error; } };
        const { parseGlobalSub, entityCreated } = ${importing('secevent/akamai')};
        const [caep, risc, scim, ssf, oidc] = [${['caep', 'risc', 'scim', 'ssf', 'oidc'].map((name) => importing(`secevent/${name}`)).join()}];
        const errors = [
          await verify(await sign()).catch((error) => error),
          thrownBy(() => parseGlobalSub('')),
          thrownBy(() => entityCreated.parse({})),
          thrownBy(() => caep.deviceComplianceChange.parse({})),
          thrownBy(() => risc.credentialCompromise.parse({})),
          thrownBy(() => scim.provCreateFull.parse({})),
          thrownBy(() => ssf.streamUpdated.parse({})),
          thrownBy(() => oidc.backchannelLogout.parse(null)),
        ];
        console.log(JSON.stringify(errors.map((error) => [error instanceof SetError, error.code])));
      })();`);
    const event = [true, 'ERR_SET_EVENT'];
    expect(seen).toEqual([[true, 'ERR_SET_JWKS'], [true, 'ERR_SET_SUBJECT'], event, event, event, event, event, event]);
  });

  test.each(ENTRIES)('gives the same names to import and to require of %s', async (entry) => {
    const names = (importing: string): string => `(async () => console.log(JSON.stringify(Object.keys(${importing}).sort())))();`;
    const [imported, required] = await Promise.all([
      runScript(`names-${entry.replace('/', '-')}.mjs`, names(`await import('${entry}')`)),
      runScript(`names-${entry.replace('/', '-')}.cjs`, names(`require('${entry}')`)),
    ]);
    expect(required).toEqual(imported);
    expect((imported as string[]).length).toBeGreaterThan(0);
  });

  test('touches no crypto, fetch or timer when it is imported', async () => {
    const seen = await runScript('quiet.mjs', `
      const touched = [];
      for (const name of ['crypto', 'fetch', 'setTimeout', 'Request', 'Response']) {
        const value = globalThis[name];
        Object.defineProperty(globalThis, name, { configurable: true, get: () => (touched.push(name), value) });
      }
      const before = touched.length;
      for (const entry of ${JSON.stringify(ENTRIES)}) await import(entry);
      const names = touched.slice(before);
      globalThis.crypto;
      console.log(JSON.stringify([names, touched.at(-1)]));`);
    expect(seen).toEqual([[], 'crypto']);
  });

  test('knows the error of its other copy, which instanceof does not', async () => {
    const seen = await runScript('copies.mjs', `
      import { createRequire } from 'node:module';
      import * as esm from 'secevent';
      const cjs = createRequire(import.meta.url)('secevent');
      const thrownBy = ({ decodeSet }) => { try { decodeSet(''); } catch (error) { return error; } };
      const see = (error, { isSetError, SetError }) => [isSetError(error), error instanceof SetError, error.code];
      console.log(JSON.stringify([see(thrownBy(esm), cjs), see(thrownBy(cjs), esm), see(thrownBy(esm), esm)]));`);
    const [ofEsm, ofCjs, ofSame] = [[true, false], [true, false], [true, true]].map((each) => [...each, 'ERR_SET_FORMAT']);
    expect(seen).toEqual([ofEsm, ofCjs, ofSame]);
  });
});

/** Uses each name of the entries as its documentation says. Some exports have inferred types, as in a user's own library. */
const CONSUMER = `
import {
  audiences, createRemoteJwks, createVerifier, decodeBase64url, type DecodedSet, type DecodeOptions, decodeSet, defineEvent,
  encodeBase64url, type EventDefinition, type EventOf, importSpki, type PayloadOf, parseSubject, readEvent, readEvents,
  type StandardSchemaV1, type SubjectIdentifier, subjectOf, type UnknownEvent, isSetError, type JsonObject, type JsonWebKey, type JsonWebKeySet, type JwksCache, type KeyResolver, type KeySource,
  occurredAt, type PublicCryptoKey, type RemoteJwks, SetError, type SetErrorCode, type SetHeader, type SetPayload, type SetVerifier,
  type SignatureAlgorithm, splitJws, toDate, type VerifiedSet, verifyJws, type VerifyOptions, verifySet,
} from 'secevent';
import {
  akamaiEvents, type AkamaiVerifierOptions, attributeClient, type ClientAttribution, createAkamaiVerifier, entityUpdated,
  type GlobalSub, parseGlobalSub, parseV2Notifications, type V2Notification,
} from 'secevent/akamai';
import { caepEvents, credentialChange, sessionRevoked } from 'secevent/caep';
import { backchannelLogout, createLogoutVerifier, oidcEvents } from 'secevent/oidc';
import {
  createPushReceiver, DELIVERY_ERRORS, type DeliveryErrorCode, memoryReplayStore, type NodeListener, pollSets, type PushReceiver,
  redisReplayStore, type ReplayStore, toNodeListener,
} from 'secevent/receiver';
import { accountDisabled, riscEvents } from 'secevent/risc';
import { provCreateFull, scimEvents } from 'secevent/scim';
import { createSsfVerifier, ssfEvents, streamUpdated, verification } from 'secevent/ssf';
import { createTestTransmitter, type TestTransmitter } from 'secevent/testing';

export const policy: VerifyOptions = { issuer: ['a', 'b'], audience: null, algorithms: ['RS256'], typ: null, exp: 'forbid' };
const jwk: JsonWebKey = { kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: '1', use: 'sig', key_ops: ['verify'] };
const jwks: JsonWebKeySet = { keys: [jwk] };
const entries = new Map();
const cache: JwksCache = { get: (url) => entries.get(url), set: (url, entry) => entries.set(url, entry) };
export const remote: RemoteJwks = createRemoteJwks('https://a.example', { cache, maxAgeMs: 1, fetch: async () => ({ status: 404, body: null }) });
export const resolver: KeyResolver = async ({ kid }) => (kid === undefined ? jwk : jwks);
export const sources: KeySource[] = [jwk, jwks, remote, resolver];
export const verifier: SetVerifier = createVerifier(remote, policy);
export const verified: Promise<VerifiedSet> = verifySet('token', importKey, policy);
export const plain: Promise<DecodedSet> = verified;
export const octets = verifyJws('token', jwks).then(({ payload }) => payload.length);
export const algorithm: SignatureAlgorithm = 'Ed25519';
export const ofAkamai = (options: AkamaiVerifierOptions): SetVerifier => createAkamaiVerifier({ ...options, typ: null });

export function importKey(): Promise<PublicCryptoKey> {
  return importSpki('-----BEGIN PUBLIC KEY-----', 'ES256');
}

export async function sign(): Promise<string> {
  const transmitter: TestTransmitter = await createTestTransmitter({ algorithm: 'ES256' });
  const keys = createRemoteJwks(transmitter.jwksUrl, { fetch: transmitter.fetch });
  await keys.refresh();
  const request = await transmitter.request('https://receiver.example', { sub: 'me' });
  return (await request.text()) + (keys.current?.keys.length ?? 0) + (await transmitter.sign({}, { typ: undefined }));
}

const options: DecodeOptions = { maxTokenLength: 10_000 };
export const set = decodeSet('token', options);
export const parts = splitJws('token');
export const list = audiences(set);
export const dates: Date[] = [occurredAt(set), toDate(set.payload.iat)];
export const text: string = parts.signingInput + encodeBase64url(decodeBase64url(parts.payload)) + list.join();

export function show({ header, payload, signature }: DecodedSet): string {
  const { alg, kid = 'no key' }: SetHeader = header;
  const { iss, jti, events, sub_id }: SetPayload = payload;
  const subject: JsonObject = sub_id ?? {};
  const other: unknown = payload['captureClientId'];
  return [alg, kid, iss, jti, ...Object.keys(events), subject['format'], other, signature.length].join();
}

export function codeOf(error: unknown): SetErrorCode | undefined {
  if (isSetError(error)) return error.claim === undefined ? error.code : undefined;
  return error instanceof SetError ? error.code : undefined;
}

// Inferred types, as a library of a user's own would export them.
export const everything = [...akamaiEvents, ...caepEvents, ...oidcEvents, ...riscEvents, ...scimEvents, ...ssfEvents] as const;
export const revoked = readEvent(set, sessionRevoked);
export const credential = readEvent(set, credentialChange)?.credential_type;
export const created = readEvent(set, provCreateFull);
export const found = readEvents(set, everything);
export const subject = subjectOf(set);
const counting: StandardSchemaV1<unknown, { readonly n: number }> = {
  '~standard': { version: 1, vendor: 'me', validate: (value) => (Object(value).n === 1 ? { value: { n: 1 } } : { issues: [{ message: 'must be 1', path: ['n'] }] }) },
};
export const counted = defineEvent('counted', counting);
export const count: number | undefined = readEvent(set, counted)?.n;
export const definitions: readonly EventDefinition[] = [counted, verification, accountDisabled, backchannelLogout];
export type Updated = PayloadOf<typeof entityUpdated>;
export const ssf: SetVerifier = createSsfVerifier({ issuer: 'https://a.example', audience: null, fetch: async () => ({ status: 404, body: null }) });
export const logout: SetVerifier = createLogoutVerifier(jwks, policy);
export const store: ReplayStore = memoryReplayStore({ maxEntries: 10 });
export const receiver: PushReceiver = createPushReceiver({ verify: verifier, onSet: ({ payload }, request) => void [payload.jti, request.url], replay: store });
export const listener: NodeListener = toNodeListener(receiver);
export const err: DeliveryErrorCode | null = DELIVERY_ERRORS.ERR_SET_ISSUER;
export const redis = redisReplayStore({ eval: async (script: string, options?: { keys?: string[] }) => [script, options] }, { leaseSeconds: 30 });
export async function poll(): Promise<void> {
  for await (const { payload } of pollSets('https://a.example', { verify: verifier, headers: { authorization: 'Bearer a' } })) if (payload.jti) break;
}
export const notifications: readonly V2Notification[] = parseV2Notifications('[]');
export const place: GlobalSub = parseGlobalSub('capture-v1://a/b/c/d');

export function tell(event: EventOf<(typeof akamaiEvents)[number] | typeof streamUpdated> | UnknownEvent): string {
  switch (event.type) {
    case 'entityUpdated': {
      const client: ClientAttribution = attributeClient(event.payload.captureClientId, new Map([['a', 'web']]), event.payload);
      return client.origin === 'own' ? (client.name ?? '') : String(client.hostedLogin) + event.payload.attributes.join();
    }
    case 'entityCreated':
    case 'entityDeleted':
      return event.payload.sub;
    case 'userCredentialUpdated':
      return event.payload.credentialType ?? '';
    case 'test':
      return event.payload.id ?? '';
    case 'https://schemas.openid.net/secevent/ssf/event-type/stream-updated':
      return event.payload.status;
    case 'unknown':
      return event.name;
    default: {
      const none: never = event;
      return none;
    }
  }
}

export function address(of: SubjectIdentifier): string {
  switch (of.format) {
    case 'email':
      return of.email;
    case 'complex':
      return of.user?.format === 'iss_sub' ? of.user.sub : '';
    case 'aliases':
      return of.identifiers.map(({ format }) => format).join();
    default: {
      const format: string = parseSubject(of).format;
      return format === 'catalog_item' ? String(of['catalog_id']) : format;
    }
  }
}

export const error: Error = new SetError('ERR_SET_INPUT', 'No token', { claim: 'iss', cause: undefined });
`;
const CJS_CONSUMER = `${CONSUMER}
import secevent = require('secevent');
export const same: typeof decodeSet = secevent.decodeSet;
`;

/** One mistake a line, with the code of the error that has to come. */
const MISTAKES: readonly (readonly [code: string, text: string])[] = [
  ['TS2305', `import { cutToken } from 'secevent';`],
  ['TS2307', `import * as inside from 'secevent/dist/index.js';`],
  ['TS2322', `import { decodeSet, type SetErrorCode } from 'secevent'; const iss: number = decodeSet('').payload.iss;`],
  ['TS2540', `decodeSet('').payload.iss = 'me';`],
  ['TS2540', `decodeSet('').payload = { iss: 'me', iat: 0, jti: '1', events: {} };`],
  ['TS2345', `decodeSet(new Uint8Array());`],
  ['TS2353', `decodeSet('', { maxLength: 1 });`],
  ['TS2532', `decodeSet('').payload.sub.length;`],
  ['TS2322', `const claim: string = decodeSet('').payload['anything'];`],
  ['TS2322', `const code: SetErrorCode = 'ERR_OTHER';`],
  ['TS2741', `import { verifySet, type VerifiedSet } from 'secevent'; const set: VerifiedSet = decodeSet('');`],
  ['TS2345', `verifySet('', 'secret', { issuer: null, audience: null });`],
  ['TS2345', `verifySet('', { keys: [] }, { issuer: null });`],
  ['TS2820', `verifySet('', { keys: [] }, { issuer: null, audience: null, algorithms: ['HS256'] });`],
  ['TS2322', `verifySet('', { keys: [] }, { issuer: null, audience: null, algorithms: ['none'] });`],
  ['TS2532', `import { readEvent, readEvents } from 'secevent'; import { credentialChange } from 'secevent/caep'; readEvent(decodeSet(''), credentialChange).change_type;`],
  ['TS2367', `readEvent(decodeSet(''), credentialChange)!.change_type === 'rotate';`],
  ['TS2367', `readEvents(decodeSet(''), [credentialChange])[0]!.type === 'entityCreated';`],
  ['TS2345', `import { parseV2Notifications } from 'secevent/akamai'; const act = (set: VerifiedSet): void => {}; act(parseV2Notifications('')[0]!);`],
  ['TS2322', `import { createPushReceiver } from 'secevent/receiver'; createPushReceiver({ verify: async (token: string) => decodeSet(token), onSet: () => {} });`],
  ['TS2353', `import { createSsfVerifier } from 'secevent/ssf'; createSsfVerifier({ issuer: 'https://a.example', audience: null, exp: 'allow' });`],
];

type Options = Readonly<Record<string, string | readonly string[]>>;
type Files = Readonly<Record<string, string>>;

const NODE: Options = { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022'] };
const BUNDLER: Options = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022'] };
const DOM: Options = { lib: ['es2022', 'dom'] };
const MODULES: Files = { 'a.mts': CONSUMER, 'b.cts': CJS_CONSUMER };

/** Compiles files in a folder of their own with every strict option, and gives the diagnostics, one a line. */
async function compile(name: string, options: Options, files: Files): Promise<Outcome> {
  const folder = join(project, name);
  await mkdir(folder);
  const compilerOptions = {
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: false,
    types: [],
    declaration: true,
    noEmit: true,
    ...options,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return run(process.execPath, [tsc, '--pretty', 'false'], folder);
}

describe.concurrent('the types', () => {
  test.each<[name: string, options: Options, files: Files]>([
    ['node', NODE, MODULES],
    ['node with the DOM', { ...NODE, ...DOM }, MODULES],
    ['bundler', BUNDLER, { 'a.ts': CONSUMER }],
    ['bundler with the DOM', { ...BUNDLER, ...DOM }, { 'a.ts': CONSUMER }],
  ])('serve a project for %s', async (name, options, files) => {
    expect(await compile(name, options, files)).toEqual({ status: 0, output: '', errors: '' });
  }, TIMEOUT_MS);

  test('refuse a wrong use', async () => {
    const { status, output } = await compile('wrong', NODE, { 'a.mts': MISTAKES.map(([, text]) => text).join('\n') });
    const found = [...output.matchAll(/^a\.mts\((\d+),\d+\): error (TS\d+)/gm)].map(([, line, code]) => `line ${line}: ${code}`);
    expect(status).not.toBe(0);
    expect(found).toEqual(MISTAKES.map(([code], index) => `line ${index + 1}: ${code}`));
  }, TIMEOUT_MS);
});
