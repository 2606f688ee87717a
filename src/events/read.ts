/**
 * Reads the events of a set by definitions: each payload is checked when it is read, so that its type is what was
 * found.
 *
 * Leaves out trust: a decoded set gives typed events too, whoever wrote it.
 */
import type { EventDefinition, EventOf, PayloadOf } from './define.js';
import type { JsonObject, SetPayload } from '../model.js';

/** An event for which there is no definition, as it was sent. */
export interface UnknownEvent {
  readonly type: 'unknown';
  /** The event type as it stands in `events`. */
  readonly name: string;
  readonly payload: JsonObject;
}

/**
 * Reads the event of one definition.
 *
 * @returns its payload, or nothing when the set holds no such event
 * @throws SetError `ERR_SET_EVENT` with the path and what was expected, when the payload does not fit
 * @throws TypeError when the schema is asynchronous
 * @see RFC 8417 section 2.2
 */
export function readEvent<Definition extends EventDefinition>(
  set: { readonly payload: SetPayload },
  definition: Definition,
): PayloadOf<Definition> | undefined {
  const { events } = set.payload;
  const { type, parse } = definition;
  return Object.hasOwn(events, type) ? (parse(events[type]) as PayloadOf<Definition>) : undefined;
}

/**
 * Reads all events, in the order of the object's members. Of two definitions of one type the first counts.
 *
 * Events without a definition come untouched, with the type `unknown`. `switch (event.type)` narrows the result, and a
 * compiler sees whether a case is missing. Where the types of the definitions are not known to it, `'name' in event`
 * tells the unknown ones.
 *
 * @throws SetError `ERR_SET_EVENT` with the path and what was expected, when a payload does not fit
 * @throws TypeError when a schema is asynchronous
 * @see RFC 8417 section 2.2
 */
export function readEvents<const Definitions extends readonly EventDefinition[]>(
  set: { readonly payload: SetPayload },
  definitions: Definitions,
): (EventOf<Definitions[number]> | UnknownEvent)[] {
  return Object.entries(set.payload.events).map(([name, payload]) => {
    const definition = definitions.find(({ type }) => type === name);
    if (!definition) return { type: 'unknown', name, payload };
    return { type: name, payload: definition.parse(payload) } as EventOf<Definitions[number]>;
  });
}
