/** createPushReceiver: which answer a delivery gets, when, and what is handled how often. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { SetError, type SetErrorCode } from '../../src/errors.js';
import { DELIVERY_ERRORS } from '../../src/receiver/delivery-error.js';
import { createPushReceiver, type PushReceiver, type PushReceiverOptions } from '../../src/receiver/push.js';
import { memoryReplayStore, type ReplayStore } from '../../src/receiver/replay.js';
import type { VerifiedSet } from '../../src/set.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, type SetVerifier } from '../../src/verify.js';

const ENDPOINT = 'https://receiver.example/events';
const TYPE = { 'content-type': 'application/secevent+jwt' };

let transmitter: TestTransmitter;
let verify: SetVerifier;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  verify = createVerifier(transmitter.jwks, { issuer: transmitter.issuer, audience: transmitter.audience });
});

/** A receiver that notes what it handled and what it reported. */
function makeReceiver(options: Partial<PushReceiverOptions> = {}): { receive: PushReceiver; handled: string[]; errors: unknown[] } {
  const handled: string[] = [];
  const errors: unknown[] = [];
  const onSet = (set: VerifiedSet): void => void handled.push(set.payload.jti);
  const receive = createPushReceiver({ verify, onSet, onError: (error) => errors.push(error), ...options });
  return { receive, handled, errors };
}

const post = (body: BodyInit | null, headers: Record<string, string> = TYPE): Request =>
  new Request(ENDPOINT, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);

/** What a transmitter sees of an answer. */
async function see(response: Response): Promise<{ status: number; headers: Record<string, string>; body: unknown }> {
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), body: text === '' ? '' : JSON.parse(text) };
}

const REFUSAL_HEADERS = { 'content-type': 'application/json', 'content-language': 'en' };
const LATER = { status: 503, headers: { 'retry-after': '5' }, body: '' };

describe('a SET that is good', () => {
  test('is handled, and answered with 202 and no body', async () => {
    const { receive, handled, errors } = makeReceiver();
    expect(await see(await receive(await transmitter.request(ENDPOINT, { jti: 'a' })))).toEqual({ status: 202, headers: {}, body: '' });
    expect({ handled, errors }).toEqual({ handled: ['a'], errors: [] });
  });

  test('is answered only when the handler has finished', async () => {
    let finish = (): void => {};
    const onSet = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const { receive } = makeReceiver({ onSet });
    let isAnswered = false;
    const answer = receive(await transmitter.request(ENDPOINT)).finally(() => (isAnswered = true));
    await vi.waitFor(() => expect(onSet).toHaveBeenCalled());
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isAnswered).toBe(false);
    finish();
    expect((await answer).status).toBe(202);
  });

  test('comes to the handler with its request', async () => {
    const onSet = vi.fn();
    const request = await transmitter.request(`${ENDPOINT}?tenant=1`);
    await makeReceiver({ onSet }).receive(request);
    expect(onSet.mock.calls[0]![1]).toBe(request);
  });

  test.each([200, 202, 204] as const)('is answered with %i where that is wanted', async (successStatus) => {
    const { receive } = makeReceiver({ successStatus });
    const token = await transmitter.sign();
    expect((await receive(post(token))).status).toBe(successStatus);
    expect((await receive(post(token))).status).toBe(successStatus);
  });

  test.each(['application/secevent+jwt; charset=utf-8', 'APPLICATION/SECEVENT+JWT', ' application/secevent+jwt ;a=b'])('may come as %s', async (type) => {
    expect((await makeReceiver().receive(post(await transmitter.sign(), { 'content-type': type }))).status).toBe(202);
  });

  test('may come in many pieces, and with nobody saying its length', async () => {
    const bytes = new TextEncoder().encode(await transmitter.sign());
    const pieces = new ReadableStream({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 7) controller.enqueue(bytes.slice(i, i + 7));
        controller.close();
      },
    });
    expect((await makeReceiver().receive(post(pieces))).status).toBe(202);
  });
});

