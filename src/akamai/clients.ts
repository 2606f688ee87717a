/**
 * Attribution of an event to an API client: one of the caller's own, or another.
 *
 * Another client is normal: Hosted Login writes through internal clients of Identity Cloud. Their IDs are shared among
 * customers and change at any time, so this library keeps no list of them.
 */

/** The client that caused an event, and whether it is in the caller's list. */
export type ClientAttribution =
  | {
      readonly clientId: string;
      readonly origin: 'own';
      /** The client's name, if the caller's list is a map. */
      readonly name?: string;
    }
  | {
      readonly clientId: string;
      readonly origin: 'other';
      /**
       * Whether Hosted Login itself writes all of the changed attributes. This is a hint: other clients can write them
       * too.
       */
      readonly hostedLogin: boolean;
    };

/**
 * The attributes that Hosted Login changes when a user verifies or removes an email address or a mobile number, or
 * requests deletion of the account or a copy of the data.
 */
const HOSTED_LOGIN_ATTRIBUTES: readonly unknown[] = [
  'email',
  'emailVerified',
  'mobileNumber',
  'mobileNumberVerified',
  'accountDeleteRequestTime',
  'accountDataRequestTime',
];

/**
 * Reports whether one of the caller's own clients caused an event. An unknown client is normal, not a sign of a breach.
 *
 * @param clientId `captureClientId` of an event, or `client_id` of a Webhooks 2.0 notification
 * @param ownClients the IDs of the caller's clients, or a map from IDs to names
 * @param event the payload of the event. `hostedLogin` depends on its `attributes`, and is false without them
 * @throws TypeError when `ownClients` is a string or not iterable
 * @see Akamai Identity Cloud: Webhooks v3 reports a non-existent client ID
 */
export function attributeClient(
  clientId: string,
  ownClients: Iterable<string> | ReadonlyMap<string, string>,
  event?: { readonly attributes?: unknown },
): ClientAttribution {
  if (typeof ownClients === 'string') throw new TypeError('ownClients must be a list of client IDs, not a string');
  if ('get' in ownClients) {
    const name = ownClients.get(clientId);
    if (ownClients.has(clientId))
      return name === undefined ? { clientId, origin: 'own' } : { clientId, origin: 'own', name };
  } else if (new Set(ownClients).has(clientId)) {
    return { clientId, origin: 'own' };
  }
  const { attributes } = event ?? {};
  const hostedLogin =
    Array.isArray(attributes) &&
    attributes.length > 0 &&
    attributes.every((name) => HOSTED_LOGIN_ATTRIBUTES.includes(name));
  return { clientId, origin: 'other', hostedLogin };
}
