/** Makes tokens for tests: from claims, from raw text and from raw octets. */
import { segment, utf8 } from './octets.js';

export const HEADER = { typ: 'secevent+jwt', alg: 'RS256', kid: '1dc12073699c68c1daee6c9a100e2b43febdcd92' };

/** The least that is a SET. */
export const CLAIMS = {
  iss: 'https://transmitter.example',
  iat: 1_563_488_631,
  jti: 'b70046bd',
  events: { entityCreated: {} },
};

/** A token of three parts; a string or octets are taken as they are, anything else becomes JSON. */
export function makeToken(
  header: unknown = HEADER,
  payload: unknown = CLAIMS,
  signature: Uint8Array = utf8('signature'),
): string {
  const text = (part: unknown): string | Uint8Array =>
    typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part);
  return `${segment(text(header))}.${segment(text(payload))}.${segment(signature)}`;
}

/** A token with the least claims and those given; `undefined` takes one away. */
export function tokenWith(claims: Record<string, unknown>): string {
  return makeToken(HEADER, { ...CLAIMS, ...claims });
}
