/**
 * A transmitter for tests: it creates a key pair, signs SETs, and has a `fetch` that serves its keys, its configuration,
 * a stream and a poll endpoint.
 *
 * Not for production: its keys exist only in memory, it signs anything, including broken tokens, and it obeys everyone.
 */
import type { SignatureAlgorithm } from '../algorithms.js';
import { encodeBase64url } from '../base64url.js';
import type { FetchInit, HttpRequest, HttpResponse } from '../http.js';
import { encodeUtf8 } from '../json.js';
import type { JsonWebKeySet } from '../keys.js';
import { clock } from '../time.js';
import { type Endpoint, respond } from './exchange.js';
import { createPollQueue } from './poll-queue.js';
import { createSigningKey } from './signing-key.js';
import { createStreamEndpoints, DELIVERY_METHODS } from './stream-endpoints.js';

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
  /** Its JWK Set: the public key, and after `rotate` also the one before it. */
  readonly jwks: JsonWebKeySet;
  /** The URL at which its `fetch` serves the JWK Set: `login/jwk` next to the issuer, as with Akamai. */
  readonly jwksUrl: string;
  /** The URL at which its `fetch` serves its SSF configuration: the well-known URL of the issuer. */
  readonly configurationUrl: string;
  /** The URL of its poll endpoint. */
  readonly pollUrl: string;
  /** The `iss` of its SETs. */
  readonly issuer: string;
  /** The `aud` of its SETs. */
  readonly audience: string;
  /** The tokens of the SETs to poll, by `jti`, oldest first. A SET leaves when it is acknowledged or refused. */
  readonly pending: ReadonlyMap<string, string>;
  /** The `jti` of each SET that was acknowledged, in order. */
  readonly acknowledged: readonly string[];
  /** The errors of the SETs that were refused, by `jti`. */
  readonly refused: ReadonlyMap<string, { readonly err: string; readonly description?: string }>;
  /**
   * Signs a SET and returns the token. By default it contains an event of Akamai.
   *
   * @param payload claims that replace the default ones or are added to them; `undefined` removes a claim
   * @param header header parameters, in the same way; `alg` changes only the header, not the signature
   */
  sign(payload?: object, header?: object): Promise<string>;
  /**
   * Returns the request that delivers a SET to a receiver (RFC 8935 section 2.1).
   *
   * @param payload the claims of a SET to sign, or a token, such as one in `pending`
   */
  request(url: string | { readonly href: string }, payload?: object | string): Promise<HttpRequest>;
  /**
   * Signs a SET and adds it to those that the poll endpoint delivers. Returns its `jti`.
   *
   * @param payload claims, as for `sign`
   * @param header header parameters, as for `sign`
   */
  enqueue(payload?: object, header?: object): Promise<string>;
  /**
   * Replaces the key. The one before it remains in the JWK Set until the next rotation, so that tokens signed with it
   * are still valid.
   */
  rotate(): Promise<void>;
  /**
   * Responds as the server of the transmitter would, without a network. For the `fetch` options of this library.
   *
   * It serves the JWK Set and the configuration. The configuration names the endpoints of a stream, for
   * `createStreamClient`: there is one stream at a time, and a request for verification adds its event to `pending`. The
   * poll endpoint delivers what is in `pending`, and a long poll waits until there is something. No authorization is
   * required. The response for any other URL is 404.
   */
  fetch(url: string | { readonly href: string }, init?: Partial<FetchInit>): Promise<HttpResponse>;
}

const CUSTOMER_ID = '01234567-89ab-cdef-0123-456789abcdef';
const MEDIA_TYPE = 'secevent+jwt';

/**
 * Creates a transmitter for tests.
 *
 * @throws SetError `ERR_SET_WEBCRYPTO` when this runtime has no WebCrypto, or lacks the algorithm (as a rejection)
 * @throws TypeError when the algorithm is unknown (as a rejection)
 * @see RFC 8417, RFC 8935 section 2.1, RFC 8936 section 2, OpenID SSF 1.0 sections 7 and 8
 * @example
 * ```ts
 * const transmitter = await createTestTransmitter({ issuer: 'https://transmitter.example' });
 * const { issuer, audience, pollUrl, fetch } = transmitter;
 * const verify = createSsfVerifier({ issuer, audience, fetch });
 * const jti = await transmitter.enqueue();
 * for await (const set of pollSets(pollUrl, { verify, fetch, signal })) await store(set);
 * expect(transmitter.acknowledged).toEqual([jti]); // once the signal has aborted
 * ```
 */
