/**
 * The authorization server of the strict transmitter (RFC 6749 section 4.4, RFC 8414, RFC 7523), and its check of the
 * tokens (RFC 6750).
 */
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { type Authorization, MANAGE, READ } from './protocol.js';
import type { Received, Reply } from './server.js';

/** Characters that a client must encode for the Basic scheme (RFC 6749 section 2.3.1). */
export const CLIENT = { id: 'receiver: 1', secret: 'p+ss%20 w:rd/é' };
export const STATIC_TOKEN = 'given-to-the-receiver';

const assertionKeys = await generateKeyPair('RS256');
/** The key with which the client signs its assertions. */
export const CLIENT_KEY = { privateKey: assertionKeys.privateKey, keyId: 'client-1' };
const clientKeys = createLocalJWKSet({
  keys: [{ ...(await exportJWK(assertionKeys.publicKey)), kid: CLIENT_KEY.keyId, alg: 'RS256' }],
});

/** The authorization server of one transmitter. */
export interface AuthorizationServer {
  metadata(): Reply;
  issueToken(request: Received): Promise<Reply>;
  /** Returns the response to a request that is not authorized, and undefined to one that is. */
  refuse(request: Received, scope: string): Reply | undefined;
  /** Rejects the tokens that were issued so far. */
  expireTokens(): void;
}

/** Creates an authorization server for clients that authenticate with one method. */
export function createAuthorizationServer(
  issuer: () => string,
  method: Authorization,
  fail: (reason: string) => void,
  onNewToken: () => void,
): AuthorizationServer {
  const scopes = new Map<string, readonly string[]>();
  const expired = new Set<string>();
  const assertions = new Set<unknown>();

  function reject(status: number, error: string, reason: string): Reply {
    fail(`token request: ${reason}`);
    return { status, json: { error } };
  }

  /** Returns what is wrong with the client's authentication, if anything. */
  async function faultOf({ headers }: Received, form: URLSearchParams): Promise<string | undefined> {
    const used = [
      headers.authorization !== undefined && 'client_secret_basic',
      form.has('client_secret') && 'client_secret_post',
      form.has('client_assertion') && 'private_key_jwt',
    ].filter((each) => each !== false);
    if (used.join() !== method) return `authenticated with ${used.join(' and ') || 'nothing'}, not ${method}`;
    if (method === 'private_key_jwt') return faultOfAssertion(form);
    const [id, secret] =
      method === 'client_secret_basic'
        ? readBasic(headers.authorization!)
        : [form.get('client_id'), form.get('client_secret')];
    return id === CLIENT.id && secret === CLIENT.secret ? undefined : 'wrong client_id or client_secret';
  }

  async function faultOfAssertion(form: URLSearchParams): Promise<string | undefined> {
    if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      return 'wrong client_assertion_type';
    try {
      const { payload } = await jwtVerify(form.get('client_assertion')!, clientKeys, {
        issuer: CLIENT.id,
        subject: CLIENT.id,
        audience: [issuer(), `${issuer()}/token`],
        requiredClaims: ['exp', 'jti'],
      });
      if (assertions.has(payload.jti)) return 'a client_assertion was used again';
      assertions.add(payload.jti);
      return undefined;
    } catch (error) {
      return `wrong client_assertion: ${(error as Error).message}`;
    }
  }

  return {
    metadata: () => ({
      status: 200,
      json: {
        issuer: issuer(),
        token_endpoint: `${issuer()}/token`,
        grant_types_supported: ['client_credentials'],
        response_types_supported: [],
        scopes_supported: [READ, MANAGE],
        token_endpoint_auth_methods_supported: [method],
        token_endpoint_auth_signing_alg_values_supported: ['RS256'],
      },
    }),
    async issueToken(request) {
      if (method === 'static') return reject(400, 'invalid_request', 'the receiver was given a token');
      if (request.headers['content-type']?.split(';')[0] !== 'application/x-www-form-urlencoded')
        return reject(400, 'invalid_request', 'the body is not a form');
      const form = new URLSearchParams(request.body);
      const fault = await faultOf(request, form);
      if (fault !== undefined) return reject(401, 'invalid_client', fault);
      if (form.get('grant_type') !== 'client_credentials')
        return reject(400, 'unsupported_grant_type', 'grant_type is not client_credentials');
      const asked = form.get('scope')?.split(' ') ?? [];
      if (!asked.length) return reject(400, 'invalid_scope', 'no scope');
      if (asked.some((scope) => scope !== READ && scope !== MANAGE))
        return reject(400, 'invalid_scope', 'unknown scope');
      const access_token = crypto.randomUUID();
      scopes.set(access_token, asked);
      if (expired.size) onNewToken();
      return {
        status: 200,
        json: { access_token, token_type: 'Bearer', expires_in: 3600, scope: asked.join(' ') },
        headers: { 'cache-control': 'no-store' },
      };
    },
    refuse({ method: verb, path, query, headers }, scope) {
      const where = `${verb} ${path}`;
      if (query.has('access_token')) fail(`${where}: a token in the query`);
      const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
      if (token === undefined) {
        fail(`${where}: no bearer token`);
        return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
      }
      if (method === 'static' && token === STATIC_TOKEN) return undefined;
      if (expired.has(token)) return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };
      const granted = scopes.get(token);
      if (!granted) {
        fail(`${where}: an unknown bearer token`);
        return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };
      }
      // The scope for changes includes the one for reading.
      if (granted.includes(scope) || granted.includes(MANAGE)) return undefined;
      fail(`${where}: the scope ${scope} is missing`);
      return { status: 403, headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` } };
    },
    expireTokens() {
      for (const token of scopes.keys()) expired.add(token);
      scopes.clear();
    },
  };
}

/** Reads the client's ID and secret, each form-encoded before they are joined (RFC 6749 section 2.3.1). */
function readBasic(header: string): readonly (string | undefined)[] {
  const pair = /^Basic ([\w+/]+={0,2})$/.exec(header)?.[1] ?? '';
  return Buffer.from(pair, 'base64')
    .toString()
    .split(':')
    .map((part) => new URLSearchParams(`a=${part}`).get('a') ?? undefined);
}
