/**
 * Notifications of Akamai Identity Cloud, Webhooks 2.0, which ended in 2023: for archives and for migration.
 *
 * They are no SETs: nothing signs them, and `hash` is a fixed text that the webhook was configured with. Which kind of
 * event one reports, only the webhook that it came from tells.
 */
import { objectOf, type OpenValue, parseAs, type Rule, string } from '../events/schema.js';
import { parseText } from '../json.js';

/** One notification, as it was sent. Nothing in it is verified, and no type makes a set of it. */
export interface V2Notification {
  /** The UUID of the record. */
  readonly uuid: string;
  /** `user`, or a type that the customer defined. */
  readonly entity_type: OpenValue<'user'>;
  /** When the event took place, in ISO 8601. */
  readonly datetime: string;
  /** The callback hash of the webhook: the same text each time, and no digest of the message. */
  readonly hash: string;
  /** The API client that acted: see {@link attributeClient}. */
  readonly client_id: string;
  readonly [member: string]: unknown;
}

const notification = /* @__PURE__ */ objectOf({
  uuid: string,
  entity_type: string as Rule<OpenValue<'user'>>,
  datetime: string,
  hash: string,
  client_id: string,
});

/**
 * Reads the body of a Webhooks 2.0 request: a list of notifications, or a single one.
 *
 * @param body the JSON text, or what it was parsed to
 * @returns always a list
 * @throws SetError `ERR_SET_JSON` when a text is not JSON, `ERR_SET_EVENT` with the path when a member is missing or of
 * the wrong type
 * @see Akamai Identity Cloud: Monitor user profile activity by using Webhooks 2.0
 */
export function parseV2Notifications(body: unknown): readonly V2Notification[] {
  const value = typeof body === 'string' ? parseText(body, 'The body') : body;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((each, index) => parseAs(notification, each, `[${index}]`));
}
