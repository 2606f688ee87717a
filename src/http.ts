/**
 * HTTP with limits: how long a response may take, how large it may be, and no redirect. The only place that fetches.
 *
 * Types are structural, so that they hold where the DOM's are not declared, and for any `fetch` that a caller passes.
 * Whatever way a request ends, a body that was not read to its end is canceled, so that its connection is free again.
 */
import { type BodySource, type OpenBody, openBody } from './body.js';
import { isSetError, SetError, type SetErrorCode } from './errors.js';
import { checkAmount, wrongOption } from './options.js';

/** The platform's `AbortSignal` type where it is declared. */
export type FetchSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : { readonly aborted: boolean };

/** What a request is made of. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  /** Redirects are not followed. */
  readonly redirect: 'manual';
  readonly signal: FetchSignal;
  /** JSON, in a request that sends something. */
  readonly body?: string;
}

/** The platform's `Request` type where it is declared, and otherwise what is read of a request. */
export type HttpRequest = typeof globalThis extends { Request: { prototype: infer Platform } }
  ? Platform
  : {
      readonly method: string;
      readonly url: string;
      readonly headers: { get(name: string): string | null };
      readonly body: unknown;
      readonly bodyUsed: boolean;
      text(): Promise<string>;
      arrayBuffer(): Promise<ArrayBuffer>;
    };

/** The platform's `Response` type where it is declared, and otherwise what is read of a response. */
export type HttpResponse = typeof globalThis extends { Response: { prototype: infer Platform } }
  ? Platform
  : FetchResponse & { readonly headers: { get(name: string): string | null }; text(): Promise<string> };

/**
 * What is read of a response. The standard `Response` fits, and so do those of node-fetch and cross-fetch, whose bodies
 * are streams of Node, and of React Native, which have no stream at all.
 */
export interface FetchResponse extends BodySource {
  readonly status: number;
}

