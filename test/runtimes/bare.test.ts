/**
 * The built CommonJS file in an engine that has ECMAScript and nothing else: no atob, Buffer, TextEncoder, TextDecoder,
 * crypto, as in older React Native. Decoding answers the same there.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { type Context, createContext, runInContext } from 'node:vm';
import { expect, test } from 'vitest';
import * as here from '../../src/index.js';
import { segment } from '../support/octets.js';
import { HEADER, makeToken, tokenWith } from '../support/tokens.js';
import { encodeVector, listVectors, readVector } from '../support/vectors.js';

const context = createContext({});

/** The engine as it would be without these, which decoding does not need. */
const older = createContext({});
runInContext(
  'for (const [owner, name] of [[Object, "hasOwn"], [Object, "fromEntries"], [Array.prototype, "at"], [Array.prototype, "flat"], [String.prototype, "replaceAll"]]) delete owner[name];',
  older,
);

/** Runs a built CommonJS file within the engine, and those that it asks for. */
function load(name: string, context: Context): unknown {
  const text = readFileSync(new URL(`../../dist/${name}`, import.meta.url), 'utf8');
  const module = runInContext('({ exports: {} })', context) as { exports: unknown };
  const run = runInContext(`(function (module, exports, require) {${text}\n})`, context) as (
    ...args: unknown[]
  ) => void;
  run(module, module.exports, (asked: string) => load(posix.join(posix.dirname(name), asked), context));
  return module.exports;
}
const bare = load('index.cjs', context) as typeof here;
const bareAndOlder = load('index.cjs', older) as typeof here;

const published = [
  'akamai',
  'rfc8417',
  'ssf',
  'caep',
  'risc',
  'scim-events',
  'oidc-backchannel-logout',
  'vendors',
  'rfc9493',
];
const tokens = [
  ...published.flatMap((name) => listVectors(name, '.json')).map((name) => encodeVector(name).token),
  ...['akamai', 'rfc8417', 'rfc8935', 'rfc8936', 'jose'].flatMap((name) => listVectors(name, '.jwt')).map(readVector),
  tokenWith({ name: 'Zoë 日本語 😀' }),
  tokenWith({ name: 'x'.repeat(10_000) }),
  makeToken(HEADER, Buffer.from('{"a":"\xc3\x28"}', 'latin1')),
  makeToken(HEADER, '\ufeff{}'),
  `${segment('{"alg":"RS256"}')}.${segment('{}')}.AB`,
  `${tokenWith({})}\n`,
  'Bearer x',
  '',
];

function answer(library: typeof here, token: string): string {
  try {
    const { header, payload, signature } = library.decodeSet(token);
    return JSON.stringify({ header, payload, signature: [...signature] });
  } catch (error) {
    if (!here.isSetError(error)) throw error;
    return JSON.stringify({ code: error.code, claim: error.claim, message: error.message });
  }
}

test('the engine is bare', () => {
  for (const name of ['atob', 'btoa', 'Buffer', 'TextEncoder', 'TextDecoder', 'crypto', 'process', 'fetch']) {
    expect(runInContext(`typeof ${name}`, context), name).toBe('undefined');
  }
});

test.each(tokens.map((token, i) => ({ name: `token ${i} (${token.length} characters)`, token })))(
  '$name is answered the same',
  ({ token }) => {
    expect(answer(bare, token)).toBe(answer(here, token));
    expect(answer(bareAndOlder, token)).toBe(answer(here, token));
  },
);

test('verifying says that there is no WebCrypto', async () => {
  const options = { issuer: null, audience: null };
  const error: unknown = await bare
    .verifySet(tokenWith({}), () => ({ keys: [] }), options)
    .catch((reason: unknown) => reason);
  expect(here.isSetError(error) && error.code).toBe('ERR_SET_WEBCRYPTO');
});

test('the codec and the readers work', () => {
  const anything: here.StandardSchemaV1 = {
    '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) },
  };
  expect(bare.encodeBase64url(bare.decodeBase64url('A-z_4ME'))).toBe('A-z_4ME');
  expect(bare.audiences(bare.decodeSet(tokenWith({ aud: ['a'] }))).join()).toBe('a');
  const [event] = bare.readEvents(bare.decodeSet(tokenWith({})), [bare.defineEvent('entityCreated', anything)]);
  expect(event).toEqual({ type: 'entityCreated', payload: {} });
  expect(bare.subjectOf(bare.decodeSet(tokenWith({ sub: 'me' })))?.format).toBe('iss_sub');
  expect(bare.occurredAt(bare.decodeSet(tokenWith({}))).toISOString()).toBe('2019-07-18T22:23:51.000Z');
});
