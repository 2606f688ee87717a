/**
 * The suite: the tests of decoding, verifying, keys and events, and on servers also of receiving. Vitest runs the same
 * tests on the sources; here they run on the package.
 *
 * A runtime imports this as one file and calls `runSuite`, which returns the report and reads, writes and fetches
 * nothing.
 */
import { type File, startTests, type Task, type VitestRunner } from '@vitest/runner';
import type { SetError } from '../../../src/errors.js';
import { createTestTransmitter } from '../../../src/testing/transmitter.js';
import { verifySet } from '../../../src/verify.js';
import { ALGORITHMS_EVERYWHERE, ML_DSA_ALGORITHMS } from '../../support/algorithms.js';

/** The results of the suite in a runtime, and the algorithms that it supports. */
export interface Report {
  readonly passed: number;
  readonly failed: readonly { readonly name: string; readonly message: string }[];
  /** Tests that did not run. Each is a defect of the suite. */
  readonly skipped: readonly string[];
  /** The algorithms for which this runtime can generate a key, sign, and verify with the library. */
  readonly algorithms: readonly string[];
  /** The other algorithms, with the codes of their errors. */
  readonly lacking: readonly string[];
}

const FILES: Readonly<Record<string, () => Promise<unknown>>> = {
  advisories: () => import('../../advisories.test.js'),
  differential: () => import('../../differential.test.js'),
  envelope: () => import('../../envelope.test.js'),
  'jose-vectors': () => import('../../jose-vectors.test.js'),
  jws: () => import('../../jws.test.js'),
  keys: () => import('../../keys.test.js'),
  'ml-dsa': () => import('../../ml-dsa.test.js'),
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

/** Tests for servers only: not every browser has all of Request. */
const ON_SERVERS: typeof FILES = {
  'receiver/push': () => import('../../receiver/push.test.js'),
  'receiver/token-readers': () => import('../../receiver/token-readers.test.js'),
};

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

/** Runs the whole suite on a server, and in a browser all but the tests for servers. */
export async function runSuite(place: 'server' | 'browser'): Promise<Report> {
  const unhandled: unknown[] = [];
  // Node, Deno and Bun exit with an error on an unhandled rejection. The others only dispatch this event.
  globalThis.addEventListener?.('unhandledrejection', ({ reason }) => unhandled.push(reason));
  const files = await startTests(
    [...Object.keys(FILES), ...(place === 'server' ? Object.keys(ON_SERVERS) : [])],
    runner,
  );
  const tasks = files.flatMap(tasksOf);
  const inState = (state: string): Task[] => tasks.filter(({ result, mode }) => (result?.state ?? mode) === state);
  const { algorithms, lacking } = await tryAlgorithms();
  return {
    passed: inState('pass').filter(({ type }) => type === 'test').length,
    failed: [
      ...inState('fail').map((task) => ({ name: nameOf(task), message: messageOf(task) })),
      ...unhandled.map((reason) => ({ name: 'an unhandled rejection', message: String(reason) })),
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
  for (const algorithm of [...ALGORITHMS_EVERYWHERE, ...ML_DSA_ALGORITHMS]) {
    try {
      const { jwks, issuer, audience, sign } = await createTestTransmitter({ algorithm });
      const { header } = await verifySet(await sign(), jwks, { issuer, audience, algorithms: [algorithm] });
      algorithms.push(header.alg);
    } catch (error) {
      lacking.push(`${algorithm}: ${(error as SetError).code}`);
    }
  }
  return { algorithms, lacking };
}

/** Returns files and groups as well as tests, since an import or a hook may fail. */
function tasksOf(task: File | Task): Task[] {
  return [task as Task, ...('tasks' in task ? task.tasks.flatMap(tasksOf) : [])];
}

function nameOf(task: Task): string {
  return task.suite === undefined ? `${task.file.name} > ${task.name}` : `${nameOf(task.suite)} > ${task.name}`;
}

function messageOf({ result }: Task): string {
  return result?.errors?.map(({ message, stack }) => `${message}\n${stack ?? ''}`).join('\n') ?? '';
}
