/** createPushReceiver: which response a delivery gets and when, and how often a SET is handled. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { SetError, type SetErrorCode } from '../../src/errors.js';
import { deliveryErrorOf } from '../../src/receiver/delivery-error.js';
import { createPushReceiver, type PushReceiver, type PushReceiverOptions } from '../../src/receiver/push.js';
import { createMemoryReplayStore, type ReplayStore } from '../../src/receiver/replay.js';
import type { VerifiedSet } from '../../src/set.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, type SetVerifier } from '../../src/verify.js';
import { PATIENTLY } from '../support/timing.js';

const ENDPOINT = 'https://receiver.example/events';
const TYPE = { 'content-type': 'application/secevent+jwt' };

let transmitter: TestTransmitter;
let verify: SetVerifier;
beforeAll(async () => {
  transmitter = await createTestTransmitter();
  verify = createVerifier(transmitter.jwks, { issuer: transmitter.issuer, audience: transmitter.audience });
});

/** Creates a receiver that records which SETs it handled, which errors it reported, and the jti of each error's set. */
function makeReceiver(options: Partial<PushReceiverOptions> = {}): {
  receive: PushReceiver;
  handled: string[];
  errors: unknown[];
  jtis: (string | undefined)[];
} {
  const handled: string[] = [];
  const errors: unknown[] = [];
  const jtis: (string | undefined)[] = [];
  const onSet = (set: VerifiedSet): void => void handled.push(set.payload.jti);
  const onError: PushReceiverOptions['onError'] = (error, _request, set) => {
    errors.push(error);
    jtis.push(set?.payload.jti);
  };
  const receive = createPushReceiver({ verify, onSet, onError, ...options });
  return { receive, handled, errors, jtis };
}

const post = (body: BodyInit | null, headers: Record<string, string> = TYPE): Request =>
  new Request(ENDPOINT, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);

/** Reads what a transmitter sees of a response. */
async function see(response: Response): Promise<{ status: number; headers: Record<string, string>; body: unknown }> {
  const text = await response.text();
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: text === '' ? '' : JSON.parse(text),
  };
}

/** What every response has, whatever its status. */
const HEADERS = { 'cache-control': 'no-store' };
const REFUSAL_HEADERS = { ...HEADERS, 'content-type': 'application/json', 'content-language': 'en' };
const LATER = { status: 503, headers: { ...HEADERS, 'retry-after': '5' }, body: '' };

describe('a valid SET', () => {
  test('is handled, and gets a 202 without a body', async () => {
    const { receive, handled, errors } = makeReceiver();
    expect(await see(await receive(await transmitter.request(ENDPOINT, { jti: 'a' })))).toEqual({
      status: 202,
      headers: HEADERS,
      body: '',
    });
    expect({ handled, errors }).toEqual({ handled: ['a'], errors: [] });
  });

  test('gets its response only after the handler has finished', async () => {
    let finish = (): void => {};
    const onSet = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const { receive } = makeReceiver({ onSet });
    let hasResponse = false;
    const response = receive(await transmitter.request(ENDPOINT)).finally(() => (hasResponse = true));
    await vi.waitFor(() => expect(onSet).toHaveBeenCalled(), PATIENTLY);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(hasResponse).toBe(false);
    finish();
    expect((await response).status).toBe(202);
  });

  test('reaches the handler with its request', async () => {
    const onSet = vi.fn();
    const request = await transmitter.request(`${ENDPOINT}?tenant=1`);
    await makeReceiver({ onSet }).receive(request);
    expect(onSet.mock.calls[0]![1]).toBe(request);
  });

  test.each([200, 202, 204] as const)('gets a %i if that is the successStatus', async (successStatus) => {
    const { receive } = makeReceiver({ successStatus });
    const token = await transmitter.sign();
    expect((await receive(post(token))).status).toBe(successStatus);
    expect((await receive(post(token))).status).toBe(successStatus);
  });

  test.each([
    'application/secevent+jwt; charset=utf-8',
    'APPLICATION/SECEVENT+JWT',
    ' application/secevent+jwt ;a=b',
    'application/secevent+jwt, application/secevent+jwt',
    'application/secevent+jwt; charset=utf-8,application/secevent+jwt',
    'application/secevent+jwt; a="b, c"',
  ])('may have the content type %s', async (type) => {
    expect((await makeReceiver().receive(post(await transmitter.sign(), { 'content-type': type }))).status).toBe(202);
  });

  test('may arrive in many chunks without a declared length', async () => {
    const bytes = new TextEncoder().encode(await transmitter.sign());
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 7) controller.enqueue(bytes.slice(i, i + 7));
        controller.close();
      },
    });
    expect((await makeReceiver().receive(post(chunks))).status).toBe(202);
  });
});

