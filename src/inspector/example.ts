/** A token to look at for someone who has none at hand. No key verifies it. */
import { encodeBase64url } from '../base64url.js';
import { encodeUtf8 } from '../json.js';

/** Makes the token: a session that CAEP says was revoked. */
export function makeExample(): string {
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
    'This is no signature, and there is no key that would verify it.',
  ];
  return parts.map((part) => encodeBase64url(encodeUtf8(part))).join('.');
}
