/**
 * Plays a transmitter: signs tokens with exactly the members that a test names, serves documents at the transmitter's
 * real URLs, and puts tokens into its envelope.
 */
import { vi } from 'vitest';
import type { SignatureAlgorithm } from '../../src/algorithms.js';
import type { JsonWebKeySet } from '../../src/keys.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';

/** The time at which these tests receive, in seconds: 2026-11-20T12:00:00Z. */
export const NOW = 1_795_176_000;

/** Stops the clock at {@link NOW}. Timers still run. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
}

/** A key pair of a transmitter. */
export interface Signer {
  readonly jwks: JsonWebKeySet;
  readonly kid: string;
  /** Signs a payload. The header has `alg` and the given members, and nothing else. */
  sign(payload: object, header?: object): Promise<string>;
  /** Signs as somebody else, who names the same key. */
  forge(payload: object, header?: object): Promise<string>;
}

export async function createSigner(algorithm: SignatureAlgorithm = 'RS256'): Promise<Signer> {
  const transmitter = await createTestTransmitter({ algorithm });
  const forger = await createTestTransmitter({ algorithm });
  const { jwks } = transmitter;
  const sign = ({ sign }: TestTransmitter, payload: object, header: object): Promise<string> =>
    sign(
      { iss: undefined, aud: undefined, iat: undefined, jti: undefined, events: undefined, ...payload },
      { typ: undefined, kid: undefined, jku: undefined, ...header },
    );
  return {
    jwks,
    kid: jwks.keys[0]!.kid as string,
    sign: (payload, header = {}) => sign(transmitter, payload, header),
    forge: (payload, header = {}) => sign(forger, payload, header),
  };
}

/** Serves documents by their URLs to the platform's fetch, and 404 elsewhere. Returns the list of fetched URLs. */
export function serve(documents: Readonly<Record<string, unknown>>): string[] {
  const urls: string[] = [];
  vi.stubGlobal('fetch', async (url: string) => {
    urls.push(url);
    return Object.hasOwn(documents, url) ? Response.json(documents[url]) : new Response('Not found', { status: 404 });
  });
  return urls;
}

/** Puts a token into the request of a transmitter. */
export type Envelope = (token: string) => Request;

/** The envelope of RFC 8935. */
export const asBody: Envelope = (token) => post(token, 'application/secevent+jwt');

export const asJson: Envelope = (token) => post(JSON.stringify({ payload: token }), 'application/json');

export const asForm: Envelope = (token) =>
  post(String(new URLSearchParams({ logout_token: token })), 'application/x-www-form-urlencoded');

export const asAuthorization: Envelope = (token) =>
  new Request(ENDPOINT, { method: 'POST', headers: { authorization: `Bearer ${token}` } });

const ENDPOINT = 'https://receiver.example/events';

export function post(body: string, contentType: string): Request {
  return new Request(ENDPOINT, { method: 'POST', headers: { 'content-type': contentType }, body });
}