describe('a redelivered SET', () => {
  test('gets the same response, and is not handled again', async () => {
    const { receive, handled } = makeReceiver();
    const token = await transmitter.sign({ jti: 'a' });
    for (let i = 0; i < 3; i++) expect((await receive(post(token))).status).toBe(202);
    expect(handled).toEqual(['a']);
  });

  test('is recognized by its issuer and jti, even in another token', async () => {
    const { receive, handled } = makeReceiver();
    await receive(await transmitter.request(ENDPOINT, { jti: 'a', iat: 1_700_000_000 }));
    await receive(await transmitter.request(ENDPOINT, { jti: 'a', iat: 1_700_000_001 }));
    expect(handled).toEqual(['a']);
  });

  test('counts as a different SET if its issuer differs', async () => {
    const seen: string[] = [];
    const open = createVerifier(transmitter.jwks, { issuer: null, audience: null });
    const { receive } = makeReceiver({
      verify: open,
      onSet: ({ payload }) => void seen.push(`${payload.iss} ${payload.jti}`),
    });
    for (const [iss, jti] of [
      ['a', 'bc'],
      ['ab', 'c'],
      ['a","b', 'c'],
      ['a', 'b","c'],
    ])
      await receive(post(await transmitter.sign({ iss, jti })));
    expect(seen).toEqual(['a bc', 'ab c', 'a","b c', 'a b","c']);
  });

  test('gets a 503 while the first delivery is being handled', async () => {
    let finish = (): void => {};
    const onSet = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const { receive, errors, jtis } = makeReceiver({ onSet });
    const token = await transmitter.sign({ jti: 'a' });
    const first = receive(post(token));
    await vi.waitFor(() => expect(onSet).toHaveBeenCalled(), PATIENTLY);
    expect(await see(await receive(post(token)))).toEqual(LATER);
    finish();
    expect((await first).status).toBe(202);
    expect((await receive(post(token))).status).toBe(202);
    expect(onSet).toHaveBeenCalledOnce();
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 503 }]);
    expect(jtis).toEqual(['a']);
  });
});

describe('a handler that fails', () => {
  test.each([
    [
      'by throwing',
      () => {
        throw new Error('secret of the database');
      },
    ],
    ['by rejecting', () => Promise.reject(new Error('secret of the database'))],
    [
      'with a SetError about keys',
      () => {
        throw new SetError('ERR_SET_JWKS', 'secret of the database');
      },
    ],
    [
      'with a SetError about a stream',
      () => {
        throw new SetError('ERR_SET_STREAM', 'secret of the database');
      },
    ],
    [
      'with a SetError about a signature',
      () => {
        throw new SetError('ERR_SET_SIGNATURE', 'secret of the database');
      },
    ],
    [
      'with a refusal that has retryAfterSeconds',
      () => {
        throw new SetError('ERR_SET_STATE', 'secret of the database', { retryAfterSeconds: 5 });
      },
    ],
  ])('%s leads to a 500 with an empty body, and the next delivery is new', async (_, fail) => {
    const onSet = vi.fn<() => void | Promise<void>>(() => undefined).mockImplementationOnce(fail);
    const { receive, errors, jtis } = makeReceiver({ onSet });
    const token = await transmitter.sign({ jti: 'a' });
    expect(await see(await receive(post(token)))).toEqual({ status: 500, headers: HEADERS, body: '' });
    expect(errors).toMatchObject([{ message: 'secret of the database' }]);
    expect(jtis).toEqual(['a']);
    expect((await receive(post(token))).status).toBe(202);
    expect((await receive(post(token))).status).toBe(202);
    expect(onSet).toHaveBeenCalledTimes(2);
  });
});

