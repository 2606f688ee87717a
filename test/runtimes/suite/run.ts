/**
 * The suite: the tests of decoding, verifying, keys and events, and on servers of receiving, as Vitest runs them on the
 * sources, here on the package.
 *
 * A runtime imports this as one file and calls `runSuite`. Nothing is read, written or fetched: what it found is what
 * it gives.
 */
import { type File, startTests, type Task, type VitestRunner } from '@vitest/runner';
import type { SignatureAlgorithm } from '../../../src/algorithms.js';
import { createTestTransmitter } from '../../../src/testing/transmitter.js';
import { verifySet } from '../../../src/verify.js';

/** What a runtime tells of itself and of the suite. */
export interface Report {
  readonly passed: number;
  readonly failed: readonly { readonly name: string; readonly message: string }[];
  /** Tests that did not run, each of which is a defect of the suite. */
  readonly skipped: readonly string[];
  /** The algorithms of which this runtime can make a key, sign, and verify by the library. */
  readonly algorithms: readonly string[];
  /** The others, and why not. */
  readonly lacking: readonly string[];
}

const FILES: Readonly<Record<string, () => Promise<unknown>>> = {
  advisories: () => import('../../advisories.test.js'),
  differential: () => import('../../differential.test.js'),
  envelope: () => import('../../envelope.test.js'),
  'jose-vectors': () => import('../../jose-vectors.test.js'),
  jws: () => import('../../jws.test.js'),
  keys: () => import('../../keys.test.js'),
  set: () => import('../../set.test.js'),
  subject: () => import('../../subject.test.js'),
  verify: () => import('../../verify.test.js'),
  'akamai/events': () => import('../../akamai/events.test.js'),
  'akamai/clients': () => import('../../akamai/clients.test.js'),
  'akamai/global-sub': () => import('../../akamai/global-sub.test.js'),
  'akamai/notifications': () => import('../../akamai/notifications.test.js'),
  'akamai/verifier': () => import('../../akamai/verifier.test.js'),
  'events/define': () => import('../../events/define.test.js'),
  'events/foreign-schemas': () => import('../../events/foreign-schemas.test.js'),
  'events/read': () => import('../../events/read.test.js'),
  'jwks/races': () => import('../../jwks/races.test.js'),
  'jwks/remote': () => import('../../jwks/remote.test.js'),
  'testing/transmitter': () => import('../../testing/transmitter.test.js'),
  'vocabularies/events': () => import('../../vocabularies/events.test.js'),
  'vocabularies/examples': () => import('../../vocabularies/examples.test.js'),
  'vocabularies/oidc': () => import('../../vocabularies/oidc.test.js'),
};

/** What runs where requests are received: not every browser has all of Request. */
const ON_SERVERS: typeof FILES = {
  'receiver/push': () => import('../../receiver/push.test.js'),
};

const ALGORITHMS: readonly SignatureAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

const runner: VitestRunner = {
  config: {
    root: '',
    name: undefined,
    setupFiles: [],
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  },
  importFile: (name) => ({ ...FILES, ...ON_SERVERS })[name]!(),
};

/** Runs all of it, or without what only servers do. */
export async function runSuite(place: 'server' | 'browser'): Promise<Report> {
  const lost: unknown[] = [];
  // Node, Deno and Bun end with an error when a rejection is handled by nobody; the others only tell.
  globalThis.addEventListener?.('unhandledrejection', ({ reason }) => lost.push(reason));
  const files = await startTests(
    [...Object.keys(FILES), ...(place === 'server' ? Object.keys(ON_SERVERS) : [])],
    runner,
  );
  const tasks = files.flatMap(tasksOf);
  const named = (state: string): Task[] => tasks.filter(({ result, mode }) => (result?.state ?? mode) === state);
  const { algorithms, lacking } = await tryAlgorithms();
  return {
    passed: named('pass').filter(({ type }) => type === 'test').length,
    failed: [
      ...named('fail').map((task) => ({ name: nameOf(task), message: messageOf(task) })),
      ...lost.map((reason) => ({ name: 'a rejection that nobody handled', message: String(reason) })),
    ],
    skipped: tasks
      .filter(({ type, result }) => type === 'test' && result?.state !== 'pass' && result?.state !== 'fail')
      .map(nameOf),
    algorithms,
    lacking,
  };
}

async function tryAlgorithms(): Promise<Pick<Report, 'algorithms' | 'lacking'>> {
  const algorithms: string[] = [];
  const lacking: string[] = [];
  for (const algorithm of ALGORITHMS) {
    try {
      const { jwks, issuer, audience, sign } = await createTestTransmitter({ algorithm });
      const { header } = await verifySet(await sign(), jwks, { issuer, audience, algorithms: [algorithm] });
      algorithms.push(header.alg);
    } catch (error) {
      lacking.push(`${algorithm}: ${String(error)}`);
    }
  }
  return { algorithms, lacking };
}

/** Files and groups as well as tests: an import or a hook may fail. */
function tasksOf(task: File | Task): Task[] {
  return [task as Task, ...('tasks' in task ? task.tasks.flatMap(tasksOf) : [])];
}

function nameOf(task: Task): string {
  return task.suite === undefined ? `${task.file.name} > ${task.name}` : `${nameOf(task.suite)} > ${task.name}`;
}

function messageOf({ result }: Task): string {
  return result?.errors?.map(({ message, stack }) => `${message}\n${stack ?? ''}`).join('\n') ?? '';
}
