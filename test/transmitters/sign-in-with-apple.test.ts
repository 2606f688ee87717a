/** Sign in with Apple: a token in JSON, whose `events` is a JSON string with one event. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { SetError } from '../../src/errors.js';
import { readEvents } from '../../src/events/read.js';
import { replayKey } from '../../src/receiver/replay.js';
import { subjectOf } from '../../src/subject.js';
import {
  accountDeleted,
  appleEvents,
  consentRevoked,
  createAppleVerifier,
  emailDisabled,
  emailEnabled,
} from '../../src/transmitters/apple.js';
import { createVerifier } from '../../src/verify.js';
import { refusalOf, rejectionOf } from '../support/refusals.js';
import { readVector } from '../support/vectors.js';
import { expectRefusal, receiveWith, runExample } from './guide.js';
import { asBody, asJson, createSigner, NOW, post, serve, type Signer, stopClock } from './signing.js';

const HEADING = 'Sign in with Apple';
const issuer = 'https://appleid.apple.com';
const keysUrl = 'https://appleid.apple.com/auth/keys';
const audience = 'com.example.app';
const sub = '001999.0a1b2c3d4e5f60718293a4b5c6d7e8f9.1815';
const event_time = (NOW - 90) * 1000 + 295;
const user = { sub, event_time };

const claims = {
  iss: issuer,
  aud: audience,
  iat: NOW - 60,
  exp: NOW - 60 + 86_400,
  jti: 'W2AdaLovelace',
  events: JSON.stringify({ type: 'consent-revoked', ...user }),
};

let signer: Signer;
let header: object;
let urls: string[];
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  header = { kid: signer.kid };
});
beforeEach(() => void (urls = serve({ [keysUrl]: signer.jwks })));

const sign = (change: object = {}): Promise<string> => signer.sign({ ...claims, ...change }, header);
const verify = (token: string) => createAppleVerifier({ clientIds: audience })(token);
const receive = (token: string) => receiveWith(HEADING, token, asJson, 200);

/** Signs an event as Apple does: as a string. */
const signEvent = (event: object): Promise<string> => sign({ events: JSON.stringify(event) });