describe('a handler that refuses a SET', () => {
  test.each<[code: SetErrorCode, err: string]>([
    ['ERR_SET_EVENT', 'invalid_request'],
    ['ERR_SET_SUBJECT', 'invalid_request'],
    ['ERR_SET_CLAIM_MISSING', 'invalid_request'],
    ['ERR_SET_CLAIM_INVALID', 'invalid_request'],
    ['ERR_SET_CLAIM_FORBIDDEN', 'invalid_request'],
    ['ERR_SET_STATE', 'invalid_state'],
    ['ERR_SET_ACCESS', 'access_denied'],
  ])('with %s leads to a 400 %s with a fixed sentence, and the replay entry is aborted', async (code, err) => {
    const refuse = vi.fn((): void => {
      throw new SetError(code, 'expected "https://internal.example"');
    });
    const replay = createMemoryReplayStore();
    const abort = vi.spyOn(replay, 'abort');
    const { receive, errors, jtis } = makeReceiver({ onSet: refuse, replay });
    const token = await transmitter.sign({ jti: 'a' });
    for (let i = 0; i < 2; i++) {
      const seen = await see(await receive(post(token)));
      expect(seen).toEqual({
        status: 400,
        headers: REFUSAL_HEADERS,
        body: { err, description: expect.stringMatching(/^[A-Z][A-Za-z0-9 ]+$/) },
      });
    }
    expect(abort).toHaveBeenCalledTimes(2);
    expect(refuse).toHaveBeenCalledTimes(2);
    expect(errors).toMatchObject([{ code }, { code }]);
    expect(jtis).toEqual(['a', 'a']);
  });

  test('with an error from another copy of this library is recognized', async () => {
    const foreign = Object.assign(new Error('no'), { name: 'SetError', code: 'ERR_SET_ACCESS' });
    const { receive } = makeReceiver({ onSet: () => Promise.reject(foreign) });
    expect(await see(await receive(await transmitter.request(ENDPOINT)))).toMatchObject({
      status: 400,
      body: { err: 'access_denied' },
    });
  });
});

