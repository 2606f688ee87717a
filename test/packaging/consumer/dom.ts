/**
 * The types of the DOM lib are assignable to those of this library and from them: WebCrypto keys, fetch, Request,
 * Response, AbortSignal and URL.
 */
import {
  createRemoteJwks,
  importSpki,
  type KeySource,
  type PublicCryptoKey,
  type SetVerifier,
  verifySet,
} from 'secevent';
import { createAkamaiVerifier } from 'secevent/akamai';
import { createPushReceiver, type HttpRequest, type HttpResponse, pollSets } from 'secevent/receiver';
import { createTestTransmitter } from 'secevent/testing';

export const remote = createRemoteJwks(new URL('https://a.example/jwks'), { fetch });
export const wrapped = createRemoteJwks('https://a.example/jwks', {
  fetch: (url, init) => fetch(url, { ...init, cache: 'no-store' }),
});
export const akamai = createAkamaiVerifier({ host: 'a.example', customerId: '1', audience: null, fetch });

export async function keys(pair: CryptoKeyPair): Promise<KeySource[]> {
  const imported: CryptoKey = await importSpki('-----BEGIN PUBLIC KEY-----', 'ES256');
  const exported: JsonWebKey = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const key: PublicCryptoKey = pair.publicKey;
  await verifySet('token', imported, { issuer: null, audience: null });
  return [key, exported, { keys: [exported] }, async () => pair.publicKey];
}

export function handler(verify: SetVerifier): (request: Request) => Promise<Response> {
  return createPushReceiver({
    verify,
    onSet: async ({ signature }, request: Request) =>
      void (await crypto.subtle.digest('SHA-256', new Uint8Array(signature)), request.headers),
  });
}

export async function poll(verify: SetVerifier): Promise<void> {
  const stop = new AbortController();
  for await (const set of pollSets(new URL('https://a.example'), { verify, fetch, signal: stop.signal }))
    stop.abort(set.payload.jti);
}

export async function deliver(send: (request: Request) => Promise<Response>): Promise<Response> {
  const transmitter = await createTestTransmitter();
  const keySet: Response = await transmitter.fetch(transmitter.jwksUrl);
  await keySet.json();
  return send(await transmitter.request(new URL('https://receiver.example')));
}

export const request: HttpRequest = new Request('https://a.example');
export const response: HttpResponse = new Response();