export async function createTestTransmitter(options: TestTransmitterOptions = {}): Promise<TestTransmitter> {
  const {
    issuer = `https://v1.api.transmitter.example/${CUSTOMER_ID}/webhooks`,
    audience = 'https://receiver.example/events',
  } = options;
  const { algorithm: alg = 'RS256' } = options;
  let key = await createSigningKey(alg);
  let jwks: JsonWebKeySet = { keys: [key.jwk] };
  const home = new URL(/^https?:/.test(issuer) ? issuer : 'https://transmitter.example/');
  const base = home.origin + home.pathname.replace(/\/$/, '');
  const jwksUrl = new URL('login/jwk', home).href;
  const pollUrl = `${base}/poll`;
  const configurationUrl = configurationUrlOf(home);
  const queue = createPollQueue();

  async function sign(payload: object = {}, header: object = {}): Promise<string> {
    const claims = {
      iss: issuer,
      aud: [audience],
      iat: Math.floor(clock() / 1000),
      jti: crypto.randomUUID(),
      events: exampleEvents(jwksUrl),
      ...payload,
    };
    const { kid } = key;
    const parts = [{ typ: MEDIA_TYPE, alg, kid, jku: jwksUrl, ...header }, claims].map((part) =>
      encodeBase64url(encodeUtf8(JSON.stringify(part))),
    );
    const signingInput = parts.join('.');
    return `${signingInput}.${await key.sign(signingInput)}`;
  }

  async function enqueue(payload: object = {}, header?: object): Promise<string> {
    const claims = { jti: crypto.randomUUID(), ...payload } as { readonly jti: unknown };
    const token = await sign(claims, header);
    // A broken SET may lack a jti.
    const name = typeof claims.jti === 'string' ? claims.jti : crypto.randomUUID();
    queue.add(name, token);
    return name;
  }

  const streamEndpoints = Object.entries(createStreamEndpoints({ issuer, audience, pollUrl, enqueue }));
  const urlOf = (name: string): string => `${base}/${name.replace('_endpoint', '').replace('_', '-')}`;
  const configuration = {
    issuer,
    spec_version: '1_0',
    jwks_uri: jwksUrl,
    delivery_methods_supported: DELIVERY_METHODS,
    ...Object.fromEntries(streamEndpoints.map(([name]) => [name, urlOf(name)])),
  };
  const endpoints = new Map<string, Endpoint>([
    [jwksUrl, { GET: () => respond(200, jwks) }],
    [configurationUrl, { GET: () => respond(200, configuration) }],
    [pollUrl, queue.endpoint],
    ...streamEndpoints.map(([name, endpoint]) => [urlOf(name), endpoint] as const),
  ]);

  return {
    get jwks() {
      return jwks;
    },
    jwksUrl,
    configurationUrl,
    pollUrl,
    issuer,
    audience,
    pending: queue.pending,
    acknowledged: queue.acknowledged,
    refused: queue.refused,
    sign,
    enqueue,
    async request(url, payload) {
      const headers = { 'content-type': `application/${MEDIA_TYPE}`, accept: 'application/json' };
      const body = typeof payload === 'string' ? payload : await sign(payload);
      return new Request(hrefOf(url), { method: 'POST', headers, body }) as HttpRequest;
    },
    async rotate() {
      const { jwk: previous } = key;
      key = await createSigningKey(alg);
      jwks = { keys: [key.jwk, previous] };
    },
    async fetch(url, { method = 'GET', body = '', signal } = {}) {
      const { origin, pathname, searchParams: query } = new URL(hrefOf(url));
      const endpoint = endpoints.get(origin + pathname);
      if (!endpoint) return respond(404);
      const handle = Object.entries(endpoint).find(([name]) => name === method)?.[1];
      return handle ? handle({ method, query, body, signal }) : respond(405);
    },
  };
}

/** Inserts the well-known path between host and path (OpenID SSF 1.0 section 7.2.1), unless the issuer contains one. */
function configurationUrlOf({ origin, pathname, href }: URL): string {
  return pathname.includes('/.well-known/')
    ? href
    : `${origin}/.well-known/ssf-configuration${pathname.replace(/\/$/, '')}`;
}

function hrefOf(url: string | { readonly href: string }): string {
  return typeof url === 'string' ? url : url.href;
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
