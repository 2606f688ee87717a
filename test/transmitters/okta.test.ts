/** Okta: CAEP and Okta's own events, with the subject in the event and times in milliseconds. */
import { beforeAll, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { subjectOf } from '../../src/subject.js';
import { deviceRiskChange, ipChange, oktaEvents, userRiskChange } from '../../src/transmitters/okta.js';
import { caepEvents, credentialChange, riskLevelChange, sessionRevoked } from '../../src/vocabularies/caep.js';
import { refusalOf, rejectionOf } from '../support/refusals.js';
import { expectRefusal, receiveWith } from './guide.js';
import { createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const issuer = 'https://example.okta.com';
const audience = 'https://receiver.example/events';
const configurationUrl = `${issuer}/.well-known/ssf-configuration`;
const keysUrl = `${issuer}/oauth2/v1/keys`;

const timestampMs = (NOW - 90) * 1000 + 123;
const issSub = { format: 'iss_sub', iss: issuer, sub: '00u1x2y3z4AdaLovelace' };
const user = { format: 'email', email: 'ada@example.com' };
const device = { format: 'opaque', id: 'guo1x2y3z4Engine' };
const reasons = { reason_admin: { en: 'Risk detected' }, reason_user: { en: 'Please sign in again' } };

const claimsWith = (events: object): object => ({
  iss: issuer,
  aud: audience,
  iat: NOW - 60,
  jti: '24c63fb56e5a2d77a6b512616ca9fa24',
  events,
});
const revoked = { event_timestamp: timestampMs, initiating_entity: 'policy', subject: issSub, ...reasons };
const claims = claimsWith({ [sessionRevoked.type]: revoked });

let signer: Signer;
let header: object;
let urls: string[];
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  header = { kid: signer.kid, typ: 'secevent+jwt' };
  urls = serve({
    [configurationUrl]: { issuer, jwks_uri: keysUrl, spec_version: '1_0-ID3' },
    [keysUrl]: signer.jwks,
  });
});

const LEVELS = 'one of low, medium, high, secure, none';

describe('Okta', () => {
  test('sends session-revoked with a time in milliseconds and an iss_sub in the event', async () => {
    urls.length = 0;
    const set = await receiveWith('Okta', await signer.sign(claims, header));
    expect(set.header).toEqual({ alg: 'RS256', ...header });
    expect(set.payload).toEqual(claims);
    expect(readEvents(set, oktaEvents)).toEqual([{ type: sessionRevoked.type, payload: revoked }]);
    expect(subjectOf(set)).toEqual(issSub);
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:58:30.123Z'));
    expect(urls).toEqual([configurationUrl, keysUrl]);
  });

  test.each(['OKTA_VERIFY_PUSH', 'DUO_SECURITY', 'ALL_FACTORS'])(
    'sends credential-change with the credential_type %s, and a user without a format',
    async (credential_type) => {
      const payload = { event_timestamp: timestampMs, subject: { user }, credential_type, change_type: 'create' };
      const token = await signer.sign(claimsWith({ [credentialChange.type]: payload }), header);
      const set = await receiveWith('Okta', token);
      expect(readEvents(set, oktaEvents)).toEqual([{ type: credentialChange.type, payload }]);
      expect(subjectOf(set)).toEqual({ format: 'complex', user });
    },
  );

  test.each([
    { ...userRiskChange, members: { current_level: 'high', previous_level: 'none' } },
    { ...deviceRiskChange, members: { current_level: 'low', previous_level: 'secure' } },
    { ...ipChange, members: { current_ip_address: '203.0.113.7', previous_ip_address: '198.51.100.23' } },
  ])('sends an event of its own: $type', async ({ type, members }) => {
    const payload = { event_timestamp: timestampMs, subject: { user, device }, ...reasons, ...members };
    const set = await receiveWith('Okta', await signer.sign(claimsWith({ [type]: payload }), header));
    expect(readEvents(set, oktaEvents)).toEqual([{ type, payload }]);
    expect(readEvents(set, caepEvents)).toEqual([{ type: 'unknown', name: type, payload }]);
    expect(subjectOf(set)).toEqual({ format: 'complex', user, device });
    expect(occurredAt(set)).toEqual(new Date(timestampMs));
  });

  test.each([
    { ...userRiskChange, member: 'current_level', value: 'HIGH', reason: `must be ${LEVELS}` },
    { ...userRiskChange, member: 'previous_level', value: undefined, reason: `is missing: it must be ${LEVELS}` },
    { ...userRiskChange, member: 'event_timestamp', value: undefined, reason: 'is missing: it must be a number' },
    { ...userRiskChange, member: 'subject', value: undefined, reason: 'is missing: it must be an object' },
    { ...deviceRiskChange, member: 'current_level', value: null, reason: `must be ${LEVELS}` },
    { ...ipChange, member: 'previous_ip_address', value: undefined, reason: 'is missing: it must be a string' },
  ])('$type does not match if its $member is $value', async ({ type, member, value, reason }) => {
    const payload = {
      ...{ event_timestamp: timestampMs, subject: { user }, current_level: 'low', previous_level: 'high' },
      ...{ current_ip_address: '203.0.113.7', previous_ip_address: '198.51.100.23', [member]: value },
    };
    const set = await receiveWith('Okta', await signer.sign(claimsWith({ [type]: payload }), header));
    const { code, message } = refusalOf(() => readEvents(set, oktaEvents));
    expect([code, message]).toEqual(['ERR_SET_EVENT', `events.${type}.${member}: ${reason}`]);
  });

  test('the levels of CAEP stay in upper case', async () => {
    const payload = { principal: 'USER', current_level: 'HIGH', subject: { user } };
    const token = await signer.sign(claimsWith({ [riskLevelChange.type]: payload }), header);
    expect(readEvents(await receiveWith('Okta', token), oktaEvents)).toEqual([{ type: riskLevelChange.type, payload }]);
  });

  test('a forged token is refused', async () => {
    await expectRefusal('Okta', await signer.forge(claims, header), 'ERR_SET_SIGNATURE');
  });

  test.each([
    ['for another receiver', { aud: 'https://other.example/events' }, 'ERR_SET_AUDIENCE'],
    ['of another org', { iss: 'https://other.okta.com' }, 'ERR_SET_ISSUER'],
    ['with a slash after the issuer', { iss: `${issuer}/` }, 'ERR_SET_ISSUER'],
    ['with an exp', { exp: NOW + 60 }, 'ERR_SET_CLAIM_FORBIDDEN'],
    ['with a sub', { sub: '00u1x2y3z4AdaLovelace' }, 'ERR_SET_CLAIM_FORBIDDEN'],
  ] as const)('a SET %s is refused', async (_, change, code) => {
    await expectRefusal('Okta', await signer.sign({ ...claims, ...change }, header), code);
  });

  test('without a typ, the SET is refused', async () => {
    await expectRefusal('Okta', await signer.sign(claims, { kid: signer.kid }), 'ERR_SET_TYP');
  });

  test('with a slash in the option, its configuration names another issuer', async () => {
    const verify = createSsfVerifier({ issuer: `${issuer}/`, audience });
    expect(await rejectionOf(verify(await signer.sign(claims, header)))).toMatchObject({
      code: 'ERR_SET_JWKS',
      message: `The transmitter configuration names another issuer: it must be "${issuer}/"`,
    });
  });
});
