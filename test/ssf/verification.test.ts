/** Verifying streams: the states that are requested, remembered and checked, and how often. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { handlerRefusalOf } from '../../src/receiver/delivery-error.js';
import { decodeSet, type VerifiedSet } from '../../src/set.js';
import { createStreamClient, type StreamClient, type StreamClientOptions, verification } from '../../src/ssf/index.js';
import { rejectionOf } from '../support/refusals.js';
import { tokenWith } from '../support/tokens.js';
import { type ScriptedTransmitter, startScripted } from './scripted-transmitter.js';

let transmitter: ScriptedTransmitter;
beforeAll(async () => {
  transmitter = await startScripted();
});
afterAll(() => transmitter.server.close());
beforeEach(() => {
  transmitter.reset();
  transmitter.respond = () => [204];
});
afterEach(() => void vi.useRealTimers());

const clientOf = (options: Partial<StreamClientOptions> = {}): StreamClient =>
  createStreamClient({ issuer: transmitter.issuer, ...options });

/** A set with these events, as a verifier would return it. */
const setOf = (events: object, claims: object = {}): VerifiedSet =>
  decodeSet(tokenWith({ iss: transmitter.issuer, events, ...claims })) as VerifiedSet;
const verificationOf = (payload: object, claims: object = {}): VerifiedSet =>
  setOf({ [verification.type]: payload }, claims);

/** Returns the code that the check rejects with, or undefined if the set passes. */
const codeOf = async (client: StreamClient, set: VerifiedSet): Promise<string | undefined> =>
  client.checkVerification(set).then(
    () => undefined,
    (error: { readonly code: string }) => error.code,
  );

