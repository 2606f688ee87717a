/**
 * The entry `secevent/oidc`: OpenID Connect Back-Channel Logout 1.0, whose logout token is a SET by rules of its own.
 *
 * It has to expire, which Shared Signals forbid, and names its subject by `sub` or its session by `sid`. Leaves out the
 * delivery, a form with the field `logout_token` (section 2.5).
 */
import { attachSet, isSetError, SetError } from '../errors.js';
import { describeEvent } from '../events/define.js';
import type { KeySource } from '../keys.js';
import type { SetPayload } from '../model.js';
import { refuse, type VerifyOptions } from '../policy.js';
import { createVerifier, type SetVerifier } from '../verify.js';

/**
 * A user was logged out at the provider. The payload is empty; the `sub` or the `sid` of the set tells who.
 *
 * @see OpenID Connect Back-Channel Logout 1.0 section 2.4
 */
export const backchannelLogout = /* @__PURE__ */ describeEvent('http://schemas.openid.net/event/backchannel-logout');

/** All events of OpenID Connect Back-Channel Logout, for `readEvents`. */
export const oidcEvents = [backchannelLogout] as const;

/** What {@link createLogoutVerifier} takes. */
export interface LogoutVerifierOptions extends Omit<VerifyOptions, 'exp'> {
  /** The expected `typ`. Default: any, and none. `logout+jwt` is recommended to transmitters, but many send another. */
  readonly typ?: string | null;
}

/**
 * Makes a verifier for logout tokens: `exp` and `aud` are required, `nonce` is forbidden, and there is a `sub` or a
 * `sid`.
 *
 * @param keys as `createVerifier` takes them
 * @param options `issuer` and `audience` are required
 * @returns a verifier that rejects, besides with what `verifySet` rejects with, with SetError `ERR_SET_EVENT` when it
 * is no logout event, `ERR_SET_CLAIM_FORBIDDEN` for a `nonce`, `ERR_SET_CLAIM_MISSING` or `ERR_SET_CLAIM_INVALID` for
 * `aud`, `sub` or `sid`
 * @throws TypeError for a mistake in the keys or the options
 * @see OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6
 */
export function createLogoutVerifier(keys: KeySource, options: LogoutVerifierOptions): SetVerifier {
  const verify = createVerifier(keys, { ...options, typ: options?.typ ?? null, exp: 'require' });
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

function checkLogout({ events, aud, sub, sid, nonce }: SetPayload): void {
  if (!Object.hasOwn(events, backchannelLogout.type))
    throw new SetError('ERR_SET_EVENT', `There is no event ${backchannelLogout.type}`);
  // The nonce of an ID token: without this rule one could be made to look like the other.
  if (nonce !== undefined) refuse('ERR_SET_CLAIM_FORBIDDEN', 'nonce', 'is forbidden');
  if (aud === undefined) refuse('ERR_SET_CLAIM_MISSING', 'aud', 'is missing');
  if (sid !== undefined && (typeof sid !== 'string' || sid === ''))
    refuse('ERR_SET_CLAIM_INVALID', 'sid', 'must be a valid string');
  if (!sub && sid === undefined) refuse('ERR_SET_CLAIM_MISSING', 'sub', 'is missing, and so is "sid"');
}
