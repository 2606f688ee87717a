/** authentik: the issuer is the URL of the configuration, the algorithm depends on the key, and nulls are sent. */
import { beforeAll, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { ssfEvents, verification } from '../../src/ssf/events.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { subjectOf } from '../../src/subject.js';
import { caepEvents, credentialChange, sessionRevoked } from '../../src/vocabularies/caep.js';
import { refusalOf, rejectionOf } from '../support/refusals.js';
import { expectRefusal, receiveWith } from './guide.js';
import { createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const issuer = 'https://authentik.example/.well-known/ssf-configuration/my-app';
const audience = 'https://receiver.example/events';
const keysUrl = 'https://authentik.example/application/ssf/my-app/ssf-jwks/';
const allEvents = [...caepEvents, ...ssfEvents] as const;

const user = { format: 'email', email: 'ada@example.com' };
const session = { format: 'opaque', id: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae' };
const revoked = { subject: { session, user }, initiating_entity: 'user' };
const claims = {
  jti: '0c3f1f6d2e4b4d0f9a5e7b8c9d0e1f2a',
  aud: [audience],
  iat: NOW - 60,
  iss: issuer,
  events: { [sessionRevoked.type]: revoked },
};

const signers = {} as Record<'RS256' | 'ES256', Signer>;
let urls: string[];
beforeAll(async () => {
  stopClock();
  for (const algorithm of ['RS256', 'ES256'] as const) signers[algorithm] = await createSigner(algorithm);
  // Their streams have one key each. One set for both makes this file shorter.
  const keys = [...signers.RS256.jwks.keys, ...signers.ES256.jwks.keys];
  urls = serve({ [issuer]: { issuer, jwks_uri: keysUrl, spec_version: '1_0-ID2' }, [keysUrl]: { keys } });
});

/** Signs with the RSA key, as versions of 2026 do. */
const sign = (payload: object): Promise<string> =>
  signers.RS256.sign(payload, { typ: 'secevent+jwt', kid: signers.RS256.kid });

describe('authentik', () => {
  test.each([
    ['RS256', 'JWT'],
    ['RS256', 'secevent+jwt'],
    ['ES256', 'JWT'],
    ['ES256', 'secevent+jwt'],
  ] as const)('sends session-revoked, signed with %s, with the typ %s', async (algorithm, typ) => {
    urls.length = 0;
    const signer = signers[algorithm];
    const set = await receiveWith('authentik', await signer.sign(claims, { typ, kid: signer.kid }));
    expect(set.header).toEqual({ alg: algorithm, typ, kid: signer.kid });
    expect(set.payload).toEqual(claims);
    expect(readEvents(set, allEvents)).toEqual([{ type: sessionRevoked.type, payload: revoked }]);
    expect(subjectOf(set)).toEqual({ format: 'complex', session, user });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:59:00Z'));
    expect(urls).toEqual([issuer, keysUrl]);
  });

  test('sends a verification whose state is null, about the stream', async () => {
    const sub_id = { format: 'opaque', id: '6f9619ff-8b86-d011-b42d-00cf4fc964ff' };
    const set = await receiveWith(
      'authentik',
      await sign({ ...claims, events: { [verification.type]: { state: null } }, sub_id }),
    );
    expect(set.payload.events).toEqual({ [verification.type]: { state: null } });
    expect(readEvents(set, allEvents)).toEqual([{ type: verification.type, payload: {} }]);
    expect(subjectOf(set)).toEqual(sub_id);
  });

  test.each(['claims', 'event'])('sends the ID of its request as the txn of the %s', async (place) => {
    const txn = { txn: 'b3d1f7c2a4e54b0d8f6a9c7e5d3b1a09' };
    const event = { ...revoked, ...(place === 'event' && txn) };
    const token = await sign({ ...claims, ...(place === 'claims' && txn), events: { [sessionRevoked.type]: event } });
    const set = await receiveWith('authentik', token);
    expect(set.payload.txn).toBe(place === 'claims' ? txn.txn : undefined);
    expect(readEvents(set, allEvents)).toEqual([{ type: sessionRevoked.type, payload: event }]);
  });

  test('sends a credential_type of null, which does not match until it is read', async () => {
    const payload = { subject: { user }, credential_type: 'pin', change_type: 'create', friendly_name: 'Phone' };
    const change = (credential_type: unknown): Promise<string> =>
      sign({ ...claims, events: { [credentialChange.type]: { ...payload, credential_type } } });
    const known = await receiveWith('authentik', await change('pin'));
    expect(readEvents(known, allEvents)).toEqual([{ type: credentialChange.type, payload }]);
    expect(subjectOf(known)).toEqual({ format: 'complex', user });
    const unknown = await receiveWith('authentik', await change(null));
    const { code, message } = refusalOf(() => readEvents(unknown, allEvents));
    expect([code, message]).toEqual([
      'ERR_SET_EVENT',
      `events.${credentialChange.type}.credential_type: must be a string`,
    ]);
  });

  test('a forged token is refused', async () => {
    for (const { forge, kid } of Object.values(signers))
      await expectRefusal('authentik', await forge(claims, { typ: 'JWT', kid }), 'ERR_SET_SIGNATURE');
  });

  test.each([
    ['for another receiver', { aud: ['https://other.example/events'] }, 'ERR_SET_AUDIENCE'],
    ['of another application', { iss: issuer.replace('my-app', 'other') }, 'ERR_SET_ISSUER'],
    ['of the host', { iss: 'https://authentik.example' }, 'ERR_SET_ISSUER'],
    ['with an exp', { exp: NOW + 60 }, 'ERR_SET_CLAIM_FORBIDDEN'],
  ] as const)('a SET %s is refused', async (_, change, code) => {
    await expectRefusal('authentik', await sign({ ...claims, ...change }), code);
  });

  test('a token signed with the client secret is refused', async () => {
    const { sign, kid } = signers.RS256;
    await expectRefusal('authentik', await sign(claims, { alg: 'HS256', typ: 'JWT', kid }), 'ERR_SET_ALGORITHM');
  });

  test('the defaults refuse the typ of 2025, and ES256', async () => {
    const verify = createSsfVerifier({ issuer, audience });
    const { RS256, ES256 } = signers;
    const old = await RS256.sign(claims, { typ: 'JWT', kid: RS256.kid });
    expect((await rejectionOf(verify(old))).code).toBe('ERR_SET_TYP');
    const elliptic = await ES256.sign(claims, { typ: 'secevent+jwt', kid: ES256.kid });
    expect((await rejectionOf(verify(elliptic))).code).toBe('ERR_SET_ALGORITHM');
    expect((await verify(await sign(claims))).payload).toEqual(claims);
  });
});
