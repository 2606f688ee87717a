/**
 * The types of Node are assignable to those of this library and from them: servers, WebCrypto keys, fetch, Request and
 * Response.
 */
import { webcrypto } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createRemoteJwks, importSpki, type SetVerifier, verifySet } from 'secevent';
import { createPushReceiver, pollSets, toNodeListener } from 'secevent/receiver';
import { createTestTransmitter } from 'secevent/testing';

export const remote = createRemoteJwks(new URL('https://a.example/jwks'), { fetch });

export async function verify(key: webcrypto.CryptoKey): Promise<void> {
  const { publicKey } = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  for (const each of [
    key,
    publicKey,
    await webcrypto.subtle.exportKey('jwk', publicKey),
    await importSpki('', 'ES256'),
  ]) {
    const { signature } = await verifySet('token', each, { issuer: null, audience: null });
    Buffer.from(signature).toString('hex');
  }
  const imported: webcrypto.CryptoKey = await importSpki('', 'Ed25519');
  await webcrypto.subtle.verify('Ed25519', imported, Buffer.of(), Buffer.of());
}

export function serve(check: SetVerifier): void {
  const handler: (request: Request) => Promise<Response> = createPushReceiver({
    verify: check,
    onSet: (_, request: Request) => void request.headers,
  });
  const listener: RequestListener = toNodeListener(handler);
  createServer(listener).listen(0);
  createHttp2Server(toNodeListener(handler)).listen(0);
}

export async function poll(check: SetVerifier): Promise<void> {
  const stop = new AbortController();
  for await (const set of pollSets(new URL('https://a.example'), { verify: check, fetch, signal: stop.signal }))
    stop.abort(set.payload.jti);
}

export async function deliver(send: (request: Request) => Promise<Response>): Promise<Response> {
  const transmitter = await createTestTransmitter();
  const keySet: Response = await transmitter.fetch(transmitter.jwksUrl);
  await keySet.json();
  return send(await transmitter.request(new URL('https://receiver.example')));
}
