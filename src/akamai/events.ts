/**
 * The events of Akamai Identity Cloud, Webhooks v3. Their types are plain names, not URIs.
 *
 * A member is required here if the documentation lists it for the event and every published token contains it. Tokens
 * from 2020 lack the `id` of an event, and only one published token has a `credentialType`. Akamai can add event types
 * at any time: a type without a definition here is an unknown event, not an error.
 */
import { describeEvent } from '../events/define.js';
import { type OpenValue, type Rule, string, strings } from '../events/schema.js';

/** The members of every event about a record: see {@link entityCreated}. */
const recordMembers = {
  captureApplicationId: string,
  captureClientId: string,
  entityType: string as Rule<OpenValue<'user'>>,
  globalSub: string,
  sub: string,
};

const eventId = { 'id?': string };

/**
 * A record was created.
 *
 * - `captureApplicationId`: the Capture application that contains the record.
 * - `captureClientId`: the API client that caused the event, perhaps an internal one: see {@link attributeClient}.
 * - `entityType`: the type of the record, `user` or a type that the customer defined.
 * - `globalSub`: the address of the record within Identity Cloud: see {@link parseGlobalSub}.
 * - `sub`: the UUID of the record.
 * - `id`: the ID of the event. (`jti` is the ID of the notification.) Tokens from 2020 lack it.
 *
 * @see Akamai Identity Cloud, Webhooks v3
 */
export const entityCreated = /* @__PURE__ */ describeEvent('entityCreated', recordMembers, eventId);

/**
 * A record was changed.
 *
 * - `attributes`: the names of the changed attributes, without their values. The name of a nested attribute contains
 *   dots, such as `primaryAddress.city`.
 *
 * The other members are those of {@link entityCreated}.
 *
 * @see Akamai Identity Cloud, Webhooks v3
 */
export const entityUpdated = /* @__PURE__ */ describeEvent(
  'entityUpdated',
  { attributes: strings },
  recordMembers,
  eventId,
);

/**
 * A record was deleted. No token with this event has been published: its members are assumed to be those of
 * {@link entityCreated}.
 *
 * @see Akamai Identity Cloud, Webhooks v3
 */
export const entityDeleted = /* @__PURE__ */ describeEvent('entityDeleted', recordMembers, eventId);

/**
 * A credential of a user was changed.
 *
 * - `credentialType`: the kind of the credential. The only published value is `password`.
 *
 * The other members are those of {@link entityCreated}.
 *
 * @see Akamai Identity Cloud, Webhooks v3: Security Event Tokens
 */
export const userCredentialUpdated = /* @__PURE__ */ describeEvent(
  'userCredentialUpdated',
  { 'credentialType?': string as Rule<OpenValue<'password'>> },
  recordMembers,
  eventId,
);

/**
 * A test notification, which Akamai sends on request. It does not name a record.
 *
 * - `id`: the ID of the event.
 *
 * @see Akamai Identity Cloud, Webhooks v3
 */
export const testNotification = /* @__PURE__ */ describeEvent('test', eventId);

/** All known events of Webhooks v3, for `readEvents`. */
export const akamaiEvents = [
  entityCreated,
  entityUpdated,
  entityDeleted,
  userCredentialUpdated,
  testNotification,
] as const;
