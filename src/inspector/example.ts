/** A sample token for people who do not have one at hand. No key verifies it. */
import { encodeBase64url } from '../base64url.js';
import { encodeUtf8 } from '../json.js';

/** Creates the token: a CAEP session-revoked event. */
export function createExample(): string {
  const header = { typ: 'secevent+jwt', alg: 'RS256', kid: 'key-1' };
  const payload = {
    iss: 'https://transmitter.example/',
    iat: 1_768_471_382,
    jti: '756E69717565',
    aud: 'https://receiver.example/events',
    sub_id: { format: 'email', email: 'jane@example.com' },
    events: {
      'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {
        initiating_entity: 'policy',
        reason_admin: { en: 'Two countries within an hour' },
        event_timestamp: 1_768_471_380,
      },
    },
  };
  const parts = [
    JSON.stringify(header),
    JSON.stringify(payload),
    'This is not a real signature, and no key will verify it.',
  ];
  return parts.map((part) => encodeBase64url(encodeUtf8(part))).join('.');
}
