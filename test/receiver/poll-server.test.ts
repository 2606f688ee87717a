/** pollSets with the platform's own fetch, against a server on loopback: connections that wait, break or are closed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { pollSets, type PollOptions } from '../../src/receiver/poll.js';
import { createTestTransmitter, type TestTransmitter } from '../../src/testing/transmitter.js';
import { createVerifier, type SetVerifier } from '../../src/verify.js';
import type { ReceivedRequest } from '../support/poll-endpoint.js';
import { rejectionOf } from '../support/refusals.js';
import { startServer, type TestServer } from '../support/server.js';

let transmitter: TestTransmitter;
let verify: SetVerifier;
let server: TestServer;
/** The poll requests that have arrived, and the function that responds to each. */
let requests: ReceivedRequest[];
let respond: (response: ServerResponse, count: number) => unknown;

beforeAll(async () => {
  transmitter = await createTestTransmitter();
  verify = createVerifier(transmitter.jwks, { issuer: transmitter.issuer, audience: transmitter.audience });
});
beforeEach(async () => {
  server = await startServer();
  requests = [];
  server.answer = async (response, request: IncomingMessage) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    respond(response, requests.push(JSON.parse(text) as ReceivedRequest));
  };
});
afterEach(() => server.close());

const poll = (options: Partial<PollOptions> = {}): ReturnType<typeof pollSets> =>
  pollSets(`${server.url}/poll`, { verify, ...options });

test('gets SETs, acknowledges them, and waits for the next', async () => {
  const [a, b] = [await transmitter.sign({ jti: 'a' }), await transmitter.sign({ jti: 'b' })];
  let held: ServerResponse | undefined;
  respond = (response, count) => {
    if (count === 1) response.end(JSON.stringify({ sets: { a } }));
    else held = response;
  };
  const sets = poll();
  expect((await sets.next()).value!.payload.jti).toBe('a');
  const next = sets.next();
  await vi.waitFor(() => expect(held).toBeDefined(), 10_000);
  held!.end(JSON.stringify({ sets: { b } }));
  expect((await next).value!.payload.jti).toBe('b');
  await sets.return();
  expect(requests).toEqual([{ maxEvents: 100 }, { maxEvents: 100, ack: ['a'] }]);
});

test('closes the connection when the signal aborts', async () => {
  respond = () => undefined;
  const controller = new AbortController();
  const next = poll({ signal: controller.signal }).next();
  await vi.waitFor(() => expect(requests).toHaveLength(1), 10_000);
  controller.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  await vi.waitFor(() => expect(server.open()).toBe(0), 10_000);
});

test('does not follow a redirect', async () => {
  respond = (response) => response.writeHead(307, { location: '/other' }).end();
  expect(await rejectionOf(poll().next())).toMatchObject({ code: 'ERR_SET_DELIVERY', status: 307 });
  expect(server.paths).toEqual(['/poll']);
});

test.each<[name: string, breakOff: (response: ServerResponse) => unknown]>([
  ['before the response', (response) => response.destroy()],
  [
    'during the response',
    (response) => response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
  ],
])('counts a connection that breaks %s as a failure', async (_, breakOff) => {
  respond = breakOff;
  const { message, code } = await rejectionOf(poll({ maxAttempts: 1 }).next());
  expect(code).toBe('ERR_SET_DELIVERY');
  expect(message).toMatch(/^POST http:\/\/127\.0\.0\.1:\d+\/poll failed: /);
});
