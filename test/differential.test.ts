/**
 * Verification compared with jose: every token that is accepted here, jose accepts with its strictest options, and
 * every refusal is a SetError.
 */
import fc from 'fast-check';
import { createLocalJWKSet, errors, exportJWK, generateKeyPair, type JSONWebKeySet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import type { SignatureAlgorithm } from '../src/algorithms.js';
import { SetError } from '../src/errors.js';
import type { JsonWebKey } from '../src/keys.js';
import { createVerifier } from '../src/verify.js';
import { segment, utf8 } from './support/octets.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://transmitter.example';
const AUDIENCE = 'https://receiver.example';
const ALGORITHMS: readonly SignatureAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
const RUNS = 3_000;

/** The possible codes of a refusal. No key is fetched and WebCrypto is present, so their codes are left out. */
const CODES: readonly string[] = [
  ...[
    'FORMAT',
    'BASE64URL',
    'JSON',
    'DUPLICATE_MEMBER',
    'HEADER',
    'ALGORITHM',
    'KEY_NOT_FOUND',
    'SIGNATURE',
    'TYP',
    'ISSUER',
  ],
  ...['AUDIENCE', 'EXPIRED', 'NOT_YET_VALID', 'CLAIM_MISSING', 'CLAIM_INVALID'],
].map((name) => `ERR_SET_${name}`);

interface Signer {
  readonly kid: string;
  readonly alg: string;
  sign(input: string): Promise<Uint8Array>;
}

/** Creates a key of each type. They sign with WebCrypto directly, so that a header can claim a wrong `alg`. */
async function makeSigners(): Promise<{ jwks: { keys: JsonWebKey[] }; signers: Signer[] }> {
  const keys: JsonWebKey[] = [];
  const signers: Signer[] = [];
  const parameters = {
    RS256: { name: 'RSASSA-PKCS1-v1_5' },
    PS256: { name: 'RSA-PSS', saltLength: 32 },
    ES256: { name: 'ECDSA', hash: 'SHA-256' },
    EdDSA: { name: 'Ed25519' },
  };
  for (const [alg, parameter] of Object.entries(parameters)) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const kid = `key-${alg}`;
    keys.push({ ...((await exportJWK(publicKey)) as JsonWebKey), kid });
    const sign = async (input: string) =>
      new Uint8Array(await crypto.subtle.sign(parameter, privateKey as CryptoKey, utf8(input)));
    signers.push({ kid, alg, sign });
  }
  return { jwks: { keys }, signers };
}

/** Yields mostly `usual`, sometimes one of the others; `undefined` leaves the member out. */
function mostly(usual: unknown, ...others: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: fc.constant(usual), weight: 25 }, { arbitrary: fc.constantFrom(...others), weight: 2 });
}

const JUNK: readonly unknown[] = [null, '', 0, [], {}, true, -1, 1e300, '1800000000'];

const claimsOf = fc.record({
  iss: mostly(ISSUER, `${ISSUER}/`, 'https://other.example', [ISSUER], undefined, ...JUNK),
  aud: mostly(
    AUDIENCE,
    [AUDIENCE],
    ['https://other.example', AUDIENCE],
    [AUDIENCE, 1],
    `${AUDIENCE}/`,
    [[AUDIENCE]],
    undefined,
    ...JUNK,
  ),
  iat: mostly(NOW - 5, NOW + 60, NOW + 61, NOW - 1e6, NOW + 0.5, undefined, ...JUNK),
  jti: mostly('a1', 'a2', undefined, ...JUNK),
  events: mostly({ entityCreated: { id: '1' } }, { a: {}, b: {} }, { a: 1 }, undefined, ...JUNK),
  exp: mostly(undefined, NOW + 1, NOW, NOW - 59, NOW - 60, NOW - 61, NOW + 1e6, ...JUNK),
  nbf: mostly(undefined, NOW, NOW + 60, NOW + 61, NOW - 1e6, ...JUNK),
  sub: mostly(undefined, 'user', 'müller 😀', ...JUNK),
});

const headerOf = fc.record({
  alg: mostly(
    'own',
    'RS256',
    'PS256',
    'ES256',
    'EdDSA',
    'Ed25519',
    'RS384',
    'HS256',
    'none',
    'rs256',
    undefined,
    ...JUNK,
  ),
  kid: mostly('own', 'key-RS256', 'key-ES256', 'other', '__proto__', undefined, ...JUNK),
  typ: mostly(
    'secevent+jwt',
    'application/secevent+jwt',
    'SecEvent+JWT',
    'JWT',
    'a/secevent+jwt',
    'secevent+jwt ',
    undefined,
    ...JUNK,
  ),
  crit: mostly(undefined, [], ['exp'], ['b64'], ['crit'], 'exp', null),
  b64: mostly(undefined, true, false, 'x'),
  jku: mostly(undefined, 'https://attacker.example/jwk'),
});