describe('Sign in with Apple', () => {
  test('sends consent-revoked: the verified set has its event under its type', async () => {
    const set = await receive(await sign());
    expect(set.header).toEqual({ alg: 'RS256', ...header });
    expect(set.payload).toEqual({ ...claims, events: { 'consent-revoked': user } });
    expect(readEvents(set, appleEvents)).toEqual([{ type: 'consent-revoked', payload: user }]);
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: issuer, sub });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:58:30.295Z'));
    expect(urls).toEqual([keysUrl]);
  });

  test('sends the published sample', async () => {
    const published = JSON.parse(readVector('vendors/apple-siwa-consent-revoked.json')) as Record<string, unknown>;
    const { payload } = await createAppleVerifier({ clientIds: 'com.mytest.app' })(
      await signer.sign(published, header),
    );
    expect(payload).toEqual({
      ...published,
      events: {
        'consent-revoked': { sub: '820417.faa325acbc78e1be1668ba852d492d8a.0219', event_time: 1_670_016_125_295 },
      },
    });
    expect(occurredAt({ payload })).toEqual(new Date('2022-12-02T21:22:05.295Z'));
  });

  test('may send the event as an object', async () => {
    const set = await receive(await sign({ events: { type: 'consent-revoked', ...user } }));
    expect(set.payload.events).toEqual({ 'consent-revoked': user });
    expect(readEvents(set, appleEvents)).toEqual([{ type: consentRevoked.type, payload: user }]);
  });

  test.each(['account-delete', 'account-deleted'])('sends %s, which is read as accountDeleted', async (type) => {
    for (const events of [JSON.stringify({ type, ...user }), { type, ...user }]) {
      const set = await receive(await sign({ events }));
      expect(set.payload.events).toEqual({ 'account-deleted': user });
      expect(readEvents(set, appleEvents)).toEqual([{ type: accountDeleted.type, payload: user }]);
    }
  });

  test.each([
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
  ])('sends is_private_email as %j, which is read as %j', async (sent, read) => {
    for (const { type } of [emailEnabled, emailDisabled]) {
      const payload = { ...user, email: 'ada@privaterelay.example', is_private_email: sent };
      const set = await receive(await signEvent({ type, ...payload }));
      expect(set.payload.events).toEqual({ [type]: payload });
      expect(readEvents(set, appleEvents)).toEqual([{ type, payload: { ...payload, is_private_email: read } }]);
    }
  });

  test.each(['True', 'TRUE', ' true', 'yes', '', 0, 1, {}, ['true']])(
    'does not mean anything with is_private_email of %j',
    async (is_private_email) => {
      const set = await receive(await signEvent({ type: 'email-enabled', ...user, is_private_email }));
      const { code, message } = refusalOf(() => readEvents(set, appleEvents));
      expect([code, message]).toEqual(['ERR_SET_EVENT', 'events.email-enabled.is_private_email: must be a boolean']);
    },
  );

  test.each([{}, { email: null, is_private_email: null }])('may send no email: %j', async (members) => {
    const set = await receive(await signEvent({ type: 'email-disabled', ...user, ...members }));
    expect(readEvents(set, appleEvents)).toEqual([{ type: 'email-disabled', payload: user }]);
  });

  test.each([
    [{ sub }, 'event_time: is missing: it must be a number'],
    [{ sub, event_time: String(event_time) }, 'event_time: must be a number'],
    [{ event_time }, 'sub: is missing: it must be a string'],
    [{ sub: null, event_time }, 'sub: must be a string'],
  ])('an event does not match with the members %j', async (members, message) => {
    const set = await receive(await signEvent({ type: 'consent-revoked', ...members }));
    const error = refusalOf(() => readEvents(set, appleEvents));
    expect([error.code, error.message]).toEqual(['ERR_SET_EVENT', `events.consent-revoked.${message}`]);
  });

  test('may send new types, which are unknown events', async () => {
    const set = await receive(await signEvent({ type: 'passkey-added', ...user, passkey: { name: 'Engine' } }));
    expect(readEvents(set, appleEvents)).toEqual([
      { type: 'unknown', name: 'passkey-added', payload: { ...user, passkey: { name: 'Engine' } } },
    ]);
  });

  test('is for any of the client IDs', async () => {
    for (const aud of ['com.example.web', ['com.example.other', 'com.example.app']])
      expect((await receive(await sign({ aud }))).payload.aud).toEqual(aud);
  });

  test.each([undefined, 'JWT', 'secevent+jwt'])('may send the typ %s', async (typ) => {
    expect((await receive(await signer.sign(claims, { ...header, typ }))).header.typ).toBe(typ);
  });

  test('is accepted after its exp, and for eight days', async () => {
    for (const iat of [NOW - 2 * 86_400, NOW - 8 * 86_400 - 60]) {
      const exp = iat + 86_400;
      expect((await receive(await sign({ iat, exp }))).payload).toMatchObject({ iat, exp });
    }
    expect((await receive(await sign({ exp: undefined }))).payload.exp).toBeUndefined();
  });
});

