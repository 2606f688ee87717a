/** Signs SETs with jose, as the conformance suite does: RS256, `secevent+jwt`, a `kid`, one event, neither exp nor sub. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Outgoing } from './protocol.js';

const KID = 'suite-1';
const published = await generateKeyPair('RS256', { extractable: true });
const unpublished = await generateKeyPair('RS256');

/** The JWK Set of the transmitter. */
export const JWKS = { keys: [{ ...(await exportJWK(published.publicKey)), kid: KID, use: 'sig', alg: 'RS256' }] };

/** Signs a SET. */
export async function signSet(set: Outgoing, claims: { readonly [claim: string]: unknown }): Promise<string> {
  const { type, payload, sub_id, forgery } = set;
  const token = await new SignJWT({ ...claims, sub_id, events: { [type]: payload }, ...set.claims })
    .setProtectedHeader({
      alg: 'RS256',
      typ: 'secevent+jwt',
      kid: forgery === 'an unpublished key' ? 'suite-2' : KID,
    })
    .sign(forgery === 'an unpublished key' ? unpublished.privateKey : published.privateKey);
  // A character in the middle of the signature: all bits of the last one may be padding.
  return forgery === 'a broken signature' ? token.replace(/.(?=.{100}$)/, (one) => (one === 'A' ? 'B' : 'A')) : token;
}