describe('a SET that comes again', () => {
  test('is answered as before, and not handled again', async () => {
    const { receive, handled } = makeReceiver();
    const token = await transmitter.sign({ jti: 'a' });
    for (let i = 0; i < 3; i++) expect((await receive(post(token))).status).toBe(202);
    expect(handled).toEqual(['a']);
  });

  test('in another text is still the same: issuer and jti make it', async () => {
    const { receive, handled } = makeReceiver();
    await receive(await transmitter.request(ENDPOINT, { jti: 'a', iat: 1_700_000_000 }));
    await receive(await transmitter.request(ENDPOINT, { jti: 'a', iat: 1_700_000_001 }));
    expect(handled).toEqual(['a']);
  });

  test('of another issuer is another', async () => {
    const seen: string[] = [];
    const open = createVerifier(transmitter.jwks, { issuer: null, audience: null });
    const { receive } = makeReceiver({ verify: open, onSet: ({ payload }) => void seen.push(`${payload.iss} ${payload.jti}`) });
    for (const [iss, jti] of [['a', 'bc'], ['ab', 'c'], ['a","b', 'c'], ['a', 'b","c']]) await receive(post(await transmitter.sign({ iss, jti })));
    expect(seen).toEqual(['a bc', 'ab c', 'a","b c', 'a b","c']);
  });

  test('while it is being handled is to come later', async () => {
    let finish = (): void => {};
    const onSet = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const { receive, errors } = makeReceiver({ onSet });
    const token = await transmitter.sign();
    const first = receive(post(token));
    await vi.waitFor(() => expect(onSet).toHaveBeenCalled());
    expect(await see(await receive(post(token)))).toEqual(LATER);
    finish();
    expect((await first).status).toBe(202);
    expect((await receive(post(token))).status).toBe(202);
    expect(onSet).toHaveBeenCalledOnce();
    expect(errors).toEqual([]);
  });
});

describe('a handler that fails', () => {
  test.each([
    ['by throwing', () => { throw new Error('secret of the database'); }],
    ['by rejecting', () => Promise.reject(new Error('secret of the database'))],
    ['with a SetError of its own', () => { throw new SetError('ERR_SET_EVENT', 'secret of the database'); }],
  ])('%s is a 500 without a word, and the next delivery is new', async (_, fail) => {
    const onSet = vi.fn<() => void | Promise<void>>(() => undefined).mockImplementationOnce(fail);
    const { receive, errors } = makeReceiver({ onSet });
    const token = await transmitter.sign();
    expect(await see(await receive(post(token)))).toEqual({ status: 500, headers: {}, body: '' });
    expect(errors).toMatchObject([{ message: 'secret of the database' }]);
    expect((await receive(post(token))).status).toBe(202);
    expect((await receive(post(token))).status).toBe(202);
    expect(onSet).toHaveBeenCalledTimes(2);
  });
});

