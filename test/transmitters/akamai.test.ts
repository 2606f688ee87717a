/** Akamai Identity Cloud: tokens of the shapes that were captured in 2020 and 2021, and a test notification. */
import { beforeAll, describe, expect, test } from 'vitest';
import { akamaiEvents } from '../../src/akamai/events.js';
import { createAkamaiVerifier } from '../../src/akamai/verifier.js';
import { audiences, occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { subjectOf } from '../../src/subject.js';
import { expectRefusal, receiveWith } from './guide.js';
import { createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const base = 'https://v1.api.eu.janrain.com/01234567-89ab-cdef-0123-456789abcdef';
const jku = `${base}/login/jwk`;
const audience = 'https://receiver.example/events';
const uuid = '5f0c1d5e-6f0b-4f0e-9d0a-2b1f6f0e7a11';
const user = {
  captureApplicationId: 'tep2dcqy4fwurwtpkaxg76twgf',
  captureClientId: 'zfccfzzcf626t449wu5umbt6zhek2det',
  entityType: 'user',
  globalSub: `capture-v1://eu.janraincapture.com/tep2dcqy4fwurwtpkaxg76twgf/user/${uuid}`,
  sub: uuid,
};
/** Its members are in the order of the captured tokens. */
const claimsOf2021 = {
  aud: [audience],
  events: { entityCreated: { ...user, id: '02e950dc-7306-4e5a-9e4b-b9cd5629d76b' } },
  iat: NOW - 60,
  iss: `${base}/webhooks`,
  jti: 'e67f33f4-28ae-4abe-a5a4-98e9593774bb',
  toe: NOW - 61,
};
const claimsOf2020 = {
  ...claimsOf2021,
  events: { entityUpdated: { attributes: ['familyName'], ...user } },
  toe: (NOW - 61) * 1000 + 739,
  txn: '00000000-0000-0000-0000-000000000000',
};

let signer: Signer;
let urls: string[];
let headerOf2021: object;
beforeAll(async () => {
  stopClock();
  signer = await createSigner();
  headerOf2021 = { jku, kid: signer.kid, typ: 'secevent+jwt' };
  urls = serve({ [jku]: signer.jwks });
});

describe('Akamai', () => {
  test('sends a SET as captured in 2021: aud is a list, toe is in seconds', async () => {
    const set = await receiveWith('Akamai', await signer.sign(claimsOf2021, headerOf2021));
    expect(set.header).toEqual({ alg: 'RS256', ...headerOf2021 });
    expect(set.payload).toEqual(claimsOf2021);
    expect(readEvents(set, akamaiEvents)).toEqual([
      { type: 'entityCreated', payload: claimsOf2021.events.entityCreated },
    ]);
    expect(subjectOf(set)).toEqual({ format: 'uri', uri: user.globalSub });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:58:59Z'));
    expect(urls).toContain(jku);
    expect(new Set(urls)).toEqual(new Set([jku]));
  });

  test('sends aud as a string in its documentation', async () => {
    const set = await receiveWith('Akamai', await signer.sign({ ...claimsOf2021, aud: audience }, headerOf2021));
    expect(audiences(set)).toEqual([audience]);
  });

  test('sends a test notification, which names nobody', async () => {
    const events = { test: { id: 'e6e15d40-54e8-440f-bb66-2c490e60a7eb' } };
    const set = await receiveWith('Akamai', await signer.sign({ ...claimsOf2021, events }, headerOf2021));
    expect(readEvents(set, akamaiEvents)).toEqual([{ type: 'test', payload: events.test }]);
    expect(subjectOf(set)).toBeUndefined();
  });

  test('sent SETs without typ and with toe in milliseconds in 2020, which need typ: null', async () => {
    const token = await signer.sign(claimsOf2020, { kid: signer.kid });
    await expectRefusal('Akamai', token, 'ERR_SET_TYP');
    const [host, customerId] = base.replace('https://', '').split('/') as [string, string];
    const set = await createAkamaiVerifier({ host, customerId, audience, typ: null })(token);
    expect(set.payload).toEqual(claimsOf2020);
    expect(readEvents(set, akamaiEvents)).toEqual([
      { type: 'entityUpdated', payload: claimsOf2020.events.entityUpdated },
    ]);
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:58:59.739Z'));
  });

  test('a forged token is refused, whatever its jku says', async () => {
    await expectRefusal('Akamai', await signer.forge(claimsOf2021, headerOf2021), 'ERR_SET_SIGNATURE');
    const elsewhere = { ...headerOf2021, jku: 'https://forger.example/jwk' };
    await expectRefusal('Akamai', await signer.forge(claimsOf2021, elsewhere), 'ERR_SET_SIGNATURE');
    expect(urls).not.toContain('https://forger.example/jwk');
  });

  test.each([
    ['another endpoint', { aud: ['https://other.example/events'] }, 'ERR_SET_AUDIENCE'],
    ['another customer', { iss: `${base.replace('0123', '4567')}/webhooks` }, 'ERR_SET_ISSUER'],
    ['the issuer of the oldest documentation', { iss: 'Akamai Identity Cloud' }, 'ERR_SET_ISSUER'],
  ] as const)('a SET of %s is refused', async (_, change, code) => {
    await expectRefusal('Akamai', await signer.sign({ ...claimsOf2021, ...change }, headerOf2021), code);
  });
});
