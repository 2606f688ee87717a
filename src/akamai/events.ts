/**
 * The events of Akamai Identity Cloud, Webhooks v3. Their types are bare words and no URIs.
 *
 * Required is what the documentation lists for an event and every published token has; the ID of an event is missing in
 * old ones, and `credentialType` is known from one token only. The allow list of event types can grow at any time: a
 * type without a definition here is an unknown event and no error.
 */
import { describeEvent } from '../events/define.js';
import { type OpenValue, type Rule, string, strings } from '../events/schema.js';

/** What every event about a record has. */
const record = {
  captureApplicationId: string,
  captureClientId: string,
  entityType: string as Rule<OpenValue<'user'>>,
  globalSub: string,
  sub: string,
};

/** The ID of the event, where `jti` is that of the notification. Tokens of 2020 have none. */
const id = { 'id?': string };

/**
 * A record was created, by whatever means. `entityType` is `user`, or one that the customer defined.
 *
 * `captureClientId` may be a client of Identity Cloud itself: see {@link attributeClient}.
 *
 * @see Akamai Identity Cloud, Webhooks v3
 */
export const entityCreated = /* @__PURE__ */ describeEvent('entityCreated', record, id);

/**
 * A record was changed. `attributes` names what changed, with dots where attributes are nested, and never tells a
 * value.
 *
 * @see Akamai Identity Cloud, Webhooks v3
 */
export const entityUpdated = /* @__PURE__ */ describeEvent('entityUpdated', { attributes: strings }, record, id);

/**
 * A record was deleted. No published token shows this event; its members are taken to be those of {@link
 * entityCreated}.
 *
 * @see Akamai Identity Cloud, Webhooks v3
 */
export const entityDeleted = /* @__PURE__ */ describeEvent('entityDeleted', record, id);

/**
 * A credential was changed. The one published token has the `credentialType` `password`.
 *
 * @see Akamai Identity Cloud, Webhooks v3: Security Event Tokens
 */
export const userCredentialUpdated = /* @__PURE__ */ describeEvent(
  'userCredentialUpdated',
  { 'credentialType?': string as Rule<OpenValue<'password'>> },
  record,
  id,
);

/**
 * A test notification, which the subscription's test endpoint sends.
 *
 * @see Akamai Identity Cloud, Webhooks v3
 */
export const test = /* @__PURE__ */ describeEvent('test', id);

/** All known events of Webhooks v3, for `readEvents`. */
export const akamaiEvents = [entityCreated, entityUpdated, entityDeleted, userCredentialUpdated, test] as const;
