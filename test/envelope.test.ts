/** envelope.ts: the envelope of a SET, and the functions that read claims of more than one form. */
import { describe, expect, test } from 'vitest';
import { audiences, occurredAt } from '../src/envelope.js';
import type { SetPayload } from '../src/model.js';
import { decodeSet } from '../src/set.js';
import { refusalOf } from './support/refusals.js';
import { CLAIMS, HEADER, makeToken, tokenWith } from './support/tokens.js';

describe('the envelope', () => {
  test.each(['iss', 'iat', 'jti', 'events'])('requires %s', (claim) => {
    expect(refusalOf(() => decodeSet(tokenWith({ [claim]: undefined })))).toMatchObject({
      code: 'ERR_SET_CLAIM_MISSING',
      claim,
      message: `"${claim}" is missing`,
    });
  });

  test.each([
    ['iss', [null, '', 7, true, {}, [], ['https://transmitter.example']]],
    ['jti', [null, '', 7, true, {}, []]],
    ['iat', [null, '', '1563488631', true, {}, [], [1]]],
    ['events', [null, '', '{"entityCreated":{}}', 7, [], ['entityCreated'], {}]],
    ['events', [{ a: null }, { a: [] }, { a: 'text' }, { a: 7 }, { a: {}, b: null }, { a: {}, b: [] }]],
    ['aud', [null, 7, {}, [null], [7], ['a', null], [['a']]]],
    ['txn', [null, 7, {}, []]],
    ['sub', [null, 7, {}, []]],
    ['sub_id', [null, 'text', 7, [], [{}]]],
    ['toe', [null, '', '1559372400', {}, []]],
    ['exp', [null, '', '1559372400', {}, []]],
    ['nbf', [null, '', '1559372400', {}, []]],
  ])('refuses %s of the wrong type', (claim, values) => {
    for (const value of values) {
      const error = refusalOf(() => decodeSet(tokenWith({ [claim]: value })));
      expect(error, JSON.stringify(value)).toMatchObject({ code: 'ERR_SET_CLAIM_INVALID', claim });
      expect(error.message).toContain(`"${claim}"`);
    }
  });

  test.each(['iss', 'iat', 'jti', 'events', 'aud', 'txn', 'toe', 'sub', 'sub_id', 'exp', 'nbf'])(
    'does not quote the value of %s',
    (claim) => {
      for (const value of [
        ['MARKER-MARKER', 123456789012],
        { 'MARKER-MARKER': 'MARKER-MARKER' },
        claim === 'iat' ? 'MARKER-MARKER' : true,
      ]) {
        const invalid =
          claim === 'aud' ? [value] : claim === 'events' || claim === 'sub_id' ? { 'MARKER-MARKER': [value] } : value;
        const token = tokenWith({ [claim]: claim === 'sub_id' ? [invalid] : invalid });
        const error = refusalOf(() => decodeSet(token), token);
        expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toMatch(/MARKER|123456789012/);
      }
    },
  );

  test.each(['iat', 'toe', 'exp', 'nbf'])('refuses %s beyond the range of a number', (claim) => {
    for (const literal of ['1e999', '-1e999']) {
      const { [claim]: _, ...others } = { ...CLAIMS } as Record<string, unknown>;
      const payload = JSON.stringify(others).replace('{', `{"${claim}":${literal},`);
      expect(refusalOf(() => decodeSet(makeToken(HEADER, payload)))).toMatchObject({
        code: 'ERR_SET_CLAIM_INVALID',
        claim,
      });
    }
  });

  test('reports missing events before any other claim', () => {
    expect(refusalOf(() => decodeSet(makeToken(HEADER, { sub: 'alice', exp: 1 }))).claim).toBe('events');
  });

  test.each([
    ['an issuer that is a name', { iss: 'Akamai Identity Cloud' }],
    ['an issuer that looks like a number', { iss: 'Infinity' }],
    ['event names that are bare words', { events: { userCredentialUpdated: {} } }],
    ['event names that are URNs', { events: { 'urn:ietf:params:scim:event:create': {} } }],
    [
      'event names that are URLs',
      { events: { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {} } },
    ],
    ['an empty event name', { events: { '': {} } }],
    [
      'event names that are members of Object.prototype',
      { events: { constructor: {}, toString: {}, hasOwnProperty: {} } },
    ],
    ['several events', { events: { a: {}, b: { c: [1, null, 'x'] } } }],
    ['aud as a string', { aud: 'https://example.com/path/to/endpoint' }],
    ['aud as a list', { aud: ['a', 'b'] }],
    ['aud as an empty list', { aud: [] }],
    ['aud as an empty string', { aud: '' }],
    ['toe in milliseconds', { toe: 1_580_144_030_739 }],
    ['negative, zero and fractional times', { iat: -1, toe: 0, exp: 1.5, nbf: -0.5 }],
    ['empty optional strings', { txn: '', sub: '' }],
    ['an empty sub_id', { sub_id: {} }],
    ['exp and nbf', { exp: 1, nbf: 2 }],
    ['unknown claims', { foo: null, bar: { baz: [] }, 'https://example.com/claim': 7 }],
  ])('preserves %s as sent', (_, claims) => {
    expect(decodeSet(tokenWith(claims)).payload).toEqual({ ...CLAIMS, ...claims });
  });

  test('treats an event named __proto__ like any other', () => {
    const set = decodeSet(makeToken(HEADER, '{"iss":"i","iat":1,"jti":"j","events":{"__proto__":{"a":1}}}'));
    expect(Object.entries(set.payload.events)).toEqual([['__proto__', { a: 1 }]]);
    expect(({} as { a?: number }).a).toBeUndefined();
    const invalid = makeToken(HEADER, '{"iss":"i","iat":1,"jti":"j","events":{"__proto__":null}}');
    expect(refusalOf(() => decodeSet(invalid)).claim).toBe('events');
  });
});

