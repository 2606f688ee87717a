/** Creates tokens with a dummy signature, from claims, raw text or raw octets. */
import { segment, utf8 } from './octets.js';

export const HEADER = { typ: 'secevent+jwt', alg: 'RS256', kid: '1dc12073699c68c1daee6c9a100e2b43febdcd92' };

/** The minimal claims of a SET. */
export const CLAIMS = {
  iss: 'https://transmitter.example',
  iat: 1_563_488_631,
  jti: 'b70046bd',
  events: { entityCreated: {} },
};

/** Creates a token. A string or octets become a part as they are; anything else becomes JSON. */
export function makeToken(
  header: unknown = HEADER,
  payload: unknown = CLAIMS,
  signature: Uint8Array = utf8('signature'),
): string {
  const text = (part: unknown): string | Uint8Array =>
    typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part);
  return `${segment(text(header))}.${segment(text(payload))}.${segment(signature)}`;
}

/** Creates a token with the minimal claims and the given ones; `undefined` removes a claim. */
export function tokenWith(claims: Record<string, unknown>): string {
  return makeToken(HEADER, { ...CLAIMS, ...claims });
}
