/** pollSets against a transmitter on this machine: what is acknowledged and when, what is reported, and how long it tries. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { SetError } from '../../src/errors.js';
import { type PollOptions, pollSets } from '../../src/receiver/poll.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, type SetVerifier } from '../../src/verify.js';
import { rejectionOf } from '../support/refusals.js';
import { startServer, type TestServer } from '../support/server.js';

interface PollRequest {
  readonly maxEvents?: number;
  readonly returnImmediately?: boolean;
  readonly ack?: string[];
  readonly setErrs?: Record<string, { err: string; description: string }>;
}

let signer: TestTransmitter;
let verify: SetVerifier;
let server: TestServer;
/** What waits to be acknowledged, as a transmitter keeps it: delivered again until then. */
let queue: Map<string, string>;
let requests: PollRequest[];
let headers: IncomingMessage['headers'][];
/** Answers a request in place of the transmitter, or leaves it to it. */
let disturb: ((response: ServerResponse, count: number) => boolean) | undefined;

beforeAll(async () => {
  signer = await createTestTransmitter();
  verify = createVerifier(signer.jwks, signer);
});

beforeEach(async () => {
  server = await startServer();
  queue = new Map();
  requests = [];
  headers = [];
  disturb = undefined;
  server.answer = async (response, request) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const asked = JSON.parse(text) as PollRequest;
    requests.push(asked);
    headers.push(request.headers);
    if (disturb?.(response, requests.length)) return;
    for (const jti of [...(asked.ack ?? []), ...Object.keys(asked.setErrs ?? {})]) queue.delete(jti);
    const { maxEvents = Infinity } = asked;
    // A long poll, as long as a test can wait.
    for (let i = 0; i < 400 && !queue.size && !asked.returnImmediately && !response.destroyed; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    const sets = [...queue].slice(0, maxEvents);
    response.end(JSON.stringify({ sets: Object.fromEntries(sets), ...(queue.size > sets.length && { moreAvailable: true }) }));
  };
});
afterEach(() => server.close());

async function enqueue(...jtis: string[]): Promise<void> {
  for (const jti of jtis) queue.set(jti, await signer.sign({ jti }));
}

const poll = (options: Partial<PollOptions> = {}): ReturnType<typeof pollSets> => pollSets(`${server.url}/poll`, { verify, ...options });

/** Takes as many SETs as are told, and breaks off at the one behind them. */
async function take(count: number, options: Partial<PollOptions> = {}): Promise<string[]> {
  const taken: string[] = [];
  for await (const { payload } of poll(options)) {
    if (taken.length === count) break;
    taken.push(payload.jti);
  }
  return taken;
}

