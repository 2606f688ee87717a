/**
 * Reads typed events from a set. Each payload is validated when it is read, so its type is true at run time.
 *
 * Leaves out trust: a set that was only decoded has typed events too, and anyone may have written it.
 */
import type { EventDefinition, EventOf, PayloadOf } from './define.js';
import { isJsonObject } from '../json.js';
import type { JsonObject, SetPayload } from '../model.js';

/** An event without a definition, as it was sent. */
export interface UnknownEvent {
  readonly type: 'unknown';
  /** The event type: the member name in `events`. */
  readonly name: string;
  /** The payload as it was sent. */
  readonly payload: JsonObject;
}

/**
 * Reads the event of one definition.
 *
 * @returns its payload, or undefined when the set does not contain the event
 * @throws SetError `ERR_SET_EVENT` with the path and what was expected, when the payload does not match the schema
 * @throws TypeError when the schema is asynchronous
 * @see RFC 8417 section 2.2
 */
export function readEvent<Definition extends EventDefinition>(
  set: { readonly payload: SetPayload },
  definition: Definition,
): PayloadOf<Definition> | undefined {
  const { events } = set.payload;
  const { type, parse } = definition;
  const isPresent = Object.prototype.hasOwnProperty.call(events, type);
  return isPresent ? (parse(events[type]) as PayloadOf<Definition>) : undefined;
}

/**
 * Reads all events of a set, in their order in `events`. If two definitions have the same type, the first is used.
 * Members of `events` that are not objects are left out: they are not events, but logout tokens may contain them.
 *
 * An event without a definition has the type `unknown`, its `name`, and its payload as it was sent. The result narrows
 * with `switch (event.type)`, and the compiler reports a missing case. If it does not know the types of the
 * definitions, `'name' in event` identifies the unknown events.
 *
 * @throws SetError `ERR_SET_EVENT` with the path and what was expected, when a payload does not match its schema
 * @throws TypeError when a schema is asynchronous
 * @see RFC 8417 section 2.2
 */
export function readEvents<const Definitions extends readonly EventDefinition[]>(
  set: { readonly payload: SetPayload },
  definitions: Definitions,
): (EventOf<Definitions[number]> | UnknownEvent)[] {
  const found: (EventOf<Definitions[number]> | UnknownEvent)[] = [];
  const { events } = set.payload;
  // With Object.entries, reading a set takes 1.4 times as long.
  for (const name of Object.keys(events)) {
    const payload = events[name];
    if (!isJsonObject(payload)) continue;
    const definition = definitions.find(({ type }) => type === name);
    found.push(
      definition
        ? ({ type: name, payload: definition.parse(payload) } as EventOf<Definitions[number]>)
        : { type: 'unknown', name, payload },
    );
  }
  return found;
}
