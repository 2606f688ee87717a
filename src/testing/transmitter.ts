/**
 * A transmitter for tests: it creates a key pair, signs SETs, and has a `fetch` that serves its keys.
 *
 * Not for production: its keys exist only in memory, and it signs anything, including broken tokens.
 */
import { type Algorithm, readAlgorithms, type SignatureAlgorithm } from '../algorithms.js';
import { encodeBase64url } from '../base64url.js';
import type { FetchInit, HttpRequest, HttpResponse } from '../http.js';
import { encodeUtf8 } from '../json.js';
import { unsupportedAlgorithm, webCrypto } from '../key-import.js';
import type { JsonWebKey, JsonWebKeySet } from '../keys.js';
import { clock } from '../time.js';

/** The options of {@link createTestTransmitter}. */
export interface TestTransmitterOptions {
  /** The `iss` of its SETs. Default: `https://v1.api.transmitter.example/{customerId}/webhooks`, as Akamai's. */
  readonly issuer?: string;
  /** The `aud` of its SETs. Default `https://receiver.example/events`. */
  readonly audience?: string;
  /** The signature algorithm. Default `RS256`. */
  readonly algorithm?: SignatureAlgorithm;
}

/** A transmitter for tests, as {@link createTestTransmitter} returns it. */
export interface TestTransmitter {
  /** Its JWK Set, with one public key. */
  readonly jwks: JsonWebKeySet;
  /** The URL at which its `fetch` serves the JWK Set: `login/jwk` next to the issuer, as with Akamai. */
  readonly jwksUrl: string;
  /** The `iss` of its SETs. */
  readonly issuer: string;
  /** The `aud` of its SETs. */
  readonly audience: string;
  /**
   * Signs a SET and returns the token. By default it contains an event of Akamai.
   *
   * @param payload claims that replace the default ones or are added to them; `undefined` removes a claim
   * @param header header parameters, in the same way; `alg` changes only the header, not the signature
   */
  sign(payload?: object, header?: object): Promise<string>;
  /** Signs a SET and returns the request that delivers it to a receiver (RFC 8935 section 2.1). */
  request(url: string | { readonly href: string }, payload?: object): Promise<HttpRequest>;
  /** Serves the JWK Set at `jwksUrl` and returns 404 for any other URL. For the `fetch` options of this library. */
  fetch(url: string | { readonly href: string }, init?: Partial<FetchInit>): Promise<HttpResponse>;
}

const CUSTOMER_ID = '01234567-89ab-cdef-0123-456789abcdef';
const MEDIA_TYPE = 'secevent+jwt';

/**
 * Creates a transmitter for tests.
 *
 * @throws SetError `ERR_SET_WEBCRYPTO` when this runtime has no WebCrypto, or lacks the algorithm (as a rejection)
 * @throws TypeError when the algorithm is unknown (as a rejection)
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
  // Transmitters do not publish the key_ops and ext that WebCrypto exports. Some engines also export the members of
  // other key types, as undefined.
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
      events: exampleEvents(jwksUrl),
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
      const response = isKeys
        ? new Response(JSON.stringify(jwks), { headers: { 'content-type': 'application/json' } })
        : new Response('Not found', { status: 404 });
      return response as HttpResponse;
    },
  };
}

function hrefOf(url: string | { readonly href: string }): string {
  return typeof url === 'string' ? url : url.href;
}

async function generateKeys(subtle: SubtleCrypto, algorithm: Algorithm): Promise<CryptoKeyPair> {
  const size = algorithm.kty === 'RSA' ? { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) } : {};
  try {
    return (await subtle.generateKey({ ...algorithm, ...size }, true, ['sign', 'verify'])) as CryptoKeyPair;
  } catch (error) {
    throw unsupportedAlgorithm(algorithm, error) ?? error;
  }
}

/** An event as Akamai sends it when a record is created. */
function exampleEvents(base: string): object {
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
