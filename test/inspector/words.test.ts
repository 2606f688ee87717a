/** Events, subjects, clients and times in words. */
import { describe, expect, test } from 'vitest';
import { akamaiEvents } from '../../src/akamai/events.js';
import { type ClaimWords, EVENT_WORDS } from '../../src/inspector/claim-words.js';
import { clientWords, readOwnClients, viewEvents, vocabularyOf } from '../../src/inspector/event.js';
import { lastPart, eventWords } from '../../src/inspector/event-words.js';
import { viewSubject } from '../../src/inspector/subject-words.js';
import { ageWords, occurrenceWords, viewTime } from '../../src/inspector/time-words.js';
import type { SetPayload } from '../../src/model.js';
import { caepEvents } from '../../src/vocabularies/caep.js';
import { oidcEvents } from '../../src/vocabularies/oidc.js';
import { riscEvents } from '../../src/vocabularies/risc.js';
import { scimEvents } from '../../src/vocabularies/scim.js';
import { ssfEvents } from '../../src/ssf/events.js';
import { CLAIMS } from '../support/tokens.js';

const all = [...akamaiEvents, ...ssfEvents, ...caepEvents, ...riscEvents, ...scimEvents, ...oidcEvents].map(
  ({ type }) => type,
);
const caep = (name: string): string => `https://schemas.openid.net/secevent/caep/event-type/${name}`;
const risc = (name: string): string => `https://schemas.openid.net/secevent/risc/event-type/${name}`;

describe('an event', () => {
  test.each(all)('of type %s has words and a vocabulary', (type) => {
    expect(eventWords(type, {})).not.toContain('unknown');
    expect(eventWords(type, {})).toMatch(/^\S.*\S$/);
    expect(vocabularyOf(type)).toBeDefined();
  });

  test.each([
    ['entityUpdated', { attributes: ['email'], entityType: 'user' }, 'email changed on a user profile'],
    [
      'entityUpdated',
      { attributes: ['email', 'emailVerified'], entityType: 'user' },
      'email and emailVerified changed on a user profile',
    ],
    [
      'entityUpdated',
      { attributes: ['a', 'b', 'c', 'd'], entityType: 'shop' },
      'a, b and 2 more changed on a shop profile',
    ],
    ['entityUpdated', { attributes: 7 }, 'something changed on a user profile'],
    ['entityCreated', { entityType: 'user' }, 'user profile created'],
    ['userCredentialUpdated', { credentialType: 'password', entityType: 'user' }, 'password changed on a user profile'],
    [caep('session-revoked'), { initiating_entity: 'policy' }, 'session revoked by policy'],
    [caep('session-revoked'), { initiating_entity: 'admin' }, 'session revoked by an administrator'],
    [caep('session-revoked'), {}, 'session revoked'],
    [
      caep('credential-change'),
      { credential_type: 'password', change_type: 'create', initiating_entity: 'user' },
      'password credential created by the user',
    ],
    [
      caep('assurance-level-change'),
      { previous_level: 'nist-aal1', current_level: 'nist-aal2' },
      'assurance level changed from nist-aal1 to nist-aal2',
    ],
    [caep('token-claims-change'), { claims: { role: 'admin' } }, 'role changed in a token'],
    [risc('account-disabled'), { reason: 'hijacking' }, 'account disabled (hijacking)'],
    ['https://a.example/moved', {}, 'moved (unknown event)'],
    ['__proto__', {}, '__proto__ (unknown event)'],
    ['toString', {}, 'toString (unknown event)'],
  ])('%s with %j is “%s”', (type, payload, words) => {
    expect(eventWords(type, payload)).toBe(words.replace(/^“|”$/g, ''));
  });

  test('that does not match its definition has a fault, and words too', () => {
    const [event] = viewEvents({ ...CLAIMS, events: { entityUpdated: { attributes: 7 } } });
    expect(event).toMatchObject({
      words: 'something changed on a user profile',
      fault: expect.stringContaining('attributes'),
    });
  });

  test.each([
    [
      caep('session-revoked'),
      { reason_admin: null, initiating_entity: null, event_timestamp: null },
      'session revoked',
    ],
    [
      caep('risk-level-change'),
      { principal: 'USER', current_level: 'LOW', previous_level: null },
      'user risk level changed to LOW',
    ],
    [risc('account-disabled'), { reason: null }, 'account disabled'],
    [risc('identifier-changed'), { 'new-value': null }, 'email address or phone number changed'],
  ])('%s with nulls has words and no fault: %j', (type, payload, words) => {
    expect(viewEvents({ ...CLAIMS, events: { [type]: payload } })).toEqual([
      { type, payload, words, vocabulary: expect.any(String) },
    ]);
  });

  test('is an object: other members of events are left out', () => {
    const events = { a: true, b: null, [caep('session-revoked')]: {}, c: ['x'], entityCreated: 'text' };
    expect(viewEvents({ ...CLAIMS, events: events as unknown as SetPayload['events'] })).toMatchObject([
      { type: caep('session-revoked'), words: 'session revoked' },
    ]);
  });

  test('that matches has no fault, even next to one that does not', () => {
    const [, event] = viewEvents({ ...CLAIMS, events: { entityUpdated: {}, [caep('session-revoked')]: {} } });
    expect(event).not.toHaveProperty('fault');
  });

  test.each([
    ['https://a.example/b/', 'b'],
    ['urn:a:b', 'b'],
    ['word', 'word'],
    ['///', '///'],
  ])('%s has the short name “%s”', (type, name) => {
    expect(lastPart(type)).toBe(name);
  });
});

