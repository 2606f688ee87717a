/**
 * Every event type of the standards has a definition, and each definition matches what its standard says about the
 * members. There are tests for each row of vectors/events.json, so a row without a definition fails.
 */
import { describe, expect, test } from 'vitest';
import type { EventDefinition } from '../../src/events/define.js';
import { decodeSet } from '../../src/set.js';
import { readEvent, readEvents } from '../../src/events/read.js';
import * as caep from '../../src/vocabularies/caep.js';
import * as oidc from '../../src/vocabularies/oidc.js';
import * as risc from '../../src/vocabularies/risc.js';
import * as scim from '../../src/vocabularies/scim.js';
import * as ssf from '../../src/ssf/index.js';
import * as google from '../../src/transmitters/google.js';
import * as okta from '../../src/transmitters/okta.js';
import { refusalOf } from '../support/refusals.js';
import { tokenWith } from '../support/tokens.js';
import { readVector } from '../support/vectors.js';

interface Member {
  readonly name: string;
  readonly requirement: string;
  readonly type: string;
  readonly enum?: readonly string[];
  readonly enumOpen?: boolean | null;
}

interface Row {
  readonly uri: string;
  readonly spec: string;
  readonly members: readonly Member[];
}

/** Event types that no transmitter is known to send: four of an abandoned draft. */
const UNUSED = /\/oauth\/event-type\/(?:token-issued|client-disabled|client-enabled|client-credential-changed)$/;

const rows = (JSON.parse(readVector('events.json')) as Row[]).filter(({ uri }) => !UNUSED.test(uri));

const VOCABULARIES: Readonly<Record<string, { readonly list: readonly EventDefinition[]; readonly names: object }>> = {
  'SSF 1.0': { list: ssf.ssfEvents, names: ssf },
  'CAEP 1.0': { list: caep.caepEvents, names: caep },
  'RISC 1.0': { list: risc.riscEvents, names: risc },
  'Google RISC (documentation)': { list: risc.riscEvents, names: risc },
  'RFC 9967': { list: scim.scimEvents, names: scim },
  'OIDC Back-Channel Logout 1.0': { list: oidc.oidcEvents, names: oidc },
  'OAuth Event Types 1.0 (draft, April 2018)': { list: [google.tokensRevoked, google.tokenRevoked], names: google },
  'Okta risk events (documentation)': {
    list: [okta.userRiskChange, okta.deviceRiskChange, okta.ipChange],
    names: okta,
  },
};

/** A draft whose events no longer occur: they are unknown events. */
const LEFT_OUT = ['SSE implementer draft era (seen in duo-labs/sharedsignals)'];

/**
 * Valid and invalid values of each type. A type that is not stated has no invalid values. null has a test of its own,
 * since it depends on whether the member is required.
 */
const VALUES: Readonly<Record<string, { readonly valid: readonly unknown[]; readonly invalid: readonly unknown[] }>> = {
  string: { valid: ['a text', ''], invalid: [1, true, {}, ['a text']] },
  number: { valid: [1_600_975_810, 0, 1.5], invalid: ['1600975810', true, {}, [1]] },
  object: { valid: [{ en: 'a text' }], invalid: [1, true, [{ en: 'a text' }]] },
  'array of string': { valid: [['a', 'b'], []], invalid: ['a', [1], [null], { 0: 'a' }] },
  'not stated': { valid: ['a text', 1, false, {}, [null]], invalid: [] },
};
const LANGUAGES = {
  valid: ['a text', { en: 'a text', 'es-410': 'un texto' }],
  invalid: [1, true, ['a text'], {}, { en: 1 }, { en: null }, { en: { en: 'a text' } }],
};

function valuesOf({ name, type, enum: known, enumOpen }: Member): {
  readonly valid: readonly unknown[];
  readonly invalid: readonly unknown[];
} {
  if (/^reason_(?:admin|user)$/.test(name)) return LANGUAGES;
  // CAEP 1.0 section 3.6 refers to the ID Token, where it is a string.
  if (name === 'acr') return VALUES.string!;
  const { valid, invalid } = VALUES[type]!;
  if (!known) return { valid, invalid };
  if (enumOpen !== false) return { valid: [...known, ...valid], invalid };
  const otherCase = known.map((value) => (value === value.toUpperCase() ? value.toLowerCase() : value.toUpperCase()));
  return { valid: known, invalid: [...invalid, ...valid, ...otherCase] };
}

const definitionOf = ({ uri, spec }: Row): EventDefinition | undefined =>
  VOCABULARIES[spec]?.list.find(({ type }) => type === uri);

/** The smallest valid payload of a row. */
function minimalOf(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    row.members
      .filter(({ requirement }) => requirement === 'REQUIRED')
      .map((each) => [each.name, valuesOf(each).valid[0]]),
  );
}

describe('the vocabularies', () => {
  test('have only the definitions in the rows', () => {
    const lists = Object.values(VOCABULARIES).map(({ list }) => list);
    const types = [...new Set(lists)].flatMap((list) => list.map(({ type }) => type));
    expect(types.sort()).toEqual(
      rows
        .filter(({ spec }) => spec in VOCABULARIES)
        .map(({ uri }) => uri)
        .sort(),
    );
  });

  test('have 43 event types in seven families', () => {
    expect(rows.filter(({ spec }) => spec in VOCABULARIES)).toHaveLength(43);
  });

  test('list each definition, and name it after the last part of its type', () => {
    for (const { list, names } of Object.values(VOCABULARIES)) {
      const named = Object.entries(names).filter(([, value]) => typeof value === 'object' && 'schema' in value) as [
        string,
        EventDefinition,
      ][];
      const types = (definitions: readonly EventDefinition[]): string[] => definitions.map(({ type }) => type).sort();
      expect(types(named.map(([, definition]) => definition))).toEqual(types(list));
      for (const [name, { type }] of named) {
        const words = type.replace(/^.*(?:event-type\/|event\/|event:)/, '').split(/[-:]/);
        expect(name).toBe(words.map((word, i) => (i ? word[0]!.toUpperCase() + word.slice(1) : word)).join(''));
      }
    }
  });
});

