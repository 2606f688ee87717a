/** Google RISC: SETs of Cross-Account Protection, with the subject in the event, and an exp that does not count. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { subjectOf } from '../../src/subject.js';
import { createGoogleVerifier, googleEvents, tokenRevoked, tokensRevoked } from '../../src/transmitters/google.js';
import { createVerifier } from '../../src/verify.js';
import { accountDisabled, sessionsRevoked, verification } from '../../src/vocabularies/risc.js';
import { rejectionOf } from '../support/refusals.js';
import { readVector } from '../support/vectors.js';
import { expectRefusal, receiveWith } from './guide.js';
import { createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const WITH_SLASH = 'https://accounts.google.com/';
const WITHOUT_SLASH = 'https://accounts.google.com';
const CONFIGURATION_URL = 'https://accounts.google.com/.well-known/risc-configuration';
const KEYS_URL = 'https://www.googleapis.com/oauth2/v3/certs';

const published = JSON.parse(readVector('vendors/google-risc-account-disabled.json')) as Record<string, unknown>;
const claims = { ...published, iat: NOW - 60 };
const clientId = published.aud as string;

let signer: Signer;
let header: object;
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  header = { kid: signer.kid };
});

/** Serves the configuration with this spelling of the issuer. */
const serveAs = (issuer: string): string[] =>
  serve({ [CONFIGURATION_URL]: { issuer, jwks_uri: KEYS_URL }, [KEYS_URL]: signer.jwks });

beforeEach(() => void serveAs(WITHOUT_SLASH));

