/**
 * The entry `secevent/oidc`: OpenID Connect Back-Channel Logout 1.0. A logout token is a SET with rules of its own.
 *
 * It must have an `exp`, which Shared Signals forbids, and it names its subject by `sub` or its session by `sid`.
 * Leaves out the delivery as a form (section 2.5): see `tokenFromForm` in `secevent/receiver`.
 */
import { checkEnvelope, rejectClaim } from '../envelope.js';
import { attachSet, isSetError, SetError } from '../errors.js';
import { describeEvent } from '../events/define.js';
import { isJsonObject } from '../json.js';
import type { KeySource } from '../keys.js';
import type { JsonObject, SetPayload } from '../model.js';
import { checkChoice } from '../options.js';
import type { VerifyOptions } from '../policy.js';
import { createProfileVerifier, type SetVerifier } from '../verify.js';

/**
 * A user was logged out at the provider. The payload is empty: the `sub` or the `sid` of the set names the user or the
 * session.
 *
 * @see OpenID Connect Back-Channel Logout 1.0 section 2.4
 */
export const backchannelLogout = /* @__PURE__ */ describeEvent('http://schemas.openid.net/event/backchannel-logout');

/** All events of OpenID Connect Back-Channel Logout, for `readEvents`. */
export const oidcEvents = [backchannelLogout] as const;

/** The options of {@link createLogoutVerifier}. */
export interface LogoutVerifierOptions extends VerifyOptions {
  /**
   * The expected `typ`, or several. Default `null`: any `typ`, or none. The standard recommends `logout+jwt`, but many
   * transmitters send something else.
   */
  readonly typ?: string | readonly string[] | null;
  /**
   * Whether `exp` must be present. Default `require`. For a provider that sends none, pass `allow` with a
   * `maxAgeSeconds`, which then limits how long a stolen token is useful.
   */
  readonly exp?: 'require' | 'allow' | 'forbid';
}

/**
 * Creates a verifier for logout tokens: `exp`, `aud`, and `sub` or `sid` are required, and `nonce` is forbidden.
 *
 * It checks only its own event: other members of `events`, such as Keycloak's `"revoke_offline_access": true`, may be
 * anything, so read them from the payload with care.
 *
 * @param keys as for `createVerifier`
 * @param options `issuer` and `audience` are required
 * @returns a verifier that rejects as `verifySet` does, and with SetError `ERR_SET_EVENT` when the logout event is
 * missing, `ERR_SET_CLAIM_FORBIDDEN` for a `nonce`, and `ERR_SET_CLAIM_MISSING` or `ERR_SET_CLAIM_INVALID` for `aud`,
 * `sub` or `sid`
 * @throws TypeError for a mistake in the keys or the options, such as `exp: 'ignore'`, or `'allow'` or `'forbid'`
 * without `maxAgeSeconds`
 * @see OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6
 * @example
 * ```ts
 * const keys = createRemoteJwks('https://op.example/jwks.json');
 * const verify = createLogoutVerifier(keys, { issuer: 'https://op.example', audience: 'my-client' });
 * ```
 */
export function createLogoutVerifier(keys: KeySource, options: LogoutVerifierOptions): SetVerifier {
  const { typ = null, exp = 'require', maxAgeSeconds } = options ?? {};
  checkChoice('exp', exp, ['require', 'allow', 'forbid']);
  if (exp !== 'require' && maxAgeSeconds === undefined) throw new TypeError(`exp: '${exp}' requires maxAgeSeconds`);
  // maxAgeSeconds as it was checked: a spread leaves out inherited members.
  const limits = maxAgeSeconds === undefined ? {} : { maxAgeSeconds };
  const verify = createProfileVerifier(keys, { ...options, typ, exp, ...limits }, readClaims);
  return async (token) => {
    const set = await verify(token);
    try {
      checkLogout(set.payload);
    } catch (error) {
      if (isSetError(error)) attachSet(error, set);
      throw error;
    }
    return set;
  };
}

/** Checks the envelope as if the logout event were the only member of `events`. The claims stay as they were sent. */
function readClaims(claims: JsonObject): SetPayload {
  const { events } = claims;
  const hasEvents = isJsonObject(events) && Object.keys(events).length > 0;
  const { [backchannelLogout.type]: logout = {} } = Object(events) as JsonObject;
  checkEnvelope(hasEvents ? { ...claims, events: { logout } } : claims);
  return claims as SetPayload;
}

function checkLogout({ events, aud, sub, sid, nonce }: SetPayload): void {
  if (!Object.keys(events).includes(backchannelLogout.type))
    throw new SetError('ERR_SET_EVENT', `The event ${backchannelLogout.type} is missing`);
  // ID Tokens have a nonce. Without this rule, one could pass for a logout token.
  if (nonce !== undefined) rejectClaim('ERR_SET_CLAIM_FORBIDDEN', 'nonce', 'is forbidden');
  if (aud === undefined) rejectClaim('ERR_SET_CLAIM_MISSING', 'aud', 'is missing');
  if (sid !== undefined && (typeof sid !== 'string' || sid === ''))
    rejectClaim('ERR_SET_CLAIM_INVALID', 'sid', 'must be a non-empty string');
  if (!sub && sid === undefined) rejectClaim('ERR_SET_CLAIM_MISSING', 'sub', 'is missing, and so is "sid"');
}