describe('a SET that is not accepted', () => {
  /** The error that the standards define for each cause, independent of the table in src. */
  const CAUSES: readonly (readonly [
    name: string,
    code: SetErrorCode,
    err: string,
    make: () => Promise<string> | string,
  ])[] = [
    ['an empty body', 'ERR_SET_FORMAT', 'invalid_request', () => ''],
    ['a body that is not a token', 'ERR_SET_FORMAT', 'invalid_request', () => '{"events":{}}'],
    ['whitespace after the token', 'ERR_SET_BASE64URL', 'invalid_request', async () => `${await transmitter.sign()}\n`],
    [
      'a form around the token',
      'ERR_SET_BASE64URL',
      'invalid_request',
      async () => `token=${await transmitter.sign()}`,
    ],
    ['no events', 'ERR_SET_CLAIM_MISSING', 'invalid_request', () => transmitter.sign({ events: undefined })],
    ['the wrong typ', 'ERR_SET_TYP', 'invalid_request', () => transmitter.sign({}, { typ: 'JWT' })],
    ['alg none', 'ERR_SET_ALGORITHM', 'invalid_key', () => transmitter.sign({}, { alg: 'none' })],
    ['an unknown key', 'ERR_SET_KEY_NOT_FOUND', 'invalid_key', () => transmitter.sign({}, { kid: 'other' })],
    [
      'a wrong signature',
      'ERR_SET_SIGNATURE',
      'authentication_failed',
      async () => `${(await transmitter.sign()).slice(0, -20)}${'A'.repeat(20)}`,
    ],
    ['the wrong issuer', 'ERR_SET_ISSUER', 'invalid_issuer', () => transmitter.sign({ iss: 'https://other.example' })],
    [
      'the wrong audience',
      'ERR_SET_AUDIENCE',
      'invalid_audience',
      () => transmitter.sign({ aud: 'https://other.example' }),
    ],
    ['an exp in the past', 'ERR_SET_EXPIRED', 'invalid_request', () => transmitter.sign({ exp: 1 })],
    [
      'an nbf in the future',
      'ERR_SET_NOT_YET_VALID',
      'invalid_request',
      () => transmitter.sign({ nbf: 4_000_000_000 }),
    ],
  ];

  test.each(CAUSES)('because of %s (%s) gets %s', async (_, code, err, make) => {
    const { receive, handled, errors } = makeReceiver();
    const token = await make();
    const { status, headers, body } = await see(await receive(post(token)));
    expect({ status, headers, body }).toEqual({
      status: 400,
      headers: REFUSAL_HEADERS,
      body: { err, description: expect.stringMatching(/\w/) },
    });
    expect(handled).toEqual([]);
    expect(errors).toMatchObject([{ code }]);
    if (token.length > 40)
      for (const part of token.split('.'))
        if (part.length > 20) expect(JSON.stringify(body)).not.toContain(part.slice(0, 20));
  });

  test('may be delivered again once it is corrected: the store does not remember it', async () => {
    const { receive, handled } = makeReceiver();
    await receive(post(await transmitter.sign({ jti: 'a', aud: 'https://other.example' })));
    await receive(post(await transmitter.sign({ jti: 'a' })));
    expect(handled).toEqual(['a']);
  });

  const FINAL: readonly SetErrorCode[] = [
    ...([
      'INPUT',
      'TOO_LARGE',
      'FORMAT',
      'BASE64URL',
      'JSON',
      'DUPLICATE_MEMBER',
      'HEADER',
      'CLAIM_MISSING',
      'CLAIM_INVALID',
    ] as const),
    ...([
      'CLAIM_FORBIDDEN',
      'TYP',
      'ALGORITHM',
      'KEY_NOT_FOUND',
      'KEY_INVALID',
      'SIGNATURE',
      'ISSUER',
      'AUDIENCE',
      'EXPIRED',
    ] as const),
    ...(['NOT_YET_VALID', 'TOO_OLD', 'EVENT', 'SUBJECT', 'STATE', 'ACCESS'] as const),
  ].map((name) => `ERR_SET_${name}` as const);
  test.each(FINAL)('with %s gets a fixed sentence, whatever the message says', async (code) => {
    const secret = 'it must be "https://internal.example"';
    const { receive } = makeReceiver({ verify: () => Promise.reject(new SetError(code, secret)) });
    const seen = await see(await receive(post('x')));
    const error = deliveryErrorOf(
      new SetError(code, 'another message', { cause: new Error('a cause says nothing about the lookup') }),
    );
    expect(seen).toEqual({ status: code === 'ERR_SET_TOO_LARGE' ? 413 : 400, headers: REFUSAL_HEADERS, body: error });
    expect(JSON.stringify(seen.body)).not.toContain('internal');
  });

  test.each<[name: string, error: SetError, retryAfter: string]>([
    ['ERR_SET_JWKS', new SetError('ERR_SET_JWKS', 'why'), '5'],
    ['ERR_SET_WEBCRYPTO', new SetError('ERR_SET_WEBCRYPTO', 'why'), '5'],
    ['ERR_SET_DELIVERY', new SetError('ERR_SET_DELIVERY', 'why'), '5'],
    ['ERR_SET_STREAM', new SetError('ERR_SET_STREAM', 'why'), '5'],
    ['a lookup that must wait', new SetError('ERR_SET_JWKS', 'why', { retryAfterSeconds: 20 }), '20'],
    ['a lookup that failed', new SetError('ERR_SET_KEY_NOT_FOUND', 'why', { retryAfterSeconds: 7 }), '7'],
    ['a clock that is off', new SetError('ERR_SET_NOT_YET_VALID', 'why', { retryAfterSeconds: 3_540 }), '3540'],
  ])('that is not at fault (%s) gets a 503', async (_, error, retryAfter) => {
    const { receive, errors } = makeReceiver({ verify: () => Promise.reject(error) });
    expect(await see(await receive(post('x')))).toEqual({
      status: 503,
      headers: { ...HEADERS, 'retry-after': retryAfter },
      body: '',
    });
    expect(errors).toEqual([error]);
    expect(deliveryErrorOf(error)).toBeUndefined();
  });

  test.each<[seconds: unknown, retryAfter: string]>([
    [NaN, '5'],
    [-5, '5'],
    [0, '5'],
    [1.5, '2'],
    [1e21, '86400'],
    [Infinity, '86400'],
    ['10\r\nx: y', '5'],
    [{}, '5'],
  ])(
    'is to be redelivered after whole seconds, even if a verifier sets retryAfterSeconds to %j',
    async (seconds, retryAfter) => {
      const error = new SetError('ERR_SET_JWKS', 'why', { retryAfterSeconds: seconds as number });
      const response = await makeReceiver({ verify: () => Promise.reject(error) }).receive(post('x'));
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, retryAfter]);
    },
  );

  test('whose key lookup failed gets a 503', async () => {
    const failing = createVerifier(() => Promise.reject(new TypeError('fetch failed')), transmitter);
    const { receive, errors } = makeReceiver({ verify: failing });
    expect(await see(await receive(post(await transmitter.sign())))).toEqual(LATER);
    expect(errors).toMatchObject([{ code: 'ERR_SET_KEY_NOT_FOUND', cause: { message: 'fetch failed' } }]);
  });

  test('whose key cannot be imported gets a 400, since the lookup worked', async () => {
    const [key] = transmitter.jwks.keys;
    const { receive } = makeReceiver({ verify: createVerifier(() => ({ keys: [{ ...key!, e: '!' }] }), transmitter) });
    expect(await see(await receive(post(await transmitter.sign())))).toMatchObject({
      status: 400,
      body: { err: 'invalid_key' },
    });
  });

  test.each([
    ['iat', 3_600, 503],
    ['iat', 86_300, 503],
    ['iat', 86_500, 400],
    ['nbf', 3_600, 503],
    ['nbf', 86_500, 400],
  ])('whose %s is %i s ahead gets a %i', async (claim, ahead, status) => {
    const token = await transmitter.sign({ [claim]: Math.floor(Date.now() / 1000) + ahead });
    expect((await makeReceiver().receive(post(token))).status).toBe(status);
  });

  test('is reported with its set if its signature is valid', async () => {
    const { receive, jtis } = makeReceiver();
    await receive(post(await transmitter.sign({ jti: 'a', aud: 'https://other.example' })));
    await receive(post(`${(await transmitter.sign({ jti: 'b' })).slice(0, -20)}${'A'.repeat(20)}`));
    expect(jtis).toEqual(['a', undefined]);
  });

  test('with an unknown error code gets a 503', async () => {
    const unknown = Object.assign(new Error('new'), { name: 'SetError', code: 'ERR_SET_OF_LATER' });
    expect(await see(await makeReceiver({ verify: () => Promise.reject(unknown) }).receive(post('x')))).toEqual(LATER);
  });

  test('whose verifier breaks gets a 500 with an empty body', async () => {
    const { receive, errors } = makeReceiver({ verify: () => Promise.reject(new TypeError('a secret')) });
    expect(await see(await receive(post('x')))).toEqual({ status: 500, headers: HEADERS, body: '' });
    expect(errors).toMatchObject([{ message: 'a secret' }]);
  });
});