describe('the string in events', () => {
  const event = (members: string): string => `{"type":"consent-revoked","sub":"${sub}"${members}}`;

  test.each<[name: string, events: unknown]>([
    ['not JSON', 'consent-revoked'],
    ['empty', ''],
    ['cut off', event('').slice(0, -1)],
    ['followed by something', `${event('')}}`],
    ['behind a byte order mark', `\uFEFF${event('')}`],
    ['JSON in JSON', JSON.stringify(event(''))],
    ['a list', `[${event('')}]`],
    ['null', 'null'],
    ['a number', '5'],
    ['a string', '"consent-revoked"'],
    ['without a type', '{}'],
    ['with an empty type', '{"type":""}'],
    ['with a type of null', '{"type":null}'],
    ['with a type that is a number', '{"type":5}'],
    ['with a type that is a list', '{"type":["consent-revoked"]}'],
    ['with an inherited type', '{"__proto__":{"type":"consent-revoked"}}'],
    ['not there: a null', null],
    ['not there: a number', 5],
    ['not there: a boolean', true],
    ['not there: a list', [{ type: 'consent-revoked', ...user }]],
    ['not there: an object without a type', { 'consent-revoked': user }],
  ])('is refused if it is %s', async (_, events) => {
    const token = await sign({ events });
    const { code, claim, message, set } = await rejectionOf(verify(token), token);
    expect({ code, claim, message, set }).toEqual({
      code: 'ERR_SET_CLAIM_INVALID',
      claim: 'events',
      message: '"events" must be an event with a type, as a JSON string or an object',
      set: undefined,
    });
    await expectRefusal(HEADING, token, 'ERR_SET_CLAIM_INVALID', asJson);
  });

  test('is refused if it is missing', async () => {
    const { code, claim } = await rejectionOf(verify(await sign({ events: undefined })));
    expect([code, claim]).toEqual(['ERR_SET_CLAIM_MISSING', 'events']);
  });

  test.each([
    ['sub', event(',"sub":"somebody else"')],
    ['an escaped sub', event(',"s\\u0075b":"somebody else"')],
    ['type', event(',"type":"account-deleted"')],
    ['a member of the same value', event(`,"sub":"${sub}"`)],
    ['a member further down', event(',"a":[{"b":{"c":1,"c":2}}]')],
    ['__proto__', event(',"__proto__":1,"__proto__":2')],
  ])('is refused with a duplicate of %s', async (_, events) => {
    const token = await sign({ events });
    const { code, message } = await rejectionOf(verify(token), token);
    expect([code, message]).toEqual(['ERR_SET_DUPLICATE_MEMBER', 'The event contains a duplicate member']);
    await expectRefusal(HEADING, token, 'ERR_SET_DUPLICATE_MEMBER', asJson);
  });

  test.each([
    'a "quote": and another "name": "value"',
    'a backslash \\ and \\" and \\\\":',
    'braces {"a":1,"a":2} in a string',
    'a line\nand a tab\t: \u2028',
    'Ünïcode: 李, 👩🏽‍💻, \ud800',
  ])('may contain anything that JSON may: %j', async (text) => {
    const members = { email: text, [text]: { a: text } };
    const spaced = ` \n${JSON.stringify({ type: 'email-enabled', ...user, ...members }, null, 2)}\t`;
    const set = await verify(await sign({ events: spaced }));
    expect(set.payload.events).toEqual({ 'email-enabled': { ...user, ...members } });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'unknown'])(
    'may name the type %s, which becomes a member of its own',
    async (type) => {
      for (const events of [`{"type":"${type}","sub":"${sub}","event_time":${event_time}}`, { type, ...user }]) {
        const set = await receive(await sign({ events }));
        expect(Object.keys(set.payload.events)).toEqual([type]);
        expect(Object.getPrototypeOf(set.payload.events)).toBe(Object.prototype);
        expect(readEvents(set, appleEvents)).toEqual([{ type: 'unknown', name: type, payload: user }]);
        expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: issuer, sub });
        expect(occurredAt(set)).toEqual(new Date(event_time));
      }
    },
  );

  test('may contain a member called __proto__, which changes no prototype', async () => {
    const events = event(`,"event_time":${event_time},"__proto__":{"sub":"somebody else","is_admin":true}`);
    // As an object, JSON.parse makes it an own member, and JSON.stringify writes it.
    for (const sent of [events, JSON.parse(events) as object]) {
      const set = await receive(await sign({ events: sent }));
      const payload = set.payload.events['consent-revoked']!;
      expect(Object.keys(payload)).toEqual(['sub', 'event_time', '__proto__']);
      expect(Object.getPrototypeOf(payload)).toBe(Object.prototype);
      expect(Object.getPrototypeOf(set.payload)).toBe(Object.prototype);
      expect(payload.is_admin).toBeUndefined();
      expect(({} as Record<string, unknown>).is_admin).toBeUndefined();
      const [read] = readEvents(set, appleEvents);
      expect([read!.type, read!.payload.sub]).toEqual(['consent-revoked', sub]);
    }
  });

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"":', '}'],
  ])('may contain 100,000 nested %s: they are accepted or refused', async (_, open, close) => {
    const nested = `${open.repeat(100_000)}${open === '[' ? '' : '1'}${close.repeat(100_000)}`;
    const token = await sign({ events: event(`,"event_time":${event_time},"nested":${nested}`) });
    const result = await verify(token).catch((error: unknown) => error);
    const { receive, stored } = await runExample(HEADING);
    const { status } = await receive(asJson(token));
    if (result instanceof Error) {
      expect(result).toBeInstanceOf(SetError);
      expect(status).toBe(400);
    } else {
      expect(status).toBe(200);
      expect(readEvents(stored[0]!, appleEvents)).toMatchObject([{ type: 'consent-revoked', payload: user }]);
      expect(occurredAt(stored[0]!)).toEqual(new Date(event_time));
      expect(subjectOf(stored[0]!)).toEqual({ format: 'iss_sub', iss: issuer, sub });
    }
  });

  test('is not read before the signature is valid', async () => {
    for (const events of ['not JSON', '{"type":"a","type":"b"}', null, undefined, claims.events]) {
      const token = await signer.forge({ ...claims, events }, header);
      await expectRefusal(HEADING, token, 'ERR_SET_SIGNATURE', asJson);
    }
  });

  test('is what any other verifier refuses', async () => {
    const other = createVerifier(signer.jwks, { issuer, audience, typ: null });
    const { code, claim } = await rejectionOf(other(await sign()));
    expect([code, claim]).toEqual(['ERR_SET_CLAIM_INVALID', 'events']);
    const strict = createVerifier(signer.jwks, { issuer, audience });
    expect((await rejectionOf(strict(await sign()))).code).toBe('ERR_SET_TYP');
  });
});