describe('a member of an event', () => {
  const scim = (name: string): string => `urn:ietf:params:scim:event:${name}`;
  const ssf = (name: string): string => `https://schemas.openid.net/secevent/ssf/event-type/${name}`;

  test.each([
    ['entityUpdated', 'attributes', 'Akamai Webhooks v3'],
    [scim('prov:patch:notice'), 'attributes', 'RFC 9967 §2.4'],
    [ssf('stream-updated'), 'status', 'SSF §8.1.5'],
    [scim('misc:asyncresp'), 'status', 'RFC 9967 §2.5.1.3'],
    [caep('credential-change'), 'credential_type', 'CAEP §3.3'],
    [risc('credential-compromise'), 'credential_type', 'RISC §2.7'],
    [risc('account-disabled'), 'reason', 'RISC §2.3'],
    [ssf('stream-updated'), 'reason', 'SSF §8.1.5'],
  ])('is explained by the vocabulary of its event: %s, %s in %s', (type, name, section) => {
    const words: { readonly [member: string]: ClaimWords } = EVENT_WORDS[vocabularyOf(type)!];
    expect(words[name]?.[1]).toBe(section);
  });
});

describe('a client', () => {
  const own = readOwnClients('abc web shop\n\n  def, app \nghi');

  test('is read from a line, with an optional name', () => {
    expect([...own]).toEqual([
      ['abc', 'web shop'],
      ['def', 'app'],
      ['ghi', ''],
    ]);
  });

  test.each([
    ['abc', {}, 'your client “web shop”'],
    ['ghi', {}, 'your client'],
    ['xyz', {}, 'not in your list'],
    ['xyz', { attributes: ['email'] }, 'probably Hosted Login'],
  ])('%s with %j: %s', (clientId, payload, words) => {
    expect(clientWords(clientId, own, payload)).toContain(words);
  });

  test('comes with a hint while the user’s list is empty', () => {
    expect(clientWords('abc', new Map())).toContain('List your clients');
  });
});

