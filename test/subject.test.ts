/** subject.ts: every format and its required members, older forms, and where a set names its subject. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSetError } from '../src/errors.js';
import { decodeSet } from '../src/set.js';
import { parseSubject, subjectOf } from '../src/subject.js';
import { refusalOf } from './support/refusals.js';
import { tokenWith } from './support/tokens.js';
import { encodeVector, listVectors, readVector } from './support/vectors.js';

const EMAIL = { format: 'email', email: 'user@example.com' };

describe('published subject identifiers', () => {
  const names = ['rfc9493', 'ssf'].flatMap((folder) => listVectors(`subjects/${folder}`, '.json'));

  test('number 28', () => expect(names).toHaveLength(28));

  test.each(names)('%s', (name) => {
    const json: { format?: unknown; sub_id?: unknown } = JSON.parse(readVector(name));
    const subject = json.sub_id ?? json;
    expect(parseSubject(subject)).toEqual(subject);
  });
});

describe('each format', () => {
  test.each<[format: string, members: Record<string, unknown>, required: string[]]>([
    ['account', { uri: 'acct:a@b.example' }, ['uri']],
    ['email', { email: 'a@b.example' }, ['email']],
    ['iss_sub', { iss: 'https://a.example', sub: '1' }, ['iss', 'sub']],
    ['opaque', { id: '1' }, ['id']],
    ['phone_number', { phone_number: '+1 206 555 0123' }, ['phone_number']],
    ['did', { url: 'did:example:1' }, ['url']],
    ['uri', { uri: 'urn:uuid:1' }, ['uri']],
    ['jwt_id', { iss: 'https://a.example', jti: '1' }, ['iss', 'jti']],
    ['saml_assertion_id', { issuer: 'https://a.example', assertion_id: '1' }, ['issuer', 'assertion_id']],
    ['scim', { uri: '/Users/1', externalId: 'jdoe', emails: [{ value: 'a@b.example' }] }, ['uri']],
    ['ip-addresses', { 'ip-addresses': ['10.0.0.1'] }, ['ip-addresses']],
    ['aliases', { identifiers: [EMAIL] }, ['identifiers']],
  ])('%s requires its members, non-empty, and keeps others', (format, members, required) => {
    const subject = { format, ...members, other: [1] };
    expect(parseSubject(subject)).toEqual(subject);
    for (const name of required) {
      for (const value of [undefined, null, '', 5, {}, [], [''], [5]]) {
        const error = refusalOf(() => parseSubject({ ...subject, [name]: value }));
        expect(error.code, `${name}: ${JSON.stringify(value)}`).toBe('ERR_SET_SUBJECT');
        expect(error.message).toContain(`subject.${name}`);
      }
    }
  });

  test.each(['catalog_item', 'https://a.example/format', 'constructor', '__proto__', 'toString'])(
    '%s is unknown and preserved',
    (format) => {
      const subject = { format, catalog_id: 'c0384', deep: [{ a: 1 }] };
      expect(parseSubject(subject)).toEqual(subject);
    },
  );

  test.each([undefined, null, 'user@example.com', 5, true, [], [EMAIL]])('%j is not a subject', (value) => {
    expect(refusalOf(() => parseSubject(value))).toMatchObject({
      code: 'ERR_SET_SUBJECT',
      message: 'subject must be an object',
    });
  });

  test.each([
    {},
    { email: 'a@b.example' },
    { format: '' },
    { format: 5 },
    { format: null, subject_type: 'email' },
    { subject_type: '' },
  ])('%j has no valid format', (value) => {
    expect(refusalOf(() => parseSubject(value))).toMatchObject({
      code: 'ERR_SET_SUBJECT',
      message: 'subject.format must be a non-empty string',
    });
  });
});

describe('aliases and complex subjects', () => {
  const nested = (format: string, member: unknown): unknown =>
    format === 'aliases' ? { format, identifiers: [EMAIL, member] } : { format, user: member };

  test('contain simple subjects, including aliases within a complex subject', () => {
    const subject = {
      format: 'complex',
      user: { format: 'aliases', identifiers: [EMAIL] },
      device: { format: 'opaque', id: '1' },
      other: EMAIL,
    };
    expect(parseSubject(subject)).toEqual(subject);
  });

  test('contain each other once', () => {
    const subject = nested('aliases', nested('complex', EMAIL));
    expect(parseSubject(subject)).toEqual(subject);
    expect(refusalOf(() => parseSubject(nested('complex', nested('aliases', nested('complex', EMAIL))))).message).toBe(
      'subject.user.identifiers.1 must not be a nested complex subject',
    );
  });

  test.each([
    ['aliases', 'aliases', 'subject.identifiers.1 must not be a nested aliases subject'],
    ['complex', 'complex', 'subject.user must not be a nested complex subject'],
  ])('%s must not contain %s', (outer, inner, message) => {
    expect(refusalOf(() => parseSubject(nested(outer, nested(inner, EMAIL))))).toMatchObject({
      code: 'ERR_SET_SUBJECT',
      message,
    });
  });

  test('keep members that are not subjects', () => {
    const subject = { format: 'complex', user: EMAIL, note: 'a text', count: 5, list: [1], none: null };
    expect(parseSubject(subject)).toEqual(subject);
    expect(refusalOf(() => parseSubject({ format: 'complex', note: 'a text' })).message).toBe(
      'subject must contain at least one subject',
    );
  });

  test('check their subjects, and report the path', () => {
    expect(refusalOf(() => parseSubject({ format: 'complex', user: { format: 'email' } })).message).toBe(
      'subject.user.email must be a non-empty string',
    );
    expect(refusalOf(() => parseSubject({ format: 'complex', user: 'me' })).message).toBe(
      'subject.user must be an object',
    );
    expect(refusalOf(() => parseSubject({ format: 'complex' })).message).toBe(
      'subject must contain at least one subject',
    );
    expect(refusalOf(() => parseSubject({ format: 'aliases', identifiers: [{ format: 'opaque' }] })).message).toBe(
      'subject.identifiers.0.id must be a non-empty string',
    );
  });

  test('show no member name that the sender chose', () => {
    for (const name of ['jane@secret.example', '12065550123']) {
      expect(refusalOf(() => parseSubject({ format: 'complex', [name]: {} })).message).toBe(
        'subject.….format must be a non-empty string',
      );
    }
  });

  test('keep a member called __proto__ as an own property', () => {
    const subject: object = JSON.parse('{"format":"complex","__proto__":{"format":"opaque","id":"1"}}');
    const parsed = parseSubject(subject);
    expect(Object.keys(parsed)).toEqual(['format', '__proto__']);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });

  test('are refused quickly when they are nested as deep as a token allows', () => {
    let deep: unknown = EMAIL;
    for (let i = 0; i < 20_000; i++) deep = i % 2 ? { format: 'aliases', identifiers: [deep] } : { user: deep };
    expect(refusalOf(() => parseSubject(deep)).code).toBe('ERR_SET_SUBJECT');
  });
});

describe('older forms', () => {
  test.each([
    ['iss-sub', { iss: 'https://a.example', sub: '1' }, 'iss_sub'],
    ['phone-number', { phone_number: '+1' }, 'phone_number'],
    ['email', { email: 'a@b.example' }, 'email'],
    ['ip-addresses', { 'ip-addresses': ['10.0.0.1'] }, 'ip-addresses'],
    ['id_token_claims', { email: 'a@b.example' }, 'id_token_claims'],
    ['oauth_token', { token_type: 'refresh_token', token: 'x' }, 'oauth_token'],
  ])('subject_type %s becomes a format', (type, members, format) => {
    expect(parseSubject({ subject_type: type, ...members })).toEqual({ format, ...members });
  });

  test('subject_type is ignored next to a format', () => {
    const subject = { format: 'opaque', id: '1', subject_type: 'iss-sub' };
    expect(parseSubject(subject)).toEqual(subject);
  });

  test('subject_type requires the members of its format', () => {
    expect(refusalOf(() => parseSubject({ subject_type: 'iss-sub', iss: 'a' })).message).toBe(
      'subject.sub must be a non-empty string',
    );
  });

  test('an object of subjects without a format is a complex subject, as Okta sends it', () => {
    const members = { user: EMAIL, device: { subject_type: 'iss-sub', iss: 'a', sub: '1' } };
    expect(parseSubject(members)).toEqual({
      format: 'complex',
      user: EMAIL,
      device: { format: 'iss_sub', iss: 'a', sub: '1' },
    });
  });
});

describe('subjectOf', () => {
  const subjectIn = (claims: Record<string, unknown>): unknown => subjectOf(decodeSet(tokenWith(claims)));
  const legacy = { subject_type: 'iss-sub', iss: 'https://idp.example', sub: '7' };

  test.each<[name: string, claims: Record<string, unknown>, expected: unknown]>([
    ['sub_id first', { sub_id: EMAIL, sub: '1', events: { e: { subject: legacy, globalSub: 'g' } } }, EMAIL],
    ['the subject of an event before sub', { sub: '1', events: { e: { subject: EMAIL, sub: '2' } } }, EMAIL],
    [
      'the subject of an event in the older form',
      { events: { e: { subject: legacy } } },
      { format: 'iss_sub', iss: 'https://idp.example', sub: '7' },
    ],
    ['the first event that names one', { events: { a: {}, b: { subject: EMAIL }, c: { sub: '1' } } }, EMAIL],
    [
      'globalSub',
      { events: { e: { globalSub: 'capture-v1://h/a/user/1', sub: '1' } } },
      { format: 'uri', uri: 'capture-v1://h/a/user/1' },
    ],
    [
      'sub in an event',
      { iss: 'https://a.example', events: { e: { sub: '1' } } },
      { format: 'iss_sub', iss: 'https://a.example', sub: '1' },
    ],
    [
      'iss and sub in an event',
      { sub: 'x', events: { e: { iss: 'https://b.example', sub: '1' } } },
      { format: 'iss_sub', iss: 'https://b.example', sub: '1' },
    ],
    [
      'sub of the set',
      { iss: 'https://a.example', sub: '1' },
      { format: 'iss_sub', iss: 'https://a.example', sub: '1' },
    ],
    ['a subject that is a string as none', { events: { mail: { subject: 'Hello' } } }, undefined],
    [
      'values that are not strings as none',
      { iss: 'https://a.example', events: { e: { globalSub: 5, sub: {} }, f: { iss: 5, sub: '1' } } },
      { format: 'iss_sub', iss: 'https://a.example', sub: '1' },
    ],
    ['empty strings as none', { sub: '', events: { e: { globalSub: '', sub: '' } } }, undefined],
    ['nothing', {}, undefined],
  ])('takes %s', (_, claims, expected) => {
    expect(subjectIn(claims)).toEqual(expected);
  });

  test.each([
    ['sub_id', { sub_id: { format: 'email' }, sub: '1' }, 'sub_id.email must be a non-empty string'],
    ['sub_id', { sub_id: {}, sub: '1' }, 'sub_id.format must be a non-empty string'],
    [
      'the subject of an event',
      { sub: '1', events: { e: { subject: { format: 'opaque' } } } },
      'subject.id must be a non-empty string',
    ],
  ])('refuses a malformed subject instead of using another one: %s', (_, claims, message) => {
    expect(refusalOf(() => subjectIn(claims))).toMatchObject({ code: 'ERR_SET_SUBJECT', message });
  });

  test.each([
    [
      'akamai/documented-decoded-set.json',
      {
        format: 'uri',
        uri: 'capture-v1://us.janraincapture.com/zzyn9gy9r8xdy5zkru4y54syk6/user/6b004bc5-179c-45c2-815d-31b06169371d',
      },
    ],
    ['akamai/test-notification.json', undefined],
    [
      'rfc8417/fig1-scim-password-reset.json',
      {
        format: 'iss_sub',
        iss: 'https://scim.example.com',
        sub: 'https://scim.example.com/Users/44f6142df96bd6ab61e7521d9',
      },
    ],
    [
      'rfc8417/fig2-backchannel-logout.json',
      { format: 'iss_sub', iss: 'https://server.example.com', sub: '248289761001' },
    ],
    ['rfc8417/fig3-consent.json', { format: 'iss_sub', iss: 'https://connect.example.com', sub: '248289761001' }],
    [
      'rfc8417/fig4-risc-account-disabled.json',
      { format: 'iss_sub', iss: 'https://idp.example.com/', sub: '7375626A656374' },
    ],
    [
      'vendors/google-risc-account-disabled.json',
      { format: 'iss_sub', iss: 'https://accounts.google.com/', sub: '7375626A656374' },
    ],
    [
      'ssf/set-containing-an-ssf-event-with-a-proprietary-subject-ident.json',
      { format: 'catalog_item', catalog_id: 'c0384/winter/2354122' },
    ],
    [
      'ssf/set-containing-a-risc-event-with-a-phone-number-subject.json',
      { format: 'phone_number', phone_number: '+1 206 555 0123' },
    ],
  ])('reads %s', (name, expected) => {
    expect(subjectOf(decodeSet(encodeVector(name).token))).toEqual(expected);
  });

  test.each(['caep', 'risc', 'scim-events', 'ssf'].flatMap((folder) => listVectors(folder, '.json')))(
    'returns the sub_id of %s unchanged',
    (name) => {
      const { token, payload } = encodeVector(name);
      expect(subjectOf(decodeSet(token))).toEqual((payload as { sub_id: unknown }).sub_id);
    },
  );

  test('throws only a SetError, for any JSON', () => {
    const text = fc.constantFrom(
      'format',
      'complex',
      'aliases',
      'identifiers',
      'user',
      'email',
      'subject_type',
      'iss-sub',
      '__proto__',
      '',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(text, tie('any'), { maxKeys: 4 }),
        fc.array(tie('any'), { maxLength: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, fc.dictionary(text, value, { maxKeys: 4 }), (subject, event) => {
        const set = decodeSet(tokenWith({ events: { e: { subject, ...event } } }));
        for (const read of [() => parseSubject(subject), () => subjectOf(set)]) {
          try {
            const found = read();
            if (found) expect(typeof found.format).toBe('string');
          } catch (error) {
            if (!isSetError(error)) throw error;
            expect(error.code).toBe('ERR_SET_SUBJECT');
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
