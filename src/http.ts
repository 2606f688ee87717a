/**
 * HTTP with limits: how long an answer may take, how large it may be, and no redirect. The only place that fetches.
 *
 * Types are structural, so that they hold where the DOM's are not declared, and for any `fetch` that a caller gives.
 */
import { SetError, type SetErrorCode } from './errors.js';

/** The platform's `AbortSignal` type where it is declared. */
export type FetchSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } } ? Signal : { readonly aborted: boolean };

/** What a request is made of. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  /** An answer that redirects is not followed. */
  readonly redirect: 'manual';
  readonly signal: FetchSignal;
}

/** A stream of octets, as far as it is read here. */
export interface FetchStream {
  getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> };
}

/** What is read of an answer. The standard `Response` fits. */
export interface FetchAnswer {
  readonly status: number;
  readonly body: FetchStream | null;
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
 * Checks a URL to fetch from: https, or http to this machine, without a user name or a password in it.
 *
 * @throws TypeError
 */
export function readUrl(url: string | { readonly href: string }, allowInsecureHttp = false): string {
  const { protocol, hostname, username, password, href } = new URL(typeof url === 'string' ? url : url.href);
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
export function fetchJson(url: string, code: SetErrorCode, { fetch: request, headers, timeoutMs, maxBytes }: FetchLimits): Promise<unknown> {
  return within(timeoutMs, code, async (signal) => {
    const init = { method: 'GET', headers: { accept: 'application/json', ...headers }, redirect: 'manual', signal } as const;
    const { status, body } = await (request ?? (globalThis.fetch as unknown as FetchLike))(url, init);
    if (status !== 200) throw new SetError(code, `The answer has status ${status}, not 200`);
    const text = await readBody(body, code, maxBytes);
    try {
      return JSON.parse(text);
    } catch {
      // The engine's own message quotes the text.
      throw new SetError(code, 'The answer is not JSON');
    }
  });
}

/**
 * Runs some work and gives up when it takes too long, whether or not the work heeds the signal. Its own errors get the code.
 *
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
