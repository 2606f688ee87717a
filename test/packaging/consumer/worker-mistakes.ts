/**
 * One mistake per line in a Cloudflare Worker, with the error that TypeScript must report there. A second code is the
 * one that TypeScript 7.0 reports. No other line has an error.
 */
import {
  createRemoteJwks,
  createVerifier,
  decodeSet,
  type FetchInit,
  importSpki,
  type PublicCryptoKey,
  type VerifiedSet,
} from 'secevent';
import { createPushReceiver, type PushReceiver, pollSets } from 'secevent/receiver';
import { createTestTransmitter } from 'secevent/testing';

interface Env {
  readonly KEYS: Fetcher;
}

const policy = { issuer: null, audience: null };
const url = 'https://a.example';
const verify = createVerifier({ keys: [] }, policy);

export const bound = ({ KEYS }: Env) => createRemoteJwks(url, { fetch: KEYS }); // TS2322
createRemoteJwks(url, { fetch: (to: URL) => fetch(to) }); // TS2322
createRemoteJwks(url, { fetch: async (to, init) => (await fetch(to, init)).text() }); // TS2322
createRemoteJwks(url, { fetch: (to, init) => fetch(to, { ...init, signal: init.signal.aborted }) }); // TS2322
export const stop = (init: FetchInit): AbortController => init.signal; // TS2739
createVerifier('secret', policy); // TS2345
createVerifier(new ArrayBuffer(8), policy); // TS2345
createVerifier(importSpki('', 'ES256'), policy); // TS2345
export const ofPair = (pair: CryptoKeyPair) => createVerifier(pair, policy); // TS2345
export const verified: VerifiedSet = decodeSet(''); // TS2741
export const key: PublicCryptoKey = { kty: 'RSA' }; // TS2353
crypto.subtle.exportKey('jwk', importSpki('', 'ES256')); // TS2345 TS2739
export const receive: PushReceiver = createPushReceiver({ verify, onSet: (_, env: Env) => void env }); // TS2322
export const given = (env: Env) => receive(env); // TS2345 TS2740
export const text = async (request: Request): Promise<string> => receive(request); // TS2322
export const worker = { fetch: createPushReceiver } satisfies ExportedHandler<Env>; // TS2322
pollSets(url, { verify, signal: new AbortController() }); // TS2739
export const sent = async (): Promise<Response> => (await createTestTransmitter()).request(url); // TS2740
