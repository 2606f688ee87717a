/**
 * Which API client caused an event: one of the caller's own, or another.
 *
 * Another is normal. Hosted Login writes through clients of Identity Cloud itself, whose IDs are shared among customers
 * and change at any time, so that no list of them is kept here.
 */

/** Who acted, by the caller's own list. */
export type ClientAttribution =
  | {
      readonly clientId: string;
      readonly origin: 'own';
      /** The name in the caller's list, where that is a map. */
      readonly name?: string;
    }
  | {
      readonly clientId: string;
      readonly origin: 'other';
      /** Whether all changes are of the kind that Hosted Login makes by itself. A hint: others can make them too. */
      readonly hostedLogin: boolean;
    };

/**
 * What Hosted Login changes when a user verifies or removes an address or a number, or asks for deletion or for the
 * data.
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
 * @param ownClients the IDs of the caller's clients, or a map from them to names
 * @param event the payload of the event, for `hostedLogin`; without its `attributes` that is false
 * @throws TypeError when `ownClients` is a string, or cannot be iterated
 * @see Akamai Identity Cloud: Webhooks v3 reports a non-existent client ID
 */
export function attributeClient(
  clientId: string,
  ownClients: Iterable<string> | ReadonlyMap<string, string>,
  event?: { readonly attributes?: unknown },
): ClientAttribution {
  if (typeof ownClients === 'string') throw new TypeError('ownClients must be a list of client IDs, not one');
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
