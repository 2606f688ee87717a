/**
 * How a client authenticates at a token endpoint: with a secret (RFC 6749 section 2.3.1), or with an assertion (RFC 7523
 * section 2.2).
 */
import { encodeBase64url } from '../base64url.js';
import { encodeUtf8 } from '../json.js';
import { checkChoice } from '../options.js';
import { createAssertionSigner, type PrivateCryptoKey } from './client-assertion.js';
import { requireText } from './client-options.js';

/** How a client authenticates at a token endpoint. */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** Who the client is, and how it proves that. */
export interface ClientAuthenticationOptions {
  /** The ID of the client. */
  readonly clientId: string;
  /** The secret of the client, unless it has a `privateKey`. */
  readonly clientSecret?: string;
  /** The private key of the client, with the usage `sign`. */
  readonly privateKey?: PrivateCryptoKey;
  /** The `kid` of the private key. Default: none. */
  readonly keyId?: string;
  /** How the client authenticates. Default: `client_secret_basic`, or `private_key_jwt` with a `privateKey`. */
  readonly method?: ClientAuthenticationMethod;
}

/** What a request contains for the authentication of the client. */
export interface ClientAuthentication {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Creates a function that authenticates the client.
 *
 * @returns a function that takes the audience of assertions, and rejects when the private key cannot sign
 * @throws TypeError for a mistake in the options
 */
export function createClientAuthentication(
  options: ClientAuthenticationOptions,
): (audience: string) => Promise<ClientAuthentication> {
  const { clientId, clientSecret, privateKey, keyId } = options;
  requireText('clientId', clientId);
  if ((clientSecret === undefined) === (privateKey === undefined))
    throw new TypeError('Pass one of clientSecret and privateKey');
  if (keyId !== undefined) requireText('keyId', keyId);

  if (privateKey !== undefined) {
    checkChoice('method', options.method ?? 'private_key_jwt', ['private_key_jwt']);
    const sign = createAssertionSigner(clientId, privateKey, keyId);
    return async (audience) => {
      const form = {
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await sign(audience),
      };
      return { form, headers: {} };
    };
  }

  requireText('clientSecret', clientSecret);
  const { method = 'client_secret_basic' } = options;
  checkChoice('method', method, ['client_secret_basic', 'client_secret_post']);
  const authentication: ClientAuthentication =
    method === 'client_secret_post'
      ? { form: { client_id: clientId, client_secret: clientSecret! }, headers: {} }
      : { form: {}, headers: { authorization: basic(clientId, clientSecret!) } };
  return async () => authentication;
}

/**
 * Returns the credentials for HTTP basic authentication. Both are form-encoded first, so that neither contains a colon
 * (RFC 6749 section 2.3.1).
 */
function basic(clientId: string, clientSecret: string): string {
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const base64 = encodeBase64url(encodeUtf8(credentials)).replace(/-/g, '+').replace(/_/g, '/');
  return `Basic ${base64}${'='.repeat(-base64.length & 3)}`;
}