describe('the verifier for Sign in with Apple', () => {
  test.each<[name: string, change: object, code: string, claim: string | undefined]>([
    ['for another app', { aud: 'com.example.other' }, 'ERR_SET_AUDIENCE', 'aud'],
    ['for no app', { aud: undefined }, 'ERR_SET_AUDIENCE', 'aud'],
    ['of another issuer', { iss: 'https://appleid.apple.com/' }, 'ERR_SET_ISSUER', 'iss'],
    ['with an exp that is a string', { exp: String(NOW) }, 'ERR_SET_CLAIM_INVALID', 'exp'],
    ['with an exp of null', { exp: null }, 'ERR_SET_CLAIM_INVALID', 'exp'],
    ['with an exp before 1970', { exp: -1 }, 'ERR_SET_CLAIM_INVALID', 'exp'],
    ['with an iat in milliseconds', { iat: NOW * 1000 }, 'ERR_SET_NOT_YET_VALID', 'iat'],
    ['without a jti', { jti: undefined }, 'ERR_SET_CLAIM_MISSING', 'jti'],
  ])('refuses a token %s', async (_, change, code, claim) => {
    const token = await sign(change);
    const error = await rejectionOf(verify(token), token);
    expect([error.code, error.claim]).toEqual([code, claim]);
    await expectRefusal(HEADING, token, error.code, asJson);
  });

  test('adds the set, with its event under its type, to the error about another claim', async () => {
    const { set } = await rejectionOf(verify(await sign({ aud: 'com.example.other' })));
    expect(set?.payload.events).toEqual({ 'consent-revoked': user });
  });

  test('refuses a token older than the replay store remembers, with maxAgeSeconds', async () => {
    const token = await sign({ iat: NOW - 8 * 86_400 - 61 });
    await expectRefusal(HEADING, token, 'ERR_SET_TOO_OLD', asJson);
    expect((await verify(token)).payload.iss).toBe(issuer);
  });

  test('refuses an ID token, which the same keys sign for the same app', async () => {
    const idToken = { iss: issuer, aud: audience, sub, iat: NOW - 60, exp: NOW + 86_340, nonce_supported: true };
    const token = await signer.sign(idToken, header);
    await expectRefusal(HEADING, token, 'ERR_SET_CLAIM_MISSING', asJson);
  });

  test('refuses another algorithm', async () => {
    await expectRefusal(HEADING, await signer.sign(claims, { ...header, alg: 'ES256' }), 'ERR_SET_ALGORITHM', asJson);
    await expectRefusal(HEADING, await signer.sign(claims, { ...header, alg: 'HS256' }), 'ERR_SET_ALGORITHM', asJson);
  });

  test.each([
    ['not a key set', { key: 'none' }],
    ['empty', { keys: [] }],
    ['all secret', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
    ['null', null],
  ])('asks for a redelivery while the keys are %s', async (_, keys) => {
    serve({ [keysUrl]: keys });
    const token = await sign();
    const { receive, outcome, stored } = await runExample(HEADING, token);
    expect(outcome).toBe('ERR_SET_JWKS');
    const response = await receive(asJson(token));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(stored).toEqual([]);
  });

  test('requires the typ of the option', async () => {
    const strict = createAppleVerifier({ clientIds: audience, typ: 'secevent+jwt' });
    expect((await rejectionOf(strict(await sign()))).code).toBe('ERR_SET_TYP');
    expect((await strict(await signer.sign(claims, { ...header, typ: 'secevent+jwt' }))).payload.iss).toBe(issuer);
  });

  test('takes the options for fetching and keeping keys', async () => {
    const seen: unknown[] = [];
    const fetch = async (url: string, { headers }: { headers: Record<string, string> }) => {
      seen.push([url, headers.from]);
      return Response.json(signer.jwks);
    };
    const entries = new Map();
    const cache = {
      get: (url: string) => entries.get(url),
      set: (url: string, entry: unknown) => entries.set(url, entry),
    };
    const options = { clientIds: audience, fetch, headers: { from: 'ada@example.com' }, jwks: { cache } };
    for (let i = 0; i < 2; i++) await createAppleVerifier(options)(await sign());
    expect(seen).toEqual([[keysUrl, 'ada@example.com']]);
    expect([...entries.keys()]).toEqual([keysUrl]);
  });

  const EXPECTED = 'it must be a non-empty string or a list of them';
  test.each([
    [{}, `clientIds is undefined: ${EXPECTED}`],
    [{ clientIds: undefined }, `clientIds is undefined: ${EXPECTED}`],
    [{ clientIds: [] }, `clientIds is undefined: ${EXPECTED}`],
    [{ clientIds: [undefined] }, `clientIds is undefined: ${EXPECTED}`],
    [{ clientIds: null }, `clientIds is null: ${EXPECTED}`],
    [{ clientIds: '' }, `clientIds is of type string: ${EXPECTED}`],
    [{ clientIds: [audience, 5] }, `clientIds is 5: ${EXPECTED}`],
    [undefined, 'options is undefined: it must be an object'],
    [{ clientIds: audience, maxAgeSeconds: -1 }, 'maxAgeSeconds must be a non-negative finite number'],
    [{ clientIds: audience, jwks: null }, 'jwks is null: it must be an object'],
    [{ clientIds: audience, maxAge: 60 }, 'maxAge is not an option'],
  ])('throws a TypeError for the options %j', (options, message) => {
    expect(() => createAppleVerifier(options as never)).toThrow(new TypeError(message));
  });

  test.each(['issuer', 'algorithms', 'exp', 'sub'])('fixes %s, whatever a caller passes', async (name) => {
    const options = { clientIds: audience, [name]: name === 'algorithms' ? ['ES256'] : 'require' };
    expect((await createAppleVerifier(options)(await sign({ exp: NOW - 61 }))).payload.iss).toBe(issuer);
  });
});

describe('the receiver for Sign in with Apple', () => {
  test('handles a redelivery once, also if it is signed again or sent as an object', async () => {
    const { receive, stored } = await runExample(HEADING);
    const asObject = { events: JSON.parse(claims.events) as object };
    for (const token of [await sign(), await sign(), await sign({ iat: NOW - 30 }), await sign(asObject)])
      expect((await receive(asJson(token))).status).toBe(200);
    expect(stored).toHaveLength(1);
    expect(replayKey(stored[0]!)).toBe('["https://appleid.apple.com","W2AdaLovelace"]');
    expect((await receive(asJson(await sign({ jti: 'another' })))).status).toBe(200);
    expect(stored.map(({ payload }) => payload.jti)).toEqual(['W2AdaLovelace', 'another']);
  });

  test('reports a refusal without quoting the token', async () => {
    const { receive } = await runExample(HEADING);
    const response = await receive(asJson(await sign({ events: '{"type":5}' })));
    expect([response.status, await response.json()]).toEqual([
      400,
      { err: 'invalid_request', description: 'A claim is invalid' },
    ]);
  });

  test.each([
    ['a token that is the whole body', 415, (token: string) => asBody(token)],
    ['another content type', 415, (token: string) => post(JSON.stringify({ payload: token }), 'text/plain')],
    ['another member', 400, (token: string) => post(JSON.stringify({ token }), 'application/json')],
    ['a list', 400, (token: string) => post(JSON.stringify([{ payload: token }]), 'application/json')],
  ])('takes nothing from %s', async (_, status, envelope) => {
    const { receive, stored } = await runExample(HEADING);
    expect((await receive(envelope(await sign()))).status).toBe(status);
    expect(stored).toEqual([]);
  });
});
