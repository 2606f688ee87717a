/** attributeClient: own or other depends only on the caller's list, and the Hosted Login hint on the attributes. */
import { describe, expect, test } from 'vitest';
import { attributeClient } from '../../src/akamai/clients.js';
import { akamaiEvents } from '../../src/akamai/events.js';
import { parseV2Notifications } from '../../src/akamai/notifications.js';
import { readEvents } from '../../src/events/read.js';
import { decodeSet } from '../../src/set.js';
import { encodeVector, readVector } from '../support/vectors.js';

const OWN = '98765432198765432198765432198765';
const OTHER = '34way7esasgyjsq99wu7emu6wtt82j8w';

describe('attributeClient', () => {
  test.each<[name: string, own: Iterable<string>]>([
    ['a list', [OWN, 'another']],
    ['a set', new Set([OWN])],
    [
      'a generator',
      (function* () {
        yield OWN;
      })(),
    ],
    ['the keys of a map', new Map([[OWN, 'web']]).keys()],
  ])('finds an own client in %s', (_, own) => {
    expect(attributeClient(OWN, own)).toEqual({ clientId: OWN, origin: 'own' });
  });

  test('returns the name of an own client from a map', () => {
    expect(attributeClient(OWN, new Map([[OWN, 'web']]))).toEqual({ clientId: OWN, origin: 'own', name: 'web' });
    expect(attributeClient(OWN, new Map([[OWN, '']]))).toEqual({ clientId: OWN, origin: 'own', name: '' });
    expect(attributeClient(OTHER, new Map([[OWN, 'web']]))).toEqual({
      clientId: OTHER,
      origin: 'other',
      hostedLogin: false,
    });
  });

  test.each([[[]], [new Set<string>()], [new Map<string, string>()], [[OTHER.toUpperCase()]]])(
    'returns other for a client that is not in the list',
    (own) => {
      expect(attributeClient(OTHER, own)).toEqual({ clientId: OTHER, origin: 'other', hostedLogin: false });
    },
  );

  test('does not take a string for a list of its letters', () => {
    expect(() => attributeClient('a', 'abc')).toThrow(TypeError);
    expect(() => attributeClient('a', undefined as never)).toThrow(TypeError);
  });

  test.each<[attributes: unknown, hostedLogin: boolean]>([
    [['email', 'emailVerified'], true],
    [['mobileNumber', 'mobileNumberVerified'], true],
    [['accountDeleteRequestTime'], true],
    [['accountDataRequestTime'], true],
    [['emailVerified'], true],
    [['email', 'emailVerified', 'familyName'], false],
    [['password'], false],
    [['Email'], false],
    [[], false],
    ['email', false],
    [undefined, false],
    [null, false],
    [[['email']], false],
  ])('sets the hint for the attributes %j to %s', (attributes, hostedLogin) => {
    expect(attributeClient(OTHER, [OWN], { attributes })).toEqual({ clientId: OTHER, origin: 'other', hostedLogin });
  });

  test('sets no hint for an own client', () => {
    expect(attributeClient(OWN, [OWN], { attributes: ['email'] })).toEqual({ clientId: OWN, origin: 'own' });
  });

  test('attributes an event of Webhooks v3', () => {
    const [event] = readEvents(decodeSet(encodeVector('akamai/documented-decoded-set.json').token), akamaiEvents);
    if (event?.type !== 'entityUpdated') throw new Error('not entityUpdated');
    expect(attributeClient(event.payload.captureClientId, [OWN], event.payload)).toEqual({
      clientId: 'elrrniux51a3nrhfwzklvz3t46lb5n2m',
      origin: 'other',
      hostedLogin: true,
    });
  });

  test('attributes both documented notifications of Webhooks 2.0', () => {
    const originOf = (name: string): string =>
      attributeClient(parseV2Notifications(readVector(`akamai/webhooks-v2/${name}`))[0]!.client_id, [OWN]).origin;
    expect(originOf('v2-notification-own-client.json')).toBe('own');
    expect(originOf('v2-notification-internal-client.json')).toBe('other');
  });
});
