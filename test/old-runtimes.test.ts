/**
 * The package in an engine without the functions that Safari before 17 or React Native lacks. The linter restricts them
 * in src, and here they are missing: whatever needs one fails.
 *
 * Leaves out decoding without the objects of a platform: see runtimes/bare.test.ts.
 */
import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type * as Akamai from '../src/akamai/index.js';
import type { EventDefinition } from '../src/events/define.js';
import type * as Core from '../src/index.js';
import type * as Receiver from '../src/receiver/index.js';
import type * as Testing from '../src/testing/index.js';
import type * as Oidc from '../src/vocabularies/oidc.js';
import { createEngine } from './support/engine.js';
import { encodeVector, listVectors } from './support/vectors.js';

/** Functions by the object that has them. Some engines that run this test lack them too. */
const MISSING: Readonly<Record<string, readonly string[]>> = {
  Array: ['fromAsync'],
  'Array.prototype': ['at', 'findLast', 'findLastIndex', 'toReversed', 'toSorted', 'toSpliced', 'with'],
  'Iterator.prototype': ['drop', 'every', 'filter', 'find', 'flatMap', 'map', 'reduce', 'some', 'take', 'toArray'],
  Map: ['groupBy'],
  Object: ['groupBy', 'hasOwn'],
  Promise: ['try', 'withResolvers'],
  Response: ['json'],
  'Set.prototype': ['difference', 'intersection', 'isSubsetOf', 'union'],
  'String.prototype': ['at', 'isWellFormed', 'toWellFormed'],
  'TypedArray.prototype': ['at', 'findLast', 'findLastIndex', 'toReversed', 'toSorted', 'with'],
  URL: ['canParse', 'parse'],
  Uint8Array: ['fromBase64', 'fromHex'],
  'Uint8Array.prototype': ['toBase64', 'toHex'],
};

// Subclasses, because the objects of Node itself need these functions.
const REMOVE = `
  URL = class extends URL { static canParse = undefined; static parse = undefined; };
  Response = class extends Response { static json = undefined; };
  TypedArray = Object.getPrototypeOf(Uint8Array);
  Iterator = { prototype: Object.getPrototypeOf(Object.getPrototypeOf([].values())) };
  for (const [owner, names] of [${Object.entries(MISSING).map(([owner, names]) => `[${owner}, ${JSON.stringify(names)}]`)}])
    for (const name of names) if (owner[name] !== undefined) delete owner[name];
`;

const PLATFORM = {
  ...{ AbortController, clearTimeout, crypto, Headers, ReadableStream, Request, Response, setTimeout },
  ...{ TextDecoder, TextEncoder, URL, URLSearchParams },
};
const old = createEngine(PLATFORM, REMOVE);

/** Loads the vocabularies: all event definitions of the package. */
function loadDefinitions({ load }: typeof old): EventDefinition[] {
  return ['akamai', 'caep', 'oidc', 'risc', 'scim', 'ssf'].flatMap((name) =>
    Object.values(load(`secevent/${name}`) as Record<string, unknown>)
      .filter((value) => Array.isArray(value))
      .flat(),
  );
}

const core = old.load('secevent') as typeof Core;
const { createAkamaiVerifier } = old.load('secevent/akamai') as typeof Akamai;
const { createLogoutVerifier } = old.load('secevent/oidc') as typeof Oidc;
const { createPushReceiver, pollSets } = old.load('secevent/receiver') as typeof Receiver;
const { createSsfVerifier } = old.load('secevent/ssf') as { createSsfVerifier(options: object): Core.SetVerifier };
const { createTestTransmitter } = old.load('secevent/testing') as typeof Testing;

const transmitter = await createTestTransmitter();
const { issuer, audience, jwks, jwksUrl, sign, fetch } = transmitter;
const policy = { issuer, audience };
const verify = core.createVerifier(jwks, policy);
const A_SET_ERROR = { code: expect.stringMatching(/^ERR_SET_/) };

test.each(Object.entries(MISSING).flatMap(([owner, names]) => names.map((name) => `${owner}.${name}`)))(
  'the engine has no %s',
  (path) => {
    expect(old.run(`typeof ${path}`)).toBe('undefined');
  },
);