describe('a SET that is refused', () => {
  /** What the standards have for each cause, worked out apart from the table. */
  const CAUSES: readonly (readonly [name: string, code: SetErrorCode, err: string, make: () => Promise<string> | string])[] = [
    ['an empty body', 'ERR_SET_FORMAT', 'invalid_request', () => ''],
    ['a body that is no token', 'ERR_SET_FORMAT', 'invalid_request', () => '{"events":{}}'],
    ['white space behind the token', 'ERR_SET_BASE64URL', 'invalid_request', async () => `${await transmitter.sign()}\n`],
    ['a form around the token', 'ERR_SET_BASE64URL', 'invalid_request', async () => `token=${await transmitter.sign()}`],
    ['no event', 'ERR_SET_CLAIM_MISSING', 'invalid_request', () => transmitter.sign({ events: undefined })],
    ['another typ', 'ERR_SET_TYP', 'invalid_request', () => transmitter.sign({}, { typ: 'JWT' })],
    ['alg none', 'ERR_SET_ALGORITHM', 'invalid_key', () => transmitter.sign({}, { alg: 'none' })],
    ['a key that is not known', 'ERR_SET_KEY_NOT_FOUND', 'invalid_key', () => transmitter.sign({}, { kid: 'other' })],
    ['another signature', 'ERR_SET_SIGNATURE', 'authentication_failed', async () => `${(await transmitter.sign()).slice(0, -20)}${'A'.repeat(20)}`],
    ['another issuer', 'ERR_SET_ISSUER', 'invalid_issuer', () => transmitter.sign({ iss: 'https://other.example' })],
    ['another audience', 'ERR_SET_AUDIENCE', 'invalid_audience', () => transmitter.sign({ aud: 'https://other.example' })],
    ['a time that has passed', 'ERR_SET_EXPIRED', 'invalid_request', () => transmitter.sign({ exp: 1 })],
    ['a time to come', 'ERR_SET_NOT_YET_VALID', 'invalid_request', () => transmitter.sign({ nbf: 4_000_000_000 })],
  ];

  test.each(CAUSES)('for %s (%s) hears %s', async (_, code, err, make) => {
    const { receive, handled, errors } = makeReceiver();
    const token = await make();
    const { status, headers, body } = await see(await receive(post(token)));
    expect({ status, headers, body }).toEqual({ status: 400, headers: REFUSAL_HEADERS, body: { err, description: expect.stringMatching(/\w/) } });
    expect(handled).toEqual([]);
    expect(errors).toMatchObject([{ code }]);
    if (token.length > 40) for (const part of token.split('.')) if (part.length > 20) expect(JSON.stringify(body)).not.toContain(part.slice(0, 20));
  });

  test('may come again when it is mended: nothing is remembered of it', async () => {
    const { receive, handled } = makeReceiver();
    await receive(post(await transmitter.sign({ jti: 'a', aud: 'https://other.example' })));
    await receive(post(await transmitter.sign({ jti: 'a' })));
    expect(handled).toEqual(['a']);
  });

  test('has an err for every code, or is to come later', async () => {
    for (const [code, err] of Object.entries(DELIVERY_ERRORS)) {
      const { receive } = makeReceiver({ verify: () => Promise.reject(new SetError(code as SetErrorCode, 'why')) });
      const seen = await see(await receive(post('x')));
      if (err === null) expect(seen).toMatchObject(LATER);
      else expect(seen).toMatchObject({ status: code === 'ERR_SET_TOO_LARGE' ? 413 : 400, headers: REFUSAL_HEADERS, body: { err, description: 'why' } });
    }
    expect(Object.entries(DELIVERY_ERRORS).filter(([, err]) => err === null).map(([code]) => code)).toEqual(['ERR_SET_JWKS', 'ERR_SET_WEBCRYPTO', 'ERR_SET_DELIVERY']);
  });

  test('because the look-up of its keys failed is to come later', async () => {
    const failing = createVerifier(() => Promise.reject(new TypeError('fetch failed')), transmitter);
    const { receive, errors } = makeReceiver({ verify: failing });
    expect(await see(await receive(post(await transmitter.sign())))).toEqual(LATER);
    expect(errors).toMatchObject([{ code: 'ERR_SET_KEY_NOT_FOUND', cause: { message: 'fetch failed' } }]);
  });

  test('for no fault of its own is to come later: a code that is not known here', async () => {
    const unknown = Object.assign(new Error('new'), { name: 'SetError', code: 'ERR_SET_OF_LATER' });
    expect(await see(await makeReceiver({ verify: () => Promise.reject(unknown) }).receive(post('x')))).toEqual(LATER);
  });

  test('by a verifier that breaks is a 500 without a word', async () => {
    const { receive, errors } = makeReceiver({ verify: () => Promise.reject(new TypeError('a secret')) });
    expect(await see(await receive(post('x')))).toEqual({ status: 500, headers: {}, body: '' });
    expect(errors).toMatchObject([{ message: 'a secret' }]);
  });
});

