/** createTestTransmitter: its poll endpoint (RFC 8936), polled by hand and by pollSets. */
import { describe, expect, test } from 'vitest';
import { SetError } from '../../src/errors.js';
import { createRemoteJwks } from '../../src/jwks/remote.js';
import { pollSets } from '../../src/receiver/poll.js';
import { createPushReceiver } from '../../src/receiver/push.js';
import { decodeSet } from '../../src/set.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, type SetVerifier } from '../../src/verify.js';

// ES256: keys for RSA take long to create.
const transmitters = { algorithm: 'ES256' } as const;

function verifierOf({ jwksUrl, fetch, issuer, audience }: TestTransmitter): SetVerifier {
  return createVerifier(createRemoteJwks(jwksUrl, { fetch }), { issuer, audience, algorithms: ['ES256'] });
}

/** Sends a poll request, and returns the status and the document of the response. */
async function poll(
  { fetch, pollUrl }: TestTransmitter,
  message: unknown,
  signal = new AbortController().signal,
): Promise<readonly [status: number, document?: { sets: Record<string, string>; moreAvailable?: boolean }]> {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  const response = await fetch(pollUrl, { method: 'POST', body, signal });
  return response.status === 200 ? [200, await response.json()] : [response.status];
}

describe('the poll endpoint of a test transmitter', () => {
  test('delivers each SET by its jti, until it is acknowledged or refused', async () => {
    const transmitter = await createTestTransmitter(transmitters);
    const names = [
      await transmitter.enqueue(),
      await transmitter.enqueue({ jti: 'mine' }),
      await transmitter.enqueue(),
    ];
    const [, first] = await poll(transmitter, {});
    expect(Object.keys(first!.sets)).toEqual(names);
    for (const [name, token] of Object.entries(first!.sets)) expect(decodeSet(token).payload.jti).toBe(name);
    expect(await poll(transmitter, {})).toEqual([200, first]);

    const error = { err: 'invalid_request', description: 'Not mine' };
    const [, second] = await poll(transmitter, { ack: [names[0]], setErrs: { mine: error } });
    expect(Object.keys(second!.sets)).toEqual([names[2]]);
    expect([...transmitter.pending.keys()]).toEqual([names[2]]);
    expect(transmitter.acknowledged).toEqual([names[0]]);
    expect([...transmitter.refused]).toEqual([['mine', error]]);
  });

  test('ignores names that it does not deliver', async () => {
    const transmitter = await createTestTransmitter(transmitters);
    const name = await transmitter.enqueue();
    await poll(transmitter, { ack: ['other', name, name], setErrs: { [name]: { err: 'invalid_key' } }, maxEvents: 0 });
    expect([transmitter.acknowledged, transmitter.refused.size]).toEqual([[name], 0]);
  });

  test.each([
    [0, [], true],
    [1, ['a'], true],
    [2, ['a', 'b'], true],
    [3, ['a', 'b', 'c'], undefined],
    [4, ['a', 'b', 'c'], undefined],
  ])('delivers at most %i SETs, and says whether there are more', async (maxEvents, names, moreAvailable) => {
    const transmitter = await createTestTransmitter(transmitters);
    for (const jti of ['a', 'b', 'c']) await transmitter.enqueue({ jti });
    const [, response] = await poll(transmitter, { maxEvents });
    expect([Object.keys(response!.sets), response!.moreAvailable]).toEqual([names, moreAvailable]);
  });

  test.each([
    ['returnImmediately', { returnImmediately: true }],
    ['maxEvents 0', { maxEvents: 0 }],
  ])('does not wait with %s', async (_, message) => {
    expect(await poll(await createTestTransmitter(transmitters), message)).toEqual([200, { sets: {} }]);
  });

  test('takes the verdicts of a long poll at once, and responds when there is a SET', async () => {
    const transmitter = await createTestTransmitter(transmitters);
    const first = await transmitter.enqueue();
    const response = poll(transmitter, { ack: [first] });
    expect(transmitter.acknowledged).toEqual([first]);
    const second = await transmitter.enqueue();
    expect(Object.keys((await response)[1]!.sets)).toEqual([second]);
  });

  test.each(['before', 'while'])('rejects a long poll that is aborted %s it waits', async (when) => {
    const transmitter = await createTestTransmitter(transmitters);
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    const response = expect(poll(transmitter, {}, controller.signal)).rejects.toThrow('aborted');
    controller.abort();
    await response;
    await transmitter.enqueue();
    expect((await poll(transmitter, {}))[0]).toBe(200);
  });

  test.each([
    [''],
    ['{'],
    [[]],
    [{ maxEvents: -1 }],
    [{ maxEvents: 1.5 }],
    [{ maxEvents: '1' }],
    [{ maxEvents: null }],
    [{ returnImmediately: 'true' }],
    [{ ack: 'a' }],
    [{ ack: [1] }],
    [{ setErrs: [] }],
    [{ setErrs: { a: 'invalid_key' } }],
    [{ setErrs: { a: {} } }],
    [{ setErrs: { a: { err: 'invalid_key', description: 1 } } }],
  ])('responds with 400 to %j, and takes no verdict', async (message) => {
    const transmitter = await createTestTransmitter(transmitters);
    await transmitter.enqueue({ jti: 'a' });
    expect(await poll(transmitter, message)).toEqual([400]);
    expect([...transmitter.pending.keys()]).toEqual(['a']);
  });

  test('delivers a SET of any name, and a broken one without a jti', async () => {
    const transmitter = await createTestTransmitter(transmitters);
    const names = [
      await transmitter.enqueue({ jti: '__proto__' }),
      await transmitter.enqueue({ jti: undefined, sub: 'me' }, { typ: 'JWT' }),
    ];
    const [, response] = await poll(transmitter, {});
    expect(Object.keys(response!.sets)).toEqual(names);
    const { payload, header } = JSON.parse(JSON.stringify(partsOf(response!.sets[names[1]!]!)));
    expect([payload.sub, 'jti' in payload, header.typ]).toEqual(['me', false, 'JWT']);
  });

  test.each(['GET', 'PUT', 'constructor'])('responds with 405 to %s', async (method) => {
    const { fetch, pollUrl } = await createTestTransmitter(transmitters);
    expect((await fetch(pollUrl, { method })).status).toBe(405);
  });
});