describe('a request', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])(
    'with the method %s gets a 405 that allows POST',
    async (method) => {
      const { receive, errors } = makeReceiver();
      const response = await receive(new Request(ENDPOINT, { method }));
      expect(await see(response)).toEqual({ status: 405, headers: { ...HEADERS, allow: 'POST' }, body: '' });
      expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 405 }]);
    },
  );

  test.each([
    ...[
      undefined,
      '',
      'application/json',
      'text/plain',
      'application/jwt',
      'application/secevent+jwtx',
      'secevent+jwt',
      'xapplication/secevent+jwt',
    ],
    ...[
      'x, application/secevent+jwt',
      'application/secevent+jwt, x',
      'application/secevent+jwt,',
      'application/secevent+jwt x',
      'a="application/secevent+jwt"',
    ],
  ])('with the content type %s gets a 415', async (type) => {
    const request = post(
      new TextEncoder().encode(await transmitter.sign()),
      type === undefined ? {} : { 'content-type': type },
    );
    const { receive, errors } = makeReceiver();
    const { status, body } = await see(await receive(request));
    expect({ status, body }).toMatchObject({ status: 415, body: { err: 'invalid_request' } });
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 415 }]);
    expect(request.bodyUsed).toBe(false);
  });

  test.each(['gzip', 'br', 'deflate', 'GZIP', 'gzip, identity', 'x', 'identityx', 'identity gzip'])(
    'with the content encoding %s gets a 415 that accepts identity',
    async (encoding) => {
      const { receive, errors } = makeReceiver();
      const { status, headers, body } = await see(
        await receive(post(await transmitter.sign(), { ...TYPE, 'content-encoding': encoding })),
      );
      expect({ status, headers, body }).toMatchObject({
        status: 415,
        headers: { ...REFUSAL_HEADERS, 'accept-encoding': 'identity' },
        body: { err: 'invalid_request' },
      });
      expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 415 }]);
    },
  );

  test.each(['identity', 'Identity', '', 'identity, identity'])(
    'with the content encoding %j is received',
    async (encoding) => {
      expect(
        (await makeReceiver().receive(post(await transmitter.sign(), { ...TYPE, 'content-encoding': encoding })))
          .status,
      ).toBe(202);
    },
  );

  test.each<[name: string, authenticate: () => unknown]>([
    ['false', () => false],
    ['a promise of false', () => Promise.resolve(false)],
    ['something that is not true', () => 'no'],
    ['nothing', () => undefined],
  ])('that authenticate rejects (%s) gets a 401, and its body is not read', async (_, authenticate) => {
    const { receive, errors } = makeReceiver({ authenticate: authenticate as () => boolean });
    const request = post(await transmitter.sign());
    const { status, headers, body } = await see(await receive(request));
    expect({ status, headers }).toEqual({ status: 401, headers: { ...REFUSAL_HEADERS, 'www-authenticate': 'Bearer' } });
    expect(body).toMatchObject({ err: 'authentication_failed' });
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 401 }]);
    expect(request.bodyUsed).toBe(false);
  });

  test('can be authenticated by its headers', async () => {
    const authenticate = (request: Request): boolean => request.headers.get('authorization') === 'Bearer s3cret';
    const { receive } = makeReceiver({ authenticate });
    expect((await receive(post(await transmitter.sign(), { ...TYPE, authorization: 'Bearer s3cret' }))).status).toBe(
      202,
    );
    expect((await receive(post(await transmitter.sign(), TYPE))).status).toBe(401);
  });

  test('gets a 500 if authenticate fails', async () => {
    const { receive, errors } = makeReceiver({ authenticate: () => Promise.reject(new Error('a secret')) });
    expect(await see(await receive(post('x')))).toEqual({ status: 500, headers: HEADERS, body: '' });
    expect(errors).toMatchObject([{ message: 'a secret' }]);
  });
});