/** Changes a token at a relative position: 0 is its start, 1 its end. */
type Mutation = (token: string, at: number, other: string) => string;
const splice = (token: string, at: number, removed: number, inserted: string): string => {
  const index = Math.floor(at * token.length);
  return token.slice(0, index) + inserted + token.slice(index + removed);
};
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  none: (token) => token,
  flip: (token, at, other) => splice(token, at, 1, other),
  insert: (token, at, other) => splice(token, at, 0, other),
  drop: (token, at) => splice(token, at, 1, ''),
  truncate: (token, at) => token.slice(0, Math.floor(at * token.length)),
  swap: (token) => token.split('.').reverse().join('.'),
  duplicate: (token) => token.replace(/^[^.]*/, '$&.$&'),
  pad: (token, at) =>
    token
      .split('.')
      .map((part, index) => (index === Math.floor(at * 3) ? `${part}=` : part))
      .join('.'),
  surround: (token, at) => (at < 0.5 ? ` ${token}` : `${token}\n`),
  standard: (token) => token.replace(/-/g, '+').replace(/_/g, '/'),
  looseBits: (token, at) => {
    const parts = token.split('.');
    const index = Math.floor(at * 3);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const part = parts[index]!;
    parts[index] = part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)!) ^ 1];
    return parts.join('.');
  },
  noSignature: (token) => token.replace(/[^.]*$/, ''),
};

test('jose accepts every token that is accepted, and every refusal has a known code', { timeout: 90_000 }, async () => {
  const { jwks, signers } = await makeSigners();
  const verify = createVerifier(jwks, {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ALGORITHMS,
    now: () => NOW * 1000,
  });
  const joseKeys = createLocalJWKSet(jwks as JSONWebKeySet);
  const options = {
    algorithms: [...ALGORITHMS],
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: 'secevent+jwt',
    requiredClaims: ['iat', 'jti', 'events', 'iss'],
    crit: {},
    clockTolerance: 60,
    currentDate: new Date(NOW * 1000),
  };
  async function verifyWithJose(token: string): Promise<unknown> {
    try {
      return await jwtVerify(token, joseKeys, options);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // jose leaves it to the caller to try several matching keys.
      let last: unknown = error;
      for await (const key of error) {
        try {
          return await jwtVerify(token, key, options);
        } catch (refusal) {
          last = refusal;
        }
      }
      throw last;
    }
  }
  const counts = { accepted: 0, refused: 0, refusedHereAlone: 0 };
  const codes = new Set<string>();

  const property = fc.asyncProperty(
    fc.constantFrom(...signers),
    headerOf,
    claimsOf,
    fc.oneof({ arbitrary: fc.constant('none'), weight: 3 }, fc.constantFrom(...Object.keys(MUTATIONS))),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.oneof(
      fc.constantFrom('A', 'B', '-', '_', '.', '=', '+', '/', ' ', '\n', 'é', '\0', '😀', '\ud800'),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
    async (signer, parameters, claims, mutation, at, other) => {
      const header = { ...parameters };
      if (header.alg === 'own') header.alg = signer.alg;
      if (header.kid === 'own') header.kid = signer.kid;
      const input = `${segment(JSON.stringify(header))}.${segment(JSON.stringify(claims))}`;
      const token = MUTATIONS[mutation]!(`${input}.${segment(await signer.sign(input))}`, at, other);
      let error: unknown;
      try {
        expect((await verify(token)).payload.iss).toBe(ISSUER);
      } catch (thrown) {
        error = thrown;
      }
      if (error === undefined) {
        counts.accepted++;
        await verifyWithJose(token);
        return;
      }
      if (!(error instanceof SetError)) throw error;
      counts.refused++;
      codes.add(error.code);
      expect(CODES).toContain(error.code);
      const { code } = error;
      // The other direction: jose must refuse these too.
      if (
        code === 'ERR_SET_SIGNATURE' ||
        code === 'ERR_SET_ISSUER' ||
        code === 'ERR_SET_EXPIRED' ||
        code === 'ERR_SET_TYP'
      ) {
        await expect(verifyWithJose(token)).rejects.toThrow();
      } else
        counts.refusedHereAlone += await verifyWithJose(token).then(
          () => 1,
          () => 0,
        );
    },
  );
  await fc.assert(property, { numRuns: RUNS });

  // Both sides of the comparison must be well represented, and the refusals diverse.
  expect(counts.accepted).toBeGreaterThan(RUNS / 10);
  expect(counts.refused).toBeGreaterThan(RUNS / 10);
  expect(codes.size).toBeGreaterThan(CODES.length / 2);
});
