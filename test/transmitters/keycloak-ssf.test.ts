/** Keycloak SSF: the configuration is behind the path of the issuer, and subjects are complex. */
import { beforeAll, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { ssfEvents, streamUpdated, verification } from '../../src/ssf/events.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { subjectOf } from '../../src/subject.js';
import { caepEvents, credentialChange, sessionRevoked } from '../../src/vocabularies/caep.js';
import { accountDisabled, riscEvents } from '../../src/vocabularies/risc.js';
import { rejectionOf } from '../support/refusals.js';
import { expectRefusal, receiveWith } from './guide.js';
import { createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const HEADING = 'Keycloak SSF';
const issuer = 'https://keycloak.example/realms/prod';
const audience = 'https://receiver.example/events';
const configurationUrl = `${issuer}/.well-known/ssf-configuration`;
const keysUrl = `${issuer}/protocol/openid-connect/certs`;
const allEvents = [...caepEvents, ...riscEvents, ...ssfEvents] as const;

const user = { format: 'iss_sub', iss: issuer, sub: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' };
const session = { format: 'opaque', id: '7d444840-9dc0-41d1-b245-5ffdce74fad2' };
const tenant = { format: 'opaque', id: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed' };

const claimsOf = (sub_id: object, events: object): object => ({
  jti: '8f8e5a0f-0f0a-4a62-9c35-9a4b3f2c1d10',
  iss: issuer,
  iat: NOW - 60,
  aud: [audience, 'https://receiver.example/'],
  sub_id,
  txn: '9b2f6a1e-53c4-4a0e-8c1b-77d3c6a1e2f4',
  events,
});
const revoked = {
  event_timestamp: NOW - 90,
  initiating_entity: 'admin',
  reason_admin: { en: 'Logged out by an administrator' },
};
const claims = claimsOf({ format: 'complex', user, session }, { [sessionRevoked.type]: revoked });

let signer: Signer;
let header: object;
let urls: string[];
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  header = { typ: 'secevent+jwt', kid: signer.kid };
  // A realm also publishes its key for encryption.
  const keys = [{ ...signer.jwks.keys[0], kid: 'encryption', use: 'enc', alg: 'RSA-OAEP' }, ...signer.jwks.keys];
  urls = serve({ [configurationUrl]: { issuer, jwks_uri: keysUrl }, [keysUrl]: { keys } });
});

describe('Keycloak SSF', () => {
  test('sends session-revoked about a user and a session, with txn', async () => {
    urls.length = 0;
    const set = await receiveWith(HEADING, await signer.sign(claims, header));
    expect(set.header).toEqual({ alg: 'RS256', ...header });
    expect(set.payload).toEqual(claims);
    expect(readEvents(set, allEvents)).toEqual([{ type: sessionRevoked.type, payload: revoked }]);
    expect(subjectOf(set)).toEqual({ format: 'complex', user, session });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:58:30Z'));
    expect(urls).toEqual([configurationUrl, keysUrl]);
  });

  test.each([
    ['an iss_sub', user],
    ['an email', { format: 'email', email: 'ada@example.com' }],
    ['a user of a tenant', { format: 'complex', user, tenant }],
    ['a session of a user of a tenant', { format: 'complex', user, session, tenant }],
  ])('names its subject as %s', async (_, sub_id) => {
    const events = { [accountDisabled.type]: { reason: 'brute-force', event_timestamp: NOW - 90 } };
    const set = await receiveWith(HEADING, await signer.sign(claimsOf(sub_id, events), header));
    expect(readEvents(set, allEvents)).toEqual([
      { type: accountDisabled.type, payload: { reason: 'brute-force', event_timestamp: NOW - 90 } },
    ]);
    expect(subjectOf(set)).toEqual(sub_id);
  });

  test('sends members of its own, which stay in the payload', async () => {
    const payload = {
      change_type: 'update',
      credential_type: 'password',
      event_timestamp: NOW - 90,
      initiating_entity: 'user',
      kc_credential_id: 'd1f8c2f5-9c83-4f1e-8a35-0ce0a5d0c1ab',
      kc_credential_type: 'password',
    };
    const token = await signer.sign(claimsOf(user, { [credentialChange.type]: payload }), header);
    expect(readEvents(await receiveWith(HEADING, token), allEvents)).toEqual([
      { type: credentialChange.type, payload },
    ]);
  });

  test.each([
    [verification, { state: 'a state of ours' }],
    [streamUpdated, { status: 'paused', reason: 'Maintenance' }],
  ])('sends events about the stream: %#', async ({ type }, payload) => {
    const stream = { format: 'opaque', id: 'c7a0d1f0-33c2-4d0a-9b7a-9d7fa0b6e1a4' };
    const set = await receiveWith(HEADING, await signer.sign(claimsOf(stream, { [type]: payload }), header));
    expect(readEvents(set, allEvents)).toEqual([{ type, payload }]);
    expect(subjectOf(set)).toEqual(stream);
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:59:00Z'));
  });

  test('in its older mode names the subject in the event, without a format and with nulls', async () => {
    const subject = { user: { ...user, email: null }, session, device: null, tenant: null };
    const payload = { ...revoked, subject, reason_admin: null, reason_user: null };
    const older = { ...claims, sub_id: undefined, txn: undefined, events: { [sessionRevoked.type]: payload } };
    const set = await receiveWith(HEADING, await signer.sign(older, header));
    // As sent, but absent where they are read.
    expect(set.payload.events).toEqual({ [sessionRevoked.type]: payload });
    expect(readEvents(set, allEvents)).toEqual([
      {
        type: sessionRevoked.type,
        payload: { event_timestamp: NOW - 90, initiating_entity: 'admin', subject },
      },
    ]);
    expect(subjectOf(set)).toEqual({ format: 'complex', user, session });
  });

  test('may send one audience as a string, and no kid', async () => {
    const token = await signer.sign({ ...claims, aud: audience }, { typ: 'secevent+jwt' });
    expect((await receiveWith(HEADING, token)).payload.aud).toBe(audience);
  });

  test('a forged token is refused', async () => {
    await expectRefusal(HEADING, await signer.forge(claims, header), 'ERR_SET_SIGNATURE');
  });

  test.each([
    ['for another receiver', { aud: ['https://other.example/events'] }, 'ERR_SET_AUDIENCE'],
    ['of another realm', { iss: 'https://keycloak.example/realms/test' }, 'ERR_SET_ISSUER'],
    ['with an exp, such as an access token has', { exp: NOW + 60 }, 'ERR_SET_CLAIM_FORBIDDEN'],
  ] as const)('a SET %s is refused', async (_, change, code) => {
    await expectRefusal(HEADING, await signer.sign({ ...claims, ...change }, header), code);
  });

  test('without configurationUrl, its configuration is not found', async () => {
    urls.length = 0;
    const verify = createSsfVerifier({ issuer, audience });
    const error = await rejectionOf(verify(await signer.sign(claims, header)));
    expect([error.code, error.status]).toEqual(['ERR_SET_JWKS', 404]);
    expect(urls).toEqual([
      'https://keycloak.example/.well-known/ssf-configuration/realms/prod',
      'https://keycloak.example/.well-known/risc-configuration/realms/prod',
    ]);
  });
});
