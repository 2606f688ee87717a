/**
 * Definitions of events: an event type (RFC 8417 section 2.2) and the schema of its payload, and the types that follow
 * from them.
 */
import { type Described, type Members, objectOf, parseAs } from './schema.js';
import type { StandardSchemaV1 } from './standard.js';
import { validate } from './validate.js';

/** An event type with the schema of its payload, as {@link defineEvent} and the vocabularies make it. */
export interface EventDefinition<Type extends string = string, Payload = unknown> {
  /** The event type: a URI, or with Akamai a bare word. */
  readonly type: Type;
  /** What the payload has to be. */
  readonly schema: StandardSchemaV1<unknown, Payload>;
  /**
   * Checks a payload by the schema.
   *
   * @throws SetError `ERR_SET_EVENT` with the path and what was expected
   * @throws TypeError when the schema is asynchronous
   */
  readonly parse: (payload: unknown) => Payload;
}

/** The payload of the events of a definition, as its schema gives it. */
export type PayloadOf<Definition> = Definition extends EventDefinition<string, infer Payload> ? Payload : never;

/**
 * The event of a definition; of a union of definitions the union of their events, which `switch (event.type)` narrows.
 */
export type EventOf<Definition> =
  Definition extends EventDefinition<infer Type, infer Payload>
    ? { readonly type: Type; readonly payload: Payload }
    : never;

/**
 * Defines an event: its type, and the schema of its payload.
 *
 * @param type as it stands in `events`; compared exactly. `unknown` is what {@link readEvents} calls events without a
 * definition
 * @param schema any schema by Standard Schema version 1 that needs no promise: of Zod, Valibot, ArkType or your own
 * @throws TypeError when the type is empty or `unknown`, or when the schema is none
 * @see RFC 8417 section 2.2
 */
export function defineEvent<const Type extends string, Payload>(
  type: Type,
  schema: StandardSchemaV1<unknown, Payload>,
): EventDefinition<Type, Payload> {
  if (typeof type !== 'string' || type === '' || type === 'unknown')
    throw new TypeError('type must be a string, not empty and not unknown');
  const standard = schema?.['~standard'];
  if (standard?.version !== 1 || typeof standard.validate !== 'function')
    throw new TypeError('schema must be one by Standard Schema, version 1');
  return { type, schema, parse: (payload) => validate(schema, payload, pathOf(type)) };
}

/**
 * Defines an event of a vocabulary of this package, by up to three descriptions of its payload.
 */
export function describeEvent<
  const Type extends string,
  const A extends Members = {},
  const B extends Members = {},
  const C extends Members = {},
>(type: Type, ...descriptions: readonly [a?: A, b?: B, c?: C]): EventDefinition<Type, Described<A, B, C>> {
  const schema = objectOf(...descriptions);
  return { type, schema, parse: (payload) => parseAs(schema, payload, pathOf(type)) };
}

function pathOf(type: string): string {
  return `events.${type}`;
}