describe('a state', () => {
  test('that was requested passes, however often it returns: a redelivery is not an error', async () => {
    const client = clientOf();
    const { state } = await client.verify('s-1');
    expect(transmitter.requests[0]!.body).toEqual({ stream_id: 's-1', state });
    for (let times = 0; times < 3; times++) await client.checkVerification(verificationOf({ state }));
  });

  test('is known before the request: the event may arrive before the response', async () => {
    const client = clientOf();
    const codes: Promise<unknown>[] = [];
    transmitter.respond = ({ body }) => {
      codes.push(codeOf(client, verificationOf({ state: (body as { readonly state: string }).state })));
      return [204];
    };
    await client.verify('s-1');
    expect(await Promise.all(codes)).toEqual([undefined]);
  });

  test('is different each time, and too long to guess', async () => {
    const client = clientOf();
    const states = new Set<string>();
    for (let times = 0; times < 50; times++) states.add((await client.verify('s-1')).state);
    expect(states.size).toBe(50);
    // Four numbers of 32 bits. If one of them were always short, a bit would be missing.
    for (const state of states) expect(state).toMatch(/^\d{1,10}(?:-\d{1,10}){3}$/);
    expect([...states].some((state) => state.split('-').every((part) => Number(part) > 2 ** 30))).toBe(true);
  });

  test('may be chosen', async () => {
    const client = clientOf();
    expect(await client.verify('s-1', { state: 'mine ü' })).toEqual({ state: 'mine ü' });
    expect(await codeOf(client, verificationOf({ state: 'mine ü' }))).toBeUndefined();
  });

  test.each([null, '', 5, {}, ['a']])('cannot be %j: a TypeError, and nothing is sent', async (state) => {
    await expect(clientOf().verify('s-1', { state: state as unknown as string })).rejects.toThrow(TypeError);
    expect(transmitter.requests).toEqual([]);
  });

  test('that was not requested is refused with ERR_SET_STATE, which a receiver answers with invalid_state', async () => {
    const client = clientOf();
    const { state } = await client.verify('s-1');
    const others = ['', 'a', `${state}0`, state.slice(1), state.toUpperCase() + ' ', 0, true, {}, [], [state]];
    for (const other of others) expect(await codeOf(client, verificationOf({ state: other }))).toBe('ERR_SET_STATE');
    const error = await rejectionOf(client.checkVerification(verificationOf({ state: 'secret' })));
    expect(error.message).not.toContain('secret');
    expect(handlerRefusalOf(error)?.err).toBe('invalid_state');
  });

  test('however deep or strange is a SetError', async () => {
    const client = clientOf();
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const payload = `{"state":${deep}}`;
    const claims = JSON.stringify({ ...setOf({ a: {} }).payload, events: '…' }).replace(
      '"…"',
      `{"${verification.type}":${payload}}`,
    );
    const token = tokenWith({}).split('.');
    token[1] = Buffer.from(claims).toString('base64url');
    const set = decodeSet(token.join('.')) as VerifiedSet;
    expect(await codeOf(client, set)).toBe('ERR_SET_STATE');
    const names = { toString: 1, valueOf: 1, toJSON: 1 };
    expect(await codeOf(client, verificationOf({ state: names }))).toBe('ERR_SET_STATE');
  });

  test('that is missing or null passes: the transmitter may start a verification itself', async () => {
    for (const payload of [{}, { state: null }, { other: 'a' }])
      expect(await codeOf(clientOf(), verificationOf(payload))).toBeUndefined();
  });

  test('of any other event does not matter', async () => {
    const risc = 'https://schemas.openid.net/secevent/risc/event-type/verification';
    expect(await codeOf(clientOf(), setOf({ [risc]: { state: 'a' }, session: { state: 'a' } }))).toBeUndefined();
  });

  test('is checked even if it is not the only event', async () => {
    const set = setOf({ first: {}, [verification.type]: { state: 'a' } });
    expect(await codeOf(clientOf(), set)).toBe('ERR_SET_STATE');
  });

  test('of a set of another issuer is refused', async () => {
    const client = clientOf();
    const { state } = await client.verify('s-1');
    expect(await codeOf(client, verificationOf({ state }, { iss: 'https://other.example' }))).toBe('ERR_SET_STATE');
    const alsoOurs = `${transmitter.issuer}/`;
    const several = clientOf({ issuer: [transmitter.issuer, alsoOurs] });
    const own = await several.verify('s-1');
    expect(await codeOf(several, verificationOf(own, { iss: alsoOurs }))).toBeUndefined();
  });

  test('is known to its client only', async () => {
    const { state } = await clientOf().verify('s-1');
    expect(await codeOf(clientOf(), verificationOf({ state }))).toBe('ERR_SET_STATE');
  });

  test('is known for nine days', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const client = clientOf();
    const { state } = await client.verify('s-1');
    vi.advanceTimersByTime(9 * 86_400_000 - 1);
    expect(await codeOf(client, verificationOf({ state }))).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(await codeOf(client, verificationOf({ state }))).toBe('ERR_SET_STATE');
  });
});

describe('the state store', () => {
  test('gets the same key for adding and asking, with the issuer, so that clients can share it', async () => {
    const keys: string[] = [];
    const states = {
      add: (key: string) => void keys.push(`add ${key}`),
      has: (key: string) => keys.push(`has ${key}`) > 0,
    };
    const client = clientOf({ states });
    const { state } = await client.verify('s-1');
    await client.checkVerification(verificationOf({ state }));
    expect(keys).toEqual([`add ${transmitter.issuer} ${state}`, `has ${transmitter.issuer} ${state}`]);
  });

  test('may be a Set, which two clients share', async () => {
    const states = new Set<string>();
    const { state } = await clientOf({ states }).verify('s-1');
    expect(await codeOf(clientOf({ states }), verificationOf({ state }))).toBeUndefined();
  });

  test('that fails to remember a state keeps the request from being sent', async () => {
    const failure = new Error('ECONNREFUSED');
    const states = {
      add: async () => {
        throw failure;
      },
      has: () => true,
    };
    await expect(clientOf({ states }).verify('s-1')).rejects.toBe(failure);
    expect(transmitter.requests).toEqual([]);
  });

  test('that fails to answer does not refuse the set: it will be redelivered', async () => {
    const failure = new Error('ECONNREFUSED');
    const states = {
      add() {},
      has: async () => {
        throw failure;
      },
    };
    const check = clientOf({ states }).checkVerification(verificationOf({ state: 'a' }));
    await expect(check).rejects.toBe(failure);
    expect(handlerRefusalOf(failure)).toBeUndefined();
  });
});

