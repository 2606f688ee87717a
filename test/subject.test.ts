/** subject.ts: every format and its required members, older forms, and where a set names its subject. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSetError } from '../src/errors.js';
import type { SetPayload } from '../src/model.js';
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
    [
      'oauth_token',
      { token_type: 'refresh_token', token_identifier_alg: 'prefix', token: '1//0example' },
      ['token_type', 'token_identifier_alg', 'token'],
    ],
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

  test.each<[name: string, members: Record<string, unknown>]>([
    ['sub', { iss: 'https://a.example', sub: '1' }],
    ['sub without its issuer', { sub: '1' }],
    ['email', { email: 'a@b.example' }],
    ['email and an issuer', { iss: 'https://a.example', email: 'a@b.example' }],
    ['phone_number', { phone_number: '+1 206 555 0123' }],
    ['all of them', { iss: 'https://a.example', sub: '1', email: 'a@b.example', phone_number: '+1' }],
    ['one of them next to an empty one', { sub: '1', email: '', phone_number: '' }],
    ['other claims', { sub: '1', email_verified: true, groups: [{ id: null }] }],
  ])('id_token_claims accepts %s', (_, members) => {
    const subject = { format: 'id_token_claims', ...members };
    expect(parseSubject(subject)).toBe(subject);
  });

  test('id_token_claims requires a claim that identifies the user', () => {
    for (const members of [
      {},
      { iss: 'https://a.example' },
      { name: 'Jane' },
      { sub: '' },
      { email: null },
      { iss: null, sub: null, email: null, phone_number: null },
      { email: '', sub: '', phone_number: '' },
    ]) {
      expect(refusalOf(() => parseSubject({ format: 'id_token_claims', ...members }))).toMatchObject({
        code: 'ERR_SET_SUBJECT',
        message: 'subject must contain a sub, an email or a phone_number',
      });
    }
  });

  test.each(['iss', 'sub', 'email', 'phone_number'])('id_token_claims refuses a %s that is not a string', (name) => {
    for (const value of [5, true, {}, [], ['a']]) {
      expect(
        refusalOf(() => parseSubject({ format: 'id_token_claims', sub: '1', email: 'a@b.example', [name]: value })),
      ).toMatchObject({ code: 'ERR_SET_SUBJECT', message: `subject.${name} must be a string` });
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
    { format: null },
    { format: null, email: 'a@b.example' },
    { subject_type: '' },
    { subject_type: null, email: 'a@b.example' },
    { user: null, session: null },
    { format: null, subject_type: null, user: null },
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
    const subject = { format: 'complex', user: EMAIL, note: 'a text', count: 5, list: [1] };
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

describe('a member that is null', () => {
  const COMPLEX = ['user', 'device', 'session', 'application', 'tenant', 'org_unit', 'group'];
  const SIMPLE: readonly Record<string, unknown>[] = [
    { format: 'account', uri: 'acct:a@b.example' },
    EMAIL,
    { format: 'iss_sub', iss: 'https://a.example', sub: '1' },
    { format: 'opaque', id: '1' },
    { format: 'phone_number', phone_number: '+1 206 555 0123' },
    { format: 'did', url: 'did:example:1' },
    { format: 'uri', uri: 'urn:uuid:1' },
    { format: 'jwt_id', iss: 'https://a.example', jti: '1' },
    { format: 'saml_assertion_id', issuer: 'https://a.example', assertion_id: '1' },
    { format: 'scim', uri: '/Users/1' },
    { format: 'ip-addresses', 'ip-addresses': ['10.0.0.1'] },
    { format: 'aliases', identifiers: [EMAIL] },
    { format: 'oauth_token', token_type: 'refresh_token', token_identifier_alg: 'prefix', token: '1//0example' },
    { format: 'id_token_claims', sub: '1' },
  ];
  /** Checks that the parsed subject lacks every null, and that the value keeps them. */
  const expectAbsent = (value: Record<string, unknown>, expected: Record<string, unknown>): void => {
    const sent = JSON.stringify(value);
    const parsed = parseSubject(value);
    expect(parsed).toEqual(expected);
    expect(Object.keys(parsed).sort()).toEqual(Object.keys(expected).sort());
    expect(JSON.stringify(value)).toBe(sent);
  };

  test.each(SIMPLE)('counts as absent in $format', (subject) => {
    const { format, ...members } = subject;
    expectAbsent({ ...subject, email_verified: null, subject_type: null, user: null }, subject);
    expectAbsent({ subject_type: format, ...members, other: null }, subject);
    expectAbsent({ subject_type: format, ...members, format: null }, subject);
  });

  test.each(SIMPLE.filter(({ format }) => format !== 'aliases'))('counts as absent in an alias: $format', (subject) => {
    expect(parseSubject({ format: 'aliases', identifiers: [{ ...subject, other: null }] })).toEqual({
      format: 'aliases',
      identifiers: [subject],
    });
  });

  test('in a format that requires it is refused', () => {
    for (const { format, ...members } of SIMPLE) {
      for (const name of Object.keys(members)) {
        expect(refusalOf(() => parseSubject({ format, ...members, [name]: null })).code, `${name} of ${format}`).toBe(
          'ERR_SET_SUBJECT',
        );
      }
    }
  });

  test.each(COMPLEX)('counts as absent in a complex subject, with its format and without: %s', (name) => {
    const other = name === 'user' ? 'device' : 'user';
    const members = { [other]: EMAIL, [name]: null, note: null };
    expectAbsent({ format: 'complex', ...members }, { format: 'complex', [other]: EMAIL });
    expectAbsent(members, { format: 'complex', [other]: EMAIL });
    expectAbsent({ format: null, ...members }, { format: 'complex', [other]: EMAIL });
  });

  test('counts as absent within a member of a complex subject', () => {
    expectAbsent(
      { user: { ...EMAIL, name: null }, device: { subject_type: 'opaque', id: '1', format: null } },
      { format: 'complex', user: EMAIL, device: { format: 'opaque', id: '1' } },
    );
    expect(refusalOf(() => parseSubject({ user: { format: 'email', email: null } })).message).toBe(
      'subject.user.email must be a non-empty string',
    );
  });

  test('leaves nothing of a complex subject if all members are null', () => {
    for (const subject of [
      { format: 'complex', user: null, device: null },
      { format: 'complex', note: null },
    ]) {
      expect(refusalOf(() => parseSubject(subject))).toMatchObject({
        code: 'ERR_SET_SUBJECT',
        message: 'subject must contain at least one subject',
      });
    }
  });

  test('is kept in a format that is unknown, and within a value', () => {
    const unknown = { format: 'catalog_item', catalog_id: null };
    expect(parseSubject(unknown)).toBe(unknown);
    expect(parseSubject({ subject_type: 'oauth-client', client_id: 'a', name: null })).toEqual({
      format: 'oauth_client',
      client_id: 'a',
      name: null,
    });
    const scim = { format: 'scim', uri: '/Users/1', emails: [{ value: null }] };
    expect(parseSubject(scim)).toBe(scim);
  });

  test('leaves a member called __proto__ an own property', () => {
    const subject: object = JSON.parse('{"format":"opaque","id":"1","other":null,"__proto__":{"id":"2"}}');
    const parsed = parseSubject(subject);
    expect(Object.entries(parsed)).toEqual([
      ['format', 'opaque'],
      ['id', '1'],
      ['__proto__', { id: '2' }],
    ]);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });
});

