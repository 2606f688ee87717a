/** http.ts: which URLs may be fetched, and the limits on the time and the size of a response. */
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fetchJson, type FetchResponse, type FetchSignal, readUrl, withTimeout } from '../src/http.js';
import { SetError } from '../src/errors.js';
import { postJson } from '../src/post.js';
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
  test.each(OTHERS)('refuses http to %s unless insecure http is allowed', (host) => {
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
  ])('always refuses %s', (url) => {
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

  test('returns the normalized URL of a string or an object', () => {
    expect(readUrl('HTTPS://Transmitter.EXAMPLE:443/a/../keys?b#c')).toBe('https://transmitter.example/keys?b#c');
    expect(readUrl(new URL(URL_OF_KEYS))).toBe(URL_OF_KEYS);
    expect(readUrl({ href: URL_OF_KEYS })).toBe(URL_OF_KEYS);
    // Only `href` is read.
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

  test.each([0, 1, 5_000, 2_147_483_647])('gives up after %i ms, and not before', async (timeoutMs) => {
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

  test.each(['a success', 'a failure'])('leaves no timer behind after %s', async (end) => {
    vi.useFakeTimers();
    const work = async (): Promise<void> => {
      if (end === 'a failure') throw new Error('failed');
    };
    await withTimeout(1_000, late, work).catch(() => 'failed');
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

  test('ignores an error after the timeout', async () => {
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
    ['success', async () => Response.json({})],
    ['failure', async () => new Response('', { status: 500 })],
    ['timeout', () => new Promise(() => undefined)],
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

/** Fetches JSON from a response. */
function load(response: FetchResponse, maxBodyBytes = 100): Promise<unknown> {
  return fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', {
    fetch: async () => response,
    headers: {},
    timeoutMs: 1_000,
    maxBodyBytes,
  });
}

describe('fetchJson', () => {
  /** Creates a response whose body has these chunks; strings become UTF-8. */
  function responseOf(chunks: readonly (string | Uint8Array)[], status = 200): FetchResponse {
    const left = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
    const read = async () => (left.length ? { done: false, value: left.shift() } : { done: true });
    return { status, body: { getReader: () => ({ read, cancel: async () => undefined }) } };
  }

  test('reads a body in any chunks, even empty ones and parts of a character', async () => {
    const text = '{"a":"ä€😀"}';
    const octets = new TextEncoder().encode(text);
    expect(await load(responseOf([text]))).toEqual({ a: 'ä€😀' });
    expect(await load(responseOf([...octets].flatMap((octet) => [Uint8Array.of(octet), new Uint8Array()])))).toEqual({
      a: 'ä€😀',
    });
  });

  test('accepts exactly maxBodyBytes and not one byte more', async () => {
    const text = '"€"';
    expect(await load(responseOf([text]), 5)).toBe('€');
    expect((await rejectionOf(load(responseOf([text]), 4))).code).toBe('ERR_SET_JWKS');
    expect((await rejectionOf(load(responseOf([...text]), 4))).code).toBe('ERR_SET_JWKS');
    expect((await rejectionOf(load(responseOf(['1']), 0))).code).toBe('ERR_SET_JWKS');
  });

  const statuses = [0, 100, 201, 204, 206, 301, 302, 304, 307, 308, 400, 401, 403, 404, 429, 500, 503];
  test.each(statuses)('refuses status %i without reading the body', async (status) => {
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
  test.each(broken)('refuses %j without quoting it', async (text) => {
    const error = await rejectionOf(load(responseOf([text])));
    expect(error.code).toBe('ERR_SET_JWKS');
    expect(`${error.message}${String(error.cause)}`).not.toContain('secret');
  });

  const invalidUtf8 = [[0xff], [0x22, 0xc3, 0x22], [0x22, 0xc3], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xfe, 0xff, 0, 0x31]];
  test.each(invalidUtf8.map((octets) => [octets] as const))(
    'refuses the octets %j, which are not UTF-8',
    async (octets) => {
      expect((await rejectionOf(load(responseOf([Uint8Array.from(octets)])))).code).toBe('ERR_SET_JWKS');
    },
  );

  test('accepts a byte order mark at the start only', async () => {
    expect(await load(responseOf(['\ufeff{}']))).toEqual({});
    expect((await rejectionOf(load(responseOf(['{}\ufeff'])))).code).toBe('ERR_SET_JWKS');
  });

  test('does not turn __proto__ into a prototype', async () => {
    const value = await load(responseOf(['{"__proto__":{"polluted":1}}']));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  test('reports the innermost reason of a network error, and the URL without its query', async () => {
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

describe('a response whose body is not available', () => {
  test.each<[name: string, make: () => Promise<FetchResponse>]>([
    [
      'a body already read by text()',
      async () => {
        const response = Response.json({});
        await response.text();
        return response;
      },
    ],
    [
      'a body released after its first chunk',
      async () => {
        const response = Response.json({});
        const reader = response.body!.getReader();
        await reader.read();
        reader.releaseLock();
        return response;
      },
    ],
    ['json() alone', async () => ({ status: 200, json: async () => ({}) }) as FetchResponse],
  ])('with %s is not taken for an empty one', async (_, make) => {
    const limits = { fetch: make, headers: {}, timeoutMs: 1_000, maxBodyBytes: 100 };
    expect((await rejectionOf(fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', limits))).code).toBe('ERR_SET_JWKS');
    expect((await rejectionOf(postJson(URL_OF_KEYS, 'ERR_SET_DELIVERY', limits, {}))).code).toBe('ERR_SET_DELIVERY');
  });
});

describe('a response that is not read to its end', () => {
  const LIMITS = { headers: {}, timeoutMs: 20, maxBodyBytes: 100 };
  const KINDS = ['a web stream', 'a Node stream'] as const;

  /**
   * Creates a response with an endless body: chunks of `size` octets, or a wait that never ends if it is 0. `canceled`
   * reports whether the body was canceled.
   */
  function endless(
    kind: (typeof KINDS)[number],
    status: number,
    size: number,
  ): { response: FetchResponse; canceled: () => boolean } {
    let isCanceled = false;
    if (kind === 'a Node stream') {
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
    ['the status', 500, 10],
    ['the size', 200, 60],
    ['the timeout', 200, 0],
  ];
  test.each(KINDS.flatMap((kind) => ENDS.map((end) => [kind, ...end] as const)))(
    'has its body (%s) canceled because of %s',
    async (kind, name, status, size) => {
      const { response, canceled } = endless(kind, status, size);
      const error = await rejectionOf(
        fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { ...LIMITS, fetch: async () => response }),
      );
      expect(error.code).toBe('ERR_SET_JWKS');
      await vi.waitFor(() => expect(canceled(), name).toBe(true));
    },
  );

  test.each(KINDS)('has its body (%s) canceled when it arrives after the timeout', async (kind) => {
    const { response, canceled } = endless(kind, 200, 10);
    let arrive!: () => void;
    const fetch = (): Promise<FetchResponse> => new Promise((resolve) => (arrive = () => resolve(response)));
    await rejectionOf(fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { ...LIMITS, fetch }));
    arrive();
    await vi.waitFor(() => expect(canceled()).toBe(true));
  });

  test('does not crash the process when its Node stream then fails', async () => {
    let arrive!: () => void;
    const body = new Readable({ read() {}, destroy: (_, done) => done(new Error('aborted')) });
    const fetch = (): Promise<FetchResponse> =>
      new Promise((resolve) => (arrive = () => resolve({ status: 200, body })));
    await rejectionOf(fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { ...LIMITS, fetch }));
    arrive();
    await vi.waitFor(() => expect(body.destroyed).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('is ended by return() when it is only iterable', async () => {
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

  test('fails with the same code when canceling it throws', async () => {
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
  const RESPONSES: Readonly<Record<string, (text: string) => FetchResponse>> = {
    'a Node stream, as in node-fetch': (text) => ({
      status: 200,
      body: Readable.from([Buffer.from(text).subarray(0, 3), Buffer.from(text).subarray(3)]),
    }),
    'a Node stream of strings': (text) => ({
      status: 200,
      body: Readable.from([text.slice(0, 3), text.slice(3)]),
    }),
    'text() alone, as in React Native': (text) => ({ status: 200, text: async () => text }),
    'text() and an undefined body': (text) => ({
      status: 200,
      body: undefined,
      text: async () => text,
      headers: new Headers(),
    }),
  };

  test.each(Object.entries(RESPONSES))('reads %s', async (_, make) => {
    expect(await load(make('{"a":"ä€😀"}'))).toEqual({ a: 'ä€😀' });
  });

  test.each(Object.entries(RESPONSES))('limits the size of %s', async (_, make) => {
    expect(await load(make('"€€€"'), 11)).toBe('€€€');
    expect((await rejectionOf(load(make('"€€€"'), 10))).code).toBe('ERR_SET_JWKS');
  });

  test('does not read a response that declares too large a size', async () => {
    const text = vi.fn(async () => 'x');
    expect(
      (await rejectionOf(load({ status: 200, headers: new Headers({ 'content-length': '101' }), text }))).code,
    ).toBe('ERR_SET_JWKS');
    expect(text).not.toHaveBeenCalled();
  });

  test('limits the time', async () => {
    const response = { status: 200, text: () => new Promise<string>(() => undefined) };
    const limits = { fetch: async () => response, headers: {}, timeoutMs: 10, maxBodyBytes: 100 };
    expect((await rejectionOf(fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', limits))).message).toBe(
      `GET ${URL_OF_KEYS} failed: no response within 10 ms`,
    );
  });
});
