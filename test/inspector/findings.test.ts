/** What is odd about a token is found, and nothing is found where nothing is odd. */
import { describe, expect, test } from 'vitest';
import { findOddities } from '../../src/inspector/findings.js';
import { decodeSet } from '../../src/set.js';
import { CLAIMS, HEADER, makeToken } from '../support/tokens.js';
import { encodeVector, readVector } from '../support/vectors.js';

const NOW = 1_700_000_000_000;
const PLAIN = {
  ...CLAIMS,
  aud: 'https://receiver.example',
  sub_id: { format: 'opaque', id: '1' },
  events: { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {} },
};

function find(token: string): string[] {
  return findOddities(token, decodeSet(token), NOW).map(({ severity, text }) => `${severity}: ${text}`);
}

test('a plain token has none', () => {
  expect(find(makeToken(HEADER, PLAIN))).toEqual([]);
});

describe('in the header', () => {
  test.each([
    [{ alg: 'none' }, 'refused: alg is none'],
    [{ alg: 'HS256' }, 'refused: alg is HS256'],
    [{ alg: 'RS1' }, 'refused: alg names a signature algorithm that is not known'],
    [{ typ: undefined }, 'odd: typ is missing'],
    [{ typ: 'JWT' }, 'odd: typ is not secevent+jwt'],
    [{ kid: undefined }, 'note: kid is missing'],
    [{ crit: ['x'] }, 'refused: crit demands'],
    [{ jku: 'https://a.example', jwk: {} }, 'note: jku, jwk in the header offers a key'],
  ])('%j: %s', (parameters, finding) => {
    expect(find(makeToken({ ...HEADER, ...parameters }, PLAIN))).toEqual([expect.stringContaining(finding)]);
  });

  test.each(['SECEVENT+JWT', 'application/secevent+jwt', 'logout+jwt'])('typ may be %s', (typ) => {
    expect(find(makeToken({ ...HEADER, typ }, PLAIN))).toEqual([]);
  });

  test('an empty signature is refused where alg says that there is one', () => {
    expect(find(makeToken(HEADER, PLAIN, new Uint8Array()))).toEqual([
      expect.stringContaining('refused: The signature is empty'),
    ]);
  });
});

describe('in the payload', () => {
  test.each([
    [{ aud: undefined }, 'note: aud is missing'],
    [{ aud: [] }, 'refused: aud is an empty list'],
    [{ aud: ['a', 'b'] }, 'note: aud is an array of 2'],
    [
      { toe: 1_563_488_631_000 },
      'odd: toe is in milliseconds, where the standard has seconds. Read as 2019-07-18 22:23:51 UTC',
    ],
    [{ iat: 1_563_488_631_000 }, 'refused: iat is in milliseconds'],
    [{ nbf: 1_563_488_631_000 }, 'refused: nbf is in milliseconds'],
    [{ iat: 1e300 }, 'refused: iat is a time that no calendar reaches'],
    [{ nbf: -1 }, 'refused: nbf lies before 1970'],
    [{ iat: NOW / 1000 + 61 }, 'refused: iat lies in the future'],
    [{ nbf: NOW / 1000 + 61 }, 'refused: nbf lies in the future'],
    [{ toe: CLAIMS.iat + 61 }, 'odd: toe lies after iat'],
    [{ exp: NOW / 1000 + 1 }, 'odd: exp is there.'],
    [{ exp: NOW / 1000 - 59 }, 'odd: exp is there.'],
    [{ exp: NOW / 1000 - 60 }, 'refused: exp is there, and has passed'],
    [{ sub: 'jane' }, 'odd: sub and sub_id are both there'],
    [{ sub_id: undefined }, 'note: The token names no subject'],
    [{ sub_id: {} }, 'odd: The subject is malformed'],
    [{ txn: '00000000-0000-0000-0000-000000000000' }, 'note: txn is all zeros'],
    [{ iss: 'Akamai Identity Cloud' }, 'note: iss is the name in old Akamai documentation'],
    [
      { events: { moved: {} } },
      'odd: “moved” is an unknown event: no vocabulary here defines it, and its name is no URI',
    ],
    [
      { events: { 'https://a.example/moved': {} } },
      'odd: “https://a.example/moved” is an unknown event: no vocabulary here defines it.',
    ],
    [{ events: { ...PLAIN.events, test: {} } }, 'odd: There are 2 events'],
    [{ events: { entityCreated: {} } }, 'odd: An event does not fit its definition'],
    [
      { nonce: 'a', events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      'odd: nonce must not be in a logout token',
    ],
  ])('%j: %s', (claims, finding) => {
    expect(find(makeToken(HEADER, { ...PLAIN, ...claims }))).toEqual([expect.stringContaining(finding)]);
  });

  test('a member that is there twice is refused', () => {
    const text = JSON.stringify(PLAIN).replace('{', '{"iss":"other",');
    expect(find(makeToken(HEADER, text))).toEqual([expect.stringContaining('refused: The payload has a member twice')]);
  });

  test('globalSub and sub of two records are odd', () => {
    const event = {
      captureApplicationId: 'a',
      captureClientId: 'c',
      entityType: 'user',
      globalSub: 'capture-v1://h/a/user/1',
      sub: '2',
    };
    expect(find(makeToken(HEADER, { ...PLAIN, events: { entityCreated: event } }))).toEqual([
      'odd: globalSub and sub name different records.',
    ]);
  });
});

test('the worst comes first', () => {
  const severities = find(makeToken({ alg: 'none' }, { ...PLAIN, aud: ['a'], exp: 1 })).map(
    (finding) => finding.split(':')[0],
  );
  expect(severities).toEqual(['refused', 'refused', 'odd', 'note']);
});

describe('real tokens', () => {
  test('of Akamai in 2020 have what is known to be odd about them', () => {
    expect(find(encodeVector('akamai/captured-2020.json').token)).toEqual([
      expect.stringContaining('odd: typ is missing'),
      expect.stringContaining('odd: toe is in milliseconds'),
      expect.stringContaining('note: aud is an array'),
      expect.stringContaining('note: txn is all zeros'),
    ]);
  });

  test('of RFC 8417 that are not signed are refused', () => {
    expect(find(readVector('rfc8417/fig6-unsecured.jwt'))[0]).toContain('refused: alg is none');
  });
});
