/**
 * The `globalSub` of an event: the address of one record within all of Identity Cloud,
 * `capture-v1://{capture host}/{application ID}/{entity type}/{UUID}`.
 */
import { SetError } from '../errors.js';

/** The parts of a `globalSub`. Upper and lower case are as sent. */
export interface GlobalSub {
  /** The host of the Capture application, such as `us.janraincapture.com`. */
  readonly captureHost: string;
  /** The ID of the Capture application. */
  readonly captureApplicationId: string;
  /** The type of the record: `user`, or a type that the customer defined. */
  readonly entityType: string;
  /** The ID of the record, equal to the event's `sub`. Akamai sends UUIDs, but the form is not checked. */
  readonly uuid: string;
}

/**
 * Parses a `globalSub`: `capture-v1://{capture host}/{application ID}/{entity type}/{UUID}`.
 *
 * @throws SetError `ERR_SET_SUBJECT` when it has another form
 * @see Akamai Identity Cloud, Webhooks v3: Security Event Tokens
 */
export function parseGlobalSub(globalSub: string): GlobalSub {
  const parts =
    typeof globalSub === 'string' &&
    /^capture-v1:\/\/([^\s/?#]+)\/([^\s/?#]+)\/([^\s/?#]+)\/([^\s/?#]+)$/.exec(globalSub);
  if (!parts)
    throw new SetError(
      'ERR_SET_SUBJECT',
      'globalSub must have the form capture-v1://{capture host}/{application ID}/{entity type}/{UUID}',
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
