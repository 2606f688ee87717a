/**
 * The types of events and subjects: what narrows, what is exhaustive, what is inferred, and what the compiler rejects.
 */
import type { StandardSchemaV1 as Published } from '@standard-schema/spec';
import { type as ark } from 'arktype';
import * as v from 'valibot';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type akamaiEvents,
  attributeClient,
  type ClientAttribution,
  entityUpdated,
  parseV2Notifications,
  type V2Notification,
} from '../../src/akamai/index.js';
import { defineEvent, type EventDefinition, type EventOf, type PayloadOf } from '../../src/events/define.js';
import { readEvent, readEvents, type UnknownEvent } from '../../src/events/read.js';
import type { StandardSchemaV1 } from '../../src/events/standard.js';
import type { DecodedSet, JsonObject, SetPayload } from '../../src/model.js';
import type { VerifiedSet } from '../../src/set.js';
import type {
  AliasesSubject,
  IdTokenClaimsSubject,
  OAuthTokenSubject,
  SubjectIdentifier,
  UnknownSubject,
} from '../../src/subject.js';
import {
  caepEvents,
  credentialChange,
  riskLevelChange,
  sessionRevoked,
  tokenClaimsChange,
} from '../../src/vocabularies/caep.js';
import { oidcEvents } from '../../src/vocabularies/oidc.js';
import { riscEvents } from '../../src/vocabularies/risc.js';
import { provCreateNotice } from '../../src/vocabularies/scim.js';
import { streamUpdated } from '../../src/ssf/index.js';

declare const set: DecodedSet;
declare const verified: VerifiedSet;

describe('readEvents', () => {
  test('narrows by type', () => {
    for (const event of readEvents(set, [entityUpdated, sessionRevoked])) {
      expectTypeOf(event.type).toEqualTypeOf<
        'entityUpdated' | 'https://schemas.openid.net/secevent/caep/event-type/session-revoked' | 'unknown'
      >();
      if (event.type === 'entityUpdated') {
        expectTypeOf(event.payload.attributes).toEqualTypeOf<readonly string[]>();
        expectTypeOf(event.payload.id).toEqualTypeOf<string | undefined>();
        expectTypeOf(event.payload['something else']).toBeUnknown();
      } else if (event.type === 'unknown') {
        expectTypeOf(event).toEqualTypeOf<UnknownEvent>();
        expectTypeOf(event.payload).toEqualTypeOf<JsonObject>();
      } else {
        expectTypeOf(event.payload.initiating_entity).toEqualTypeOf<
          'admin' | 'user' | 'policy' | 'system' | undefined
        >();
      }
    }
  });

  test('is exhausted by a case per definition and one for unknown events', () => {
    for (const event of readEvents(set, [entityUpdated, streamUpdated])) {
      switch (event.type) {
        case 'entityUpdated':
        case 'https://schemas.openid.net/secevent/ssf/event-type/stream-updated':
          break;
        case 'unknown':
          expectTypeOf(event.name).toBeString();
          break;
        default:
          expectTypeOf(event).toBeNever();
      }
      switch (event.type) {
        case 'entityUpdated':
        case 'unknown':
          break;
        default:
          // A case is missing.
          expectTypeOf(event).not.toBeNever();
      }
    }
  });

  test('accepts whole vocabularies, several of them, and other lists', () => {
    const [event] = readEvents(set, [...caepEvents, ...riscEvents, ...oidcEvents]);
    if (event?.type === riskLevelChange.type)
      expectTypeOf(event.payload.current_level).toEqualTypeOf<'LOW' | 'MEDIUM' | 'HIGH'>();
    const own: readonly EventDefinition[] = [entityUpdated];
    expectTypeOf(readEvents(set, own)[0]!.payload).toBeUnknown();
    expectTypeOf(readEvents(verified, [])).toEqualTypeOf<UnknownEvent[]>();
  });

  test('rejects a comparison with a type that has no definition', () => {
    const [event] = readEvents(set, [entityUpdated]);
    // @ts-expect-error no definition has this type
    if (event?.type === 'entityCreated') return;
  });

  test('returns read-only payloads', () => {
    const payload = readEvent(set, entityUpdated)!;
    // @ts-expect-error it is read-only
    payload.sub = 'me';
    // @ts-expect-error so are its arrays
    payload.attributes.push('email');
  });
});

describe('readEvent', () => {
  test('returns the payload or undefined', () => {
    const payload = readEvent(set, tokenClaimsChange);
    expectTypeOf(payload).toEqualTypeOf<PayloadOf<typeof tokenClaimsChange> | undefined>();
    // @ts-expect-error it may be undefined
    payload.claims;
    expectTypeOf(payload!.claims).toEqualTypeOf<{ readonly [claim: string]: unknown }>();
  });
});

describe('the vocabularies', () => {
  test('have open values that editors complete, and closed values', () => {
    const { credential_type, change_type } = readEvent(set, credentialChange)!;
    expectTypeOf<'password'>().toExtend<typeof credential_type>();
    expectTypeOf<'a new kind'>().toExtend<typeof credential_type>();
    expectTypeOf(change_type).toEqualTypeOf<'create' | 'revoke' | 'update' | 'delete'>();
    // @ts-expect-error change_type is closed
    if (change_type === 'rotate') return;
  });

  test('know which members must be absent', () => {
    expectTypeOf(readEvent(set, provCreateNotice)!.data).toEqualTypeOf<undefined>();
  });

  test('have one union of events each', () => {
    expectTypeOf<EventOf<(typeof akamaiEvents)[number]>['type']>().toEqualTypeOf<
      'entityCreated' | 'entityUpdated' | 'entityDeleted' | 'userCredentialUpdated' | 'test'
    >();
  });
});

