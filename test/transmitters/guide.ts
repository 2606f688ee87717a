/** Reads docs/transmitters.md, and runs the code that it shows for a transmitter on the sources of this library. */
import { readFileSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import { expect } from 'vitest';
import * as akamai from '../../src/akamai/index.js';
import type { SetErrorCode } from '../../src/errors.js';
import * as secevent from '../../src/index.js';
import * as receiver from '../../src/receiver/index.js';
import type { PushReceiver } from '../../src/receiver/push.js';
import type { VerifiedSet } from '../../src/set.js';
import * as ssf from '../../src/ssf/index.js';
import * as apple from '../../src/transmitters/apple.js';
import * as google from '../../src/transmitters/google.js';
import type { SetVerifier } from '../../src/verify.js';
import * as oidc from '../../src/vocabularies/oidc.js';
import { asBody, type Envelope } from './signing.js';

const MODULES: Readonly<Record<string, object>> = {
  secevent,
  'secevent/akamai': akamai,
  'secevent/apple': apple,
  'secevent/google': google,
  'secevent/oidc': oidc,
  'secevent/receiver': receiver,
  'secevent/ssf': ssf,
};

export const guide = readFileSync(new URL('../../docs/transmitters.md', import.meta.url), 'utf8');

/** The sections of the guide by their headings. */
export const sections: ReadonlyMap<string, string> = new Map(
  guide
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

/** Returns the TypeScript examples of a section. */
export function examplesIn(section: string): string[] {
  return [...section.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code!);
}

/** What the example of a section has created. */
export interface Example {
  readonly verify: SetVerifier;
  readonly receive: PushReceiver;
  /** The set of the token that it was given, or the code of the error. */
  readonly outcome: unknown;
  /** The sets that its receiver has taken. */
  readonly stored: readonly VerifiedSet[];
}

/** Runs the example of a section. Its imports come from the sources. */
export async function runExample(heading: string, token = ''): Promise<Example> {
  const [code] = examplesIn(sections.get(heading) ?? '');
  if (code === undefined) throw new Error(`The guide has no example for ${heading}`);
  const script = code.replace(/^import (\{.*\}) from ('.*');$/gm, 'const $1 = modules[$2];');
  const run = compileFunction(`return (async () => {${script}\nreturn { verify, receive };\n})();`, [
    'modules',
    'console',
  ]) as (...args: unknown[]) => Promise<Pick<Example, 'verify' | 'receive'>>;
  const stored: VerifiedSet[] = [];
  const { verify, receive } = await run(MODULES, { log: (set: VerifiedSet) => stored.push(set) });
  const outcome = await verify(token).catch(({ code }: { readonly code: unknown }) => code);
  return { verify, receive, outcome, stored };
}

/** Runs the example of a section, lets it receive a token, and returns the set that it has taken. */
export async function receiveWith(
  heading: string,
  token: string,
  envelope: Envelope = asBody,
  status = 202,
): Promise<VerifiedSet> {
  const { receive, outcome, stored } = await runExample(heading, token);
  const response = await receive(envelope(token));
  expect({ status: response.status, body: await response.text() }).toEqual({ status, body: '' });
  expect(stored).toEqual([outcome]);
  return stored[0]!;
}

/** Checks that the example of a section refuses a token: for this reason, for good, and without taking it. */
export async function expectRefusal(
  heading: string,
  token: string,
  code: SetErrorCode,
  envelope: Envelope = asBody,
): Promise<void> {
  expect((await runExample(heading, token)).outcome).toBe(code);
  // Not the receiver of the same run: without a kid, a second forged token soon after may be valid later.
  const { receive, stored } = await runExample(heading);
  expect((await receive(envelope(token))).status).toBe(400);
  expect(stored).toEqual([]);
}