describe('a body', () => {
  test('that is declared too large gets a 413 before it is read', async () => {
    const request = post('x'.repeat(101));
    request.headers.set('content-length', '101');
    expect((await makeReceiver({ maxBodyBytes: 100 }).receive(request)).status).toBe(413);
    expect(request.bodyUsed).toBe(false);
  });

  test('that turns out too large gets a 413, and is read no further', async () => {
    let pulled = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(100));
      },
    });
    const { receive, errors } = makeReceiver({ maxBodyBytes: 1_000 });
    const { status, body } = await see(await receive(post(endless)));
    expect({ status, body }).toMatchObject({
      status: 413,
      body: { err: 'invalid_request', description: 'The body is too large' },
    });
    expect(errors).toMatchObject([
      { code: 'ERR_SET_DELIVERY', status: 413, message: 'The body is larger than 1000 bytes' },
    ]);
    expect(pulled).toBeLessThan(20);
  });

  test('of exactly the largest size is read', async () => {
    const token = await transmitter.sign();
    expect((await makeReceiver({ maxBodyBytes: token.length }).receive(post(token))).status).toBe(202);
    expect((await makeReceiver({ maxBodyBytes: token.length - 1 }).receive(post(token))).status).toBe(413);
  });

  test('may take a moment even if its time limit exceeds the range of timers', async () => {
    const token = await transmitter.sign();
    const slow = new ReadableStream({
      async start(controller) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        controller.enqueue(new TextEncoder().encode(token));
        controller.close();
      },
    });
    expect((await makeReceiver({ bodyTimeoutMs: 2 ** 31 }).receive(post(slow))).status).toBe(202);
  });

  test('that does not arrive in time gets a 503', async () => {
    const { receive, errors } = makeReceiver({ bodyTimeoutMs: 30 });
    expect(await see(await receive(post(new ReadableStream())))).toMatchObject({
      status: 503,
      headers: LATER.headers,
      body: '',
    });
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY', status: 503 }]);
  });

  test('that breaks off gets a 503, which does not reveal why', async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('a secret')) });
    const { receive, errors } = makeReceiver();
    expect(await see(await receive(post(broken)))).toEqual({
      ...LATER,
      headers: { ...LATER.headers, connection: 'close' },
    });
    expect(errors).toMatchObject([
      { code: 'ERR_SET_DELIVERY', message: 'Reading the body failed', cause: { message: 'a secret' } },
    ]);
  });

  test.each(['too large', 'too slow'])(
    'that is %s is read no further: its stream is canceled, and its connection closed',
    async (fault) => {
      const cancel = vi.fn();
      const stream = new ReadableStream({
        pull: (controller) => (fault === 'too slow' ? new Promise(() => {}) : controller.enqueue(new Uint8Array(100))),
        cancel,
      });
      const { receive, errors } = makeReceiver({
        maxBodyBytes: 1_000,
        bodyTimeoutMs: fault === 'too slow' ? 30 : 600_000,
      });
      const response = await receive(post(stream));
      expect(errors).toMatchObject([{ status: fault === 'too slow' ? 503 : 413 }]);
      expect(response.headers.get('connection')).toBe('close');
      await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), PATIENTLY);
    },
  );

  test('that is not UTF-8 is refused', async () => {
    expect(await see(await makeReceiver().receive(post(new Uint8Array([0x65, 0xff]))))).toMatchObject({
      status: 400,
      body: { err: 'invalid_request' },
    });
  });

  test('is read whole where requests have no stream, as in Firefox', async () => {
    const token = await transmitter.sign({ jti: 'a' });
    /** Creates a request as on a platform without Request.body. */
    const streamless = (text: string, headers: Record<string, string> = TYPE): Request =>
      Object.defineProperty(post(text, headers), 'body', { value: undefined });
    const { receive, handled } = makeReceiver({ maxBodyBytes: token.length });
    expect((await receive(streamless(token))).status).toBe(202);
    expect(handled).toEqual(['a']);
    expect((await receive(streamless(`${token}x`))).status).toBe(413);
    const declared = streamless(`${token}x`, { ...TYPE, 'content-length': String(token.length + 1) });
    expect((await receive(declared)).status).toBe(413);
    expect(declared.bodyUsed).toBe(false);
  });

  test('that something has already read gets a 500, and onError gets the reason', async () => {
    const { receive, errors } = makeReceiver();
    const request = post(await transmitter.sign());
    await request.text();
    expect((await receive(request)).status).toBe(500);
    expect(errors).toMatchObject([{ name: 'TypeError', message: expect.stringContaining('was read before') }]);
  });
});

