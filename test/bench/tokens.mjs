// Creates distinct tokens in the shape of Akamai's documented token: one header, and 256 octets of signature.
import { randomFillSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const documented = readFileSync(new URL('../vectors/akamai/documented-token.jwt', import.meta.url), 'latin1');
const [header] = documented.split('.');
const payload = claimsOf(documented);

/**
 * @param {number} count
 * @param {{ claims?: object, headers?: string[] }} [variation] additional claims, and header parts to use in turn
 * @returns {string[]} tokens, each with its own jti, iat, event ID and signature
 */
export function makeTokens(count, { claims = {}, headers = [header] } = {}) {
  return Array.from({ length: count }, (_, i) => {
    const [[event, body]] = Object.entries(payload.events);
    const all = {
      ...payload,
      ...claims,
      iat: payload.iat + i,
      jti: randomUUID(),
      events: { [event]: { ...body, id: randomUUID() } },
    };
    const segment = Buffer.from(JSON.stringify(all)).toString('base64url');
    const signature = randomFillSync(Buffer.alloc(256)).toString('base64url');
    // Through a buffer: a token from the network is one flat string, but a concatenation is not.
    return Buffer.from(`${headers[i % headers.length]}.${segment}.${signature}`).toString('latin1');
  });
}

/** The variations to measure: the first is the ordinary case, the others cost more. */
export const POOLS = {
  'ordinary tokens': {},
  'text beyond ASCII': { claims: { name: 'Zoë Müller, 東京' } },
  'two headers in turn': {
    headers: [header, Buffer.from('{"typ":"secevent+jwt","alg":"RS256","kid":"another"}').toString('base64url')],
  },
};

/** Returns the claims of a token. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
}