describe('a loop over SETs', () => {
  test('gets what there is, and acknowledges each once it comes back for the next', async () => {
    await enqueue('a', 'b', 'c');
    expect(await take(2)).toEqual(['a', 'b']);
    expect(requests).toEqual([{ maxEvents: 100 }, { maxEvents: 0, returnImmediately: true, ack: ['a', 'b'] }]);
    expect([...queue.keys()]).toEqual(['c']);
  });

  test('waits for what is still to come, and acknowledges with the next request', async () => {
    await enqueue('a');
    setTimeout(() => void enqueue('b'), 100);
    expect(await take(1)).toEqual(['a']);
    expect(requests).toEqual([{ maxEvents: 100 }, { maxEvents: 100, ack: ['a'] }]);
    expect([...queue.keys()]).toEqual(['b']);
  });

  test('that throws leaves the SET at hand, and sends what was earned before', async () => {
    await enqueue('a', 'b', 'c');
    const work = (async () => {
      for await (const { payload } of poll()) if (payload.jti === 'b') throw new Error('the database is down');
    })();
    await expect(work).rejects.toThrow('the database is down');
    expect(requests.at(-1)).toMatchObject({ maxEvents: 0, ack: ['a'] });
    expect([...queue.keys()]).toEqual(['b', 'c']);
  });

  test('that breaks at the first SET acknowledges nothing', async () => {
    await enqueue('a');
    expect(await take(0)).toEqual([]);
    expect(requests).toHaveLength(1);
    expect([...queue.keys()]).toEqual(['a']);
  });

  test('asks on at once while there is more', async () => {
    await enqueue('a', 'b', 'c', 'd', 'e');
    const start = Date.now();
    expect(await take(4, { maxEvents: 2 })).toEqual(['a', 'b', 'c', 'd']);
    expect(requests.map(({ maxEvents, ack }) => [maxEvents, ack])).toEqual([[2, undefined], [2, ['a', 'b']], [2, ['c', 'd']]]);
    expect(Date.now() - start).toBeLessThan(900);
  });

  test('sends the headers of the stream configuration, and JSON', async () => {
    await enqueue('a', 'b');
    await take(1, { headers: { authorization: 'Bearer s3cret' } });
    for (const each of headers) expect(each).toMatchObject({ authorization: 'Bearer s3cret', 'content-type': 'application/json', accept: 'application/json' });
    expect(headers[0]).not.toHaveProperty('content-language');
  });

  test('fetches nothing before it begins', async () => {
    poll();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requests).toEqual([]);
  });

  test('acknowledges a SET again that is delivered again', async () => {
    await enqueue('a');
    const token = queue.get('a')!;
    disturb = (_, count) => {
      if (count === 2) setTimeout(() => queue.set('a', token), 20);
      return false;
    };
    expect(await take(1)).toEqual(['a']);
    expect(requests[1]).toMatchObject({ ack: ['a'] });
  });
});

describe('a SET that is bad', () => {
  test('is reported with its code, and not handed out', async () => {
    queue.set('audience', await signer.sign({ jti: 'audience', aud: 'https://other.example' }));
    queue.set('signature', (await signer.sign({ jti: 'signature' })).slice(0, -10) + 'AAAAAAAAAA');
    queue.set('no token', 'x');
    queue.set('null', null as never);
    queue.set('object', { token: 1 } as never);
    queue.set('other name', await signer.sign({ jti: 'mine' }));
    await enqueue('a', 'b');
    const errors: unknown[] = [];
    expect(await take(1, { onError: (error) => errors.push(error) })).toEqual(['a']);
    const { ack, setErrs } = requests[1]!;
    expect(ack).toEqual(['a']);
    expect(Object.fromEntries(Object.entries(setErrs!).map(([jti, { err }]) => [jti, err]))).toEqual({
      audience: 'invalid_audience',
      signature: 'authentication_failed',
      'no token': 'invalid_request',
      null: 'invalid_request',
      object: 'invalid_request',
      'other name': 'invalid_request',
    });
    expect(headers[1]).toMatchObject({ 'content-language': 'en' });
    expect(errors).toHaveLength(6);
    expect([...queue.keys()]).toEqual(['b']);
  });

  test('may be called like a member of every object', async () => {
    queue.set('__proto__', 'x');
    queue.set('constructor', 'x');
    await enqueue('b');
    await take(0);
    expect(Object.keys(requests[1]!.setErrs!)).toEqual(['__proto__', 'constructor']);
    expect([...queue.keys()]).toEqual(['b']);
  });

  test('for which no keys can be had is neither reported nor acknowledged, and comes again', async () => {
    await enqueue('a', 'b');
    let isDown = true;
    const flaky: SetVerifier = (token) => (isDown ? Promise.reject(new SetError('ERR_SET_JWKS', 'down')) : verify(token));
    setTimeout(() => (isDown = false), 300);
    const errors: unknown[] = [];
    expect(await take(1, { verify: flaky, onError: (error) => errors.push(error) })).toEqual(['a']);
    expect(requests.map(({ ack, setErrs }) => [ack, setErrs])).toEqual([[undefined, undefined], [undefined, undefined], [['a'], undefined]]);
    expect(errors).toMatchObject([{ code: 'ERR_SET_JWKS' }, { code: 'ERR_SET_JWKS' }]);
  });

  test('is no reason to hide a verifier that breaks', async () => {
    await enqueue('a');
    await expect(poll({ verify: () => Promise.reject(new TypeError('broken')) }).next()).rejects.toThrow(new TypeError('broken'));
    expect([...queue.keys()]).toEqual(['a']);
  });
});