describe('verifying', () => {
  test('works with each kind of key', async () => {
    const { keys } = jwks;
    const pem = createPublicKey({ key: { ...keys[0] }, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const key = await core.importSpki(String(pem), 'RS256');
    const token = await sign({ jti: '1' });
    for (const source of [key, keys[0]!, jwks, async () => jwks]) {
      expect((await core.verifySet(token, source, policy)).payload.jti).toBe('1');
    }
    expect((await core.verifyJws(token, jwks)).payload.length).toBeGreaterThan(100);
  });

  test.each(['ES256', 'EdDSA', 'PS384'] as const)('works with %s', async (algorithm) => {
    const other = await createTestTransmitter({ algorithm });
    const { header } = await core.verifySet(await other.sign(), other.jwks, { ...policy, algorithms: [algorithm] });
    expect(header.alg).toBe(algorithm);
  });

  test.each<[code: Core.SetErrorCode, payload: object, header?: object]>([
    ['ERR_SET_ISSUER', { iss: 'https://other.example' }],
    ['ERR_SET_AUDIENCE', { aud: ['https://other.example'] }],
    ['ERR_SET_CLAIM_INVALID', { events: 1 }],
    ['ERR_SET_KEY_NOT_FOUND', {}, { kid: 'other' }],
    ['ERR_SET_TYP', {}, { typ: 'JWT' }],
    ['ERR_SET_ALGORITHM', {}, { alg: 'none' }],
  ])('rejects with %s', async (code, payload, header) => {
    await expect(verify(await sign(payload, header))).rejects.toMatchObject({ code });
  });

  test('works with remote keys', async () => {
    const keys = core.createRemoteJwks(new URL(jwksUrl), { fetch });
    expect((await core.createVerifier(keys, policy)(await sign())).payload.iss).toBe(issuer);
    await keys.refresh();
    expect(keys.current?.keys).toHaveLength(1);
    const nowhere = core.createRemoteJwks('https://a.example/jwks', { fetch });
    await expect(nowhere.refresh()).rejects.toMatchObject({ code: 'ERR_SET_JWKS', status: 404 });
  });

  test('works for Akamai', async () => {
    const [, host = '', customerId = ''] = /^https:\/\/([^/]+)\/([^/]+)/.exec(issuer) ?? [];
    const verifyAkamai = createAkamaiVerifier({ host, customerId, audience, fetch });
    expect((await verifyAkamai(await sign())).payload.iss).toBe(issuer);
  });

  test('works for a transmitter of Shared Signals', async () => {
    const requests: string[] = [];
    const verifySsf = createSsfVerifier({
      issuer,
      audience,
      fetch: async (url: string) => {
        requests.push(url);
        return url === jwksUrl ? fetch(url) : new Response(JSON.stringify({ issuer, jwks_uri: jwksUrl }));
      },
    });
    expect((await verifySsf(await sign())).payload.iss).toBe(issuer);
    expect(requests).toEqual([expect.stringContaining('/.well-known/ssf-configuration/'), jwksUrl]);
  });

  test('works for logout tokens', async () => {
    const verifyLogout = createLogoutVerifier(jwks, policy);
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const claims = { sub: 'me', exp: Math.floor(Date.now() / 1000) + 60 };
    expect((await verifyLogout(await sign({ ...claims, events }))).payload.sub).toBe('me');
    await expect(verifyLogout(await sign(claims))).rejects.toMatchObject({ code: 'ERR_SET_EVENT' });
  });
});

describe('events and subjects', () => {
  /** Returns what an engine reads from a token, or the errors. */
  function read(engine: typeof old, token: string): string {
    const { decodeSet, readEvent, readEvents, subjectOf } = engine.load('secevent') as typeof Core;
    const definitions = loadDefinitions(engine);
    const readers: ((set: Core.DecodedSet) => unknown)[] = [
      (set) => readEvents(set, definitions),
      ...definitions.map((definition) => (set: Core.DecodedSet) => readEvent(set, definition)),
      subjectOf,
    ];
    const results = readers.map((reader) => {
      try {
        return reader(decodeSet(token));
      } catch (error) {
        expect(error).toMatchObject(A_SET_ERROR);
        return String(error);
      }
    });
    return JSON.stringify(results);
  }
  const current = createEngine(PLATFORM);

  test('all vocabularies are loaded', () => {
    expect(loadDefinitions(old).length).toBeGreaterThan(40);
  });

  test.each(
    ['akamai', 'caep', 'oidc-backchannel-logout', 'risc', 'rfc8417', 'rfc9493', 'scim-events', 'ssf'].flatMap((name) =>
      listVectors(name, '.json'),
    ),
  )('are read from %s as in a current engine', (name) => {
    const { token } = encodeVector(name);
    expect(read(old, token)).toBe(read(current, token));
  });

  test('an event that is named like a member of every object is not present', () => {
    const anything: Core.StandardSchemaV1 = {
      '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) },
    };
    const set = core.decodeSet(encodeVector(listVectors('rfc8417', '.json')[0]!).token);
    expect(core.readEvent(set, core.defineEvent('constructor', anything))).toBeUndefined();
    expect(core.parseSubject({ format: 'toString', a: 1 })).toEqual({ format: 'toString', a: 1 });
  });
});

describe('receiving', () => {
  test('a push receiver accepts, repeats and refuses', async () => {
    const handled: unknown[] = [];
    const errors: unknown[] = [];
    const receive = createPushReceiver({
      verify,
      authenticate: ({ headers }) => headers.get('authorization') !== 'Bearer b',
      onSet: ({ payload }) => {
        handled.push(payload.jti);
        if (payload.jti === '2') throw new core.SetError('ERR_SET_ACCESS', 'Not for us');
      },
      onError: (error) => void errors.push(error),
    });
    const type = 'application/secevent+jwt';
    const post = async (body: string, headers: Record<string, string> = {}): Promise<number> => {
      const init = { method: 'POST', headers: { 'content-type': type, ...headers }, body };
      return (await receive(new Request('https://receiver.example', init))).status;
    };
    const first = await sign({ jti: '1' });
    expect([await post(first), await post(first, { 'content-type': `${type}, ${type};a=b` })]).toEqual([202, 202]);
    expect((await receive(await transmitter.request('https://receiver.example', { jti: '2' }))).status).toBe(400);
    expect(await post(await sign({ iss: 'https://other.example' }))).toBe(400);
    expect(await post(first, { 'content-type': 'text/plain' })).toBe(415);
    expect(await post(first, { 'content-encoding': 'gzip' })).toBe(415);
    expect(await post(first, { authorization: 'Bearer b' })).toBe(401);
    expect(await post('x'.repeat(1_048_577))).toBe(413);
    expect((await receive(new Request('https://receiver.example'))).status).toBe(405);
    expect(handled).toEqual(['1', '2']);
    expect(errors).toEqual(errors.map(() => expect.objectContaining(A_SET_ERROR)));
  });

  test('a poll receives, acknowledges and refuses', async () => {
    const requests: { ack?: string[]; setErrs?: object }[] = [];
    const sets = { a: await sign({ jti: 'a' }), b: await sign({ jti: 'b' }), c: 'x.y.z' };
    const controller = new AbortController();
    const polled = pollSets('https://transmitter.example/poll', {
      verify,
      signal: controller.signal,
      fetch: async (_, { body }) =>
        new Response(JSON.stringify({ sets: requests.push(JSON.parse(body!)) > 1 ? {} : sets })),
    });
    const names: string[] = [];
    for await (const set of polled) {
      names.push(set.payload.jti);
      if (set.payload.jti !== 'b') continue;
      polled.refuse(set, new core.SetError('ERR_SET_ACCESS', 'Not for us'));
      controller.abort();
    }
    expect(names).toEqual(['a', 'b']);
    expect(requests).toHaveLength(2);
    expect(requests[1]).toMatchObject({
      ack: ['a'],
      setErrs: { b: { err: 'access_denied' } },
    });
  });
});
