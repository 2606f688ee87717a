/**
 * One poll request and its outcome (RFC 8936 sections 2.2 to 2.4): SETs, silence, or a failure that may pass or is
 * final.
 */
import { isSetError, SetError } from '../errors.js';
import { type FetchLike, withTimeout } from '../http.js';
import { jsonTypeOf } from '../json.js';
import { checkHeaders } from '../options.js';
import { postJson, type PostResponse, type StopSignal, unlessStopped } from '../post.js';
import { clock } from '../time.js';
import type { VerdictMembers } from './poll-verdicts.js';
import { FIRST_PAUSE_MS } from './poll-wait.js';

/** The headers of requests, or a function that returns them: see `PollOptions`. */
export type PollHeaders =
  | Record<string, string>
  | ((refused?: Record<string, string>) => Record<string, string> | Promise<Record<string, string>>);

/** Where to send requests, and how. */
export interface PollEndpoint {
  readonly href: string;
  readonly headers: PollHeaders;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly fetch: FetchLike | undefined;
}

/** The members of a poll request (RFC 8936 section 2.2). */
export interface PollRequest extends VerdictMembers {
  readonly maxEvents: number;
  readonly returnImmediately?: boolean;
}

/** The outcome of a request. */
export type PollOutcome =
  | {
      readonly kind: 'response';
      /** The members of `sets`. Only verification shows whether the tokens are SETs. */
      readonly sets: readonly (readonly [name: string, token: unknown])[];
      /** Whether the transmitter certainly received the request. A long poll that ended in silence does not show it. */
      readonly isReceived: boolean;
      /** How long the response took, in milliseconds. */
      readonly durationMs: number;
    }
  | { readonly kind: 'failed'; readonly error: SetError; readonly isFinal: boolean }
  | { readonly kind: 'too large'; readonly error: SetError }
  | { readonly kind: 'stopped' };

/** How long the function `headers` may take, even if a response may take longer. */
const HEADERS_TIMEOUT_MS = 30_000;

/**
 * Sends a request. After a 401, sends it once more with new headers, if `headers` is a function.
 *
 * @param signal ends the request early: the outcome is then `stopped`
 * @throws TypeError as a rejection, when the function `headers` returns anything else
 */
export async function sendPoll(
  endpoint: PollEndpoint,
  request: PollRequest,
  signal: StopSignal | undefined,
): Promise<PollOutcome> {
  const { headers } = endpoint;
  if (typeof headers !== 'function') return sendOnce(endpoint, headers, request, signal);
  let used: Record<string, string> | undefined;
  const obtain = async (): Promise<Record<string, string>> => (used = await headers(used));
  const outcome = await sendOnce(endpoint, obtain, request, signal);
  const isUnauthorized = outcome.kind === 'failed' && outcome.error.status === 401;
  return isUnauthorized ? sendOnce(endpoint, obtain, request, signal) : outcome;
}

async function sendOnce(
  endpoint: PollEndpoint,
  source: Record<string, string> | (() => Promise<Record<string, string>>),
  request: PollRequest,
  signal: StopSignal | undefined,
): Promise<PollOutcome> {
  const { href, timeoutMs, maxBodyBytes, fetch } = endpoint;
  let headers: Record<string, string> | undefined;
  try {
    headers = typeof source === 'function' ? await waitForHeaders(source, timeoutMs, signal) : source;
  } catch (cause) {
    // The error of the caller's function may contain a secret, so the message does not quote it.
    return failure(new SetError('ERR_SET_DELIVERY', 'headers() failed', { cause }));
  }
  if (signal?.aborted) return { kind: 'stopped' };
  checkHeaders('the result of headers()', headers);
  // Error descriptions are in English (RFC 8936 section 2.6).
  const language: Record<string, string> = request.setErrs ? { 'content-language': 'en' } : {};
  const limits = { fetch, headers: { ...language, ...headers }, timeoutMs, maxBodyBytes };
  const startedAt = clock();
  try {
    const response = await postJson(href, 'ERR_SET_DELIVERY', limits, request, signal);
    return readOutcome(response, clock() - startedAt, endpoint, request);
  } catch (error) {
    if (signal?.aborted) return { kind: 'stopped' };
    const { cause } = error as SetError;
    if (!isSetError(cause) || cause.code !== 'ERR_SET_TOO_LARGE') return failure(error as SetError);
    const message = `The response is larger than ${maxBodyBytes} bytes: lower maxEvents or raise maxBodyBytes`;
    return { kind: 'too large', error: new SetError('ERR_SET_DELIVERY', message, { cause }) };
  }
}

/** Returns the headers for a request, or undefined if the signal aborts first. */
async function waitForHeaders(
  obtain: () => Promise<Record<string, string>>,
  timeoutMs: number,
  signal: StopSignal | undefined,
): Promise<Record<string, string> | undefined> {
  const limitMs = Math.min(timeoutMs, HEADERS_TIMEOUT_MS);
  return withTimeout(
    limitMs,
    () => new Error(`No headers within ${limitMs} ms`),
    () => unlessStopped(signal, obtain()),
  );
}

function readOutcome(
  response: PostResponse | undefined,
  durationMs: number,
  { timeoutMs }: PollEndpoint,
  request: PollRequest,
): PollOutcome {
  const isLongPoll = !request.returnImmediately;
  if (!response) {
    if (isLongPoll) return { kind: 'response', sets: [], isReceived: false, durationMs };
    return failure(new SetError('ERR_SET_DELIVERY', `No response within ${timeoutMs} ms`));
  }
  const { status, json, retryAfterSeconds } = response;
  if (status === 200) {
    const sets = readSets(json);
    if (sets) return { kind: 'response', sets, isReceived: true, durationMs };
    return failure(
      new SetError('ERR_SET_DELIVERY', 'The response is not a poll response: "sets" must be an object', { status }),
    );
  }
  if (status === 202 || status === 204) return { kind: 'response', sets: [], isReceived: true, durationMs };
  // Proxies end a quiet long poll like this.
  if (isLongPoll && durationMs >= FIRST_PAUSE_MS && (status === 408 || status === 502 || status === 504)) {
    return { kind: 'response', sets: [], isReceived: false, durationMs };
  }
  const mayPass = status >= 500 || status === 408 || status === 409 || status === 429;
  return failure(
    new SetError('ERR_SET_DELIVERY', `The transmitter returned status ${status}`, {
      status,
      ...(retryAfterSeconds && { retryAfterSeconds }),
    }),
    !mayPass,
  );
}

/**
 * Reads the SETs of a poll response. Returns undefined if it is not one.
 *
 * "moreAvailable" does not matter: the next request is sent in any case.
 */
function readSets(json: unknown): readonly (readonly [name: string, token: unknown])[] | undefined {
  if (json === undefined) return [];
  if (jsonTypeOf(json) !== 'object') return undefined;
  const { sets } = json as { readonly sets?: unknown };
  // Some serializers omit empty members, or write an empty map as null or as a list.
  if (sets === undefined || sets === null || (Array.isArray(sets) && !sets.length)) return [];
  return jsonTypeOf(sets) === 'object' ? Object.entries(sets as object) : undefined;
}

function failure(error: SetError, isFinal = false): PollOutcome {
  return { kind: 'failed', error, isFinal };
}
