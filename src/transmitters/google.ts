/**
 * The entry `secevent/google`: the events of Google's Cross-Account Protection (RISC).
 *
 * Google names the subject in the event, by `subject_type`: see `subjectOf`. Leaves out registering the receiver with
 * Google.
 */
import { describeEvent, joinEvents } from '../events/define.js';
import { object, type OpenValue, type Rule, string } from '../events/schema.js';
import { listOf, requireObject } from '../options.js';
import { createSsfVerifier } from '../ssf/verifier.js';
import type { SetVerifier } from '../verify.js';
import { riscEvents } from '../vocabularies/risc.js';
import type { NamedVerifierOptions } from './named-verifier.js';

const ORIGIN = 'https://accounts.google.com';

/** The options of {@link createGoogleVerifier}. `clientIds` are OAuth client IDs. */
export type GoogleVerifierOptions = NamedVerifierOptions;

/**
 * Creates a verifier for the SETs of Google's Cross-Account Protection: RS256, the issuer `https://accounts.google.com`
 * with or without a trailing slash, and the keys that Google's RISC configuration names.
 *
 * `exp` is ignored, as Google asks: an event is history.
 *
 * @returns a verifier that rejects as the verifier of `createSsfVerifier` does
 * @throws TypeError for a mistake in the options
 * @see Google, Protect user accounts with Cross-Account Protection
 * @example
 * ```ts
 * const verify = createGoogleVerifier({ clientIds: '123.apps.googleusercontent.com', maxAgeSeconds: 8 * 86_400 });
 * ```
 */
export function createGoogleVerifier(options: GoogleVerifierOptions): SetVerifier {
  requireObject('options', options);
  const { clientIds, typ = null, ...rest } = options;
  return createSsfVerifier({
    ...rest,
    // Tokens have the slash, and the configuration does not (inferred from public receivers).
    issuer: [`${ORIGIN}/`, ORIGIN],
    configurationUrl: `${ORIGIN}/.well-known/risc-configuration`,
    audience: listOf('clientIds', clientIds),
    algorithms: ['RS256'],
    typ,
    exp: 'ignore',
    sub: 'allow',
  });
}

/**
 * All OAuth tokens that the user granted to your app were revoked. Delete the ones that you stored.
 *
 * - `reason`: why, such as `user` or `issuer`.
 *
 * @see OAuth Event Types 1.0 (draft) section 3.3; Google, Protect user accounts with Cross-Account Protection
 */
export const tokensRevoked = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked',
  {
    'subject?': object,
    'reason?': string as Rule<OpenValue<'user' | 'issuer'>>,
  },
);

/**
 * One OAuth token was revoked. Delete it if you stored it.
 *
 * - `subject`: the token, which `subjectOf` reads as an `oauth_token`.
 * - `token_subject`: the user whose token it was.
 * - `reason`: why, such as `inactive` or `user`.
 *
 * @see OAuth Event Types 1.0 (draft) section 3.2; Google, Protect user accounts with Cross-Account Protection
 */
export const tokenRevoked = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/oauth/event-type/token-revoked',
  {
    subject: object,
    'token_subject?': object,
    'reason?': string as Rule<OpenValue<'inactive' | 'too_many' | 'api' | 'user' | 'issuer'>>,
  },
);

/**
 * The events of RISC 1.0, Google's verification event, and the two about OAuth tokens, for `readEvents`.
 */
export const googleEvents = /* @__PURE__ */ joinEvents(riscEvents, [tokensRevoked, tokenRevoked]);