describe('min_verification_interval', () => {
  const replyWith = (interval: unknown): void => {
    const stream = transmitter.stream({ min_verification_interval: interval });
    transmitter.respond = ({ target }) => (target === 'POST /verify' ? [204] : [200, stream]);
  };
  const verifications = (): number => transmitter.requests.filter(({ target }) => target === 'POST /verify').length;
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }));

  test.each<[name: string, read: (client: StreamClient) => Promise<unknown>]>([
    ['create', (client) => client.create({})],
    ['get', (client) => client.get('s-1')],
    ['list', (client) => client.list()],
    ['update', (client) => client.update('s-1', {})],
    ['replace', (client) => client.replace('s-1', {})],
    ['ensure', (client) => client.ensure({})],
  ])('that %s has shown is respected: nothing is sent until it has passed', async (_, read) => {
    replyWith(60);
    const client = clientOf();
    await read(client);
    await client.verify('s-1');
    vi.advanceTimersByTime(1);
    for (const [elapsedMs, waitSeconds] of [
      [0, 60],
      [1_000, 59],
      [58_998, 1],
    ] as const) {
      vi.advanceTimersByTime(elapsedMs);
      const error = await rejectionOf(client.verify('s-1'));
      expect([error.code, error.status, error.retryAfterSeconds]).toEqual(['ERR_SET_STREAM', undefined, waitSeconds]);
    }
    expect(verifications()).toBe(1);
    vi.advanceTimersByTime(1);
    await client.verify('s-1');
    expect(verifications()).toBe(2);
  });

  test('counts for its stream only', async () => {
    replyWith(60);
    const client = clientOf();
    await client.get('s-1');
    await client.verify('s-1');
    await client.verify('s-2');
    expect(verifications()).toBe(2);
  });

  test('also counts if it was learned after the verification', async () => {
    replyWith(60);
    const client = clientOf();
    await client.verify('s-1');
    await client.verify('s-1');
    await client.get('s-1');
    expect((await rejectionOf(client.verify('s-1'))).retryAfterSeconds).toBe(60);
  });

  test.each([undefined, null, 0, -60])('that is %j delays nothing', async (interval) => {
    replyWith(interval);
    const client = clientOf();
    await client.get('s-1');
    await client.verify('s-1');
    await client.verify('s-1');
    expect(verifications()).toBe(2);
  });

  test('does not count from a verification that failed', async () => {
    replyWith(60);
    const client = clientOf();
    await client.get('s-1');
    transmitter.respond = () => [429, undefined, { 'retry-after': '30' }];
    const error = await rejectionOf(client.verify('s-1'));
    expect([error.code, error.status, error.retryAfterSeconds]).toEqual(['ERR_SET_STREAM', 429, 30]);
    transmitter.respond = () => [204];
    await client.verify('s-1');
  });

  test('delays nothing when the clock was set back', async () => {
    replyWith(60);
    const client = clientOf();
    await client.get('s-1');
    await client.verify('s-1');
    vi.setSystemTime(Date.now() - 3_600_000);
    await client.verify('s-1');
    expect(verifications()).toBe(2);
  });

  test('of streams that are gone is forgotten with the next list', async () => {
    const client = clientOf();
    replyWith(60);
    await client.get('s-1');
    await client.verify('s-1');
    transmitter.respond = ({ target }) => (target === 'POST /verify' ? [204] : [200, []]);
    await client.list();
    await client.verify('s-1');
    expect(verifications()).toBe(2);
  });
});