describe('with pollSets', () => {
  test('acknowledged, refused and invalid SETs become visible', async () => {
    const transmitter = await createTestTransmitter(transmitters);
    const { fetch, pollUrl } = transmitter;
    const verify = verifierOf(transmitter);
    for (const jti of ['handled', 'refused']) await transmitter.enqueue({ jti });
    await transmitter.enqueue({ jti: 'expired', exp: 1 });
    await transmitter.enqueue({ jti: 'last' });
    const sets = pollSets(pollUrl, { verify, fetch });
    for await (const set of sets) {
      if (set.payload.jti === 'refused') sets.refuse(set, new SetError('ERR_SET_ACCESS', 'Not mine'));
      if (set.payload.jti === 'last') break;
    }
    expect(transmitter.acknowledged).toEqual(['handled']);
    expect([...transmitter.refused].map(([name, { err }]) => [name, err])).toEqual([
      ['refused', 'access_denied'],
      ['expired', 'invalid_request'],
    ]);
    expect([...transmitter.pending.keys()]).toEqual(['last']);
  });

  test('a loop waits for SETs, and ends with its signal', async () => {
    const transmitter = await createTestTransmitter(transmitters);
    const { fetch, pollUrl } = transmitter;
    const verify = verifierOf(transmitter);
    const controller = new AbortController();
    const taken: string[] = [];
    const loop = (async () => {
      for await (const set of pollSets(pollUrl, { verify, fetch, signal: controller.signal })) {
        taken.push(set.payload.jti);
        if (taken.length === 3) controller.abort();
        else await transmitter.enqueue();
      }
    })();
    await transmitter.enqueue();
    await loop;
    expect(transmitter.acknowledged).toEqual(taken);
    expect(transmitter.pending.size).toBe(0);
  });
});

test('a pending SET can be pushed instead', async () => {
  const transmitter = await createTestTransmitter(transmitters);
  const taken: string[] = [];
  const receive = createPushReceiver({
    verify: verifierOf(transmitter),
    onSet: ({ payload }) => void taken.push(payload.jti),
  });
  const jti = await transmitter.enqueue();
  const request = await transmitter.request('https://receiver.example/events', transmitter.pending.get(jti)!);
  expect([(await receive(request)).status, taken]).toEqual([202, [jti]]);
});

/** Reads a token that decodeSet refuses. */
function partsOf(token: string): unknown {
  const [header, payload] = token
    .split('.')
    .map((part, index) => (index < 2 ? JSON.parse(Buffer.from(part, 'base64url').toString()) : undefined));
  return { header, payload };
}
