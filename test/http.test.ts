/** http.ts: which URLs may be fetched, and that nothing takes longer or is larger than it may be. */
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  fetchJson,
  postJson,
  type FetchResponse,
  type FetchSignal,
  MAX_TIMEOUT_MS,
  readUrl,
  withTimeout,
} from '../src/http.js';
import { SetError } from '../src/errors.js';
import { rejectionOf } from './support/refusals.js';

const URL_OF_KEYS = 'https://transmitter.example/keys';

describe('readUrl', () => {
  const LOOPBACK = [
    'localhost',
    'LOCALHOST',
    'a.localhost',
    'a.b.localhost',
    '127.0.0.1',
    '127.1.2.3',
    '127.255.255.255',
    '127.1',
    '0x7f000001',
    '2130706433',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    'localhost:8080',
    '[::1]:8080',
  ];
  test.each(LOOPBACK)('accepts http to %s', (host) => {
    expect(readUrl(`http://${host}/keys`)).toBe(new URL(`http://${host}/keys`).href);
  });

  const OTHERS = [
    'localhost.example',
    '127.0.0.1.example',
    'a127.0.0.1.example',
    '10.0.0.1',
    '126.0.0.1',
    '128.0.0.1',
    '0.0.0.0',
    '192.168.0.1',
    '169.254.169.254',
    '[::2]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[1::1]',
    'notlocalhost',
    'localhost-a',
    'localhosts',
    'xlocalhost.example',
    'localhost.',
    '127.0.0.1.nip.io',
    'transmitter.example',
    'transmitter.example/localhost',
    'transmitter.example/#.localhost',
    'transmitter.example?.localhost',
    'transmitter.example\\.localhost',
  ];
  test.each(OTHERS)('refuses http to %s, unless that is allowed', (host) => {
    expect(() => readUrl(`http://${host}`)).toThrow(TypeError);
    expect(() => readUrl(`http://${host}`, false)).toThrow(TypeError);
    expect(readUrl(`http://${host}`, true)).toBe(new URL(`http://${host}`).href);
    expect(readUrl(`https://${host}`)).toBe(new URL(`https://${host}`).href);
  });

  test.each([
    'ftp://localhost/',
    'ws://localhost/',
    'wss://localhost/',
    'file:///keys',
    'data:,',
    'javascript:1',
    'about:blank',
    'httpsx://localhost/',
  ])('refuses %s in any case', (url) => {
    expect(() => readUrl(url)).toThrow(TypeError);
    expect(() => readUrl(url, true)).toThrow(TypeError);
  });

  test.each(['user@', 'user:password@', ':password@'])('refuses %s in any URL', (userinfo) => {
    for (const url of [`https://${userinfo}transmitter.example/`, `http://${userinfo}localhost/`]) {
      expect(() => readUrl(url)).toThrow(TypeError);
      expect(() => readUrl(url, true)).toThrow(TypeError);
      expect(() => readUrl(new URL(url))).toThrow(TypeError);
    }
  });

  test('gives the URL in its normal form, from text and from an object', () => {
    expect(readUrl('HTTPS://Transmitter.EXAMPLE:443/a/../keys?b#c')).toBe('https://transmitter.example/keys?b#c');
    expect(readUrl(new URL(URL_OF_KEYS))).toBe(URL_OF_KEYS);
    expect(readUrl({ href: URL_OF_KEYS })).toBe(URL_OF_KEYS);
    // What an object says of itself besides is not believed.
    expect(() => readUrl({ href: 'http://transmitter.example/', protocol: 'https:' } as { href: string })).toThrow(
      TypeError,
    );
  });
});

