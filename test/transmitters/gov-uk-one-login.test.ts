/** GOV.UK One Login: RISC events in a body of some content type, with the subject in the event. */
import { beforeAll, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { createPushReceiver } from '../../src/receiver/push.js';
import { subjectOf } from '../../src/subject.js';
import { accountDisabled, riscEvents } from '../../src/vocabularies/risc.js';
import { expectRefusal, receiveWith, runExample } from './guide.js';
import { asBody, createSigner, type Envelope, NOW, post, serve, type Signer, stopClock } from './signing.js';

const HEADING = 'GOV.UK One Login';
const issuer = 'https://idp.example.com/';
const keysUrl = 'https://idp.example.com/jwks.json';
const header = { alg: 'RS256', typ: 'secevent+jwt' };

const subject = { subject_type: 'iss-sub', iss: issuer, sub: '7375626A656374' };
const claims = {
  iss: issuer,
  jti: '756E69717565206964656E746966696572',
  iat: NOW - 60,
  aud: 'my-client',
  events: { [accountDisabled.type]: { subject, reason: 'hijacking' } },
};

/** The content type that fetch gives to a string. */
const asText: Envelope = (token) => post(token, 'text/plain;charset=UTF-8');

let signer: Signer;
let urls: string[];
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  urls = serve({ [keysUrl]: signer.jwks });
});

describe('GOV.UK One Login', () => {
  test.each([
    ['text/plain', asText],
    ['application/secevent+jwt', asBody],
  ])('sends account-disabled as %s', async (_, envelope) => {
    urls.length = 0;
    const set = await receiveWith(HEADING, await signer.sign(claims, header), envelope);
    expect(set.header).toEqual(header);
    expect(set.payload).toEqual(claims);
    expect(readEvents(set, riscEvents)).toEqual([
      { type: accountDisabled.type, payload: { subject, reason: 'hijacking' } },
    ]);
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: issuer, sub: '7375626A656374' });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:59:00Z'));
    expect(urls).toEqual([keysUrl]);
  });

  test('spells the type of the subject with an underscore in its mock transmitter', async () => {
    const events = { [accountDisabled.type]: { subject: { ...subject, subject_type: 'iss_sub' } } };
    const set = await receiveWith(HEADING, await signer.sign({ ...claims, events }, header), asText);
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: issuer, sub: '7375626A656374' });
  });

  test('a forged token is refused', async () => {
    await expectRefusal(HEADING, await signer.forge(claims, header), 'ERR_SET_SIGNATURE', asText);
  });

  test.each([
    ['for another client', { aud: 'other-client' }, 'ERR_SET_AUDIENCE'],
    ['of another issuer', { iss: 'https://idp.example.com' }, 'ERR_SET_ISSUER'],
    ['with an iat in milliseconds, as the mock wrote it', { iat: (NOW - 60) * 1000 }, 'ERR_SET_NOT_YET_VALID'],
  ] as const)('a SET %s is refused', async (_, change, code) => {
    await expectRefusal(HEADING, await signer.sign({ ...claims, ...change }, header), code, asText);
  });

  test('without readToken, text/plain is turned away', async () => {
    const token = await signer.sign(claims, header);
    const { verify } = await runExample(HEADING);
    const receive = createPushReceiver({ verify, onSet: () => undefined });
    expect((await receive(asText(token))).status).toBe(415);
    expect((await receive(asBody(token))).status).toBe(202);
  });
});
