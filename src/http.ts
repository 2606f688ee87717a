/**
 * HTTP with limits: how long a response may take, how large it may be, and no redirects. The only place that fetches.
 *
 * Types are structural, so that they work where the DOM's types are not declared, and for any `fetch` that a caller
 * passes. However a request ends, a body that was not read to its end is canceled, so that its connection is free
 * again.
 */
import { type BodySource, type OpenBody, openBody } from './body.js';
import { SetError, type SetErrorCode } from './errors.js';
import { parseBytes } from './json.js';
import { wrongOption } from './options.js';

/**
 * The platform's `AbortSignal` type where it is declared. In Cloudflare's workers-types it is a class, which is not a
 * member of `typeof globalThis`, so it is found as the signal of a `Request`.
 */
export type FetchSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : typeof globalThis extends { Request: { prototype: { signal: infer Signal } } }
    ? Signal
    : { readonly aborted: boolean };

/** The second argument of a `fetch`. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  /** Redirects are not followed. */
  readonly redirect: 'manual';
  readonly signal: FetchSignal;
  /** JSON, in a request that sends something. */
  readonly body?: string;
}

/** The platform's `Request` type where it is declared, and otherwise the members that are used. */
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

/** The platform's `Response` type where it is declared, and otherwise the members that are used. */
export type HttpResponse = typeof globalThis extends { Response: { prototype: infer Platform } }
  ? Platform
  : FetchResponse & { readonly headers: { get(name: string): string | null }; text(): Promise<string> };

/**
 * The members of a response that are used. The standard `Response` has them, and so have those of node-fetch and
 * cross-fetch, whose bodies are Node streams, and of React Native, which have no stream.
 */
export interface FetchResponse extends BodySource {
  readonly status: number;
}

/** A `fetch`: the platform's own, or a replacement for a proxy or for tests. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** How a request is sent, and its limits. */
export interface FetchLimits {
  readonly fetch: FetchLike | undefined;
  readonly headers: Record<string, string>;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/**
 * Checks a URL to fetch from: https, or http to a loopback host, without a user name or password. Returns it
 * normalized.
 *
 * @throws TypeError
 */
export function readUrl(url: string | { readonly href: string }, allowInsecureHttp = false, name = 'url'): string {
  const text = typeof url === 'string' ? url : url?.href;
  if (typeof text !== 'string') throw wrongOption(name, url, 'an https URL');
  try {
    const { protocol, hostname, username, password, href } = new URL(text);
    const isLoopback = /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
    const isSafe = protocol === 'https:' || (protocol === 'http:' && (isLoopback || allowInsecureHttp));
    if (isSafe && !username && !password) return href;
  } catch {
    // Rejected below. The engine's message quotes the text, which may contain a password.
  }
  throw new TypeError(`${name} must be an https URL (http only for loopback hosts) without a user name or password`);
}

/**
 * Gets a JSON document from a response with status 200.
 *
 * @throws SetError with the given code, as a rejection; with the status of the response, if there was one
 */
export function fetchJson(url: string, code: SetErrorCode, limits: FetchLimits): Promise<unknown> {
  return exchange(url, code, limits, { method: 'GET' }, async ({ status }, body) => {
    if (status !== 200) throw new Error(`status ${status}, not 200`);
    return parseBytes(await body.read(), 'The response');
  });
}

/**
 * Sends a request and uses its response within the limits. However that ends, the signal of the request then aborts,
 * and the rest of the body is canceled.
 *
 * @param use reads the response; what it throws becomes the reason of the error
 * @param waitFor waits for the work, and decides when to give up
 * @throws SetError with the given code, as a rejection: its message names the request and the innermost reason; with
 * the status of the response, if there was one
 */
export async function exchange<Result>(
  url: string,
  code: SetErrorCode,
  { fetch: send = globalThis.fetch as unknown as FetchLike, headers, timeoutMs, maxBodyBytes }: FetchLimits,
  init: { readonly method: string; readonly body?: string },
  use: (response: FetchResponse, body: OpenBody) => Promise<Result>,
  waitFor: typeof withTimeout<Result> = withTimeout,
): Promise<Result> {
  const controller = new AbortController();
  const signal = controller.signal as FetchSignal;
  let response: FetchResponse | undefined;
  let body: OpenBody | undefined;
  const work = async (): Promise<Result> => {
    const all: FetchInit = { ...init, headers: { accept: 'application/json', ...headers }, redirect: 'manual', signal };
    response = await send(url, all);
    body = openBody(response, maxBodyBytes);
    // The response may arrive after the wait for it has ended.
    if (signal.aborted) body.cancel();
    return use(response, body);
  };
  try {
    return await waitFor(timeoutMs, () => new Error(`no response within ${timeoutMs} ms`), work);
  } catch (error) {
    // Without the query, which may contain a secret.
    throw new SetError(code, `${init.method} ${url.replace(/[?#].*/, '')} failed: ${reasonOf(error)}`, {
      cause: error,
      ...(response && { status: response.status }),
    });
  } finally {
    controller.abort();
    body?.cancel();
  }
}

interface Reason {
  readonly cause?: Reason;
  /** One for each address that was tried. The first stands for the others. */
  readonly errors?: readonly Reason[];
  readonly message?: unknown;
  readonly code?: unknown;
}

/** Returns the innermost reason of an error: what the network said, below the platform's "fetch failed". */
function reasonOf(error: unknown): string {
  let last = error as Reason | undefined;
  // Bounded, since an error can be its own cause.
  for (let depth = 0; depth < 9; depth++) last = last?.cause ?? last?.errors?.[0] ?? last;
  // A server can influence parts of it, such as the names in its certificate, so it is cut to one short line.
  return String(last?.message || last?.code || last)
    .replace(/[\0- \x7f-\x9f]+/g, ' ')
    .slice(0, 200);
}

/**
 * Waits for some work with a time limit.
 *
 * @param createTimeoutError creates the error for work that takes too long
 * @throws what the work throws, or that error; as a rejection
 */
export function withTimeout<Result>(
  timeoutMs: number,
  createTimeoutError: () => Error,
  work: () => Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    // A timer that is set to more than 2^31 - 1 ms fires immediately.
    const timer = setTimeout(() => reject(createTimeoutError()), Math.min(timeoutMs, 2_147_483_647));
    (async () => work())()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
