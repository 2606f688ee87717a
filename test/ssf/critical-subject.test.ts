/** checkCriticalSubject: which subjects a receiver must not ignore a part of (OpenID SSF 1.0 section 3.6). */
import { describe, expect, test } from 'vitest';
import { handlerRefusalOf } from '../../src/receiver/delivery-error.js';
import { decodeSet, type VerifiedSet } from '../../src/set.js';
import { checkCriticalSubject, type TransmitterMetadata } from '../../src/ssf/index.js';
import { refusalOf } from '../support/refusals.js';
import { tokenWith } from '../support/tokens.js';

const EMAIL = { format: 'email', email: 'jane@example.com' };
const OPAQUE = { format: 'opaque', id: '1' };
const CRITICAL: TransmitterMetadata = {
  issuer: 'https://tx.example',
  critical_subject_members: ['user', 'tenant', 'x_badge'],
};

const setOf = (claims: object): VerifiedSet => decodeSet(tokenWith({ ...claims })) as VerifiedSet;
const withSubject = (sub_id: object): VerifiedSet => setOf({ sub_id });
const inEvent = (subject: unknown): VerifiedSet => setOf({ events: { first: {}, second: { subject } } });

describe.each<[place: string, make: (subject: object) => VerifiedSet]>([
  ['sub_id', withSubject],
  ['the subject of an event', inEvent],
  ['an alias', (subject) => withSubject({ format: 'aliases', identifiers: [EMAIL, subject] })],
  ['an alias in an event', (subject) => inEvent({ format: 'aliases', identifiers: [subject, EMAIL] })],
])('in %s', (_, make) => {
  test.each<[name: string, subject: object]>([
    ['a critical member', { format: 'complex', user: EMAIL, tenant: OPAQUE }],
    ['a critical member outside the standard', { format: 'complex', user: EMAIL, x_badge: OPAQUE }],
    ['a critical member without a format, as in older drafts', { user: EMAIL, tenant: OPAQUE }],
    ['a critical member beside a format that is null', { format: null, user: EMAIL, tenant: OPAQUE }],
    ['a critical member that is not a subject', { format: 'complex', user: EMAIL, tenant: 'acme' }],
  ])('%s that is not supported is refused', (__, subject) => {
    const error = refusalOf(() => checkCriticalSubject(make(subject), ['user'], CRITICAL));
    expect(error.code).toBe('ERR_SET_SUBJECT');
    expect(handlerRefusalOf(error)?.err).toBe('invalid_request');
    expect(error.message).not.toMatch(/tenant|badge|acme/);
  });

  test.each<[name: string, subject: object, supported: string[]]>([
    ['critical members that are supported', { format: 'complex', user: EMAIL, tenant: OPAQUE }, ['tenant', 'user']],
    ['members that are not critical', { format: 'complex', user: EMAIL, device: OPAQUE }, ['user']],
    ['a critical member that is null', { format: 'complex', user: EMAIL, tenant: null }, ['user']],
    ['a simple subject with a member of that name', { ...EMAIL, tenant: 'acme' }, []],
    ['an older simple subject with a member of that name', { subject_type: 'email', email: 'a', tenant: 'b' }, []],
  ])('%s pass', (__, subject, supported) => {
    expect(checkCriticalSubject(make(subject), supported, CRITICAL)).toBeUndefined();
  });
});

test('a set without a subject passes, and one whose subjects are nonsense', () => {
  for (const set of [setOf({}), setOf({ sub: 'a' }), inEvent(null), inEvent('user'), inEvent([{ user: EMAIL }])])
    expect(checkCriticalSubject(set, [], CRITICAL)).toBeUndefined();
  expect(checkCriticalSubject(withSubject({ format: 'aliases', identifiers: 'a' }), [], CRITICAL)).toBeUndefined();
});

test('any subject passes if the transmitter names no critical members', () => {
  const set = withSubject({ format: 'complex', user: EMAIL, tenant: OPAQUE });
  for (const critical_subject_members of [undefined, []])
    checkCriticalSubject(set, [], { issuer: 'a', ...(critical_subject_members && { critical_subject_members }) });
});

test('a mistake is a TypeError', () => {
  const set = withSubject(EMAIL);
  for (const supported of [undefined, null, 'user', { user: true }])
    expect(() => checkCriticalSubject(set, supported as unknown as string[], CRITICAL)).toThrow(TypeError);
  for (const metadata of [undefined, null, [], 'a'])
    expect(() => checkCriticalSubject(set, [], metadata as unknown as TransmitterMetadata)).toThrow(TypeError);
});

test('a large set with many critical members costs no more than both together', () => {
  const critical_subject_members = Array.from({ length: 20_000 }, (_, i) => `member_${i}`);
  const events = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, i) => [`event_${i}`, { subject: { format: 'complex', user: {} } }]),
  );
  // Every subject with every critical member would be 200 million steps.
  checkCriticalSubject(setOf({ events }), [], { issuer: 'a', critical_subject_members });
});