describe('Google RISC', () => {
  test('sends the documented SET: the subject is in the event', async () => {
    const urls = serveAs(WITHOUT_SLASH);
    const set = await receiveWith('Google RISC', await signer.sign(claims, header));
    expect(set.header).toEqual({ alg: 'RS256', ...header });
    expect(set.payload).toEqual(claims);
    const subject = { subject_type: 'iss-sub', iss: WITH_SLASH, sub: '7375626A656374' };
    expect(readEvents(set, googleEvents)).toEqual([
      { type: accountDisabled.type, payload: { subject, reason: 'hijacking' } },
    ]);
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: WITH_SLASH, sub: '7375626A656374' });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:59:00Z'));
    expect(urls).toEqual([CONFIGURATION_URL, KEYS_URL]);
  });

  test.each([
    [WITH_SLASH, WITHOUT_SLASH],
    [WITH_SLASH, WITH_SLASH],
    [WITHOUT_SLASH, WITHOUT_SLASH],
    [WITHOUT_SLASH, WITH_SLASH],
  ])('names itself %s in tokens and %s in its configuration', async (iss, issuer) => {
    serveAs(issuer);
    const set = await receiveWith('Google RISC', await signer.sign({ ...claims, iss }, header));
    expect(set.payload.iss).toBe(iss);
  });

  test.each([undefined, 'JWT', 'secevent+jwt'])('may send the typ %s', async (typ) => {
    const set = await receiveWith('Google RISC', await signer.sign(claims, { ...header, typ }));
    expect(set.header.typ).toBe(typ);
  });

  test('may send an exp that has passed, and a sub', async () => {
    const members = { exp: NOW - 61, sub: '110169484474386276334' };
    const set = await receiveWith('Google RISC', await signer.sign({ ...claims, ...members }, header));
    expect(set.payload).toEqual({ ...claims, ...members });
  });

  test('may send several client IDs', async () => {
    const aud = ['987654321-other.apps.googleusercontent.com', clientId];
    const set = await receiveWith('Google RISC', await signer.sign({ ...claims, aud }, header));
    expect(set.payload.aud).toEqual(aud);
  });

  test.each<[subject: object, expected: object]>([
    [
      { subject_type: 'id_token_claims', iss: WITH_SLASH, sub: '110169484474386276334', email: 'ada@example.com' },
      { format: 'id_token_claims', iss: WITH_SLASH, sub: '110169484474386276334', email: 'ada@example.com' },
    ],
    [
      { subject_type: 'id_token_claims', email: 'ada@example.com' },
      { format: 'id_token_claims', email: 'ada@example.com' },
    ],
  ])('names the user of a session as %j', async (subject, expected) => {
    const events = { [sessionsRevoked.type]: { subject } };
    const set = await receiveWith('Google RISC', await signer.sign({ ...claims, events }, header));
    expect(readEvents(set, googleEvents)).toEqual([{ type: sessionsRevoked.type, payload: { subject } }]);
    expect(subjectOf(set)).toEqual(expected);
  });

  test.each([
    ['prefix', '1//0gAbCdEfGhIjK'],
    ['hash_base64_sha512_sha512', 'bm90IGEgaGFzaCBvZiBhIHRva2VuLCBidXQgYXMgbG9uZw=='],
  ])('names a revoked token by its %s', async (token_identifier_alg, token) => {
    const subject = { subject_type: 'oauth_token', token_type: 'refresh_token', token_identifier_alg, token };
    const events = { [tokenRevoked.type]: { subject } };
    const set = await receiveWith('Google RISC', await signer.sign({ ...claims, events }, header));
    expect(readEvents(set, googleEvents)).toEqual([{ type: tokenRevoked.type, payload: { subject } }]);
    expect(subjectOf(set)).toEqual({
      format: 'oauth_token',
      token_type: 'refresh_token',
      token_identifier_alg,
      token,
    });
  });

  test('reports that all tokens of a user were revoked', async () => {
    const subject = { subject_type: 'iss-sub', iss: WITH_SLASH, sub: '110169484474386276334' };
    const events = { [tokensRevoked.type]: { subject } };
    const set = await receiveWith('Google RISC', await signer.sign({ ...claims, events }, header));
    expect(readEvents(set, googleEvents)).toEqual([{ type: tokensRevoked.type, payload: { subject } }]);
    expect(subjectOf(set)).toMatchObject({ format: 'iss_sub', sub: '110169484474386276334' });
  });

  test('sends a verification with the state of the request, and no subject', async () => {
    const events = { [verification.type]: { state: 'a state of ours' } };
    const set = await receiveWith('Google RISC', await signer.sign({ ...claims, events }, header));
    expect(readEvents(set, googleEvents)).toEqual([{ type: verification.type, payload: { state: 'a state of ours' } }]);
    expect(subjectOf(set)).toBeUndefined();
  });

  test('may be redelivered for eight days', async () => {
    const iat = NOW - 8 * 86_400 - 60;
    const set = await receiveWith('Google RISC', await signer.sign({ ...claims, iat }, header));
    expect(set.payload.iat).toBe(iat);
  });

  test('a forged token is refused', async () => {
    await expectRefusal('Google RISC', await signer.forge(claims, header), 'ERR_SET_SIGNATURE');
  });

  test.each([
    ['for another client', { aud: '987654321-other.apps.googleusercontent.com' }, 'ERR_SET_AUDIENCE'],
    ['of another issuer', { iss: 'https://accounts.google.com.example/' }, 'ERR_SET_ISSUER'],
    ['with an exp that is not a number', { exp: 'never' }, 'ERR_SET_CLAIM_INVALID'],
    ['older than the replay store remembers', { iat: NOW - 8 * 86_400 - 61 }, 'ERR_SET_TOO_OLD'],
  ] as const)('a SET %s is refused', async (_, change, code) => {
    await expectRefusal('Google RISC', await signer.sign({ ...claims, ...change }, header), code);
  });

  test('an ID token, which the same keys sign for the same client, is refused', async () => {
    const idToken = { iss: WITHOUT_SLASH, aud: clientId, sub: '110169484474386276334', iat: NOW - 60, exp: NOW + 3540 };
    await expectRefusal('Google RISC', await signer.sign(idToken, header), 'ERR_SET_CLAIM_MISSING');
  });

  test('stricter verifiers refuse these SETs', async () => {
    const issuer = [WITH_SLASH, WITHOUT_SLASH];
    const ssf = { issuer, configurationUrl: CONFIGURATION_URL, audience: clientId };
    const token = await signer.sign({ ...claims, exp: NOW - 61 }, header);
    for (const [verify, code, claim] of [
      [createSsfVerifier(ssf), 'ERR_SET_TYP'],
      [createSsfVerifier({ ...ssf, typ: null }), 'ERR_SET_CLAIM_FORBIDDEN', 'exp'],
      [createVerifier(signer.jwks, { issuer, audience: clientId, typ: null }), 'ERR_SET_EXPIRED', 'exp'],
      [createSsfVerifier({ ...ssf, issuer: WITHOUT_SLASH, typ: null, exp: 'ignore' }), 'ERR_SET_ISSUER', 'iss'],
    ] as const) {
      const error = await rejectionOf(verify(token));
      expect([error.code, error.claim]).toEqual([code, claim]);
    }
  });

  test.each([
    [undefined, 'clientIds is undefined: it must be a non-empty string or a list of them'],
    [[], 'clientIds is undefined: it must be a non-empty string or a list of them'],
    [[clientId, ''], 'clientIds is of type string: it must be a non-empty string or a list of them'],
    [null, 'clientIds is null: it must be a non-empty string or a list of them'],
  ])('clientIds of %j are a TypeError', (clientIds, message) => {
    expect(() => createGoogleVerifier({ clientIds } as never)).toThrow(new TypeError(message));
  });
});
