/**
 * Requests that send a JSON document and may be stopped. Leaves out what the responses mean.
 */
import type { OpenBody } from './body.js';
import type { SetErrorCode } from './errors.js';
import { exchange, type FetchLimits, type FetchResponse, withTimeout } from './http.js';
import { parseBytes } from './json.js';
import { clock } from './time.js';

/** The response to a POST. */
export interface PostResponse {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  /** The document in a response with status 200; undefined when its body is empty. */
  readonly json?: unknown;
}

/** Ends work early: the platform's `AbortSignal`, or the members of it that are used. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Waits for work, or until the signal aborts. The result is then undefined, and the outcome of the work is ignored. */
export async function unlessStopped<Result>(
  signal: StopSignal | undefined,
  work: Promise<Result>,
): Promise<Result | undefined> {
  if (!signal) return work;
  let stop = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Returns the header `Retry-After` of a response in seconds, even if it is a date (RFC 9110 section 10.2.3): an hour at
 * most.
 */
export function retryAfterOf({ headers }: FetchResponse): number | undefined {
  const value = headers?.get('retry-after');
  const seconds = Number(value) || Math.ceil((Date.parse(value!) - clock()) / 1000);
  const maxSeconds = 3_600;
  return seconds > 0 ? Math.min(seconds, maxSeconds) : undefined;
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
  const use = async (response: FetchResponse, body: OpenBody): Promise<PostResponse> => {
    const { status } = response;
    const retryAfterSeconds = retryAfterOf(response);
    if (status !== 200) return { status, retryAfterSeconds };
    const bytes = await body.read();
    return { status, retryAfterSeconds, ...(bytes.length && { json: parseBytes(bytes, 'The response') }) };
  };
  let isLate = false;
  const waitFor: typeof withTimeout<PostResponse> = (timeoutMs, createTimeoutError, work) => {
    const noteLate = (): Error => {
      isLate = true;
      return createTimeoutError();
    };
    return withTimeout(timeoutMs, noteLate, async () => {
      const response = await unlessStopped(stop, work());
      if (!response) throw new Error('aborted by the caller');
      return response;
    });
  };
  try {
    return await exchange(url, code, all, init, use, waitFor);
  } catch (error) {
    if (isLate) return undefined;
    throw error;
  }
}
