/**
 * The CommonJS build in an engine with ECMAScript and nothing else, as in older React Native: no atob, Buffer,
 * TextEncoder, TextDecoder or crypto. Decoding gives the same results there.
 */
import { expect, test } from 'vitest';
import * as here from '../../src/index.js';
import { createEngine } from '../support/engine.js';
import { segment } from '../support/octets.js';
import { HEADER, makeToken, tokenWith } from '../support/tokens.js';
import { encodeVector, listVectors, readVector } from '../support/vectors.js';

const engine = createEngine();
const bare = engine.load('secevent') as typeof here;

/** An older engine: it also lacks some functions that decoding does not need. */
const older = createEngine(
  {},
  'for (const [owner, name] of [[Object, "hasOwn"], [Object, "fromEntries"], [Array.prototype, "at"], [Array.prototype, "flat"], [String.prototype, "replaceAll"]]) delete owner[name];',
);
const bareAndOlder = older.load('secevent') as typeof here;

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

function resultOf(library: typeof here, token: string): string {
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
    expect(engine.run(`typeof ${name}`), name).toBe('undefined');
  }
});

test.each(tokens.map((token, i) => ({ name: `token ${i} (${token.length} characters)`, token })))(
  '$name gives the same result',
  ({ token }) => {
    expect(resultOf(bare, token)).toBe(resultOf(here, token));
    expect(resultOf(bareAndOlder, token)).toBe(resultOf(here, token));
  },
);

test('verifying reports that WebCrypto is missing', async () => {
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
