/**
 * Requests that send a JSON document and may be stopped. Leaves out what the responses mean.
 */
import type { SetErrorCode } from './errors.js';
import { exchange, type FetchLimits, type FetchResponse, withTimeout } from './http.js';
import { parseBytes } from './json.js';
import type { OpenBody } from './body.js';

/** The response to a POST. */
export interface PostResponse {
  readonly status: number;
  /** The header `Retry-After`, as it was sent. */
  readonly retryAfter: string | null;
  /** The document in a response with status 200; undefined when its body is empty. */
  readonly json?: unknown;
}

/** What ends a request early: the platform's `AbortSignal`, or the members of it that are used. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Posts a JSON document. Returns the response whatever its status, or undefined when there was none in time.
 *
 * @param stop ends the request early, with an error
 * @throws SetError with the given code, as a rejection; its cause is a SetError `ERR_SET_TOO_LARGE` when the response
 * exceeds its limit
 */
export async function postJson(
  url: string,
  code: SetErrorCode,
  limits: FetchLimits,
  document: object,
  stop?: StopSignal,
): Promise<PostResponse | undefined> {
  const init = { method: 'POST', body: JSON.stringify(document) };
  const all = { ...limits, headers: { 'content-type': 'application/json', ...limits.headers } };
  const use = async ({ status, headers }: FetchResponse, body: OpenBody): Promise<PostResponse> => {
    const retryAfter = headers?.get('retry-after') ?? null;
    if (status !== 200) return { status, retryAfter };
    const bytes = await body.read();
    return { status, retryAfter, ...(bytes.length && { json: parseBytes(bytes, 'The response') }) };
  };
  let isLate = false;
  const limit: typeof withTimeout<PostResponse> = (timeoutMs, late, work) => {
    const noteLate = (): Error => {
      isLate = true;
      return late();
    };
    return withTimeout(timeoutMs, noteLate, () => untilStopped(stop, work));
  };
  try {
    return await exchange(url, code, all, init, use, limit);
  } catch (error) {
    if (isLate) return undefined;
    throw error;
  }
}

async function untilStopped<Result>(stop: StopSignal | undefined, work: () => Promise<Result>): Promise<Result> {
  if (!stop) return work();
  let reject: () => void;
  const stopped = new Promise<never>((_, fail) => {
    reject = () => fail(new Error('the caller aborted it'));
    stop.addEventListener('abort', reject);
  });
  try {
    return await Promise.race([work(), stopped]);
  } finally {
    stop.removeEventListener('abort', reject!);
  }
}