describe('withTimeout', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const LATE = new SetError('ERR_SET_JWKS', 'late');
  const late = (): SetError => LATE;

  test('returns what the work returns', async () => {
    expect(await withTimeout(1_000, late, async () => 'done')).toBe('done');
  });

  test.each([0, 1, 5_000, MAX_TIMEOUT_MS])('gives up after %i ms, and not before', async (timeoutMs) => {
    vi.useFakeTimers();
    const settled = vi.fn();
    const refused = rejectionOf(withTimeout(timeoutMs, late, () => new Promise(() => undefined))).then(
      (error) => (settled(), error),
    );
    if (timeoutMs > 1) {
      await vi.advanceTimersByTimeAsync(timeoutMs - 1);
      expect(settled).not.toHaveBeenCalled();
    }
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalled();
    expect(await refused).toBe(LATE);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(['good', 'bad'])('leaves no timer behind, whatever the end (%s)', async (end) => {
    vi.useFakeTimers();
    const work = async (): Promise<void> => {
      if (end === 'bad') throw new Error('bad');
    };
    await withTimeout(1_000, late, work).catch(() => 'bad');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('rejects with what the work throws, at once or later', async () => {
    const cause = new TypeError('fetch failed');
    const thrown = (): never => {
      throw cause;
    };
    for (const work of [() => Promise.reject(cause), thrown])
      await expect(withTimeout(1_000, late, work)).rejects.toBe(cause);
  });

  test('ignores an error after the time', async () => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    let fail!: (error: Error) => void;
    await rejectionOf(withTimeout(5, late, () => new Promise((_, reject) => (fail = reject))));
    fail(new Error('late'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', rejections);
    expect(rejections).not.toHaveBeenCalled();
  });
});

describe('the signal of a request', () => {
  test.each<[name: string, response: () => Promise<FetchResponse>]>([
    ['good', async () => Response.json({})],
    ['bad', async () => new Response('', { status: 500 })],
    ['late', () => new Promise(() => undefined)],
  ])('aborts once the request has ended, and not before (%s)', async (_, respond) => {
    let signal!: FetchSignal;
    let wasAborted = true;
    const fetch = (_url: string, init: { readonly signal: FetchSignal }): Promise<FetchResponse> => {
      ({ signal } = init);
      wasAborted = signal.aborted;
      return respond();
    };
    await fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { fetch, headers: {}, timeoutMs: 20, maxBodyBytes: 100 }).catch(
      () => undefined,
    );
    expect([wasAborted, signal.aborted]).toEqual([false, true]);
  });
});

describe('fetchJson', () => {
  /** A response with a body of these chunks; strings become UTF-8. */
  function answerOf(chunks: readonly (string | Uint8Array)[], status = 200): FetchResponse {
    const left = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
    const read = async () => (left.length ? { done: false, value: left.shift() } : { done: true });
    return { status, body: { getReader: () => ({ read, cancel: async () => undefined }) } };
  }
  const load = (answer: FetchResponse, maxBodyBytes = 100): Promise<unknown> =>
    fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { fetch: async () => answer, headers: {}, timeoutMs: 1_000, maxBodyBytes });

  test('reads a body in whatever chunks it comes, through characters and empty ones', async () => {
    const text = '{"a":"ä€😀"}';
    const octets = new TextEncoder().encode(text);
    expect(await load(answerOf([text]))).toEqual({ a: 'ä€😀' });
    expect(await load(answerOf([...octets].flatMap((octet) => [Uint8Array.of(octet), new Uint8Array()])))).toEqual({
      a: 'ä€😀',
    });
  });

  test('takes as many bytes as it may, and not one more', async () => {
    const text = '"€"';
    expect(await load(answerOf([text]), 5)).toBe('€');
    expect((await rejectionOf(load(answerOf([text]), 4))).code).toBe('ERR_SET_JWKS');
    expect((await rejectionOf(load(answerOf([...text]), 4))).code).toBe('ERR_SET_JWKS');
    expect((await rejectionOf(load(answerOf(['1']), 0))).code).toBe('ERR_SET_JWKS');
  });

  const statuses = [0, 100, 201, 204, 206, 301, 302, 304, 307, 308, 400, 401, 403, 404, 429, 500, 503];
  test.each(statuses)('refuses the status %i without reading', async (status) => {
    const read = vi.fn();
    const error = await rejectionOf(load({ status, body: { getReader: () => ({ read }) } }));
    expect(error).toMatchObject({
      code: 'ERR_SET_JWKS',
      status,
      message: `GET ${URL_OF_KEYS} failed: status ${status}, not 200`,
    });
    expect(read).not.toHaveBeenCalled();
  });

  const broken = ['{"secret":', 'secret', '', ' ', 'undefined', "{'secret':1}", '{"secret":1}}', '// secret'];
  test.each(broken)('refuses %j, and quotes nothing of it', async (text) => {
    const error = await rejectionOf(load(answerOf([text])));
    expect(error.code).toBe('ERR_SET_JWKS');
    expect(`${error.message}${String(error.cause)}`).not.toContain('secret');
  });

  const noUtf8 = [[0xff], [0x22, 0xc3, 0x22], [0x22, 0xc3], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xfe, 0xff, 0, 0x31]];
  test.each(noUtf8.map((octets) => [octets] as const))('refuses the octets %j, no UTF-8', async (octets) => {
    expect((await rejectionOf(load(answerOf([Uint8Array.from(octets)])))).code).toBe('ERR_SET_JWKS');
  });

  test('takes a byte order mark at the front', async () => {
    expect(await load(answerOf(['\ufeff{}']))).toEqual({});
    expect((await rejectionOf(load(answerOf(['{}\ufeff'])))).code).toBe('ERR_SET_JWKS');
  });

  test('makes no prototype of a member', async () => {
    const value = await load(answerOf(['{"__proto__":{"polluted":1}}']));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  test('names the host and the innermost reason of a network error, and no secret of the URL', async () => {
    const inner = Object.assign(new Error('getaddrinfo ENOTFOUND transmitter.example'), { code: 'ENOTFOUND' });
    const errors: readonly (readonly [unknown, string])[] = [
      [new TypeError('fetch failed', { cause: inner }), 'getaddrinfo ENOTFOUND transmitter.example'],
      [
        new TypeError('fetch failed', { cause: new AggregateError([new Error('connect ECONNREFUSED ::1:9'), inner]) }),
        'connect ECONNREFUSED ::1:9',
      ],
      [Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
      [new Error(`two\r\nlines \u001b[31m${'x'.repeat(1_000)}`), `two lines [31m${'x'.repeat(200)}`.slice(0, 200)],
      [undefined, 'undefined'],
      ['a string', 'a string'],
    ];
    for (const [thrown, reason] of errors) {
      const fetch = (): Promise<never> => Promise.reject(thrown);
      const error = await rejectionOf(
        fetchJson(`${URL_OF_KEYS}?key=s3cret`, 'ERR_SET_JWKS', {
          fetch,
          headers: {},
          timeoutMs: 1_000,
          maxBodyBytes: 100,
        }),
      );
      expect(error.message).toBe(`GET ${URL_OF_KEYS} failed: ${reason}`);
      expect(error.cause).toBe(thrown);
    }
    const loop = new Error('loop');
    loop.cause = loop;
    const fetch = (): Promise<never> => Promise.reject(loop);
    await rejectionOf(
      fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { fetch, headers: {}, timeoutMs: 1_000, maxBodyBytes: 100 }),
    );
  });
});

describe('a response that has been read already', () => {
  test.each<[name: string, make: () => Promise<FetchResponse>]>([
    [
      'in whole',
      async () => {
        const response = Response.json({});
        await response.text();
        return response;
      },
    ],
    [
      'and let go of',
      async () => {
        const response = Response.json({});
        const reader = response.body!.getReader();
        await reader.read();
        reader.releaseLock();
        return response;
      },
    ],
    ['as far as its body goes', async () => ({ status: 200, json: async () => ({}) }) as FetchResponse],
  ])('%s is no empty one', async (_, make) => {
    const limits = { fetch: make, headers: {}, timeoutMs: 1_000, maxBodyBytes: 100 };
    expect((await rejectionOf(fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', limits))).code).toBe('ERR_SET_JWKS');
    expect((await rejectionOf(postJson(URL_OF_KEYS, 'ERR_SET_DELIVERY', limits, {}))).code).toBe('ERR_SET_DELIVERY');
  });
});

describe('a response that is not read to its end', () => {
  const LIMITS = { headers: {}, timeoutMs: 20, maxBodyBytes: 100 };
  const KINDS = ['a web stream', 'a stream of Node'] as const;

  /**
   * A response whose body sends so many octets in each chunk without end, or nothing, and the way it hears that it is
   * not wanted.
   */
  function endless(
    kind: (typeof KINDS)[number],
    status: number,
    size: number,
  ): { response: FetchResponse; canceled: () => boolean } {
    let isCanceled = false;
    if (kind === 'a stream of Node') {
      const body = new Readable({
        read() {
          if (size) this.push(Buffer.alloc(size));
        },
        destroy(_, done) {
          isCanceled = true;
          done(null);
        },
      });
      return { response: { status, body }, canceled: () => isCanceled };
    }
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (size ? controller.enqueue(new Uint8Array(size)) : new Promise(() => undefined)),
      cancel: () => void (isCanceled = true),
    });
    return { response: { status, body }, canceled: () => isCanceled };
  }

  const ENDS: readonly (readonly [name: string, status: number, size: number])[] = [
    ['its status', 500, 10],
    ['its size', 200, 60],
    ['its time', 200, 0],
  ];
  test.each(KINDS.flatMap((kind) => ENDS.map((end) => [kind, ...end] as const)))(
    'because of %s: its body, %s, is canceled',
    async (kind, name, status, size) => {
      const { response, canceled } = endless(kind, status, size);
      const error = await rejectionOf(
        fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { ...LIMITS, fetch: async () => response }),
      );
      expect(error.code).toBe('ERR_SET_JWKS');
      await vi.waitFor(() => expect(canceled(), name).toBe(true));
    },
  );

  test.each(KINDS)('because it came after the time: its body, %s, is canceled', async (kind) => {
    const { response, canceled } = endless(kind, 200, 10);
    let arrive!: () => void;
    const fetch = (): Promise<FetchResponse> => new Promise((resolve) => (arrive = () => resolve(response)));
    await rejectionOf(fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { ...LIMITS, fetch }));
    arrive();
    await vi.waitFor(() => expect(canceled()).toBe(true));
  });

  test('and whose stream of Node then ends with an error crashes nothing', async () => {
    let arrive!: () => void;
    const body = new Readable({ read() {}, destroy: (_, done) => done(new Error('aborted')) });
    const fetch = (): Promise<FetchResponse> =>
      new Promise((resolve) => (arrive = () => resolve({ status: 200, body })));
    await rejectionOf(fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { ...LIMITS, fetch }));
    arrive();
    await vi.waitFor(() => expect(body.destroyed).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('and is only iterable hears so by its return', async () => {
    let isReturned = false;
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: new Uint8Array(60) }),
        return: async () => {
          isReturned = true;
          return { done: true, value: undefined };
        },
      }),
    };
    await rejectionOf(
      fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { ...LIMITS, fetch: async () => ({ status: 200, body }) }),
    );
    expect(isReturned).toBe(true);
  });

  test('whose stream breaks when it is canceled changes nothing', async () => {
    const body = {
      getReader: () => ({
        read: () => new Promise(() => undefined),
        cancel: () => Promise.reject(new Error('broken')),
      }),
      cancel: () => {
        throw new Error('broken');
      },
    };
    expect(
      (
        await rejectionOf(
          fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { ...LIMITS, fetch: async () => ({ status: 200, body }) as never }),
        )
      ).code,
    ).toBe('ERR_SET_JWKS');
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a fetch without web streams', () => {
  const load = (response: FetchResponse, maxBodyBytes = 100): Promise<unknown> =>
    fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', {
      fetch: async () => response,
      headers: {},
      timeoutMs: 1_000,
      maxBodyBytes,
    });
  const RESPONSES: Readonly<Record<string, (text: string) => FetchResponse>> = {
    'a stream of Node, as node-fetch has it': (text) => ({
      status: 200,
      body: Readable.from([Buffer.from(text).subarray(0, 3), Buffer.from(text).subarray(3)]),
    }),
    'a stream of Node that yields strings': (text) => ({
      status: 200,
      body: Readable.from([text.slice(0, 3), text.slice(3)]),
    }),
    'text() alone, as React Native has it': (text) => ({ status: 200, text: async () => text }),
    'text() and an undefined body': (text) => ({
      status: 200,
      body: undefined,
      text: async () => text,
      headers: new Headers(),
    }),
  };

  test.each(Object.entries(RESPONSES))('is read: %s', async (_, make) => {
    expect(await load(make('{"a":"ä€😀"}'))).toEqual({ a: 'ä€😀' });
  });

  test.each(Object.entries(RESPONSES))('has the same limit of bytes: %s', async (_, make) => {
    expect(await load(make('"€€€"'), 11)).toBe('€€€');
    expect((await rejectionOf(load(make('"€€€"'), 10))).code).toBe('ERR_SET_JWKS');
  });

  test('is not read at all when it declares that it is too large', async () => {
    const text = vi.fn(async () => 'x');
    expect(
      (await rejectionOf(load({ status: 200, headers: new Headers({ 'content-length': '101' }), text }))).code,
    ).toBe('ERR_SET_JWKS');
    expect(text).not.toHaveBeenCalled();
  });

  test('has the same limit of time', async () => {
    const response = { status: 200, text: () => new Promise<string>(() => undefined) };
    const limits = { fetch: async () => response, headers: {}, timeoutMs: 10, maxBodyBytes: 100 };
    expect((await rejectionOf(fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', limits))).message).toBe(
      `GET ${URL_OF_KEYS} failed: no response within 10 ms`,
    );
  });
});