describe('a request that delivers nothing', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('by %s is a 405 that names POST', async (method) => {
    const response = await makeReceiver().receive(new Request(ENDPOINT, { method }));
    expect(await see(response)).toEqual({ status: 405, headers: { allow: 'POST' }, body: '' });
  });

  test.each([undefined, 'application/json', 'text/plain', 'application/jwt', 'application/secevent+jwtx', 'secevent+jwt', 'x, application/secevent+jwt'])(
    'of the type %s is a 415',
    async (type) => {
      const request = post(new TextEncoder().encode(await transmitter.sign()), type === undefined ? {} : { 'content-type': type });
      const { status, body } = await see(await makeReceiver().receive(request));
      expect({ status, body }).toMatchObject({ status: 415, body: { err: 'invalid_request' } });
    },
  );

  test.each<[name: string, authenticate: () => unknown]>([
    ['false', () => false],
    ['a promise of false', () => Promise.resolve(false)],
    ['something that is not true', () => 'no'],
    ['nothing', () => undefined],
  ])('without authentication (%s) is a 401, and its body is not read', async (_, authenticate) => {
    const { receive } = makeReceiver({ authenticate: authenticate as () => boolean });
    const request = post(await transmitter.sign());
    const { status, headers, body } = await see(await receive(request));
    expect({ status, headers }).toEqual({ status: 401, headers: { ...REFUSAL_HEADERS, 'www-authenticate': 'Bearer' } });
    expect(body).toMatchObject({ err: 'authentication_failed' });
    expect(request.bodyUsed).toBe(false);
  });

  test('is let in by its headers, where they are right', async () => {
    const authenticate = (request: Request): boolean => request.headers.get('authorization') === 'Bearer s3cret';
    const { receive } = makeReceiver({ authenticate });
    expect((await receive(post(await transmitter.sign(), { ...TYPE, authorization: 'Bearer s3cret' }))).status).toBe(202);
    expect((await receive(post(await transmitter.sign(), TYPE))).status).toBe(401);
  });

  test('when authentication breaks is a 500', async () => {
    const { receive, errors } = makeReceiver({ authenticate: () => Promise.reject(new Error('a secret')) });
    expect(await see(await receive(post('x')))).toEqual({ status: 500, headers: {}, body: '' });
    expect(errors).toMatchObject([{ message: 'a secret' }]);
  });
});

describe('a body', () => {
  test('that says to be too large is a 413 before it is read', async () => {
    const request = post('x'.repeat(101));
    request.headers.set('content-length', '101');
    expect((await makeReceiver({ maxBodyBytes: 100 }).receive(request)).status).toBe(413);
    expect(request.bodyUsed).toBe(false);
  });

  test('that is too large and does not say so is a 413, and is not read on', async () => {
    let pulled = 0;
    const endless = new ReadableStream({ pull: (controller) => { pulled++; controller.enqueue(new Uint8Array(100)); } });
    const { status, body } = await see(await makeReceiver({ maxBodyBytes: 1_000 }).receive(post(endless)));
    expect({ status, body }).toMatchObject({ status: 413, body: { err: 'invalid_request' } });
    expect(pulled).toBeLessThan(20);
  });

  test('of just the largest size is read', async () => {
    const token = await transmitter.sign();
    expect((await makeReceiver({ maxBodyBytes: token.length }).receive(post(token))).status).toBe(202);
    expect((await makeReceiver({ maxBodyBytes: token.length - 1 }).receive(post(token))).status).toBe(413);
  });

  test('that does not come is given up, and is to come later', async () => {
    const { receive, errors } = makeReceiver({ bodyTimeoutMs: 30 });
    expect(await see(await receive(post(new ReadableStream())))).toMatchObject({ status: 503, headers: LATER.headers, body: '' });
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY' }]);
  });

  test('that breaks off is to come later, and nothing of why is told', async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('a secret')) });
    const { receive, errors } = makeReceiver();
    expect(await see(await receive(post(broken)))).toEqual({ ...LATER, headers: { ...LATER.headers, connection: 'close' } });
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', message: 'The body broke off', cause: { message: 'a secret' } }]);
  });

  test.each(['too large', 'too slow'])('that is %s is read no further: its stream is cancelled, and its connection closed', async (fault) => {
    const cancel = vi.fn();
    const stream = new ReadableStream({ pull: (controller) => (fault === 'too slow' ? new Promise(() => {}) : controller.enqueue(new Uint8Array(100))), cancel });
    const response = await makeReceiver({ maxBodyBytes: 1_000, bodyTimeoutMs: 30 }).receive(post(stream));
    expect(response.headers.get('connection')).toBe('close');
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce());
  });

  test('that is not UTF-8 is refused', async () => {
    expect(await see(await makeReceiver().receive(post(new Uint8Array([0x65, 0xff]))))).toMatchObject({ status: 400, body: { err: 'invalid_request' } });
  });

  test('that something has read before is a mistake of the caller, said by onError', async () => {
    const { receive, errors } = makeReceiver();
    const request = post(await transmitter.sign());
    await request.text();
    expect((await receive(request)).status).toBe(500);
    expect(errors).toMatchObject([{ name: 'TypeError', message: expect.stringContaining('was read before') }]);
  });
});

