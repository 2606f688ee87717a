/** The definitions read every published example: its events are known, and their payloads match. */
import { describe, expect, test } from 'vitest';
import { akamaiEvents } from '../../src/akamai/events.js';
import { readEvents } from '../../src/events/read.js';
import { decodeSet } from '../../src/set.js';
import { subjectOf } from '../../src/subject.js';
import { caepEvents, sessionRevoked } from '../../src/vocabularies/caep.js';
import { oidcEvents } from '../../src/vocabularies/oidc.js';
import { riscEvents } from '../../src/vocabularies/risc.js';
import { scimEvents } from '../../src/vocabularies/scim.js';
import { ssfEvents } from '../../src/ssf/index.js';
import { CLAIMS, HEADER, makeToken } from '../support/tokens.js';
import { encodeVector, listVectors, readVector } from '../support/vectors.js';

const all = [...akamaiEvents, ...caepEvents, ...oidcEvents, ...riscEvents, ...scimEvents, ...ssfEvents] as const;
const FOLDERS = ['akamai', 'caep', 'oidc-backchannel-logout', 'risc', 'scim-events', 'ssf'];

describe('examples of the standards and of Akamai', () => {
  const names = FOLDERS.flatMap((folder) => listVectors(folder, '.json'));

  test('number 45', () => expect(names).toHaveLength(45));

  test.each(names)('%s', (name) => {
    const { token, payload } = encodeVector(name);
    const { events } = payload as { events: Record<string, unknown> };
    const read = readEvents(decodeSet(token), all);
    expect(read).toEqual(Object.entries(events).map(([type, event]) => ({ type, payload: event })));
    expect(read.some(({ type }) => type === 'unknown')).toBe(false);
  });

  test.each([
    ['akamai/documented-token.jwt', 'userCredentialUpdated', ''],
    ['akamai/captured-2021-eu.header-payload.txt', 'entityCreated', '.'],
  ])('%s', (name, type, end) => {
    expect(readEvents(decodeSet(readVector(name) + end), all)).toMatchObject([{ type }]);
  });
});

/** Repairs text that is almost JSON: trailing commas, dots instead of events, and a member without its braces. */
function repair(name: string): Record<string, unknown> {
  const text = readVector(name)
    .replace(/,(\s*[}\]])/g, '$1')
    .replace(/\.\.\./, '"urn:ietf:params:scim:event:feed:add": {}');
  return JSON.parse(text.startsWith('"') ? `{${text}}` : text);
}

describe('examples that are not valid JSON as published, repaired', () => {
  test.each([
    [
      'risc/account-disabled.notjson.txt',
      'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
      'iss_sub',
    ],
    ['scim-events/fig01-scim-subject-id.notjson.txt', 'urn:ietf:params:scim:event:feed:add', 'scim'],
    ['scim-events/fig03-feed-remove-event.notjson.txt', 'urn:ietf:params:scim:event:feed:remove', 'scim'],
    ['ssf/simple-subject.notjson.txt', 'entityCreated', 'email'],
    ['ssf/complex-subject.notjson.txt', 'entityCreated', 'complex'],
  ])('%s', (name, type, format) => {
    const set = decodeSet(makeToken(HEADER, { ...CLAIMS, events: { entityCreated: ENTITY }, ...repair(name) }));
    expect(readEvents(set, all)).toMatchObject([{ type }]);
    expect(subjectOf(set)).toMatchObject({ format });
  });
});

const ENTITY = {
  captureApplicationId: 'a',
  captureClientId: 'c',
  entityType: 'user',
  globalSub: 'capture-v1://h/a/user/1',
  sub: '1',
};

describe('other published sets', () => {
  test.each([
    [
      'rfc8417/fig1-scim-password-reset.json',
      ['urn:ietf:params:scim:event:passwordReset', 'https://example.com/scim/event/passwordResetExt'],
    ],
    ['rfc8417/fig3-consent.json', ['https://openid.net/heart/specs/consent.html']],
    ['rfc8417/fig5-scim-create.json', ['urn:ietf:params:scim:event:create']],
  ])('%s has events without a definition', (name, types) => {
    const { token } = encodeVector(name);
    expect(readEvents(decodeSet(token), all)).toMatchObject(types.map((each) => ({ type: 'unknown', name: each })));
  });

  test.each([
    ['rfc8417/fig2-backchannel-logout.json', 'http://schemas.openid.net/event/backchannel-logout'],
    ['rfc8417/fig4-risc-account-disabled.json', 'https://schemas.openid.net/secevent/risc/event-type/account-disabled'],
    [
      'vendors/google-risc-account-disabled.json',
      'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
    ],
  ])('%s', (name, type) => {
    expect(readEvents(decodeSet(encodeVector(name).token), all)).toMatchObject([{ type }]);
  });

  test.each([
    'rfc8417/fig6-unsecured.jwt',
    'rfc8417/draft13-fig6-unsecured.jwt',
    'rfc8936/fig6-3d0c3cf7.jwt',
    'rfc8936/fig6-4d3559ec.jwt',
  ])('%s', (name) => {
    const set = decodeSet(readVector(name));
    expect(readEvents(set, all).map((event) => event.type === 'unknown' && event.name)).toEqual(
      Object.keys(set.payload.events),
    );
  });

  test('rfc8935/fig1-push-body.jwt', () => {
    expect(readEvents(decodeSet(readVector('rfc8935/fig1-push-body.jwt')), all)).toMatchObject([
      {
        type: 'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
        payload: { reason: 'hijacking' },
      },
    ]);
  });
});

describe('examples of reasons in several languages', () => {
  test.each(listVectors('caep/fragments', '.json'))('%s', (name) => {
    const reasons: object = JSON.parse(readVector(name));
    expect(sessionRevoked.parse(reasons)).toBe(reasons);
  });
});
