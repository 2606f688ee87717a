/** readEvent and readEvents: events with a definition are checked, and others pass through. */
import { looseObject, string } from 'valibot';
import { describe, expect, test } from 'vitest';
import { akamaiEvents, entityUpdated, testNotification, userCredentialUpdated } from '../../src/akamai/events.js';
import { defineEvent } from '../../src/events/define.js';
import { readEvent, readEvents } from '../../src/events/read.js';
import type { SetPayload } from '../../src/model.js';
import { decodeSet } from '../../src/set.js';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import { verifySet } from '../../src/verify.js';
import { refusalOf } from '../support/refusals.js';
import { HEADER, makeToken, tokenWith } from '../support/tokens.js';
import { readVector } from '../support/vectors.js';

const documented = decodeSet(readVector('akamai/documented-token.jwt'));
const named = defineEvent('named', looseObject({ name: string() }));

/** Decodes a set with these events. They are JSON text, so that any member name is possible. */
function setWith(events: string): ReturnType<typeof decodeSet> {
  return decodeSet(makeToken(HEADER, `{"iss":"i","iat":1,"jti":"j","events":${events}}`));
}

/** A set with a member of `events` that is not an object, as Keycloak sends it in logout tokens. */
function setBeside(value: unknown): { readonly payload: SetPayload } {
  const events = { revoke_offline_access: value, named: { name: 'a' } } as unknown as SetPayload['events'];
  return { payload: { iss: 'i', iat: 1, jti: 'j', events } };
}
const NO_OBJECTS = [true, null, 'text', 5, ['a'], [{}]];

describe('readEvent', () => {
  test('returns the payload of the event', () => {
    expect(readEvent(documented, userCredentialUpdated)?.credentialType).toBe('password');
    expect(readEvent(documented, userCredentialUpdated)).toBe(documented.payload.events.userCredentialUpdated);
  });

  test('returns undefined when the set does not contain the event', () => {
    expect(readEvent(documented, entityUpdated)).toBeUndefined();
  });

  test('ignores inherited members of events', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      expect(readEvent(documented, defineEvent(name, looseObject({}))), name).toBeUndefined();
    }
  });

  test('reads an event with the name of a member that every object inherits', () => {
    const set = setWith('{"__proto__":{"name":"a"},"constructor":{"name":"b"}}');
    expect(readEvent(set, defineEvent('__proto__', looseObject({ name: string() })))).toEqual({ name: 'a' });
    expect(readEvent(set, defineEvent('constructor', looseObject({ name: string() })))).toEqual({ name: 'b' });
  });

  test('refuses a payload that does not match the schema, with the path and what was expected', () => {
    const token = tokenWith({ events: { test: { id: ['a secret name'] } } });
    const error = refusalOf(() => readEvent(decodeSet(token), testNotification), token);
    expect(error).toMatchObject({ code: 'ERR_SET_EVENT', message: 'events.test.id: must be a string' });
  });

  test('refuses an event that is not an object, and does not read the others', () => {
    for (const value of NO_OBJECTS) {
      expect(readEvent(setBeside(value), named)).toEqual({ name: 'a' });
      const events = { [testNotification.type]: value } as unknown as SetPayload['events'];
      expect(
        refusalOf(() => readEvent({ payload: { iss: 'i', iat: 1, jti: 'j', events } }, testNotification)),
        JSON.stringify(value),
      ).toMatchObject({ code: 'ERR_SET_EVENT', message: 'events.test: must be an object' });
    }
  });

  test('leaves out an optional member that is null, and leaves the set as it was sent', () => {
    const set = setWith('{"test":{"id":null,"more":null}}');
    const payload = readEvent(set, testNotification)!;
    expect('id' in payload).toBe(false);
    expect(payload).toEqual({ more: null });
    expect(set.payload.events).toEqual({ test: { id: null, more: null } });
  });

  test('reads a verified set too', async () => {
    const { sign, jwks, issuer, audience } = await createTestTransmitter();
    const set = await verifySet(await sign({ events: { named: { name: 'a' } } }), jwks, { issuer, audience });
    expect(readEvent(set, named)?.name).toBe('a');
  });
});

describe('readEvents', () => {
  test('returns events that have a definition with their type and payload', () => {
    expect(readEvents(documented, akamaiEvents)).toEqual([
      { type: 'userCredentialUpdated', payload: documented.payload.events.userCredentialUpdated },
    ]);
  });

  test('returns other events with their name, as sent', () => {
    const events = { 'https://a.example/new': { anything: [null, { at: 'all' }] }, named: { name: 'a', more: true } };
    const set = decodeSet(tokenWith({ events }));
    expect(readEvents(set, [named])).toEqual([
      { type: 'unknown', name: 'https://a.example/new', payload: events['https://a.example/new'] },
      { type: 'named', payload: { name: 'a', more: true } },
    ]);
    expect(readEvents(set, [named])[0]!.payload).toBe(set.payload.events['https://a.example/new']);
  });

  test('returns every event as unknown when there are no definitions', () => {
    expect(readEvents(documented, [])).toMatchObject([{ type: 'unknown', name: 'userCredentialUpdated' }]);
  });

  test('keeps the order of the members, and compares names exactly', () => {
    const set = setWith('{"b":{},"named":{"name":"x"},"named2":{},"name":{},"a":{}}');
    expect(readEvents(set, [named]).map((event) => (event.type === 'unknown' ? event.name : event.type))).toEqual([
      'b',
      'named',
      'named2',
      'name',
      'a',
    ]);
  });

  test('returns events with the names of inherited members as unknown', () => {
    const set = setWith('{"__proto__":{"a":1},"constructor":{},"unknown":{}}');
    expect(readEvents(set, akamaiEvents)).toEqual(
      ['__proto__', 'constructor', 'unknown'].map((name) => ({
        type: 'unknown',
        name,
        payload: set.payload.events[name],
      })),
    );
  });

  test('throws if one of several payloads does not match', () => {
    const set = setWith('{"a":{},"test":{"id":"1"},"entityUpdated":{}}');
    expect(refusalOf(() => readEvents(set, akamaiEvents))).toMatchObject({
      code: 'ERR_SET_EVENT',
      message: expect.stringMatching(/^events\.entityUpdated\.\w+: is missing: it must be a/),
    });
  });

  test('reads as many events as a token can contain', () => {
    const events = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`e${i}`, {}]));
    expect(readEvents(decodeSet(tokenWith({ events })), akamaiEvents)).toHaveLength(50_000);
  });

  test('leaves out members of events that are not objects', () => {
    for (const value of NO_OBJECTS) {
      const set = setBeside(value);
      expect(readEvents(set, [named]), JSON.stringify(value)).toEqual([{ type: 'named', payload: { name: 'a' } }]);
      expect(readEvents(set, [defineEvent('revoke_offline_access', looseObject({}))])).toEqual([
        { type: 'unknown', name: 'named', payload: { name: 'a' } },
      ]);
    }
  });

  test('returns an unknown event with its nulls', () => {
    expect(readEvents(setWith('{"other":{"id":null}}'), akamaiEvents)).toEqual([
      { type: 'unknown', name: 'other', payload: { id: null } },
    ]);
  });

  test('uses the first of two definitions with the same type', () => {
    const set = setWith('{"named":{"name":"x"}}');
    expect(
      readEvents(set, [defineEvent('named', looseObject({})), defineEvent('named', looseObject({ other: string() }))]),
    ).toHaveLength(1);
  });
});
