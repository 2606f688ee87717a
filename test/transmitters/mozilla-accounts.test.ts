/** Mozilla accounts: tokens in the Authorization header, without typ, with sub and an iat that has a fraction. */
import { beforeAll, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { defineEvent } from '../../src/events/define.js';
import { readEvents } from '../../src/events/read.js';
import { createSchema, number } from '../../src/events/schema.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { subjectOf } from '../../src/subject.js';
import { createVerifier } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';
import { expectRefusal, receiveWith, runExample } from './guide.js';
import { asAuthorization, asBody, createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const HEADING = 'Mozilla accounts';
const issuer = 'https://accounts.firefox.com/';
const audience = '0123456789abcdef';
const keysUrl = 'https://oauth.accounts.firefox.com/v1/jwks';
const sub = 'd7b5c1a09e8f4a6bb2c3d4e5f6a7b8c9';

const EVENT = 'https://schemas.accounts.firefox.com/event';
const changeTime = (NOW - 90) * 1000 + 227;
const claims = {
  aud: audience,
  events: { [`${EVENT}/password-change`]: { changeTime } },
  iat: NOW - 60.877,
  jti: 'e19ed6c5-4816-4171-aa43-56ffe80dbda1',
  sub,
  iss: issuer,
};

let signer: Signer;
let header: object;
let urls: string[];
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  header = { kid: signer.kid };
  urls = serve({ [keysUrl]: signer.jwks });
});

describe('Mozilla accounts', () => {
  test('sends password-change in the Authorization header, with a fraction in iat', async () => {
    urls.length = 0;
    const set = await receiveWith(HEADING, await signer.sign(claims, header), asAuthorization);
    expect(set.header).toEqual({ alg: 'RS256', ...header });
    expect(set.payload).toEqual(claims);
    expect(set.payload.iat).toBe(1_795_175_939.123);
    const passwordChange = defineEvent(`${EVENT}/password-change`, createSchema({ changeTime: number }));
    expect(readEvents(set, [passwordChange])).toEqual([{ type: passwordChange.type, payload: { changeTime } }]);
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: issuer, sub });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:58:59.123Z'));
    expect(urls).toEqual([keysUrl]);
  });

  test.each([
    ['profile-change', { email: 'ada@example.com' }],
    ['profile-change', {}],
    ['delete-user', {}],
    ['subscription-state-change', { capabilities: ['capability_1'], changeTime, isActive: true }],
    ['apple-user-migration', { fxaEmail: 'ada@example.com', transferSub: 't', success: true, err: '', uid: sub }],
  ])('sends %s with %j', async (name, payload) => {
    const events = { [`${EVENT}/${name}`]: payload };
    const set = await receiveWith(HEADING, await signer.sign({ ...claims, events }, header), asAuthorization);
    expect(readEvents(set, [])).toEqual([{ type: 'unknown', name: `${EVENT}/${name}`, payload }]);
  });

  test('creates a new token for each delivery, so that both are handled', async () => {
    const { receive, stored } = await runExample(HEADING);
    for (const jti of [
      'e19ed6c5-4816-4171-aa43-56ffe80dbda1',
      '1b3d623a-300a-4ab8-9241-855c35586809',
      'e19ed6c5-4816-4171-aa43-56ffe80dbda1',
    ])
      expect((await receive(asAuthorization(await signer.sign({ ...claims, jti }, header)))).status).toBe(202);
    expect(stored).toHaveLength(2);
  });

  test('a forged token is refused', async () => {
    await expectRefusal(HEADING, await signer.forge(claims, header), 'ERR_SET_SIGNATURE', asAuthorization);
  });

  test.each([
    ['for another client', { aud: 'fedcba9876543210' }, 'ERR_SET_AUDIENCE'],
    ['of the issuer of ID tokens', { iss: 'https://accounts.firefox.com' }, 'ERR_SET_ISSUER'],
    ['without a sub', { sub: undefined }, 'ERR_SET_CLAIM_MISSING'],
    ['with an iat in milliseconds', { iat: NOW * 1000 }, 'ERR_SET_NOT_YET_VALID'],
  ] as const)('a SET %s is refused', async (_, change, code) => {
    await expectRefusal(HEADING, await signer.sign({ ...claims, ...change }, header), code, asAuthorization);
  });

  test('a token in the body is turned away', async () => {
    const { receive, stored } = await runExample(HEADING);
    expect((await receive(asBody(await signer.sign(claims, header)))).status).toBe(415);
    expect(stored).toEqual([]);
  });

  test('the defaults refuse the missing typ, and accept the fraction', async () => {
    const token = await signer.sign(claims, header);
    const verify = createVerifier(signer.jwks, { issuer, audience });
    expect((await rejectionOf(verify(token))).code).toBe('ERR_SET_TYP');
    const typed = await signer.sign(claims, { ...header, typ: 'secevent+jwt' });
    expect((await verify(typed)).payload.iat).toBe(1_795_175_939.123);
  });

  test('a verifier for Shared Signals refuses the sub', async () => {
    const configurationUrl = 'https://accounts.firefox.com/configuration';
    serve({ [configurationUrl]: { issuer, jwks_uri: keysUrl }, [keysUrl]: signer.jwks });
    const verify = createSsfVerifier({ issuer, configurationUrl, audience, typ: null });
    const error = await rejectionOf(verify(await signer.sign(claims, header)));
    expect([error.code, error.claim]).toEqual(['ERR_SET_CLAIM_FORBIDDEN', 'sub']);
  });
});
