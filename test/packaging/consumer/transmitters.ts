/** Uses each name of `secevent/apple`, `/google` and `/okta`. */
import { decodeSet, type EventDefinition, type EventOf, readEvent, readEvents, type SetVerifier } from 'secevent';
import {
  accountDeleted,
  appleEvents,
  type AppleVerifierOptions,
  consentRevoked,
  createAppleVerifier,
  emailDisabled,
  emailEnabled,
} from 'secevent/apple';
import {
  createGoogleVerifier,
  googleEvents,
  type GoogleVerifierOptions,
  tokenRevoked,
  tokensRevoked,
} from 'secevent/google';
import { deviceRiskChange, ipChange, oktaEvents, userRiskChange } from 'secevent/okta';

const appleOptions: AppleVerifierOptions = { clientIds: 'com.example.app', maxAgeSeconds: 600, jwks: { maxAgeMs: 1 } };
export const apple: SetVerifier = createAppleVerifier(appleOptions);
const googleOptions: GoogleVerifierOptions = { clientIds: ['a', 'b'], typ: ['JWT'], headers: { a: 'b' } };
export const google: SetVerifier = createGoogleVerifier(googleOptions);

const set = decodeSet('token');
export const everything = [...appleEvents, ...googleEvents, ...oktaEvents] as const;
export const found = readEvents(set, everything);
export const isPrivate: boolean | undefined = readEvent(set, emailEnabled)?.is_private_email;
export const when: number | undefined = readEvent(set, consentRevoked)?.event_time;
export const level: 'low' | 'medium' | 'high' | 'secure' | 'none' | undefined = readEvent(
  set,
  userRiskChange,
)?.previous_level;
export const occurred: number | undefined = readEvent(set, ipChange)?.event_timestamp;
export const reason: string | undefined = readEvent(set, tokensRevoked)?.reason;
export const definitions: readonly EventDefinition[] = [accountDeleted, emailDisabled, deviceRiskChange, tokenRevoked];

/** In a union of all events, the event type must narrow the payload. */
export function summarize(event: EventOf<(typeof everything)[number]>): string {
  switch (event.type) {
    case 'email-disabled':
      return event.payload.email ?? event.payload.sub;
    case 'https://schemas.okta.com/secevent/okta/event-type/ip-change':
      return event.payload.current_ip_address;
    default:
      return event.type;
  }
}