describe.each(rows.filter(({ spec }) => !LEFT_OUT.includes(spec)))('$spec: $uri', (row) => {
  const read = (payload: object): unknown => {
    const definition = definitionOf(row);
    if (!definition) throw new Error('no definition');
    return readEvent(decodeSet(tokenWith({ events: { [row.uri]: payload } })), definition);
  };

  test('reads the required members, and all members', () => {
    const all = Object.fromEntries(row.members.map((each) => [each.name, valuesOf(each).valid[0]]));
    for (const payload of [minimalOf(row), all]) expect(read(payload)).toEqual(payload);
  });

  test('keeps other members', () => {
    const payload = {
      ...minimalOf(row),
      subject: { format: 'email', email: 'a@b.example' },
      new_member: [null, { a: 1 }],
    };
    expect(read(payload)).toEqual(payload);
  });

  test('is read by readEvents', () => {
    const events = { [row.uri]: minimalOf(row) };
    expect(readEvents(decodeSet(tokenWith({ events })), VOCABULARIES[row.spec]!.list)).toEqual([
      { type: row.uri, payload: minimalOf(row) },
    ]);
  });

  test.each(row.members.filter(({ requirement }) => requirement === 'REQUIRED'))('requires $name', ({ name }) => {
    const { [name]: _, ...payload } = minimalOf(row);
    const error = refusalOf(() => read(payload));
    expect(error.code).toBe('ERR_SET_EVENT');
    expect(error.message).toContain(`events.${row.uri}.${name}: is missing`);
  });

  test.each(row.members)('null for $name counts as absent', ({ name, requirement }) => {
    const payload = { ...minimalOf(row), [name]: null, other: null };
    if (requirement === 'REQUIRED') {
      expect(refusalOf(() => read(payload))).toMatchObject({
        code: 'ERR_SET_EVENT',
        message: expect.stringContaining(`events.${row.uri}.${name}: must be `),
      });
    } else {
      const found = read(payload);
      expect(found).toEqual({ ...minimalOf(row), other: null });
      expect(name in (found as object)).toBe(false);
    }
  });

  test('null for all optional members at once counts as absent', () => {
    const optional = row.members
      .filter(({ requirement }) => requirement !== 'REQUIRED')
      .map(({ name }) => [name, null]);
    expect(read({ ...Object.fromEntries(optional), ...minimalOf(row) })).toEqual(minimalOf(row));
  });

  test.each(row.members)('accepts only valid values of $name', (member) => {
    const { valid, invalid } = valuesOf(member);
    for (const value of valid)
      expect(read({ ...minimalOf(row), [member.name]: value }), JSON.stringify(value)).toMatchObject({
        [member.name]: value,
      });
    for (const value of invalid) {
      const error = refusalOf(() => read({ ...minimalOf(row), [member.name]: value }));
      expect(error.code, JSON.stringify(value)).toBe('ERR_SET_EVENT');
      expect(error.message).toContain(`events.${row.uri}.${member.name}: must be `);
    }
  });
});

describe.each(rows.filter(({ spec }) => LEFT_OUT.includes(spec)))('$spec: $uri', ({ uri }) => {
  test('is an unknown event, as sent', () => {
    const all = [...new Set(Object.values(VOCABULARIES).flatMap(({ list }) => list))];
    const payload = { subject: { subject_type: 'oauth_token' }, reason: 'user' };
    expect(readEvents(decodeSet(tokenWith({ events: { [uri]: payload } })), all)).toEqual([
      { type: 'unknown', name: uri, payload },
    ]);
  });
});

describe('rules between members', () => {
  test.each(['create', 'patch', 'put'])('of SCIM %s: data or attributes, never both', (operation) => {
    const [notice, full] = ['notice', 'full'].map((kind) =>
      scim.scimEvents.find(({ type }) => type.endsWith(`:${operation}:${kind}`))!,
    );
    const both = { data: {}, attributes: ['name'] };
    expect(refusalOf(() => notice!.parse(both)).message).toMatch(/\.data: must be absent$/);
    expect(refusalOf(() => full!.parse(both)).message).toMatch(/\.attributes: must be absent$/);
  });

  test.each(['create', 'patch', 'put'])('of SCIM %s: null is as good as absent', (operation) => {
    const [notice, full] = ['notice', 'full'].map((kind) =>
      scim.scimEvents.find(({ type }) => type.endsWith(`:${operation}:${kind}`))!,
    );
    expect(notice!.parse({ data: null, attributes: ['name'] })).toEqual({ attributes: ['name'] });
    expect(full!.parse({ data: {}, attributes: null })).toEqual({ data: {} });
    expect(refusalOf(() => full!.parse({ data: null, attributes: null })).message).toMatch(
      /\.data: must be an object$/,
    );
  });

  test('of CAEP: at least one changed claim', () => {
    expect(refusalOf(() => caep.tokenClaimsChange.parse({ claims: {} })).message).toMatch(
      /\.claims: must be an object with at least one claim$/,
    );
  });
});