describe('defineEvent', () => {
  test('infers the payload from a schema of Zod, after its transformations', () => {
    const moved = defineEvent(
      'moved',
      z.object({ to: z.string(), at: z.number().transform((seconds) => new Date(seconds * 1000)) }),
    );
    expectTypeOf(moved).toEqualTypeOf<EventDefinition<'moved', { to: string; at: Date }>>();
    expectTypeOf(readEvent(set, moved)).toEqualTypeOf<{ to: string; at: Date } | undefined>();
    const [event] = readEvents(set, [moved]);
    if (event?.type === 'moved') expectTypeOf(event.payload.at).toEqualTypeOf<Date>();
  });

  test('infers it from Valibot and ArkType', () => {
    expectTypeOf(defineEvent('a', v.object({ n: v.optional(v.number(), 1) })).parse).returns.toEqualTypeOf<{
      n: number;
    }>();
    expectTypeOf(defineEvent('a', ark({ n: 'number', 'tags?': 'string[]' })).parse).returns.toEqualTypeOf<{
      n: number;
      tags?: string[];
    }>();
  });

  test('rejects a value that is not a schema', () => {
    // @ts-expect-error a function is not a schema
    defineEvent('a', (value: unknown) => value);
    // @ts-expect-error a type is a string
    defineEvent(5, z.object({}));
  });

  test('has a schema interface that is assignable to the published one, and the reverse', () => {
    expectTypeOf<Published<string, number>>().toExtend<StandardSchemaV1<string, number>>();
    expectTypeOf<StandardSchemaV1<string, number>>().toExtend<Published<string, number>>();
    expectTypeOf(sessionRevoked.schema).toExtend<Published>();
    expectTypeOf<Published.InferOutput<typeof streamUpdated.schema>['status']>().toEqualTypeOf<
      'enabled' | 'paused' | 'disabled'
    >();
  });
});

describe('subjects', () => {
  test('narrow by format, down to unknown formats', () => {
    const show = (subject: SubjectIdentifier): unknown => {
      expectTypeOf(subject.format).toExtend<string>();
      switch (subject.format) {
        case 'email':
          return expectTypeOf(subject.email).toEqualTypeOf<string>();
        case 'iss_sub':
          return expectTypeOf(subject.iss).toEqualTypeOf<string>();
        case 'ip-addresses':
          return expectTypeOf(subject['ip-addresses']).toEqualTypeOf<readonly string[]>();
        case 'complex':
          if (subject.user?.format === 'email') expectTypeOf(subject.user.email).toEqualTypeOf<string>();
          return expectTypeOf(subject['something']).toBeUnknown();
        case 'aliases':
          expectTypeOf<'oauth_token'>().toExtend<(typeof subject.identifiers)[number]['format']>();
          expectTypeOf<'id_token_claims'>().toExtend<(typeof subject.identifiers)[number]['format']>();
          return expectTypeOf<Extract<(typeof subject.identifiers)[number], AliasesSubject>>().toBeNever();
        case 'oauth_token':
          expectTypeOf(subject).toEqualTypeOf<OAuthTokenSubject>();
          expectTypeOf<'refresh_token'>().toExtend<typeof subject.token_type>();
          expectTypeOf<'a later type'>().toExtend<typeof subject.token_type>();
          expectTypeOf<'hash_sha512'>().toExtend<typeof subject.token_identifier_alg>();
          return expectTypeOf(subject.token).toEqualTypeOf<string>();
        case 'id_token_claims':
          expectTypeOf(subject).toEqualTypeOf<IdTokenClaimsSubject>();
          expectTypeOf(subject.iss).toEqualTypeOf<string | undefined>();
          expectTypeOf(subject.sub).toEqualTypeOf<string | undefined>();
          expectTypeOf(subject.email).toEqualTypeOf<string | undefined>();
          expectTypeOf(subject.phone_number).toEqualTypeOf<string | undefined>();
          return expectTypeOf(subject['email_verified']).toBeUnknown();
        case 'account':
        case 'opaque':
        case 'phone_number':
        case 'did':
        case 'uri':
        case 'jwt_id':
        case 'saml_assertion_id':
        case 'scim':
          return subject;
        default:
          expectTypeOf(subject).toEqualTypeOf<UnknownSubject>();
          return subject['catalog_id'];
      }
    };
    expectTypeOf(show).toBeFunction();
    const compare = (subject: UnknownSubject): boolean => {
      const format: string = subject.format;
      // @ts-expect-error there is no format named unknown, unlike with events
      return format === 'catalog_item' || subject.format === 'unknown';
    };
    expectTypeOf(compare).toBeFunction();
  });
});

describe('notifications of Webhooks 2.0', () => {
  test('are not assignable to a set', () => {
    expectTypeOf<V2Notification>().not.toExtend<VerifiedSet>();
    expectTypeOf<V2Notification>().not.toExtend<DecodedSet>();
    expectTypeOf<V2Notification>().not.toExtend<SetPayload>();
    const act = (verifiedSet: VerifiedSet): VerifiedSet => verifiedSet;
    // @ts-expect-error it is not signed
    act(parseV2Notifications('[]')[0]!);
    // @ts-expect-error nor is a decoded set verified
    act(set);
  });
});

describe('attributeClient', () => {
  test('narrows by origin', () => {
    const attribution = attributeClient('c', ['c'], readEvent(set, entityUpdated));
    expectTypeOf(attribution).toEqualTypeOf<ClientAttribution>();
    if (attribution.origin === 'own') expectTypeOf(attribution.name).toEqualTypeOf<string | undefined>();
    else expectTypeOf(attribution.hostedLogin).toEqualTypeOf<boolean>();
    // @ts-expect-error only other clients have it
    attribution.hostedLogin;
  });
});