describe('a transmitter that fails', () => {
  const answering = (status: number, more: Record<string, string> = {}): typeof disturb => (response, count) =>
    count === 1 ? Boolean(response.writeHead(status, more).end()) : false;

  test.each([408, 429, 500, 502, 503])('with %i is asked again after a pause', async (status) => {
    await enqueue('a', 'b');
    disturb = answering(status);
    const errors: unknown[] = [];
    const start = Date.now();
    expect(await take(1, { onError: (error) => errors.push(error) })).toEqual(['a']);
    expect(Date.now() - start).toBeGreaterThanOrEqual(990);
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY' }]);
  });

  test.each([() => '2', () => new Date(Date.now() + 2_900).toUTCString()])('and says when to come again is asked then', async (retryAfter) => {
    await enqueue('a');
    disturb = answering(503, { 'retry-after': retryAfter() });
    const start = Date.now();
    await take(0);
    expect(Date.now() - start).toBeGreaterThanOrEqual(1_500);
  });

  test.each<[name: string, answer: (response: ServerResponse) => unknown]>([
    ['no JSON', (response) => response.end('<html>')],
    ['no object', (response) => response.end('null')],
    ['no sets', (response) => response.end('{"moreAvailable":true}')],
    ['sets that are a list', (response) => response.end('{"sets":[]}')],
    ['a connection that breaks', (response) => response.destroy()],
    ['half an answer', (response) => { response.writeHead(200, { 'content-length': '100' }).write('{'); response.destroy(); }],
    ['nothing in time', () => true],
  ])('with %s is asked again', async (_, answer) => {
    await enqueue('a');
    disturb = (response, count) => count === 1 && (answer(response), true);
    const errors: unknown[] = [];
    await take(0, { onError: (error) => errors.push(error), timeoutMs: 3_000 });
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY' }]);
    expect(requests).toHaveLength(2);
  }, 10_000);

  test.each([301, 302, 307, 400, 401, 403, 404, 410, 204])('with %i is given up at once', async (status) => {
    disturb = answering(status, { location: '/other' });
    expect(await rejectionOf(poll().next())).toMatchObject({ code: 'ERR_SET_DELIVERY', message: `The transmitter answers with status ${status}` });
    expect(server.paths).toEqual(['/poll']);
  });

  test('with an answer that is too large is given up at once', async () => {
    await enqueue('a');
    expect(await rejectionOf(poll({ maxBodyBytes: 1_000 }).next())).toMatchObject({ code: 'ERR_SET_DELIVERY', message: 'The answer is too large: ask for fewer events' });
    expect(requests).toHaveLength(1);
  });

  test('again and again is given up in the end, with ever longer pauses', async () => {
    disturb = (response) => Boolean(response.writeHead(503).end());
    const start = Date.now();
    expect((await rejectionOf(poll({ maxAttempts: 3 }).next())).code).toBe('ERR_SET_DELIVERY');
    expect(requests).toHaveLength(3);
    expect(Date.now() - start).toBeGreaterThanOrEqual(2_990);
  });

  test('hears again of what it may not have heard', async () => {
    await enqueue('a', 'b');
    disturb = (response, count) => count === 2 && Boolean(response.writeHead(503).end());
    expect(await take(1, { maxEvents: 1 })).toEqual(['a']);
    expect(requests.map(({ ack }) => ack)).toEqual([undefined, ['a'], ['a']]);
  });

  test('at the end is told to onError, and ends the loop all the same', async () => {
    await enqueue('a', 'b');
    disturb = (response, count) => count === 2 && Boolean(response.writeHead(500).end());
    const errors: unknown[] = [];
    expect(await take(1, { onError: (error) => errors.push(error) })).toEqual(['a']);
    expect(errors).toMatchObject([{ code: 'ERR_SET_DELIVERY' }]);
    expect([...queue.keys()]).toEqual(['a', 'b']);
  });

  test.each<[name: string, answer: (asked: PollRequest) => unknown]>([
    ['always has more and gives nothing', () => ({ sets: {}, moreAvailable: true })],
    ['hears no acknowledgement', () => ({ sets: Object.fromEntries(queue), moreAvailable: true })],
    ['hears no error', () => ({ sets: { bad: 'x' }, moreAvailable: true })],
  ])('that %s is not asked without end', async (_, answer) => {
    await enqueue('a');
    server.answer = async (response, request) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      requests.push(JSON.parse(text) as PollRequest);
      response.end(JSON.stringify(answer(requests.at(-1)!)));
    };
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1_500);
    await take(1_000, { signal: controller.signal });
    // The first, what it brought, the same again after a second; and the last word.
    expect(requests.length).toBeLessThanOrEqual(5);
  });

  test('whose SETs have no keys is not asked without end, also when it has more', async () => {
    await enqueue('a', 'b', 'c');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1_500);
    const down: SetVerifier = () => Promise.reject(new SetError('ERR_SET_JWKS', 'down'));
    await take(1_000, { signal: controller.signal, verify: down, maxEvents: 1 });
    expect(requests.length).toBeLessThanOrEqual(3);
  });

  test('to wait when it has nothing is not asked without end', async () => {
    setTimeout(() => void enqueue('a'), 500);
    await take(0, { returnImmediately: true });
    expect(requests[0]).toEqual({ maxEvents: 100, returnImmediately: true });
    expect(requests.length).toBeLessThanOrEqual(3);
  });
});