describe('a store that fails', () => {
  const failing = (name: keyof ReplayStore): ReplayStore => ({
    ...createMemoryReplayStore(),
    [name]: () => Promise.reject(new Error(`${name} failed`)),
  });

  test('to begin leads to a 503, and the SET is not handled', async () => {
    const { receive, handled, errors } = makeReceiver({ replay: failing('begin') });
    expect(await see(await receive(await transmitter.request(ENDPOINT)))).toEqual(LATER);
    expect(handled).toEqual([]);
    expect(errors).toMatchObject([{ message: 'begin failed' }]);
  });

  test('to begin by throwing instead of rejecting leads to a 503, too', async () => {
    const replay = {
      ...createMemoryReplayStore(),
      begin: () => {
        throw new Error('begin failed');
      },
    };
    expect(await see(await makeReceiver({ replay }).receive(await transmitter.request(ENDPOINT)))).toEqual(LATER);
  });

  test.each([undefined, null, 'ok', true])('to return a valid state and returns %j leads to a 503', async (state) => {
    const replay = { ...createMemoryReplayStore(), begin: () => Promise.resolve(state as 'new') };
    const { receive, handled, errors } = makeReceiver({ replay });
    expect(await see(await receive(await transmitter.request(ENDPOINT)))).toEqual(LATER);
    expect(handled).toEqual([]);
    expect(errors).toMatchObject([{ message: 'The replay store must return new, busy or done' }]);
  });

  test('to commit is reported, and the response is still a success', async () => {
    const { receive, handled, errors } = makeReceiver({ replay: failing('commit') });
    expect((await receive(await transmitter.request(ENDPOINT, { jti: 'a' }))).status).toBe(202);
    expect(handled).toEqual(['a']);
    expect(errors).toMatchObject([{ message: 'commit failed' }]);
  });

  test('to abort is reported along with the error of the handler', async () => {
    const onSet = (): never => {
      throw new Error('handler failed');
    };
    const { receive, errors } = makeReceiver({ replay: failing('abort'), onSet });
    expect((await receive(await transmitter.request(ENDPOINT))).status).toBe(500);
    expect(errors).toMatchObject([{ message: 'abort failed' }, { message: 'handler failed' }]);
  });
});

