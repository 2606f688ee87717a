/** createLogoutVerifier: the rules of logout tokens, which differ from those of other SETs. */
import { beforeAll, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvent, readEvents } from '../../src/events/read.js';
import { subjectOf } from '../../src/subject.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { backchannelLogout, createLogoutVerifier, oidcEvents } from '../../src/vocabularies/oidc.js';
import type { SetVerifier } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';
import { readVector } from '../support/vectors.js';

const NOW = 1_471_566_200;
const published = JSON.parse(readVector('oidc-backchannel-logout/logout-token-1.json')) as Record<string, unknown>;

let transmitter: TestTransmitter;
let verify: SetVerifier;
let options: Parameters<typeof createLogoutVerifier>[1];
beforeAll(async () => {
  transmitter = await createTestTransmitter({
    issuer: published['iss'] as string,
    audience: published['aud'] as string,
  });
  options = { issuer: transmitter.issuer, audience: transmitter.audience, now: () => NOW * 1000 };
  verify = createLogoutVerifier(transmitter.jwks, options);
});

/** Signs the published logout token with other claims. */
function sign(claims: object = {}, header: object = { typ: 'logout+jwt' }): Promise<string> {
  return transmitter.sign({ ...published, ...claims }, header);
}

describe('createLogoutVerifier', () => {
  test('accepts the published logout token', async () => {
    const set = await verify(await sign());
    expect(set.payload).toEqual(published);
    expect(readEvents(set, oidcEvents)).toEqual([{ type: backchannelLogout.type, payload: {} }]);
  });

  test.each(['logout+jwt', 'application/logout+jwt', 'JWT', undefined])('accepts the typ %s', async (typ) => {
    expect((await verify(await sign({}, { typ }))).header.typ).toBe(typ);
  });

  test('treats a typ of undefined as the default', async () => {
    const verifier = createLogoutVerifier(transmitter.jwks, {
      ...options,
      typ: undefined,
    } as unknown as typeof options);
    expect((await verifier(await sign())).header.typ).toBe('logout+jwt');
  });

  test('requires the typ of the option', async () => {
    const strict = createLogoutVerifier(transmitter.jwks, { ...options, typ: 'logout+jwt' });
    expect((await strict(await sign())).header.typ).toBe('logout+jwt');
    expect((await rejectionOf(strict(await sign({}, { typ: 'JWT' })))).code).toBe('ERR_SET_TYP');
  });

  test('accepts a sub without a sid, and a sid without a sub', async () => {
    expect((await verify(await sign({ sid: undefined }))).payload.sub).toBe(published['sub']);
    expect((await verify(await sign({ sub: undefined }))).payload['sid']).toBe(published['sid']);
    expect((await verify(await sign({ sub: '' }))).payload['sid']).toBe(published['sid']);
  });

  test.each<[name: string, claims: object, code: string, claim?: string]>([
    ['no exp', { exp: undefined }, 'ERR_SET_CLAIM_MISSING', 'exp'],
    ['an exp in the past', { exp: NOW - 61 }, 'ERR_SET_EXPIRED', 'exp'],
    ['a nonce', { nonce: 'n' }, 'ERR_SET_CLAIM_FORBIDDEN', 'nonce'],
    ['a nonce of null', { nonce: null }, 'ERR_SET_CLAIM_FORBIDDEN', 'nonce'],
    ['neither sub nor sid', { sub: undefined, sid: undefined }, 'ERR_SET_CLAIM_MISSING', 'sub'],
    ['an empty sub and no sid', { sub: '', sid: undefined }, 'ERR_SET_CLAIM_MISSING', 'sub'],
    ['an empty sid', { sid: '' }, 'ERR_SET_CLAIM_INVALID', 'sid'],
    ['a sid that is not a string', { sid: 5 }, 'ERR_SET_CLAIM_INVALID', 'sid'],
    ['a sid of null', { sid: null }, 'ERR_SET_CLAIM_INVALID', 'sid'],
    ['no aud', { aud: undefined }, 'ERR_SET_AUDIENCE', 'aud'],
    ['another issuer', { iss: 'https://other.example' }, 'ERR_SET_ISSUER', 'iss'],
    ['another event', { events: { entityCreated: {} } }, 'ERR_SET_EVENT'],
    ['an event with a similar name', { events: { [`${backchannelLogout.type}/`]: {} } }, 'ERR_SET_EVENT'],
  ])('refuses %s', async (_, claims, code, claim) => {
    const error = await rejectionOf(verify(await sign(claims)));
    expect({ code: error.code, claim: error.claim }).toEqual({ code, claim });
    // The signature is valid, so the error has the set.
    expect(error.set?.payload.jti).toBe(published['jti']);
  });

  test('requires an aud even if any audience is accepted', async () => {
    const open = createLogoutVerifier(transmitter.jwks, { ...options, audience: null });
    expect((await rejectionOf(open(await sign({ aud: undefined })))).code).toBe('ERR_SET_CLAIM_MISSING');
    expect((await open(await sign({ aud: 'someone' }))).payload.aud).toBe('someone');
  });

  test('accepts a missing exp with exp: allow and maxAgeSeconds', async () => {
    const lenient = createLogoutVerifier(transmitter.jwks, { ...options, exp: 'allow', maxAgeSeconds: 120 });
    const { iat } = published as { iat: number };
    expect((await lenient(await sign({ exp: undefined }))).payload.jti).toBe(published['jti']);
    expect((await rejectionOf(lenient(await sign({ exp: NOW - 61 })))).code).toBe('ERR_SET_EXPIRED');
    expect((await rejectionOf(lenient(await sign({ exp: undefined, iat: iat - 400 })))).code).toBe('ERR_SET_TOO_OLD');
  });

  test.each<[value: unknown, change: object, message: string]>([
    ['ignore', { exp: 'ignore', maxAgeSeconds: 60 }, 'exp is of type string: it must be one of require, allow, forbid'],
    ['allow without maxAgeSeconds', { exp: 'allow' }, "exp: 'allow' requires maxAgeSeconds"],
    ['forbid without maxAgeSeconds', { exp: 'forbid' }, "exp: 'forbid' requires maxAgeSeconds"],
  ])('throws a TypeError for an exp of %s', (_, change, message) => {
    expect(() => createLogoutVerifier(transmitter.jwks, { ...options, ...change } as never)).toThrow(
      new TypeError(message),
    );
  });

  test('applies a maxAgeSeconds that the options inherit', async () => {
    const inherited = Object.assign(Object.create({ maxAgeSeconds: 60 }) as object, { ...options, exp: 'allow' });
    const lenient = createLogoutVerifier(transmitter.jwks, inherited as typeof options);
    expect((await rejectionOf(lenient(await sign({ exp: undefined, iat: NOW - 121 })))).code).toBe('ERR_SET_TOO_OLD');
  });

  test.each([true, null, 'x', [], 5, { a: 1 }])('leaves other members of events alone: %j', async (other) => {
    const events = {
      revoke_offline_access: other,
      [backchannelLogout.type]: {},
      [`${backchannelLogout.type}x`]: other,
    };
    const set = await verify(await sign({ events }));
    expect(set.payload.events).toEqual(events);
    expect(readEvent(set, backchannelLogout)).toEqual({});
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: published['iss'], sub: published['sub'] });
    expect(occurredAt(set)).toEqual(new Date((published['iat'] as number) * 1000));
  });

  test.each<[events: unknown, code: string, claim?: string]>([
    [undefined, 'ERR_SET_CLAIM_MISSING', 'events'],
    [null, 'ERR_SET_CLAIM_INVALID', 'events'],
    ['{}', 'ERR_SET_CLAIM_INVALID', 'events'],
    [[], 'ERR_SET_CLAIM_INVALID', 'events'],
    [{}, 'ERR_SET_CLAIM_INVALID', 'events'],
    [{ revoke_offline_access: true }, 'ERR_SET_EVENT'],
    [{ [backchannelLogout.type]: true }, 'ERR_SET_CLAIM_INVALID', 'events'],
    [{ [backchannelLogout.type]: null }, 'ERR_SET_CLAIM_INVALID', 'events'],
    [{ [backchannelLogout.type]: [] }, 'ERR_SET_CLAIM_INVALID', 'events'],
  ])('refuses events of %j', async (events, code, claim) => {
    const error = await rejectionOf(verify(await sign({ events })));
    expect({ code: error.code, claim: error.claim }).toEqual({ code, claim });
  });

  test('refuses a forged token before it checks the claims', async () => {
    const forger = await createTestTransmitter({ issuer: transmitter.issuer, audience: transmitter.audience });
    const token = await forger.sign({ ...published, nonce: 'n' }, { kid: transmitter.jwks.keys[0]!.kid });
    expect((await rejectionOf(verify(token), token)).code).toBe('ERR_SET_SIGNATURE');
  });

  test('throws a TypeError for a mistake of the caller', () => {
    expect(() => createLogoutVerifier(undefined as never, options)).toThrow(TypeError);
    expect(() => createLogoutVerifier(transmitter.jwks, { issuer: 'a' } as never)).toThrow(TypeError);
    expect(() => createLogoutVerifier(transmitter.jwks, undefined as never)).toThrow(TypeError);
  });
});
