/** caep.dev: an issuer with a slash, RS256 or ES256, and not always a kid. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { occurredAt } from '../../src/envelope.js';
import { readEvents } from '../../src/events/read.js';
import { ssfEvents, verification } from '../../src/ssf/events.js';
import { createSsfVerifier } from '../../src/ssf/verifier.js';
import { subjectOf } from '../../src/subject.js';
import { caepEvents, deviceComplianceChange } from '../../src/vocabularies/caep.js';
import { rejectionOf } from '../support/refusals.js';
import { expectRefusal, receiveWith } from './guide.js';
import { createSigner, NOW, serve, type Signer, stopClock } from './signing.js';

const issuer = 'https://ssf.caep.dev/';
const audience = 'https://receiver.example/events';
const configurationUrl = 'https://ssf.caep.dev/.well-known/ssf-configuration';
const keysUrl = 'https://ssf.caep.dev/jwks.json';
const allEvents = [...caepEvents, ...ssfEvents] as const;

const sub_id = { format: 'email', email: 'ada@example.com' };
const change = {
  event_timestamp: NOW - 90,
  initiating_entity: 'policy',
  reason_admin: { en: 'The firewall is off' },
  previous_status: 'compliant',
  current_status: 'not-compliant',
};
const claims = {
  iss: issuer,
  aud: audience,
  iat: NOW - 60,
  jti: '4d3559ec67504aaba65d40b0363faad8',
  sub_id,
  events: { [deviceComplianceChange.type]: change },
};

const signers = {} as Record<'RS256' | 'ES256', Signer>;
let urls: string[];
beforeAll(async () => {
  stopClock();
  for (const algorithm of ['RS256', 'ES256'] as const) signers[algorithm] = await createSigner(algorithm);
});

const serveAs = (name: string, { jwks }: Signer): string[] =>
  serve({ [configurationUrl]: { issuer: name, jwks_uri: keysUrl }, [keysUrl]: jwks });

beforeEach(() => void (urls = serveAs(issuer, signers.RS256)));

const sign = (payload: object): Promise<string> => signers.RS256.sign(payload, { typ: 'secevent+jwt' });

describe('caep.dev', () => {
  test.each([
    ['RS256', 'a kid', audience],
    ['RS256', 'no kid', [audience]],
    ['ES256', 'a kid', [audience, 'https://receiver.example/']],
    ['ES256', 'no kid', audience],
  ] as const)('sends a SET signed with %s, with %s, for %j', async (algorithm, kid, aud) => {
    const signer = signers[algorithm];
    urls = serveAs(issuer, signer);
    const header = { typ: 'secevent+jwt', ...(kid === 'a kid' && { kid: signer.kid }) };
    const set = await receiveWith('caep.dev', await signer.sign({ ...claims, aud }, header));
    expect(set.header).toEqual({ alg: algorithm, ...header });
    expect(set.payload).toEqual({ ...claims, aud });
    expect(readEvents(set, allEvents)).toEqual([{ type: deviceComplianceChange.type, payload: change }]);
    expect(subjectOf(set)).toEqual(sub_id);
    expect(occurredAt(set)).toEqual(new Date('2026-11-20T11:58:30Z'));
    expect(urls).toEqual([configurationUrl, keysUrl]);
  });

  test('sends a verification about the stream', async () => {
    const stream = { format: 'opaque', id: 'f67e39a0a4d34d56b3aa1bc4cff0069f' };
    const events = { [verification.type]: { state: 'a state of ours' } };
    const set = await receiveWith('caep.dev', await sign({ ...claims, sub_id: stream, events }));
    expect(readEvents(set, allEvents)).toEqual([{ type: verification.type, payload: { state: 'a state of ours' } }]);
    expect(subjectOf(set)).toEqual(stream);
  });

  test('a forged token is refused, with and without a kid', async () => {
    const { forge, kid } = signers.RS256;
    for (const header of [{ kid }, {}])
      await expectRefusal('caep.dev', await forge(claims, { typ: 'secevent+jwt', ...header }), 'ERR_SET_SIGNATURE');
  });

  test.each([
    ['for another receiver', { aud: 'https://other.example/events' }, 'ERR_SET_AUDIENCE'],
    ['of the issuer without its slash', { iss: 'https://ssf.caep.dev' }, 'ERR_SET_ISSUER'],
    ['with an exp', { exp: NOW + 60 }, 'ERR_SET_CLAIM_FORBIDDEN'],
    ['with a sub', { sub: 'ada' }, 'ERR_SET_CLAIM_FORBIDDEN'],
  ] as const)('a SET %s is refused', async (_, part, code) => {
    await expectRefusal('caep.dev', await sign({ ...claims, ...part }), code);
  });

  test('without the slash in the option, its configuration names another issuer', async () => {
    const verify = createSsfVerifier({ issuer: 'https://ssf.caep.dev', audience });
    expect(await rejectionOf(verify(await sign(claims)))).toMatchObject({
      code: 'ERR_SET_JWKS',
      message: 'The transmitter configuration names another issuer: it must be "https://ssf.caep.dev"',
    });
  });

  test('a list of both spellings accepts a configuration without the slash', async () => {
    serveAs('https://ssf.caep.dev', signers.RS256);
    const verify = createSsfVerifier({ issuer: [issuer, 'https://ssf.caep.dev'], audience });
    expect((await verify(await sign(claims))).payload.iss).toBe(issuer);
  });

  test('the default algorithms refuse ES256', async () => {
    const { sign, kid } = signers.ES256;
    const verify = createSsfVerifier({ issuer, audience });
    const token = await sign(claims, { typ: 'secevent+jwt', kid });
    expect((await rejectionOf(verify(token))).code).toBe('ERR_SET_ALGORITHM');
  });
});
