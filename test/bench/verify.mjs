// verifySet compared with jose, and with the lower bound, a call of crypto.subtle.verify on the same bytes: one token
// at a time, and 64 at a time.
import { createLocalJWKSet, jwtVerify } from 'jose';
import { verifySet } from '../../dist/index.js';
import { median } from './rounds.mjs';
import { claimsOf, makeTokens } from './tokens.mjs';

const POOL = Number(process.env.POOL ?? 500);
const ROUNDS = Number(process.env.ROUNDS ?? 21);
const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`;

const { privateKey, publicKey } = await crypto.subtle.generateKey(
  { ...RS256, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  true,
  ['sign', 'verify'],
);
const { kid } = JSON.parse(Buffer.from(makeTokens(1)[0].split('.', 1)[0], 'base64url'));
// Three keys, as Akamai publishes them. The kid of the tokens names one of them.
const others = await Promise.all(
  ['1', '2'].map(async (name) => ({ ...(await crypto.subtle.exportKey('jwk', publicKey)), kid: name })),
);
const jwks = {
  keys: [...others, { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid, use: 'sig' }].map(
    ({ key_ops, ext, ...key }) => key,
  ),
};

const tokens = await Promise.all(
  makeTokens(POOL).map(async (token) => {
    const input = token.slice(0, token.lastIndexOf('.'));
    const signature = await crypto.subtle.sign(RS256, privateKey, Buffer.from(input));
    return Buffer.from(`${input}.${Buffer.from(signature).toString('base64url')}`).toString('latin1');
  }),
);
const raw = tokens.map((token) => {
  const [header, payload, signature] = token.split('.');
  return {
    data: new Uint8Array(Buffer.from(`${header}.${payload}`)),
    signature: new Uint8Array(Buffer.from(signature, 'base64url')),
  };
});
const { iss: issuer, aud: audience } = claimsOf(tokens[0]);
const options = { issuer, audience };
const joseKeys = createLocalJWKSet(jwks);
const joseOptions = {
  ...options,
  algorithms: ['RS256'],
  typ: 'secevent+jwt',
  requiredClaims: ['iat', 'jti', 'events'],
};

const contenders = {
  'subtle.verify': (i) => crypto.subtle.verify(RS256, publicKey, raw[i].signature, raw[i].data),
  secevent: (i) => verifySet(tokens[i], jwks, options),
  jose: (i) => jwtVerify(tokens[i], joseKeys, joseOptions),
};

/** Runs one contender over the whole pool, `atATime` calls at once, and returns the microseconds per token. */
async function run(contender, atATime) {
  const start = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < POOL) if (!(await contender(next++))) throw new Error('A token was not verified');
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return ((performance.now() - start) * 1000) / POOL;
}

for (const atATime of [1, 64]) {
  const names = Object.keys(contenders);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -3; round < ROUNDS; round++) {
    for (let k = 0; k < names.length; k++) {
      const name = names[(k + round + 3) % names.length];
      const time = await run(contenders[name], atATime);
      if (round >= 0) times[name].push(time);
    }
  }
  const [limit, secevent, jose] = names.map((name) => median(times[name]));
  console.log(`verify, ${atATime} at a time: ${POOL} distinct tokens, RS256 with 2048 bits, ${runtime}`);
  console.log(
    `  crypto.subtle.verify     secevent takes ${(secevent / limit).toFixed(2)} times as long (jose ${(jose / limit).toFixed(2)} times)`,
  );
  console.log(`  jose                     secevent is ${(jose / secevent).toFixed(2)} times as fast`);
}
