/** Agent providers: the user is the sub of the set, and keys are often elliptic. */
import { beforeAll, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { defineEvent } from '../../src/events/define.js';
import { readEvents } from '../../src/events/read.js';
import { createSchema } from '../../src/events/schema.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { subjectOf } from '../../src/subject.js';
import { createVerifier } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';
import { expectRefusal, receiveWith } from './guide.js';
import { createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const HEADING = 'Agent providers';
const issuer = 'https://provider.example';
const audience = 'https://auth.service.example';
const keysUrl = 'https://provider.example/.well-known/jwks.json';
const REVOKED = 'https://schemas.workos.com/events/agent/auth/identity/assertion/revoked';
const OLDER = REVOKED.replace('auth/', '');

const claims = {
  iss: issuer,
  sub: 'user_01J9ZK3Q7ADA',
  aud: audience,
  jti: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  iat: NOW - 60,
  events: { [REVOKED]: {} },
};

const signers = {} as Record<'RS256' | 'ES256', Signer>;
let urls: string[];
let signer: Signer;
let header: object;
beforeAll(async () => {
  stopClock();
  for (const algorithm of ['RS256', 'ES256'] as const) signers[algorithm] = await createSigner(algorithm);
  signer = signers.ES256;
  header = { typ: 'secevent+jwt', kid: signer.kid };
  urls = serve({ [keysUrl]: { keys: [...signers.RS256.jwks.keys, ...signers.ES256.jwks.keys] } });
});

describe('Agent providers', () => {
  test.each(['ES256', 'RS256'] as const)('report a revoked agent with sub, signed with %s', async (algorithm) => {
    urls.length = 0;
    const { sign, kid } = signers[algorithm];
    const set = await receiveWith(HEADING, await sign(claims, { typ: 'secevent+jwt', kid }));
    expect(set.header).toEqual({ alg: algorithm, typ: 'secevent+jwt', kid });
    expect(set.payload).toEqual(claims);
    const revoked = defineEvent(REVOKED, createSchema());
    expect(readEvents(set, [revoked])).toEqual([{ type: REVOKED, payload: {} }]);
    expect(subjectOf(set)).toEqual({ format: 'iss_sub', iss: issuer, sub: 'user_01J9ZK3Q7ADA' });
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:59:00Z'));
    expect(urls).toEqual([keysUrl]);
  });

  test('use an older spelling of the event type', async () => {
    const token = await signer.sign({ ...claims, events: { [OLDER]: {} } }, header);
    expect(readEvents(await receiveWith(HEADING, token), [])).toEqual([
      { type: 'unknown', name: 'https://schemas.workos.com/events/agent/identity/assertion/revoked', payload: {} },
    ]);
  });

  test('a forged token is refused', async () => {
    await expectRefusal(HEADING, await signer.forge(claims, header), 'ERR_SET_SIGNATURE');
  });

  test.each([
    ['for another service', { aud: 'https://auth.other.example' }, 'ERR_SET_AUDIENCE'],
    ['of another provider', { iss: 'https://provider.example/' }, 'ERR_SET_ISSUER'],
    ['without a sub', { sub: undefined }, 'ERR_SET_CLAIM_MISSING'],
  ] as const)('a SET %s is refused', async (_, change, code) => {
    await expectRefusal(HEADING, await signer.sign({ ...claims, ...change }, header), code);
  });

  test('an assertion of the same provider is refused', async () => {
    const token = await signer.sign(claims, { ...header, typ: 'oauth-id-jag+jwt' });
    await expectRefusal(HEADING, token, 'ERR_SET_TYP');
  });

  test('the defaults refuse ES256, and a verifier for Shared Signals refuses the sub', async () => {
    const token = await signer.sign(claims, header);
    // A static set with only an elliptic key would be a TypeError.
    const jwks = { keys: [...signer.jwks.keys, ...signers.RS256.jwks.keys] };
    expect((await rejectionOf(createVerifier(jwks, { issuer, audience })(token))).code).toBe('ERR_SET_ALGORITHM');
    const configurationUrl = `${issuer}/.well-known/ssf-configuration`;
    serve({ [configurationUrl]: { issuer, jwks_uri: keysUrl }, [keysUrl]: jwks });
    const error = await rejectionOf(createSsfVerifier({ issuer, audience, algorithms: ['ES256'] })(token));
    expect([error.code, error.claim]).toEqual(['ERR_SET_CLAIM_FORBIDDEN', 'sub']);
  });
});