describe('a signal', () => {
  test('ends a loop that waits, at once', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const start = Date.now();
    expect(await take(1, { signal: controller.signal })).toEqual([]);
    expect(Date.now() - start).toBeLessThan(1_000);
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  test('ends a pause, at once', async () => {
    disturb = (response) => Boolean(response.writeHead(503, { 'retry-after': '600' }).end());
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const start = Date.now();
    expect(await take(1, { signal: controller.signal })).toEqual([]);
    expect(Date.now() - start).toBeLessThan(1_000);
  });

  test('lets the SET at hand be done, and acknowledges it', async () => {
    await enqueue('a', 'b');
    const controller = new AbortController();
    const taken: string[] = [];
    for await (const { payload } of poll({ signal: controller.signal })) {
      taken.push(payload.jti);
      controller.abort();
    }
    expect(taken).toEqual(['a']);
    expect([...queue.keys()]).toEqual(['b']);
  });

  test('that was given before lets nothing begin', async () => {
    expect(await take(1, { signal: AbortSignal.abort() })).toEqual([]);
    expect(requests).toEqual([]);
  });

  test('is left as it was found', async () => {
    await enqueue('a', 'b', 'c');
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    await take(2, { signal, maxEvents: 1 });
    expect(add.mock.calls.length).toBeGreaterThan(0);
    expect(remove.mock.calls.length).toBe(add.mock.calls.length);
  });
});

describe('a mistake in the call', () => {
  test.each<[name: string, url: string, change: object]>([
    ['no URL', 'poll', {}],
    ['plain http elsewhere', 'http://transmitter.example/poll', {}],
    ['no verifier', 'https://transmitter.example/poll', { verify: undefined }],
    ['no events at all', 'https://transmitter.example/poll', { maxEvents: 0 }],
    ['half an event', 'https://transmitter.example/poll', { maxEvents: 0.5 }],
    ['no attempts', 'https://transmitter.example/poll', { maxAttempts: 0 }],
    ['a size that is none', 'https://transmitter.example/poll', { maxBodyBytes: NaN }],
    ['a time that timers do not take', 'https://transmitter.example/poll', { timeoutMs: 2 ** 31 }],
  ])('%s is a TypeError at once', (_, url, change) => {
    expect(() => pollSets(url, { verify, ...change } as PollOptions)).toThrow(TypeError);
  });
});