describe('audiences', () => {
  test.each([
    [undefined, []],
    ['a', ['a']],
    ['', ['']],
    [[], []],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  ])('of aud %j are %j', (aud, list) => {
    expect(audiences(decodeSet(tokenWith({ aud })))).toEqual(list);
  });

  test('are a copy that the caller may change', () => {
    const set = decodeSet(tokenWith({ aud: ['a'] }));
    (audiences(set) as string[]).push('b');
    expect(audiences(set)).toEqual(['a']);
    expect(set.payload.aud).toEqual(['a']);
  });
});

describe('occurredAt', () => {
  test.each([
    ['toe in seconds', { toe: 1_559_372_400 }, '2019-06-01T07:00:00.000Z'],
    ['toe in milliseconds', { toe: 1_580_144_030_739 }, '2020-01-27T16:53:50.739Z'],
    ['toe with a fraction', { toe: 1_559_372_400.25 }, '2019-06-01T07:00:00.250Z'],
    ['a toe of zero', { toe: 0 }, '1970-01-01T00:00:00.000Z'],
    ['no toe', {}, '2019-07-18T22:23:51.000Z'],
    ['iat in milliseconds', { iat: 1_580_144_030_739 }, '2020-01-27T16:53:50.739Z'],
    ['the last value that is read as seconds', { toe: 99_999_999_999 }, '5138-11-16T09:46:39.000Z'],
    ['the first value that is read as milliseconds', { toe: 100_000_000_000 }, '1973-03-03T09:46:40.000Z'],
    [
      'toe before the time in an event',
      { toe: 1_559_372_400, events: { a: { event_timestamp: 1 } } },
      '2019-06-01T07:00:00.000Z',
    ],
    ['event_timestamp in seconds', { events: { a: { event_timestamp: 1_559_372_400 } } }, '2019-06-01T07:00:00.000Z'],
    [
      'event_timestamp in milliseconds',
      { events: { a: { event_timestamp: 1_580_144_030_739 } } },
      '2020-01-27T16:53:50.739Z',
    ],
    ['event_timestamp with a fraction', { events: { a: { event_timestamp: 1.25 } } }, '1970-01-01T00:00:01.250Z'],
    ['an event_timestamp of zero', { events: { a: { event_timestamp: 0 } } }, '1970-01-01T00:00:00.000Z'],
    ['the event_time of Apple', { events: { a: { event_time: 1_580_144_030_739 } } }, '2020-01-27T16:53:50.739Z'],
    [
      'event_timestamp before event_time',
      { events: { a: { event_time: 1, event_timestamp: 2 } } },
      '1970-01-01T00:00:02.000Z',
    ],
    [
      'the first event that has a time',
      { events: { a: {}, b: { event_time: 1 }, c: { event_timestamp: 2 } } },
      '1970-01-01T00:00:01.000Z',
    ],
    ['iat when no event has a time', { events: { a: { changeTime: 1 }, b: {} } }, '2019-07-18T22:23:51.000Z'],
  ])('reads %s', (_, claims, time) => {
    expect(occurredAt(decodeSet(tokenWith(claims))).toISOString()).toBe(time);
  });

  test.each([null, '1559372400', true, {}, [1], -1, -0.5, NaN, Infinity, -Infinity])(
    'skips an event time of %j, which is not a number from 0 on',
    (value) => {
      const payloadWith = (events: object): SetPayload => ({ ...CLAIMS, events: events as SetPayload['events'] });
      const read = (events: object): number => occurredAt({ payload: payloadWith(events) }).getTime();
      for (const name of ['event_timestamp', 'event_time']) {
        expect(read({ a: { [name]: value } })).toBe(CLAIMS.iat * 1000);
        expect(read({ a: { [name]: value }, b: { event_timestamp: 5 } })).toBe(5_000);
      }
      expect(read({ a: { event_timestamp: value, event_time: 7 } })).toBe(7_000);
    },
  );

  test('skips an event time beyond the range of a number in a token', () => {
    const payload = '{"iss":"i","iat":5,"jti":"j","events":{"a":{"event_timestamp":1e999}}}';
    expect(occurredAt(decodeSet(makeToken(HEADER, payload))).getTime()).toBe(5_000);
  });

  test('skips members of events that are not objects', () => {
    for (const value of [true, null, 'text', 5, [], [{ event_timestamp: 1 }]]) {
      const events = { a: value, b: { event_timestamp: 5 } } as unknown as SetPayload['events'];
      expect(occurredAt({ payload: { ...CLAIMS, events } }).getTime(), JSON.stringify(value)).toBe(5_000);
    }
  });

  test.each([
    ['toe', { toe: 1e300 }],
    ['toe', { toe: -1e300 }],
    ['events', { events: { a: { event_timestamp: 1e300 } } }],
    ['events', { events: { a: { event_time: 8.64e15 + 1 } } }],
    ['iat', { iat: 1e300 }],
  ])('refuses %s beyond the range of a Date', (claim, claims) => {
    const set = decodeSet(tokenWith(claims));
    expect(refusalOf(() => occurredAt(set))).toMatchObject({ code: 'ERR_SET_CLAIM_INVALID', claim });
  });
});
