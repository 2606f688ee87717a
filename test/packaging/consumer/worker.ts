/**
 * A Cloudflare Worker. The types of workers-types are assignable to those of this library and from them: fetch, service
 * bindings, WebCrypto keys, Request, Response and AbortSignal.
 */
import {
  createRemoteJwks,
  createVerifier,
  type FetchLike,
  type FetchSignal,
  importSpki,
  type KeySource,
  type PublicCryptoKey,
  type SetVerifier,
  verifySet,
} from 'secevent';
import { createAkamaiVerifier } from 'secevent/akamai';
import {
  createPushReceiver,
  type HttpRequest,
  type HttpResponse,
  pollSets,
  type PushReceiver,
  type StopSignal,
} from 'secevent/receiver';
import { createSsfVerifier } from 'secevent/ssf';
import { createTestTransmitter } from 'secevent/testing';

interface Env {
  /** A service binding. */
  readonly KEYS: Fetcher;
  readonly SETS: KVNamespace;
}

const JWKS_URL = new URL('https://a.example/jwks');
const policy = { issuer: null, audience: null };

export const remote = createRemoteJwks(JWKS_URL, { fetch });
export const cached = createRemoteJwks('https://a.example/jwks', {
  fetch: (url, init) => fetch(url, { ...init, cf: { cacheTtl: 300, cacheEverything: true } }),
});
export const bound = ({ KEYS }: Env): KeySource => createRemoteJwks(JWKS_URL, { fetch: KEYS.fetch.bind(KEYS) });
export const called = ({ KEYS }: Env): KeySource =>
  createRemoteJwks(JWKS_URL, { fetch: (url, init) => KEYS.fetch(url, init) });
export const akamai = createAkamaiVerifier({ host: 'a.example', customerId: '1', audience: null, fetch });
export const ssf = createSsfVerifier({ issuer: 'https://a.example', audience: null, fetch });
export const platform: FetchLike = fetch;

export async function keys(octets: ArrayBuffer): Promise<KeySource[]> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('spki', octets, algorithm, false, ['verify']);
  const pem: CryptoKey = await importSpki('-----BEGIN PUBLIC KEY-----', 'ES256');
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const exported = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey;
  const key: PublicCryptoKey = pair.publicKey;
  await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, pem, octets, octets);
  await crypto.subtle.verify(algorithm, key, octets, octets);
  await verifySet('token', pem, policy);
  createVerifier(imported, policy);
  createVerifier(pem, policy);
  return [imported, pem, key, exported, { keys: [exported] }, async () => pair.publicKey];
}

/** Stores each SET. */
const receiver = ({ SETS }: Env, context: ExecutionContext): PushReceiver =>
  createPushReceiver({
    verify: akamai,
    authenticate: (request: Request) => request.headers.get('authorization') === 'Bearer a',
    onSet: async ({ payload, signature }, request: Request) => {
      context.waitUntil(crypto.subtle.digest('SHA-256', signature));
      await SETS.put(payload.jti, request.url, { metadata: payload });
    },
  });

export default {
  fetch: (request, env, context) => receiver(env, context)(request),
} satisfies ExportedHandler<Env>;

export const untyped = {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const response: Response = await receiver(env, context)(request);
    return new Response(response.body, { status: response.status, headers: response.headers });
  },
};

export async function poll(verify: SetVerifier, limit: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const signal: AbortSignal = AbortSignal.any([stop.signal, limit, AbortSignal.timeout(10_000)]);
  const taken: readonly [StopSignal, FetchSignal] = [signal, signal];
  for await (const set of pollSets(new URL('https://a.example'), { verify, fetch, signal }))
    stop.abort([set.payload.jti, taken]);
}

export async function deliver(service: Fetcher): Promise<Response> {
  const transmitter = await createTestTransmitter();
  const keySet: Response = await transmitter.fetch(transmitter.jwksUrl);
  await keySet.json();
  createRemoteJwks(transmitter.jwksUrl, { fetch: transmitter.fetch });
  return service.fetch(await transmitter.request(new URL('https://receiver.example')));
}

export const request: HttpRequest = new Request('https://a.example');
export const response: HttpResponse = new Response();