/** A `fetch`: the platform's own, or one in its place, for a proxy or for tests. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** How a request is sent, and its limits. */
export interface FetchLimits {
  readonly fetch: FetchLike | undefined;
  readonly headers: Record<string, string>;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/** The longest time that timers take. A longer one would end at once. */
export const MAX_TIMEOUT_MS = 2_147_483_647;

/**
 * Checks a time limit that a caller passed.
 *
 * @throws TypeError
 */
export function checkTimeout(name: string, timeoutMs: number): void {
  checkAmount(name, timeoutMs);
  if (timeoutMs > MAX_TIMEOUT_MS) throw new TypeError(`${name} must be at most ${MAX_TIMEOUT_MS}`);
}

/**
 * Checks a URL to fetch from: https, or http to this machine, without a user name or a password in it.
 *
 * @throws TypeError
 */
export function readUrl(url: string | { readonly href: string }, allowInsecureHttp = false, name = 'url'): string {
  const text = typeof url === 'string' ? url : url?.href;
  if (typeof text !== 'string') throw wrongOption(name, url, 'an https URL');
  try {
    const { protocol, hostname, username, password, href } = new URL(text);
    const isLoopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
    const isSafe = protocol === 'https:' || (protocol === 'http:' && (isLoopback || allowInsecureHttp));
    if (isSafe && !username && !password) return href;
  } catch {
    // Refused below. The engine's own message quotes the text, which may contain a password.
  }
  throw new TypeError(`${name} must be an https URL (http only for loopback hosts) without a user name and a password`);
}

/**
 * Gets a JSON document from a response with status 200.
 *
 * @throws SetError with the given code, as a rejection; with the status when it is not 200
 */
export function fetchJson(url: string, code: SetErrorCode, limits: FetchLimits): Promise<unknown> {
  return exchange(url, code, code, limits, { method: 'GET' }, async ({ status }, readJson, failed) => {
    if (status !== 200) throw failed(`status ${status}, not 200`, { status });
    return readJson();
  });
}

/** The response to a POST. */
export interface PostResponse {
  readonly status: number;
  /** The header `Retry-After`, as it was sent. */
  readonly retryAfter: string | null;
  /** The document in a response with status 200; undefined when its body is empty. */
  readonly json?: unknown;
}

/**
 * Posts a JSON document, and returns the response whatever its status, or nothing when there was none in time.
 *
 * @param stop ends the request early, as an error
 * @throws SetError with the given code, as a rejection; `ERR_SET_TOO_LARGE` when the response is
 */
export async function postJson(
  url: string,
  code: SetErrorCode,
  limits: FetchLimits,
  document: object,
  stop?: StopSignal,
): Promise<PostResponse | undefined> {
  const init = { method: 'POST', body: JSON.stringify(document) };
  let isLate = false;
  const all = { ...limits, headers: { 'content-type': JSON_TYPE, ...limits.headers } };
  const use = async ({ status, headers }: FetchResponse, readJson: () => Promise<unknown>): Promise<PostResponse> => {
    const retryAfter = headers?.get('retry-after') ?? null;
    return { status, retryAfter, ...(status === 200 && { json: await readJson() }) };
  };
  const ends: Ends = { onLate: () => void (isLate = true), race: (work) => untilStopped(stop, code, work) };
  try {
    return await exchange(url, code, 'ERR_SET_TOO_LARGE', all, init, use, ends);
  } catch (error) {
    if (isLate) return undefined;
    throw error;
  }
}

/** What ends a request early: the platform's `AbortSignal`, or what is needed of it. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

async function untilStopped<Result>(
  stop: StopSignal | undefined,
  code: SetErrorCode,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!stop) return work();
  let giveUp: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop.addEventListener('abort', (giveUp = () => reject(new SetError(code, 'The caller aborted the request'))));
  });
  try {
    return await Promise.race([work(), stopped]);
  } finally {
    if (giveUp) stop.removeEventListener('abort', giveUp);
  }
}

const JSON_TYPE = 'application/json';

/** Creates the error of a request: which one, and why. */
type Failed = (reason: string, more?: { readonly cause?: unknown; readonly status?: number }) => SetError;

/** What may end a request besides its own end. */
interface Ends {
  /** Is called when there is no response in time. */
  onLate?(): void;
  /** Races the request against something else. */
  race?<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * Sends a request and uses its response, within the limits. Its signal aborts when that has ended, in whatever way, and
 * what is then left of a body is canceled.
 *
 * @param large the code for a body that is too large
 * @throws SetError with the given code, as a rejection; what `use` throws
 */
async function exchange<Result>(
  url: string,
  code: SetErrorCode,
  large: SetErrorCode,
  { fetch: request, headers, timeoutMs, maxBodyBytes }: FetchLimits,
  init: { readonly method: string; readonly body?: string },
  use: (response: FetchResponse, readJson: () => Promise<unknown>, failed: Failed) => Promise<Result>,
  { onLate, race = (work) => work() }: Ends = {},
): Promise<Result> {
  const { origin, pathname } = new URL(url);
  // Without the query, which may hold a secret.
  const failed: Failed = (reason, more) =>
    new SetError(code, `${init.method} ${origin}${pathname} failed: ${reason}`, more);
  const controller = new AbortController();
  const signal = controller.signal as FetchSignal;
  let body: OpenBody | undefined;
  const work = async (): Promise<Result> => {
    try {
      const all: FetchInit = { ...init, headers: { accept: JSON_TYPE, ...headers }, redirect: 'manual', signal };
      const response = await (request ?? (globalThis.fetch as unknown as FetchLike))(url, all);
      body = openBody(response, maxBodyBytes, large);
      // It may have come when nothing waits for it any more.
      if (signal.aborted) body.cancel();
      return await use(response, () => readJson(body!), failed);
    } catch (error) {
      throw isSetError(error) ? error : failed(reasonOf(error), { cause: error });
    }
  };
  const readJson = async (from: OpenBody): Promise<unknown> => {
    const octets = await from.read();
    try {
      return octets.length || !init.body
        ? JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets))
        : undefined;
    } catch {
      // The engine's own message quotes the text.
      throw failed('the response is not JSON in UTF-8');
    }
  };
  try {
    return await withTimeout(
      timeoutMs,
      () => (onLate?.(), failed(`no response within ${timeoutMs} ms`)),
      () => race(work),
    );
  } finally {
    controller.abort();
    body?.cancel();
  }
}

/**
 * The innermost reason of an error: what the network said, below the "fetch failed" of the platform. In one short line.
 */
function reasonOf(error: unknown): string {
  let last = error as
    | {
        readonly cause?: unknown;
        readonly errors?: readonly unknown[];
        readonly message?: unknown;
        readonly code?: unknown;
      }
    | undefined;
  // Of several addresses that were all tried, the first error stands for the others. Bounded, since a cause can be its
  // own.
  for (let depth = 0; depth < 9; depth++) last = (last?.cause ?? last?.errors?.[0] ?? last) as typeof last;
  // What a server has a hand in, such as the names in its certificate, stays on one line and short.
  return String(last?.message || last?.code || last)
    .replace(/[\0- \x7f-\x9f]+/g, ' ')
    .slice(0, 200);
}

/**
 * Waits for some work with a time limit.
 *
 * Without a signal, and with one promise instead of a race: a receiver waits so three times for each delivery.
 *
 * @param late creates the error for work that takes too long
 * @throws what the work throws, or that error; as a rejection
 */
export function withTimeout<Result>(
  timeoutMs: number,
  late: () => Error,
  work: () => Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), timeoutMs);
    const settle =
      <Value>(how: (value: Value) => void) =>
      (value: Value): void => {
        clearTimeout(timer);
        how(value);
      };
    try {
      work().then(settle(resolve), settle(reject));
    } catch (error) {
      settle(reject)(error);
    }
  });
}
