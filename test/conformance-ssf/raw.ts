/** A receiver without this package, which sends whatever a test says. */
import { afterEach, expect } from 'vitest';
import { STATIC_TOKEN } from './authorization.js';
import { happyPath } from './modules.js';
import type { Module, Stream, Variant } from './protocol.js';
import { startTransmitter, type StrictTransmitter } from './transmitter.js';

const STATIC_POLL: Variant = { delivery: 'poll', authorization: 'static' };

/** Raw requests to a transmitter. */
export interface Raw {
  readonly transmitter: StrictTransmitter;
  /** Sends a request with a JSON body, and returns the response. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  create(body?: object): Promise<Stream>;
}

/** What is closed after the test. */
export const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** Starts a transmitter for raw requests. */
export async function start(module: Module = happyPath, variant: Variant = STATIC_POLL): Promise<Raw> {
  const transmitter = await startTransmitter(module, variant);
  open.push(transmitter);
  const send: Raw['send'] = (method, path, body, headers) =>
    fetch(transmitter.issuer + path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${STATIC_TOKEN}`, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    transmitter,
    send,
    async create(body = {}) {
      const response = await send('POST', '/streams', body);
      expect(response.status).toBe(201);
      return (await response.json()) as Stream;
    },
  };
}

/** Returns the query that names a stream. */
export const queryOf = ({ stream_id }: Stream): string => `?stream_id=${encodeURIComponent(stream_id)}`;