describe('a subject', () => {
  test.each([
    [{ format: 'email', email: 'jane@example.com' }, 'jane@example.com'],
    [{ format: 'iss_sub', iss: 'https://a.example', sub: 'jane' }, 'jane at https://a.example'],
    [{ format: 'ip-addresses', 'ip-addresses': ['10.0.0.1', '::1'] }, '10.0.0.1, ::1'],
    [
      {
        format: 'aliases',
        identifiers: [
          { format: 'opaque', id: '1' },
          { format: 'account', uri: 'acct:a@b' },
        ],
      },
      '1 = acct:a@b',
    ],
    [{ user: { format: 'opaque', id: '1' }, device: { format: 'opaque', id: '2' } }, 'user: 1; device: 2'],
    [{ format: 'catalog_item', catalog_id: 'c0384' }, '{"format":"catalog_item","catalog_id":"c0384"}'],
    [
      { format: 'oauth_token', token_type: 'refresh_token', token_identifier_alg: 'prefix', token: '1//0example' },
      'refresh_token 1//0example (prefix)',
    ],
    [{ format: 'id_token_claims', iss: 'https://a.example', sub: 'jane' }, 'jane at https://a.example'],
    [
      { format: 'id_token_claims', iss: 'https://a.example', sub: '1', email: 'jane@example.com', phone_number: '+1' },
      '1 at https://a.example = jane@example.com = +1',
    ],
    [{ subject_type: 'id_token_claims', sub: '1', email: '' }, '1'],
    [{ subject_type: 'id_token_claims', iss: 'https://a.example', email: 'jane@example.com' }, 'jane@example.com'],
    [{ user: { format: 'opaque', id: '1', name: null }, session: null }, 'user: 1'],
  ])('%j is %s', (sub_id, words) => {
    expect(viewSubject({ ...CLAIMS, sub_id })?.words).toBe(words);
  });

  test.each([
    ['capture-v1://us.example/app/user/1', 'user 1 in app at us.example'],
    ['capture-v1://odd', 'capture-v1://odd'],
  ])('of Akamai is split into its parts: %s', (globalSub, words) => {
    expect(viewSubject({ ...CLAIMS, events: { entityCreated: { globalSub } } })?.words).toBe(words);
  });

  test('is undefined when the set does not name one', () => {
    expect(viewSubject(CLAIMS)).toBeUndefined();
  });
});

describe('a time', () => {
  test.each([
    [1_580_144_030, '2020-01-27 16:53:50 UTC', false],
    [1_580_144_030_739, '2020-01-27 16:53:50.739 UTC', true],
    [1.5, '1970-01-01 00:00:01.500 UTC', false],
    [0, '1970-01-01 00:00:00 UTC', false],
    [-1, '1969-12-31 23:59:59 UTC', false],
  ])('of %d is %s', (value, date, isMilliseconds) => {
    expect(viewTime(value, 0)).toMatchObject({ date, isMilliseconds });
  });

  test.each<[name: string, claims: object, words: string]>([
    ['iat', {}, '2019-07-18 22:23:51 UTC, 1 day ago'],
    ['toe', { toe: CLAIMS.iat - 7_200 }, '2019-07-18 20:23:51 UTC, 1 day ago, reported 2 hours later'],
    [
      'event_timestamp in seconds',
      { events: { a: { event_timestamp: CLAIMS.iat - 7_200 } } },
      '2019-07-18 20:23:51 UTC, 1 day ago, reported 2 hours later',
    ],
    [
      'event_timestamp in milliseconds',
      { events: { a: {}, b: { event_timestamp: (CLAIMS.iat - 7_200) * 1000 } } },
      '2019-07-18 20:23:51 UTC, 1 day ago, reported 2 hours later',
    ],
    [
      'event_time in milliseconds',
      { events: { a: { event_timestamp: null, event_time: (CLAIMS.iat - 60) * 1000 } } },
      '2019-07-18 22:22:51 UTC, 1 day ago, reported 1 minute later',
    ],
    ['a toe after iat', { toe: CLAIMS.iat + 60 }, '2019-07-18 22:24:51 UTC, 1 day ago'],
    ['an impossible toe', { toe: 1e300 }, 'not a possible date'],
    ['an impossible event_timestamp', { events: { a: { event_timestamp: 1e300 } } }, 'not a possible date'],
    ['an impossible iat', { iat: 1e300 }, 'not a possible date'],
    ['a toe next to an impossible iat', { toe: CLAIMS.iat, iat: 1e300 }, '2019-07-18 22:23:51 UTC, 1 day ago'],
  ])('of an event is the one of occurredAt: %s', (_, claims, words) => {
    expect(occurrenceWords({ ...CLAIMS, ...claims }, (CLAIMS.iat + 100_000) * 1000)).toBe(words);
  });

  test('that a Date cannot represent is undefined', () => {
    expect(viewTime(1e300, 0)).toBeUndefined();
  });

  test.each([
    [0, 'now'],
    [-999, 'now'],
    [-1_000, '1 second ago'],
    [59_999, 'in 59 seconds'],
    [-60_000, '1 minute ago'],
    [-86_400_000 * 3, '3 days ago'],
    [86_400_000 * 40, 'in 1 month'],
    [-31_557_600_000 * 6, '6 years ago'],
  ])('%d milliseconds away is %s', (passed, words) => {
    expect(ageWords(1e12 + passed, 1e12)).toBe(words);
  });
});