test('a subject with nothing to change is returned itself', () => {
  for (const subject of [EMAIL, { format: 'ip-addresses', 'ip-addresses': ['::1'] }, { format: 'catalog_item' }])
    expect(parseSubject(subject)).toBe(subject);
});

describe('older forms', () => {
  test.each([
    ['iss-sub', { iss: 'https://a.example', sub: '1' }, 'iss_sub'],
    ['phone-number', { phone_number: '+1' }, 'phone_number'],
    ['email', { email: 'a@b.example' }, 'email'],
    ['ip-addresses', { 'ip-addresses': ['10.0.0.1'] }, 'ip-addresses'],
    ['id_token_claims', { email: 'a@b.example' }, 'id_token_claims'],
    [
      'oauth_token',
      { token_type: 'refresh_token', token_identifier_alg: 'hash_base64_sha512_sha512', token: 'x' },
      'oauth_token',
    ],
    ['id-token-claims', { iss: 'https://a.example', sub: '1' }, 'id_token_claims'],
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
    ['null as none', { events: { e: { subject: null, globalSub: null, sub: null }, f: { subject: EMAIL } } }, EMAIL],
    [
      'the globalSub next to a subject of null',
      { events: { e: { subject: null, globalSub: 'capture-v1://h/a/user/1' } } },
      { format: 'uri', uri: 'capture-v1://h/a/user/1' },
    ],
    [
      'sub in an event with an iss of null',
      { iss: 'https://a.example', events: { e: { subject: null, iss: null, sub: '1' } } },
      { format: 'iss_sub', iss: 'https://a.example', sub: '1' },
    ],
    [
      'the subject of a Google token event',
      {
        events: {
          'https://schemas.openid.net/secevent/oauth/event-type/token-revoked': {
            subject: {
              subject_type: 'oauth_token',
              token_type: 'refresh_token',
              token_identifier_alg: 'prefix',
              token: '1//0example',
            },
          },
        },
      },
      { format: 'oauth_token', token_type: 'refresh_token', token_identifier_alg: 'prefix', token: '1//0example' },
    ],
    [
      'the complex subject of an event with nulls',
      { events: { e: { subject: { user: EMAIL, session: null, tenant: null } } } },
      { format: 'complex', user: EMAIL },
    ],
    [
      'sub_id without its nulls',
      { sub_id: { format: 'iss_sub', iss: 'https://a.example', sub: '1', email: null } },
      { format: 'iss_sub', iss: 'https://a.example', sub: '1' },
    ],
    ['nothing', {}, undefined],
  ])('takes %s', (_, claims, expected) => {
    expect(subjectIn(claims)).toEqual(expected);
  });

  test('skips members of events that are not objects', () => {
    for (const value of [true, false, null, 'text', 5, ['a'], [{ sub: '1' }]]) {
      const payloadWith = (event: object): SetPayload => ({
        iss: 'https://a.example',
        iat: 1,
        jti: 'j',
        events: { a: value, b: event } as unknown as SetPayload['events'],
      });
      expect(subjectOf({ payload: payloadWith({ subject: EMAIL }) }), JSON.stringify(value)).toEqual(EMAIL);
      expect(subjectOf({ payload: payloadWith({}) })).toBeUndefined();
    }
  });

  test.each([
    ['sub_id', { sub_id: { format: 'email' }, sub: '1' }, 'sub_id.email must be a non-empty string'],
    ['sub_id', { sub_id: {}, sub: '1' }, 'sub_id.format must be a non-empty string'],
    [
      'nulls only',
      { sub: '1', events: { e: { subject: { user: null } } } },
      'subject.format must be a non-empty string',
    ],
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
      'id_token_claims',
      'sub',
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