describe('a store that fails', () => {
  const failing = (name: keyof ReplayStore): ReplayStore => ({ ...memoryReplayStore(), [name]: () => Promise.reject(new Error(`${name} failed`)) });

  test('at the beginning lets the SET come later, unhandled', async () => {
    const { receive, handled, errors } = makeReceiver({ replay: failing('begin') });
    expect(await see(await receive(await transmitter.request(ENDPOINT)))).toEqual(LATER);
    expect(handled).toEqual([]);
    expect(errors).toMatchObject([{ message: 'begin failed' }]);
  });

  test('by throwing and not rejecting too', async () => {
    const replay = { ...memoryReplayStore(), begin: () => { throw new Error('begin failed'); } };
    expect(await see(await makeReceiver({ replay }).receive(await transmitter.request(ENDPOINT)))).toEqual(LATER);
  });

  test.each([undefined, null, 'ok', true])('by saying %j takes no SET for handled', async (said) => {
    const replay = { ...memoryReplayStore(), begin: () => Promise.resolve(said as 'new') };
    const { receive, handled } = makeReceiver({ replay });
    expect(await see(await receive(await transmitter.request(ENDPOINT)))).toEqual(LATER);
    expect(handled).toEqual([]);
  });

  test('at the end says so, and the SET that was handled is a success', async () => {
    const { receive, handled, errors } = makeReceiver({ replay: failing('commit') });
    expect((await receive(await transmitter.request(ENDPOINT, { jti: 'a' }))).status).toBe(202);
    expect(handled).toEqual(['a']);
    expect(errors).toMatchObject([{ message: 'commit failed' }]);
  });

  test('after the handler did is told besides', async () => {
    const onSet = (): never => { throw new Error('handler failed'); };
    const { receive, errors } = makeReceiver({ replay: failing('abort'), onSet });
    expect((await receive(await transmitter.request(ENDPOINT))).status).toBe(500);
    expect(errors).toMatchObject([{ message: 'abort failed' }, { message: 'handler failed' }]);
  });
});

describe('onError', () => {
  test.each<[name: string, onError: () => unknown]>([
    ['throws', () => { throw new Error('late'); }],
    ['rejects', () => Promise.reject(new Error('late'))],
  ])('that %s changes no answer and leaves no rejection behind', async (_, onError) => {
    const { receive } = makeReceiver({ onError: onError as () => void });
    expect((await receive(post('x'))).status).toBe(400);
    // A rejection that nobody handles, which shows later than it comes about, fails the run.
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test('hears with the request', async () => {
    const onError = vi.fn();
    const request = post('x');
    await makeReceiver({ onError }).receive(request);
    expect(onError.mock.calls).toEqual([[expect.any(SetError), request]]);
  });
});

describe('a mistake in the options', () => {
  test.each<[name: string, change: object]>([
    ['no verifier', { verify: undefined }],
    ['keys for a verifier', { verify: { keys: [] } }],
    ['no handler', { onSet: undefined }],
    ['a store that is none', { replay: new Map() }],
    ['null for a store', { replay: null }],
    ['a token for authenticate', { authenticate: 'Bearer x' }],
    ['onError that is none', { onError: console }],
    ['a size that is none', { maxBodyBytes: NaN }],
    ['a time that is none', { bodyTimeoutMs: -1 }],
    ['a time that timers do not take', { bodyTimeoutMs: 2 ** 31 }],
    ['another status', { successStatus: 201 }],
  ])('%s is a TypeError at once', (_, change) => {
    expect(() => createPushReceiver({ verify, onSet: () => {}, ...change } as PushReceiverOptions)).toThrow(TypeError);
  });
});
