// A pool of distinct tokens in the shape of the documented Akamai token: one header, 256 octets of signature.
import { randomFillSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const documented = readFileSync(new URL('../vectors/akamai/documented-token.jwt', import.meta.url), 'latin1');
const [header, payloadSegment] = documented.split('.');
const payload = JSON.parse(Buffer.from(payloadSegment, 'base64url').toString());

/** @returns {string[]} `count` tokens, each with its own jti, iat, event and signature */
export function makeTokens(count) {
  return Array.from({ length: count }, (_, i) => {
    const [[event, body]] = Object.entries(payload.events);
    const claims = { ...payload, iat: payload.iat + i, jti: randomUUID(), events: { [event]: { ...body, id: randomUUID() } } };
    const segment = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const signature = randomFillSync(Buffer.alloc(256)).toString('base64url');
    // Through a buffer: a token from the network is one flat string, a concatenation is not.
    return Buffer.from(`${header}.${segment}.${signature}`).toString('latin1');
  });
}