describe('onError', () => {
  test.each<[name: string, onError: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('late');
      },
    ],
    ['rejects', () => Promise.reject(new Error('late'))],
  ])('that %s changes no response and leaves no unhandled rejection', async (_, onError) => {
    const { receive } = makeReceiver({ onError: onError as () => void });
    expect((await receive(post('x'))).status).toBe(400);
    // An unhandled rejection fails the test run, but it is noticed only later.
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test('gets the request', async () => {
    const onError = vi.fn();
    const request = post('x');
    await makeReceiver({ onError }).receive(request);
    expect(onError.mock.calls).toEqual([[expect.any(SetError), request, undefined]]);
  });
});

describe('a mistake in the options', () => {
  test.each<[name: string, change: object]>([
    ['no verifier', { verify: undefined }],
    ['keys for a verifier', { verify: { keys: [] } }],
    ['no handler', { onSet: undefined }],
    ['a store without methods', { replay: new Map() }],
    ['null for a store', { replay: null }],
    ['a string for authenticate', { authenticate: 'Bearer x' }],
    ['a string for readToken', { readToken: 'payload' }],
    ['null for readToken', { readToken: null }],
    ['an onError that is not a function', { onError: console }],
    ['a size that is not a number', { maxBodyBytes: NaN }],
    ['a negative time', { bodyTimeoutMs: -1 }],
    ['a status that is not allowed', { successStatus: 201 }],
  ])('%s is a TypeError at once', (_, change) => {
    expect(() => createPushReceiver({ verify, onSet: () => {}, ...change } as PushReceiverOptions)).toThrow(TypeError);
  });
});
