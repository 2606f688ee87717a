/** login.gov: an exp of twelve hours, no kid, and the subject in the event. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { subjectOf } from '../../src/subject.js';
import { accountDisabled, accountPurged, identifierRecycled, riscEvents } from '../../src/vocabularies/risc.js';
import { rejectionOf } from '../support/refusals.js';
import { expectRefusal, receiveWith } from './guide.js';
import { createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const issuer = 'https://secure.login.gov/';
const audience = 'https://receiver.example/events';
const configurationUrl = 'https://secure.login.gov/.well-known/risc-configuration';
const keysUrl = 'https://secure.login.gov/api/openid_connect/certs';
const header = { typ: 'secevent+jwt' };

const uuid = '2b6b1a3c-1a6e-4f8a-9d57-6f0a1b2c3d4e';
const subject = { subject_type: 'iss-sub', iss: issuer, sub: uuid };
const claims = {
  iss: issuer,
  iat: NOW - 60,
  exp: NOW - 60 + 12 * 3600,
  jti: '8d2f1f0c9b7a4e6d8c5b4a3f2e1d0c9b',
  aud: audience,
  events: { [accountDisabled.type]: { subject, reason: 'account-suspension' } },
};

let signer: Signer;
let urls: string[];
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
});
beforeEach(() => void (urls = serve({ [configurationUrl]: { issuer, jwks_uri: keysUrl }, [keysUrl]: signer.jwks })));

describe('login.gov', () => {
  test('sends account-disabled with an exp and without a kid', async () => {
    const set = await receiveWith('login.gov', await signer.sign(claims, header));
    expect(set.header).toEqual({ alg: 'RS256', typ: 'secevent+jwt' });
    expect(set.payload).toEqual(claims);
    expect(readEvents(set, riscEvents)).toEqual([
      { type: accountDisabled.type, payload: { subject, reason: 'account-suspension' } },
    ]);
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: issuer, sub: uuid });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:59:00Z'));
    expect(urls).toEqual([configurationUrl.replace('risc-', 'ssf-'), configurationUrl, keysUrl]);
  });

  test.each([
    { ...accountPurged, sent: subject, expected: { format: 'iss_sub', iss: issuer, sub: uuid } },
    {
      ...identifierRecycled,
      sent: { subject_type: 'email', email: 'ada@example.com' },
      expected: { format: 'email', email: 'ada@example.com' },
    },
  ])('names the subject of $type', async ({ type, sent, expected }) => {
    const events = { [type]: { subject: sent } };
    const set = await receiveWith('login.gov', await signer.sign({ ...claims, events }, header));
    expect(readEvents(set, riscEvents)).toEqual([{ type, payload: { subject: sent } }]);
    expect(subjectOf(set)).toEqual(expected);
  });

  test('a forged token is refused', async () => {
    await expectRefusal('login.gov', await signer.forge(claims, header), 'ERR_SET_SIGNATURE');
  });

  test.each([
    ['for another endpoint', { aud: 'https://other.example/events' }, 'ERR_SET_AUDIENCE'],
    ['of the issuer without its slash', { iss: 'https://secure.login.gov' }, 'ERR_SET_ISSUER'],
    ['whose exp has passed', { exp: NOW - 60 }, 'ERR_SET_EXPIRED'],
  ] as const)('a SET %s is refused', async (_, change, code) => {
    await expectRefusal('login.gov', await signer.sign({ ...claims, ...change }, header), code);
  });

  test('is accepted until the tolerance after its exp has passed', async () => {
    const token = await signer.sign({ ...claims, exp: NOW - 59 }, header);
    expect((await receiveWith('login.gov', token)).payload.exp).toBe(NOW - 59);
  });

  test('the default refuses the exp', async () => {
    const error = await rejectionOf(createSsfVerifier({ issuer, audience })(await signer.sign(claims, header)));
    expect([error.code, error.claim]).toEqual(['ERR_SET_CLAIM_FORBIDDEN', 'exp']);
  });
});
