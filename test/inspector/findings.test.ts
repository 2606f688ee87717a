/** Findings about unusual tokens, and none about ordinary ones. */
import { describe, expect, test } from 'vitest';
import { findingsOf } from '../../src/inspector/findings.js';
import { decodeSet } from '../../src/set.js';
import { CLAIMS, HEADER, makeToken } from '../support/tokens.js';
import { encodeVector, readVector } from '../support/vectors.js';

const NOW = 1_700_000_000_000;
const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
const PLAIN = {
  ...CLAIMS,
  aud: 'https://receiver.example',
  sub_id: { format: 'opaque', id: '1' },
  events: { [SESSION_REVOKED]: {} },
};

function find(token: string): string[] {
  return findingsOf(token, decodeSet(token), NOW).map(({ severity, text }) => `${severity}: ${text}`);
}

test('an ordinary token has none', () => {
  expect(find(makeToken(HEADER, PLAIN))).toEqual([]);
});

test.each([
  { events: { [SESSION_REVOKED]: { event_timestamp: 1_563_488_631, initiating_entity: null, reason_admin: null } } },
  { sub_id: { format: 'opaque', id: '1', name: null } },
  { sub_id: { subject_type: 'id_token_claims', email: 'jane@example.com' } },
])('what real transmitters send has none: %j', (claims) => {
  expect(find(makeToken(HEADER, { ...PLAIN, ...claims }))).toEqual([]);
});

describe('in the header', () => {
  test.each([
    [{ alg: 'none' }, 'reject: alg is none'],
    [{ alg: 'HS256' }, 'reject: alg is HS256'],
    [{ alg: 'RS1' }, 'reject: alg is not a supported signature algorithm'],
    [{ typ: undefined }, 'warning: typ is missing'],
    [{ typ: 'JWT' }, 'warning: typ is not secevent+jwt'],
    [{ kid: undefined }, 'note: kid is missing'],
    [{ crit: ['x'] }, 'reject: crit requires'],
    [{ jku: 'https://a.example', jwk: {} }, 'note: The header offers a key (jku, jwk)'],
  ])('%j: %s', (parameters, finding) => {
    expect(find(makeToken({ ...HEADER, ...parameters }, PLAIN))).toEqual([expect.stringContaining(finding)]);
  });

  test.each(['SECEVENT+JWT', 'application/secevent+jwt', 'logout+jwt'])('typ may be %s', (typ) => {
    expect(find(makeToken({ ...HEADER, typ }, PLAIN))).toEqual([]);
  });

  test('an empty signature is rejected when alg names an algorithm', () => {
    expect(find(makeToken(HEADER, PLAIN, new Uint8Array()))).toEqual([
      expect.stringContaining('reject: The signature is empty'),
    ]);
  });
});

describe('in the payload', () => {
  test.each([
    [{ aud: undefined }, 'note: aud is missing'],
    [{ aud: [] }, 'reject: aud is an empty list'],
    [{ aud: ['a', 'b'] }, 'note: aud is an array of 2'],
    [
      { toe: 1_563_488_631_000 },
      'warning: toe is in milliseconds, but the standard requires seconds. Read as 2019-07-18 22:23:51 UTC',
    ],
    [{ iat: 1_563_488_631_000 }, 'reject: iat is in milliseconds'],
    [{ nbf: 1_563_488_631_000 }, 'reject: nbf is in milliseconds'],
    [{ iat: 1e300 }, 'reject: iat is not a possible date'],
    [{ nbf: -1 }, 'reject: nbf is before 1970'],
    [{ iat: NOW / 1000 + 61 }, 'reject: iat is in the future'],
    [{ nbf: NOW / 1000 + 61 }, 'reject: nbf is in the future'],
    [{ toe: CLAIMS.iat + 61 }, 'warning: toe is after iat'],
    [{ exp: NOW / 1000 + 1 }, 'warning: exp is present.'],
    [{ exp: NOW / 1000 - 59 }, 'warning: exp is present.'],
    [{ exp: NOW / 1000 - 60 }, 'reject: exp is present and has passed'],
    [{ sub: 'jane' }, 'warning: sub and sub_id are both present'],
    [{ sub_id: undefined }, 'note: The token does not name a subject'],
    [{ sub_id: {} }, 'warning: The subject is malformed'],
    [{ txn: '00000000-0000-0000-0000-000000000000' }, 'note: txn is all zeros'],
    [{ iss: 'Akamai Identity Cloud' }, 'note: iss is the name from old Akamai documentation'],
    [
      { events: { moved: {} } },
      'warning: “moved” is an unknown event: this page has no definition of it, and its name is not a URI',
    ],
    [
      { events: { 'https://a.example/moved': {} } },
      'warning: “https://a.example/moved” is an unknown event: this page has no definition of it.',
    ],
    [{ events: { ...PLAIN.events, test: {} } }, 'warning: There are 2 events'],
    [{ events: { entityCreated: {} } }, 'warning: An event does not match its definition'],
    [
      { events: { [SESSION_REVOKED]: { event_timestamp: 1_563_488_631_000 } } },
      'warning: event_timestamp is in milliseconds, but the standard requires seconds. Read as 2019-07-18 22:23:51 UTC.',
    ],
    [{ events: { [SESSION_REVOKED]: { event_timestamp: 1e300 } } }, 'warning: event_timestamp is not a possible date'],
    [
      { nonce: 'a', events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      'warning: nonce must not be in a logout token',
    ],
  ])('%j: %s', (claims, finding) => {
    expect(find(makeToken(HEADER, { ...PLAIN, ...claims }))).toEqual([expect.stringContaining(finding)]);
  });

  test('a duplicate member is rejected', () => {
    const text = JSON.stringify(PLAIN).replace('{', '{"iss":"other",');
    expect(find(makeToken(HEADER, text))).toEqual([
      expect.stringContaining('reject: The payload contains a duplicate member'),
    ]);
  });

  test('globalSub and sub of different records are a warning', () => {
    const event = {
      captureApplicationId: 'a',
      captureClientId: 'c',
      entityType: 'user',
      globalSub: 'capture-v1://h/a/user/1',
      sub: '2',
    };
    expect(find(makeToken(HEADER, { ...PLAIN, events: { entityCreated: event } }))).toEqual([
      'warning: globalSub and sub name different records.',
    ]);
  });
});

test('the most severe finding comes first', () => {
  const severities = find(makeToken({ alg: 'none' }, { ...PLAIN, aud: ['a'], exp: 1 })).map(
    (finding) => finding.split(':')[0],
  );
  expect(severities).toEqual(['reject', 'reject', 'warning', 'note']);
});

describe('real tokens', () => {
  test('of Akamai in 2020 have the known findings', () => {
    expect(find(encodeVector('akamai/captured-2020.json').token)).toEqual([
      expect.stringContaining('warning: typ is missing'),
      expect.stringContaining('warning: toe is in milliseconds'),
      expect.stringContaining('note: aud is an array'),
      expect.stringContaining('note: txn is all zeros'),
    ]);
  });

  test('of RFC 8417 without a signature are rejected', () => {
    expect(find(readVector('rfc8417/fig6-unsecured.jwt'))[0]).toContain('reject: alg is none');
  });
});
