/**
 * A transmitter for tests: it has a key pair of its own, signs SETs, and serves its keys to a `fetch` that is handed
 * out.
 *
 * For tests alone. Its keys live as long as the object, and what it signs is whatever a test wants, broken tokens
 * included.
 */
import { type Algorithm, readAlgorithms, type SignatureAlgorithm } from '../algorithms.js';
import { encodeBase64url } from '../base64url.js';
import type { FetchInit, HttpRequest, HttpResponse } from '../http.js';
import { encodeUtf8 } from '../json.js';
import { webCrypto } from '../key-import.js';
import type { JsonWebKey, JsonWebKeySet } from '../keys.js';
import { clock } from '../time.js';

/** How a test transmitter is made. */
export interface TestTransmitterOptions {
  /** Its `iss`. Default: in the form of Akamai's, `https://v1.api.transmitter.example/{customerId}/webhooks`. */
  readonly issuer?: string;
  /** The `aud` of its SETs. Default `https://receiver.example/events`. */
  readonly audience?: string;
  /** How it signs. Default `RS256`. */
  readonly algorithm?: SignatureAlgorithm;
}

/** A transmitter for tests. */
export interface TestTransmitter {
  /** Its public keys: one. */
  readonly jwks: JsonWebKeySet;
  /** Where its `fetch` serves them: beside the issuer at `login/jwk`, as Akamai has it. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /**
   * Signs a SET: an Akamai event by default, with the claims given in place of its own or besides; `undefined` takes
   * one away.
   *
   * @param payload claims, of any type
   * @param header parameters for the header, likewise; `alg` is only said, the signature is the key's
   */
  sign(payload?: object, header?: object): Promise<string>;
  /** A delivery of a SET that it signs, as RFC 8935 section 2.1 has it, to be handed to a receiver. */
  request(url: string | { readonly href: string }, payload?: object): Promise<HttpRequest>;
  /** Serves the keys at `jwksUrl`, and answers 404 elsewhere. For the `fetch` option of what takes one. */
  fetch(url: string | { readonly href: string }, init?: Partial<FetchInit>): Promise<HttpResponse>;
}

const CUSTOMER_ID = '01234567-89ab-cdef-0123-456789abcdef';
const MEDIA_TYPE = 'secevent+jwt';

/**
 * Makes a transmitter for tests.
 *
 * @throws SetError `ERR_SET_WEBCRYPTO` where there is no WebCrypto; as a rejection
 * @throws TypeError when the algorithm is not known; as a rejection
 * @see RFC 8417, RFC 8935 section 2.1
 */
export async function createTestTransmitter(options: TestTransmitterOptions = {}): Promise<TestTransmitter> {
  const {
    issuer = `https://v1.api.transmitter.example/${CUSTOMER_ID}/webhooks`,
    audience = 'https://receiver.example/events',
  } = options;
  const { algorithm: alg = 'RS256' } = options;
  const [algorithm] = readAlgorithms([alg]);
  const subtle = webCrypto();
  const { privateKey, publicKey } = await generateKeys(subtle, algorithm!);
  // What WebCrypto exports besides (key_ops, ext) transmitters do not publish. Some engines name all other members, as
  // undefined.
  const { key_ops: _, ext: __, ...exported } = await subtle.exportKey('jwk', publicKey);
  const members = Object.fromEntries(Object.entries(exported).filter(([, member]) => member !== undefined));
  const kid = crypto.randomUUID();
  const jwks: JsonWebKeySet = { keys: [{ ...(members as JsonWebKey), use: 'sig', kid, alg }] };
  const jwksUrl = new URL('login/jwk', /^https?:/.test(issuer) ? issuer : 'https://transmitter.example/').href;

  async function sign(payload: object = {}, header: object = {}): Promise<string> {
    const claims = {
      iss: issuer,
      aud: [audience],
      iat: Math.floor(clock() / 1000),
      jti: crypto.randomUUID(),
      events: eventsOf(jwksUrl),
      ...payload,
    };
    const parts = [{ typ: MEDIA_TYPE, alg, kid, jku: jwksUrl, ...header }, claims].map((part) =>
      encodeBase64url(encodeUtf8(JSON.stringify(part))),
    );
    const signingInput = parts.join('.');
    const signature = await subtle.sign(algorithm!, privateKey, encodeUtf8(signingInput));
    return `${signingInput}.${encodeBase64url(new Uint8Array(signature))}`;
  }

  return {
    jwks,
    jwksUrl,
    issuer,
    audience,
    sign,
    async request(url, payload) {
      const headers = { 'content-type': `application/${MEDIA_TYPE}`, accept: 'application/json' };
      return new Request(hrefOf(url), { method: 'POST', headers, body: await sign(payload) }) as HttpRequest;
    },
    async fetch(url) {
      const isKeys = new URL(hrefOf(url)).href === jwksUrl;
      return (isKeys ? Response.json(jwks) : new Response('Not found', { status: 404 })) as HttpResponse;
    },
  };
}

function hrefOf(url: string | { readonly href: string }): string {
  return typeof url === 'string' ? url : url.href;
}

async function generateKeys(subtle: SubtleCrypto, algorithm: Algorithm): Promise<CryptoKeyPair> {
  const size = algorithm.kty === 'RSA' ? { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) } : {};
  return (await subtle.generateKey({ ...algorithm, ...size }, true, ['sign', 'verify'])) as CryptoKeyPair;
}

/** The event of a profile that was made, as Akamai sends it. */
function eventsOf(base: string): object {
  const sub = crypto.randomUUID();
  const captureApplicationId = 'testapplication0000000000';
  const globalSub = `capture-v1://${new URL(base).host}/${captureApplicationId}/user/${sub}`;
  const event = {
    captureApplicationId,
    captureClientId: 'testclient00000000000000000000',
    entityType: 'user',
    globalSub,
    id: crypto.randomUUID(),
    sub,
  };
  return { entityCreated: event };
}
