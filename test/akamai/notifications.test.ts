/** parseV2Notifications: both documented bodies, one or many, JSON or parsed, and invalid bodies. */
import { describe, expect, test } from 'vitest';
import { parseV2Notifications } from '../../src/akamai/notifications.js';
import { refusalOf } from '../support/refusals.js';
import { listVectors, readVector } from '../support/vectors.js';

const NOTIFICATION = {
  uuid: '1',
  entity_type: 'user',
  datetime: '2022-01-07T22:26:10.947Z',
  hash: 'h',
  client_id: 'c',
};

describe('parseV2Notifications', () => {
  test.each(listVectors('akamai/webhooks-v2', '.json'))('parses %s, as JSON and as its value', (name) => {
    const text = readVector(name);
    const [notification] = parseV2Notifications(text);
    expect(notification).toMatchObject({ entity_type: 'user', datetime: '2022-01-07T22:26:10.947Z' });
    expect(parseV2Notifications(text)).toEqual(JSON.parse(text));
    expect(parseV2Notifications(JSON.parse(text))).toEqual(JSON.parse(text));
  });

  test('returns a list for a single object, several, and none', () => {
    expect(parseV2Notifications(NOTIFICATION)).toEqual([NOTIFICATION]);
    expect(parseV2Notifications(JSON.stringify(NOTIFICATION))).toEqual([NOTIFICATION]);
    expect(parseV2Notifications([NOTIFICATION, { ...NOTIFICATION, uuid: '2' }]).map(({ uuid }) => uuid)).toEqual([
      '1',
      '2',
    ]);
    expect(parseV2Notifications('[]')).toEqual([]);
  });

  test('keeps other members', () => {
    expect(parseV2Notifications({ ...NOTIFICATION, more: [1] })[0]!['more']).toEqual([1]);
  });

  test.each(['', 'uuid=1', '{', '[{]', `${JSON.stringify(NOTIFICATION)},`, '\ufeff[]'])(
    'refuses %j, which is not JSON',
    (text) => {
      const error = refusalOf(() => parseV2Notifications(text));
      expect(error).toMatchObject({ code: 'ERR_SET_JSON', message: 'The body is not JSON' });
      expect(error.cause).toBeUndefined();
    },
  );

  test.each([undefined, null, 5, 'null', '"text"', [[]], [NOTIFICATION, 5].slice(1)])(
    'refuses %j, which is not an object',
    (body) => {
      expect(refusalOf(() => parseV2Notifications(body))).toMatchObject({
        code: 'ERR_SET_EVENT',
        message: '[0]: must be an object',
      });
    },
  );

  test.each(Object.keys(NOTIFICATION))('requires %s, and reports the index of the notification', (name) => {
    const { [name as 'uuid']: _, ...rest } = NOTIFICATION;
    const messageOf = (body: unknown): string => {
      const error = refusalOf(() => parseV2Notifications(body));
      expect(error.code).toBe('ERR_SET_EVENT');
      return error.message;
    };
    expect(messageOf([NOTIFICATION, rest])).toBe(`[1].${name}: is missing: it must be a string`);
    for (const value of [null, 5, {}, ['x']])
      expect(messageOf([{ ...NOTIFICATION, [name]: value }])).toBe(`[0].${name}: must be a string`);
  });

  test('refuses a SET instead of a notification', () => {
    expect(refusalOf(() => parseV2Notifications(readVector('akamai/documented-token.jwt'))).code).toBe('ERR_SET_JSON');
    expect(refusalOf(() => parseV2Notifications(readVector('akamai/test-notification.json'))).code).toBe(
      'ERR_SET_EVENT',
    );
  });
});
