/** http.ts: which URLs may be fetched, and that nothing takes longer or is larger than it may be. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type FetchAnswer, fetchJson, type FetchSignal, type FetchStream, MAX_TIMEOUT_MS, readUrl, within } from '../src/http.js';
import { SetError } from '../src/errors.js';
import { rejectionOf } from './support/refusals.js';

const URL_OF_KEYS = 'https://transmitter.example/keys';

describe('readUrl', () => {
  const LOOPBACK = [
    'localhost', 'LOCALHOST', 'a.localhost', 'a.b.localhost', '127.0.0.1', '127.1.2.3', '127.255.255.255', '127.1', '0x7f000001', '2130706433', '[::1]',
    '[0:0:0:0:0:0:0:1]', 'localhost:8080', '[::1]:8080',
  ];
  test.each(LOOPBACK)('accepts http to %s', (host) => {
    expect(readUrl(`http://${host}/keys`)).toBe(new URL(`http://${host}/keys`).href);
  });

  const OTHERS = [
    'localhost.example', '127.0.0.1.example', 'a127.0.0.1.example', '10.0.0.1', '126.0.0.1', '128.0.0.1', '0.0.0.0', '192.168.0.1', '169.254.169.254',
    '[::2]', '[::]', '[::ffff:127.0.0.1]', '[1::1]', 'notlocalhost', 'localhost-a', 'localhosts', 'xlocalhost.example', 'localhost.', '127.0.0.1.nip.io',
    'transmitter.example', 'transmitter.example/localhost', 'transmitter.example/#.localhost',
    'transmitter.example?.localhost', 'transmitter.example\\.localhost',
  ];
  test.each(OTHERS)('refuses http to %s, unless that is allowed', (host) => {
    expect(() => readUrl(`http://${host}`)).toThrow(TypeError);
    expect(() => readUrl(`http://${host}`, false)).toThrow(TypeError);
    expect(readUrl(`http://${host}`, true)).toBe(new URL(`http://${host}`).href);
    expect(readUrl(`https://${host}`)).toBe(new URL(`https://${host}`).href);
  });

  test.each(['ftp://localhost/', 'ws://localhost/', 'wss://localhost/', 'file:///keys', 'data:,', 'javascript:1', 'about:blank', 'httpsx://localhost/'])(
    'refuses %s in any case',
    (url) => {
      expect(() => readUrl(url)).toThrow(TypeError);
      expect(() => readUrl(url, true)).toThrow(TypeError);
    },
  );

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
    expect(() => readUrl({ href: 'http://transmitter.example/', protocol: 'https:' } as { href: string })).toThrow(TypeError);
  });
});

describe('within', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('gives what the work gives, and then aborts its signal', async () => {
    let signal!: FetchSignal;
    const result = await within(1_000, 'ERR_SET_JWKS', async (given) => {
      signal = given;
      expect(given.aborted).toBe(false);
      return 'done';
    });
    expect(result).toBe('done');
    expect(signal.aborted).toBe(true);
  });

  test.each([0, 1, 5_000, MAX_TIMEOUT_MS])('gives up after %i ms, not before, and aborts the signal', async (timeoutMs) => {
    vi.useFakeTimers();
    let signal!: FetchSignal;
    const work = (given: FetchSignal): Promise<never> => {
      signal = given;
      return new Promise(() => undefined);
    };
    const settled = vi.fn();
    const refused = rejectionOf(within(timeoutMs, 'ERR_SET_JWKS', work)).then((error) => (settled(), error));
    if (timeoutMs > 1) {
      await vi.advanceTimersByTimeAsync(timeoutMs - 1);
      expect(settled).not.toHaveBeenCalled();
      expect(signal.aborted).toBe(false);
    }
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalled();
    expect((await refused).code).toBe('ERR_SET_JWKS');
    expect(signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(['good', 'bad'])('leaves no timer behind, whatever the end (%s)', async (end) => {
    vi.useFakeTimers();
    const work = async (): Promise<void> => {
      if (end === 'bad') throw new Error('bad');
    };
    await within(1_000, 'ERR_SET_JWKS', work).catch(() => 'bad');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('gives other errors the code and keeps them as the cause', async () => {
    const cause = new TypeError('fetch failed');
    const error = await rejectionOf(within(1_000, 'ERR_SET_WEBCRYPTO', () => Promise.reject(cause)));
    expect(error).toMatchObject({ code: 'ERR_SET_WEBCRYPTO', cause });
    const thrown = (): never => {
      throw cause;
    };
    expect(await rejectionOf(within(1_000, 'ERR_SET_JWKS', thrown))).toMatchObject({ code: 'ERR_SET_JWKS', cause });
  });

  test('leaves a SetError as it is', async () => {
    const cause = new SetError('ERR_SET_ISSUER', 'Another issuer');
    expect(await rejectionOf(within(1_000, 'ERR_SET_JWKS', () => Promise.reject(cause)))).toBe(cause);
  });

  test('an error after the time counts for nothing', async () => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    let fail!: (error: Error) => void;
    await rejectionOf(within(5, 'ERR_SET_JWKS', () => new Promise((_, reject) => (fail = reject))));
    fail(new Error('late'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', rejections);
    expect(rejections).not.toHaveBeenCalled();
  });
});

describe('fetchJson', () => {
  /** An answer with a body of these chunks; texts become UTF-8. */
  function answerOf(chunks: readonly (string | Uint8Array)[], status = 200): FetchAnswer {
    const left = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
    const read = async () => (left.length ? { done: false, value: left.shift() } : { done: true });
    return { status, body: { getReader: () => ({ read, cancel: async () => undefined }) } as FetchStream };
  }
  const load = (answer: FetchAnswer, maxBytes = 100): Promise<unknown> =>
    fetchJson(URL_OF_KEYS, 'ERR_SET_JWKS', { fetch: async () => answer, headers: {}, timeoutMs: 1_000, maxBytes });

  test('reads a body in whatever chunks it comes, through characters and empty ones', async () => {
    const text = '{"a":"ä€😀"}';
    const octets = new TextEncoder().encode(text);
    expect(await load(answerOf([text]))).toEqual({ a: 'ä€😀' });
    expect(await load(answerOf([...octets].flatMap((octet) => [Uint8Array.of(octet), new Uint8Array()])))).toEqual({ a: 'ä€😀' });
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
    const getReader = vi.fn();
    const error = await rejectionOf(load({ status, body: { getReader } }));
    expect(error).toMatchObject({ code: 'ERR_SET_JWKS', message: `The answer has status ${status}, not 200` });
    expect(getReader).not.toHaveBeenCalled();
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
});
