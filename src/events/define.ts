/**
 * Event definitions: an event type (RFC 8417 section 2.2) with the schema of its payload, and the types derived from
 * them.
 */
import { createSchema, type Described, type Members, parseAs } from './schema.js';
import type { StandardSchemaV1 } from './standard.js';
import { validate } from './validate.js';

/** An event type with the schema of its payload, as {@link defineEvent} returns it and the vocabularies export it. */
export interface EventDefinition<Type extends string = string, Payload = unknown> {
  /** The event type: a URI, or one of Akamai's plain names. */
  readonly type: Type;
  /** The schema of the payload. */
  readonly schema: StandardSchemaV1<unknown, Payload>;
  /**
   * Validates a payload against the schema.
   *
   * @throws SetError `ERR_SET_EVENT` with the path and what was expected
   * @throws TypeError when the schema is asynchronous
   */
  readonly parse: (payload: unknown) => Payload;
}

/** The payload type of an event definition: the output of its schema. */
export type PayloadOf<Definition> = Definition extends EventDefinition<string, infer Payload> ? Payload : never;

/**
 * The event that a definition describes, as {@link readEvents} returns it. A union of definitions becomes a union of
 * events, which `switch (event.type)` narrows.
 */
export type EventOf<Definition> =
  Definition extends EventDefinition<infer Type, infer Payload>
    ? { readonly type: Type; readonly payload: Payload }
    : never;

/**
 * Defines an event: its type and the schema of its payload.
 *
 * @param type the member name in `events`, compared exactly. It cannot be `unknown`: {@link readEvents} uses that for
 * events without a definition
 * @param schema any synchronous Standard Schema (version 1), such as one of Zod, Valibot, ArkType or your own
 * @throws TypeError when the type is empty or `unknown`, or when the schema is not a Standard Schema
 * @see RFC 8417 section 2.2
 */
export function defineEvent<const Type extends string, Payload>(
  type: Type,
  schema: StandardSchemaV1<unknown, Payload>,
): EventDefinition<Type, Payload> {
  if (typeof type !== 'string' || type === '' || type === 'unknown')
    throw new TypeError('type must be a non-empty string other than "unknown"');
  const standard = schema?.['~standard'];
  if (standard?.version !== 1 || typeof standard.validate !== 'function')
    throw new TypeError('schema must be a Standard Schema, version 1');
  return { type, schema, parse: (payload) => validate(schema, payload, pathOf(type)) };
}

/** Defines an event of this package's vocabularies, from up to three descriptions of its payload. */
export function describeEvent<
  const Type extends string,
  const A extends Members = {},
  const B extends Members = {},
  const C extends Members = {},
>(type: Type, ...descriptions: readonly [a?: A, b?: B, c?: C]): EventDefinition<Type, Described<A, B, C>> {
  const schema = createSchema(...descriptions);
  return { type, schema, parse: (payload) => parseAs(schema, payload, pathOf(type)) };
}

/** Joins lists of definitions. A call, since bundlers cannot drop a list with a spread that nobody uses. */
export function joinEvents<
  const First extends readonly EventDefinition[],
  const More extends readonly EventDefinition[],
>(first: First, more: More): readonly [...First, ...More] {
  return [...first, ...more];
}

function pathOf(type: string): string {
  return `events.${type}`;
}
