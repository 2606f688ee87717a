/**
 * The events of Akamai: members that all real tokens have are required, those that some lack are optional, and others
 * pass through.
 */
import { describe, expect, test } from 'vitest';
import { akamaiEvents } from '../../src/akamai/events.js';
import * as akamai from '../../src/akamai/index.js';
import { readEvents } from '../../src/events/read.js';
import { decodeSet } from '../../src/set.js';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import { refusalOf } from '../support/refusals.js';
import { tokenWith } from '../support/tokens.js';
import { encodeVector } from '../support/vectors.js';

const RECORD = {
  captureApplicationId: 'zzyn9gy9r8xdy5zkru4y54syk6',
  captureClientId: 'elrrniux51a3nrhfwzklvz3t46lb5n2m',
  entityType: 'user',
  globalSub: 'capture-v1://us.janraincapture.com/zzyn9gy9r8xdy5zkru4y54syk6/user/6b004bc5-179c-45c2-815d-31b06169371d',
  sub: '6b004bc5-179c-45c2-815d-31b06169371d',
};

/** The required and the optional members of each event. */
const EVENTS: Readonly<
  Record<string, readonly [required: Record<string, unknown>, optional: Record<string, unknown>]>
> = {
  entityCreated: [RECORD, { id: '1' }],
  entityUpdated: [{ ...RECORD, attributes: ['email', 'primaryAddress.city'] }, { id: '1' }],
  entityDeleted: [RECORD, { id: '1' }],
  userCredentialUpdated: [RECORD, { id: '1', credentialType: 'password' }],
  test: [{}, { id: '1' }],
};

test('the list contains all five, each exported under its type, and test as testNotification', () => {
  expect(akamaiEvents.map(({ type }) => type)).toEqual(Object.keys(EVENTS));
  for (const definition of akamaiEvents)
    expect(akamai[definition.type === 'test' ? 'testNotification' : definition.type]).toBe(definition);
});

describe.each(Object.entries(EVENTS))('%s', (type, [required, optional]) => {
  const read = (payload: object): unknown =>
    readEvents(decodeSet(tokenWith({ events: { [type]: payload } })), akamaiEvents);

  test('reads required members, optional ones, and others', () => {
    for (const payload of [required, { ...required, ...optional }, { ...required, more: { a: [null] } }]) {
      expect(read(payload)).toEqual([{ type, payload }]);
    }
  });

  test.each(Object.keys(required))('requires %s', (name) => {
    const { [name]: _, ...payload } = required;
    expect(refusalOf(() => read(payload))).toMatchObject({
      code: 'ERR_SET_EVENT',
      message: expect.stringContaining(`events.${type}.${name}: is missing`),
    });
  });

  test.each(Object.keys(optional))('null for %s counts as absent', (name) => {
    const [event] = read({ ...required, [name]: null }) as { payload: object }[];
    expect(event).toEqual({ type, payload: required });
    expect(name in event!.payload).toBe(false);
  });

  test.each(Object.keys({ ...required, ...optional }))('refuses %s of another type', (name) => {
    for (const value of [5, {}, [5], true, ...(name in required ? [null] : [])]) {
      const error = refusalOf(() => read({ ...required, [name]: value }));
      expect(error).toMatchObject({
        code: 'ERR_SET_EVENT',
        message: expect.stringContaining(`events.${type}.${name}: must be a`),
      });
    }
  });
});

describe('real events', () => {
  test('of 2020 have no id', () => {
    const [event] = readEvents(decodeSet(encodeVector('akamai/captured-2020.json').token), akamaiEvents);
    expect(event).toMatchObject({ type: 'entityUpdated', payload: { attributes: ['familyName'] } });
    expect(event!.payload).not.toHaveProperty('id');
  });

  test('keep the case of an entity type that the customer defined', () => {
    const globalSub =
      'capture-v1://us.janraincapture.com/79y4mqf2rt3bxs378kw5479xdu/GREG_DEMO/e909e648-efb5-45f2-8399-9081423c0c87';
    const payload = { ...RECORD, entityType: 'GREG_DEMO', globalSub };
    expect(readEvents(decodeSet(tokenWith({ events: { entityDeleted: payload } })), akamaiEvents)).toEqual([
      { type: 'entityDeleted', payload },
    ]);
  });

  test('of types that Akamai may add are unknown events', () => {
    const events = { accessGrantIssued: {}, captureApplicationDeleted: { captureApplicationId: 'a' } };
    expect(readEvents(decodeSet(tokenWith({ events })), akamaiEvents).map(({ type }) => type)).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  test('of the test transmitter match as well', async () => {
    const { sign } = await createTestTransmitter();
    expect(readEvents(decodeSet(await sign()), akamaiEvents)).toMatchObject([
      { type: 'entityCreated', payload: { entityType: 'user' } },
    ]);
  });
});
