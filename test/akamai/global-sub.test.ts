/** parseGlobalSub: its four parts, and values of another form. */
import { describe, expect, test } from 'vitest';
import { parseGlobalSub } from '../../src/akamai/global-sub.js';
import { refusalOf } from '../support/refusals.js';
import { encodeVector } from '../support/vectors.js';

describe('parseGlobalSub', () => {
  test('parses the published one', () => {
    const { payload } = encodeVector('akamai/documented-decoded-set.json') as {
      payload: { events: { entityUpdated: { globalSub: string } } };
    };
    expect(parseGlobalSub(payload.events.entityUpdated.globalSub)).toEqual({
      captureHost: 'us.janraincapture.com',
      captureApplicationId: 'zzyn9gy9r8xdy5zkru4y54syk6',
      entityType: 'user',
      uuid: '6b004bc5-179c-45c2-815d-31b06169371d',
    });
  });

  test('keeps the case of an entity type, and accepts any host', () => {
    expect(
      parseGlobalSub('capture-v1://app.capture.multi.dev.or.janrain.com/79y4mqf2rt3bxs378kw5479xdu/GREG_DEMO/e909e648'),
    ).toEqual({
      captureHost: 'app.capture.multi.dev.or.janrain.com',
      captureApplicationId: '79y4mqf2rt3bxs378kw5479xdu',
      entityType: 'GREG_DEMO',
      uuid: 'e909e648',
    });
  });

  test.each([
    '',
    'capture-v1://',
    'capture-v1://host/app/user',
    'capture-v1://host/app/user/',
    'capture-v1://host/app//1',
    'capture-v1:///app/user/1',
    'capture-v1://host/app/user/1/2',
    'capture-v1://host/app/user/1?a=1',
    'capture-v1://host/app/user/1#a',
    'capture-v1://host/app/user/1\n',
    ' capture-v1://host/app/user/1',
    'capture-v1://ho st/app/user/1',
    'capture-v2://host/app/user/1',
    'Capture-V1://host/app/user/1',
    'https://host/app/user/1',
    undefined,
    null,
    5,
    ['capture-v1://host/app/user/1'],
  ])('refuses %j', (value) => {
    const error = refusalOf(() => parseGlobalSub(value as string));
    expect(error.code).toBe('ERR_SET_SUBJECT');
    expect(error.message).not.toContain('host/app');
  });

  test('refuses a very long string', () => {
    expect(refusalOf(() => parseGlobalSub(`capture-v1://${'a/'.repeat(500_000)}`)).code).toBe('ERR_SET_SUBJECT');
  });
});
