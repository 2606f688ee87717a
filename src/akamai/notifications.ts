/**
 * Notifications of Akamai Identity Cloud, Webhooks 2.0: for archives and migrations, since the service ended in 2023.
 *
 * They are not SETs. They are not signed, and `hash` is a fixed string from the webhook's configuration. A notification
 * does not contain the kind of its event: that depends on which webhook sent it.
 */
import { createSchema, type OpenValue, parseAs, type Rule, string } from '../events/schema.js';
import { parseText } from '../json.js';

/** One notification, as it was sent. It is unverified, and its type is not assignable to a set. */
export interface V2Notification {
  /** The UUID of the record. */
  readonly uuid: string;
  /** The type of the record: `user`, or a type that the customer defined. */
  readonly entity_type: OpenValue<'user'>;
  /** When the event happened, in ISO 8601. */
  readonly datetime: string;
  /** The webhook's configured callback hash: the same string each time, not a digest of the message. */
  readonly hash: string;
  /** The API client that caused the event: see {@link attributeClient}. */
  readonly client_id: string;
  readonly [member: string]: unknown;
}

const notificationSchema = /* @__PURE__ */ createSchema({
  uuid: string,
  entity_type: string as Rule<OpenValue<'user'>>,
  datetime: string,
  hash: string,
  client_id: string,
});

/**
 * Parses the body of a Webhooks 2.0 request: a list of notifications, or a single one.
 *
 * @param body JSON as a string, or its parsed value
 * @returns a list, even for a single notification
 * @throws SetError `ERR_SET_JSON` when a string is not JSON; `ERR_SET_EVENT` with the path when a member is missing or
 * has the wrong type
 * @see Akamai Identity Cloud: Monitor user profile activity by using Webhooks 2.0
 */
export function parseV2Notifications(body: unknown): readonly V2Notification[] {
  const value = typeof body === 'string' ? parseText(body, 'The body') : body;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((each, index) => parseAs(notificationSchema, each, `[${index}]`));
}
