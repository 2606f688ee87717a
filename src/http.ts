/**
 * HTTP with limits: how long an answer may take, how large it may be, and no redirect. The only place that fetches.
 *
 * Types are structural, so that they hold where the DOM's are not declared, and for any `fetch` that a caller gives.
 */
import { SetError, type SetErrorCode } from './errors.js';
import { checkAmount } from './options.js';

/** The platform's `AbortSignal` type where it is declared. */
export type FetchSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } } ? Signal : { readonly aborted: boolean };

/** What a request is made of. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  /** An answer that redirects is not followed. */
  readonly redirect: 'manual';
  readonly signal: FetchSignal;
  /** JSON, in a request that sends something. */
  readonly body?: string;
}

/** A stream of octets, as far as it is read here. */
export interface FetchStream {
  getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> };
}

/** The platform's `Request` type where it is declared, and otherwise what is read of a request. */
export type HttpRequest = typeof globalThis extends { Request: { prototype: infer Platform } }
  ? Platform
  : {
      readonly method: string;
      readonly url: string;
      readonly headers: { get(name: string): string | null };
      readonly body: FetchStream | null;
      readonly bodyUsed: boolean;
      text(): Promise<string>;
    };

/** The platform's `Response` type where it is declared, and otherwise what is read of an answer. */
export type HttpResponse = typeof globalThis extends { Response: { prototype: infer Platform } }
  ? Platform
  : FetchAnswer & { readonly headers: { get(name: string): string | null }; text(): Promise<string> };

/** What is read of an answer. The standard `Response` fits. */
export interface FetchAnswer {
  readonly status: number;
  readonly body: FetchStream | null;
  readonly headers?: { get(name: string): string | null };
}

/** A `fetch`: the platform's own, or one in its place, for a proxy or for tests. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchAnswer>;

/** How far a request may go. */
export interface FetchLimits {
  readonly fetch: FetchLike | undefined;
  readonly headers: Record<string, string>;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** The longest time that timers take. A longer one would end at once. */
export const MAX_TIMEOUT_MS = 2_147_483_647;

/**
 * Checks a time limit that a caller gave.
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
export function readUrl(url: string | { readonly href: string }, allowInsecureHttp = false): string {
  const text = typeof url === 'string' ? url : url?.href;
  if (!URL.canParse(text)) throw new TypeError('url must be a URL');
  const { protocol, hostname, username, password, href } = new URL(text);
  const isLoopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (!(protocol === 'https:' || (protocol === 'http:' && (isLoopback || allowInsecureHttp))) || username || password) {
    throw new TypeError('url must be https (http only for loopback hosts), and hold no password');
  }
  return href;
}

/**
 * Gets a JSON document, from an answer with status 200.
 *
 * @throws SetError with the given code, as a rejection
 */
export function fetchJson(url: string, code: SetErrorCode, limits: FetchLimits): Promise<unknown> {
  return within(limits.timeoutMs, code, async (signal) => {
    const { status, body } = await send(url, limits, { method: 'GET', headers: { accept: JSON_TYPE, ...limits.headers }, redirect: 'manual', signal });
    if (status !== 200) throw new SetError(code, `The answer has status ${status}, not 200`);
    return parseBody(await readBody(body, code, limits.maxBytes), code);
  });
}

/** What comes of a request that sends something. */
export interface PostAnswer {
  readonly status: number;
  /** The header `Retry-After`, as it stands. */
  readonly retryAfter: string | null;
  /** Of an answer with status 200. */
  readonly json?: unknown;
}

/**
 * Posts a JSON document, and gives the answer whatever its status.
 *
 * @param stop ends the request early
 * @throws SetError with the given code, as a rejection; `ERR_SET_TOO_LARGE` when the answer is
 */
export function postJson(url: string, code: SetErrorCode, limits: FetchLimits, document: object, stop?: AbortSignal): Promise<PostAnswer> {
  const work = async (signal: FetchSignal): Promise<PostAnswer> => {
    const headers = { accept: JSON_TYPE, 'content-type': JSON_TYPE, ...limits.headers };
    const answer = await send(url, limits, { method: 'POST', headers, redirect: 'manual', signal, body: JSON.stringify(document) });
    const { status, body } = answer;
    const retryAfter = answer.headers?.get('retry-after') ?? null;
    if (status !== 200) return { status, retryAfter };
    return { status, retryAfter, json: parseBody(await readBody(body, 'ERR_SET_TOO_LARGE', limits.maxBytes), code) };
  };
  return within(limits.timeoutMs, code, async (signal) => {
    let giveUp: (() => void) | undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop?.addEventListener('abort', (giveUp = () => reject(new SetError(code, 'The caller gave up'))));
    });
    try {
      return await Promise.race([work(signal), stopped]);
    } finally {
      if (giveUp) stop?.removeEventListener('abort', giveUp);
    }
  });
}

const JSON_TYPE = 'application/json';

function send(url: string, { fetch: request }: FetchLimits, init: FetchInit): Promise<FetchAnswer> {
  return (request ?? (globalThis.fetch as unknown as FetchLike))(url, init);
}

function parseBody(text: string, code: SetErrorCode): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the text.
    throw new SetError(code, 'The answer is not JSON');
  }
}

/**
 * Runs some work and gives up when it takes too long, whether or not the work heeds the signal. Its own errors get the code.
 * @throws SetError with the given code, as a rejection
 */
export async function within<Result>(timeoutMs: number, code: SetErrorCode, work: (signal: FetchSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SetError(code, `There is no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work(controller.signal as FetchSignal), expiry]);
  } catch (error) {
    throw error instanceof SetError ? error : new SetError(code, 'The request failed', { cause: error });
  } finally {
    clearTimeout(timer);
    // Also ends what is left of an answer that nobody reads to its end.
    controller.abort();
  }
}

async function readBody(body: FetchStream | null, code: SetErrorCode, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let size = 0;
  const reader = body?.getReader();
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) return text + decoder.decode();
    size += value.length;
    if (size > maxBytes) throw new SetError(code, `The answer has more than ${maxBytes} bytes`);
    text += decoder.decode(value, { stream: true });
  }
}
