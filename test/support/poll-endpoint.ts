/**
 * A transmitter's poll endpoint (RFC 8936) for tests, as a `fetch`: it delivers each SET until that is acknowledged or
 * refused, and keeps a long poll open until it has one. It uses the test's fake timers.
 */
import { setImmediate } from 'node:timers';
import { vi } from 'vitest';
import type { FetchInit } from '../../src/http.js';
import type { DecodedSet } from '../../src/model.js';
import { type PolledSets, type PollOptions, pollSets } from '../../src/receiver/poll.js';
import { decodeSet, type VerifiedSet } from '../../src/set.js';
import type { SetVerifier } from '../../src/verify.js';

/** A poll request, as received. */
export interface ReceivedRequest {
  readonly maxEvents: number;
  readonly returnImmediately?: boolean;
  readonly ack?: string[];
  readonly setErrs?: Record<string, { err: string; description: string }>;
}

/** Replaces the endpoint's own response to a request, unless it returns undefined. */
export type Replacement = (request: ReceivedRequest, count: number) => Response | Promise<Response> | undefined;

/** A poll endpoint for tests. */
export interface PollEndpoint {
  /** The SETs that were neither acknowledged nor refused, by name. */
  readonly queue: Map<string, unknown>;
  readonly requests: ReceivedRequest[];
  /** The headers of each request. */
  readonly headers: Record<string, string>[];
  /** When each request arrived, in milliseconds after the first. */
  readonly times: number[];
  /** The signals of all requests. */
  readonly signals: AbortSignal[];
  replace: Replacement | undefined;
  /** Adds SETs with these names as `jti`, in tokens that {@link trusting} accepts. */
  enqueue(...names: string[]): void;
  fetch(url: string, init: FetchInit): Promise<Response>;
}

/** Creates a poll endpoint with an empty queue. */
export function createPollEndpoint(): PollEndpoint {
  let startedAt: number | undefined;
  const endpoint: PollEndpoint = {
    queue: new Map(),
    requests: [],
    headers: [],
    times: [],
    signals: [],
    replace: undefined,
    enqueue: (...names) => names.forEach((name) => endpoint.queue.set(name, tokenOf(name))),
    async fetch(_, { body, headers, signal }) {
      const request = JSON.parse(body!) as ReceivedRequest;
      endpoint.requests.push(request);
      endpoint.headers.push(headers);
      endpoint.times.push(Date.now() - (startedAt ??= Date.now()));
      endpoint.signals.push(signal as AbortSignal);
      const replacement = endpoint.replace?.(request, endpoint.requests.length);
      if (replacement) return replacement;
      for (const name of [...(request.ack ?? []), ...Object.keys(request.setErrs ?? {})]) endpoint.queue.delete(name);
      while (!endpoint.queue.size && !request.returnImmediately && !(signal as AbortSignal).aborted) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return setsResponse(Object.fromEntries([...endpoint.queue].slice(0, request.maxEvents)));
    },
  };
  return endpoint;
}

/** Creates a poll response with these SETs. */
export function setsResponse(sets: unknown, more: object = {}): Response {
  return Response.json({ sets, ...more });
}

/** Returns a response that never arrives. */
export function silence(): Promise<Response> {
  return new Promise(() => undefined);
}

/** Returns a response that arrives after a delay. */
export function delayed(milliseconds: number, response: () => Response): Promise<Response> {
  return new Promise((resolve) => setTimeout(() => resolve(response()), milliseconds));
}

/** Creates a token for {@link trusting}: well-formed, but with a signature that is not valid. */
export function tokenOf(jti: string): string {
  const parts = [
    { alg: 'RS256', typ: 'secevent+jwt' },
    { iss: 'https://transmitter.example', iat: 0, jti, events: { tested: {} } },
    'none',
  ];
  return parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}

/** Accepts any well-formed SET, unverified. Without WebCrypto's threads, the test alone decides when time passes. */
export const trusting: SetVerifier = async (token) => decodeSet(token) as VerifiedSet;

/** Waits until nothing is left to do but wait for timers. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Advances the fake timers, and lets everything run that they start. */
export async function elapse(milliseconds: number): Promise<void> {
  await settle();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await settle();
}

/** A loop over the SETs of an endpoint. */
export interface PollLoop {
  /** The names of the SETs that it got. */
  readonly taken: string[];
  /** The errors passed to `onError`, each with the `jti` of its set. */
  readonly reports: (readonly [error: unknown, name: string | undefined])[];
  /** Resolves when the loop has ended, to what it threw, if anything. */
  readonly end: Promise<unknown>;
  /** Reports whether the loop has ended. */
  hasEnded(): boolean;
  /** Aborts the loop's signal. */
  stop(): void;
}

/**
 * Starts a loop over the SETs of an endpoint.
 *
 * @param handle handles a SET, and returns `break` to end the loop
 */
export function startLoop(
  endpoint: PollEndpoint,
  options: Partial<PollOptions> = {},
  handle: (set: VerifiedSet, sets: PolledSets) => unknown = () => undefined,
): PollLoop {
  const controller = new AbortController();
  const taken: string[] = [];
  const reports: [unknown, string | undefined][] = [];
  const onError = (error: unknown, set?: DecodedSet): void => void reports.push([error, set?.payload.jti]);
  const defaults = {
    verify: trusting,
    fetch: endpoint.fetch as NonNullable<PollOptions['fetch']>,
    signal: controller.signal,
    onError,
  };
  const sets = pollSets('https://transmitter.example/poll', { ...defaults, ...options });
  let hasEnded = false;
  const run = async (): Promise<unknown> => {
    try {
      for await (const set of sets) {
        taken.push(set.payload.jti);
        if ((await handle(set, sets)) === 'break') break;
      }
      return undefined;
    } catch (error) {
      return error;
    } finally {
      hasEnded = true;
    }
  };
  return { taken, reports, end: run(), hasEnded: () => hasEnded, stop: () => controller.abort() };
}
