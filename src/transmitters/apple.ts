/**
 * The entry `secevent/apple`: the server-to-server notifications of Sign in with Apple.
 *
 * Apple puts the token into `{"payload": "…"}`: see `tokenFromJson` in `secevent/receiver`. In the token, `events` is a
 * JSON string that contains one event. Its `exp` is a day after its `iat`, and a redelivery may come later.
 */
import { checkEnvelope, rejectClaim } from '../envelope.js';
import { describeEvent, type EventDefinition } from '../events/define.js';
import { type Described, number, type Rule, string } from '../events/schema.js';
import { fetchJson } from '../http.js';
import { checkDuplicates, isJsonObject, parseText } from '../json.js';
import { createCachedJwks } from '../jwks/cached.js';
import type { JsonObject, SetPayload } from '../model.js';
import { listOf, requireObject } from '../options.js';
import { createProfileVerifier, type SetVerifier } from '../verify.js';
import type { NamedVerifierOptions } from './named-verifier.js';

const ISSUER = 'https://appleid.apple.com';
const KEYS_URL = 'https://appleid.apple.com/auth/keys';
// Apart from the definition, so that a bundle of the verifier alone does not contain the events.
const ACCOUNT_DELETED = 'account-deleted';

/** The options of {@link createAppleVerifier}. `clientIds` are bundle IDs and Services IDs. */
export type AppleVerifierOptions = NamedVerifierOptions;

/**
 * Creates a verifier for the notifications of Sign in with Apple: RS256, the issuer `https://appleid.apple.com`, and
 * Apple's published keys. `exp` is ignored, since a redelivery after it is still true.
 *
 * Once the signature is valid, the string in `events` is parsed, and the events of the verified set become
 * `{ [type]: { sub, event_time, … } }`, as in every other SET. An `account-delete` becomes `account-deleted`.
 *
 * @returns a verifier that rejects as `verifySet` does: with SetError `ERR_SET_CLAIM_INVALID` when the claim `events` is
 * not an event with a type, `ERR_SET_DUPLICATE_MEMBER` when it contains a duplicate member, and `ERR_SET_JWKS` when the
 * keys cannot be fetched
 * @throws TypeError for a mistake in the options
 * @see Apple, Processing changes for Sign in with Apple accounts
 * @example
 * ```ts
 * const receive = createPushReceiver({
 *   verify: createAppleVerifier({ clientIds: 'com.example.app', maxAgeSeconds: 8 * 86_400 }),
 *   readToken: tokenFromJson('payload'),
 *   successStatus: 200,
 *   onSet: (set) => store(set),
 * });
 * ```
 */
export function createAppleVerifier(options: AppleVerifierOptions): SetVerifier {
  requireObject('options', options);
  const { clientIds, typ = null, jwks, ...rest } = options;
  const audience = listOf('clientIds', clientIds);
  const keys = createCachedJwks(KEYS_URL, (limits) => fetchJson(KEYS_URL, 'ERR_SET_JWKS', limits), rest, jwks);
  return createProfileVerifier(
    keys,
    { ...rest, issuer: ISSUER, audience, algorithms: ['RS256'], typ, exp: 'ignore', sub: 'allow' },
    readClaims,
  );
}

function readClaims(claims: JsonObject): SetPayload {
  const { events } = claims;
  const read = { ...claims, ...(events !== undefined && { events: readInnerEvent(events) }) };
  checkEnvelope(read);
  return read;
}

/** Reads the one event, which is a JSON string or an object. */
function readInnerEvent(events: unknown): JsonObject {
  const event = typeof events === 'string' ? parseEvent(events) : events;
  if (!isJsonObject(event)) return rejectEvents();
  const { type, ...payload } = event;
  if (typeof type !== 'string' || type === '') return rejectEvents();
  return { [type === 'account-delete' ? ACCOUNT_DELETED : type]: payload };
}

function parseEvent(text: string): JsonObject {
  let event: unknown;
  try {
    event = parseText(text, 'events');
  } catch {
    // Rejected below, with the claim.
  }
  if (!isJsonObject(event)) return rejectEvents();
  checkDuplicates(text, event, 'event');
  return event;
}

function rejectEvents(): never {
  return rejectClaim('ERR_SET_CLAIM_INVALID', 'events', 'must be an event with a type, as a JSON string or an object');
}

const user = { sub: string, event_time: number } as const;
const email = {
  'email?': string,
  'is_private_email?': { expected: 'a boolean', accepts: isBoolean } as Rule<boolean>,
} as const;

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** Describes an event about email. Apple sends `is_private_email` as a boolean or a string. */
function describeEmailEvent<const Type extends string>(
  type: Type,
): EventDefinition<Type, Described<typeof user, typeof email, {}>> {
  const described = describeEvent(type, user, email);
  const withBoolean = (payload: unknown): unknown =>
    isJsonObject(payload) && ['true', 'false'].includes(payload.is_private_email as string)
      ? { ...payload, is_private_email: payload.is_private_email === 'true' }
      : payload;
  const { validate } = described.schema['~standard'];
  return {
    type,
    schema: { '~standard': { version: 1, vendor: 'secevent', validate: (value) => validate(withBoolean(value)) } },
    parse: (payload) => described.parse(withBoolean(payload)),
  };
}

/**
 * The user withdrew the consent to use the Apple Account with your app: end the user's sessions.
 *
 * For its members, see {@link appleEvents}.
 *
 * @see Apple, Processing changes for Sign in with Apple accounts
 */
export const consentRevoked = /* @__PURE__ */ describeEvent('consent-revoked', user);

/**
 * The user asked Apple to delete the Apple Account. Apple sends `account-delete` or `account-deleted`; the verifier
 * turns both into this type.
 *
 * For its members, see {@link appleEvents}.
 *
 * @see Apple, Processing changes for Sign in with Apple accounts
 */
export const accountDeleted = /* @__PURE__ */ describeEvent(ACCOUNT_DELETED, user);

/**
 * The user wants to receive mail through the private relay again.
 *
 * - `email`: the address to which your app sends mail.
 * - `is_private_email`: whether it is an address of the private relay. A boolean, even if Apple sent a string.
 *
 * For its other members, see {@link appleEvents}.
 *
 * @see Apple, Processing changes for Sign in with Apple accounts
 */
export const emailEnabled = /* @__PURE__ */ describeEmailEvent('email-enabled');

/**
 * The user stopped receiving mail through the private relay.
 *
 * Its members are those of {@link emailEnabled}.
 *
 * @see Apple, Processing changes for Sign in with Apple accounts
 */
export const emailDisabled = /* @__PURE__ */ describeEmailEvent('email-disabled');

/**
 * All events of Sign in with Apple, for `readEvents`.
 *
 * Every payload has these members:
 *
 * - `sub`: the user's ID for your team, as in the ID Token.
 * - `event_time`: when the event happened, in milliseconds since 1970. `occurredAt` reads it.
 */
export const appleEvents = [consentRevoked, accountDeleted, emailEnabled, emailDisabled] as const;
