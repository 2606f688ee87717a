/**
 * The `globalSub` of an event: the address of one record within all of Identity Cloud,
 * `capture-v1://{capture host}/{application ID}/{entity type}/{UUID}`.
 */
import { SetError } from '../errors.js';

/** The parts of a `globalSub`, in the case in which they were sent. */
export interface GlobalSub {
  /** The host of the Capture application, such as `us.janraincapture.com`. */
  readonly captureHost: string;
  readonly captureApplicationId: string;
  /** `user`, or a type that the customer defined. */
  readonly entityType: string;
  /** The ID of the record, the event's `sub`. Akamai sends UUIDs; the form is not checked. */
  readonly uuid: string;
}

/**
 * Takes a `globalSub` apart.
 *
 * @throws SetError `ERR_SET_SUBJECT` when it is not of that form
 * @see Akamai Identity Cloud, Webhooks v3: Security Event Tokens
 */
export function parseGlobalSub(globalSub: string): GlobalSub {
  const parts =
    typeof globalSub === 'string' &&
    /^capture-v1:\/\/([^\s/?#]+)\/([^\s/?#]+)\/([^\s/?#]+)\/([^\s/?#]+)$/.exec(globalSub);
  if (!parts)
    throw new SetError(
      'ERR_SET_SUBJECT',
      'A globalSub must be capture-v1://, a host, an application ID, an entity type and a UUID',
    );
  const [, captureHost, captureApplicationId, entityType, uuid] = parts as unknown as readonly [
    string,
    string,
    string,
    string,
    string,
  ];
  return { captureHost, captureApplicationId, entityType, uuid };
}
