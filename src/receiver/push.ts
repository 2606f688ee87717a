/**
 * Push delivery (RFC 8935): one SET in a POST, answered only when it has been handled.
 *
 * What a transmitter hears decides what becomes of a SET: after a success it never sends it again, after a 400 it gives it up, and after
 * anything else it tries later. So a success comes last, and a 400 only for what is wrong with the SET itself.
 */
import { isSetError, type SetError } from '../errors.js';
import { checkTimeout, type HttpRequest, type HttpResponse } from '../http.js';
import { checkAmount, checkChoice } from '../options.js';
import type { VerifiedSet } from '../set.js';
import type { SetVerifier } from '../verify.js';
import { directOf, readToken } from './body.js';
import { type DeliveryError, deliveryErrorOf } from './delivery-error.js';
import { memoryReplayStore, replayKey, type ReplayStore } from './replay.js';

/** How {@link createPushReceiver} receives. */
export interface PushReceiverOptions {
  /** Verifies each token, as `createVerifier` and its like make it. */
  readonly verify: SetVerifier;
  /**
   * Handles a SET. The transmitter hears of a success once this has ended; when it throws or rejects, the SET is delivered again. It should
   * store the SET and end: transmitters wait for seconds only. On Node's servers a handler that declares its second parameter gets the
   * platform's own request, and otherwise what `arguments` holds only looks like one.
   */
  readonly onSet: (set: VerifiedSet, request: HttpRequest) => void | Promise<void>;
  /** What remembers the SETs that were handled. Default: a store in memory, `memoryReplayStore()`. */
  readonly replay?: ReplayStore;
  /** Whether a request may deliver at all, before its body is read: `false` is answered with 401. Default: any may. */
  readonly authenticate?: (request: HttpRequest) => boolean | Promise<boolean>;
  /** The largest body, in bytes. Default 1,048,576. */
  readonly maxBodyBytes?: number;
  /** How long a body may take to arrive, in milliseconds. Default 30,000. */
  readonly bodyTimeoutMs?: number;
  /** The status of a success. Default 202, as RFC 8935 has it; some transmitters know no other than 200 or 204. */
  readonly successStatus?: 200 | 202 | 204;
  /**
   * Hears why a SET was not taken: a SetError when it was refused, or what a handler, a store or `authenticate` threw. For logs: what it
   * throws itself is ignored.
   */
  readonly onError?: (error: unknown, request: HttpRequest) => void;
}

/** Receives one delivery: a handler of the Fetch kind. It never throws. */
export type PushReceiver = (request: HttpRequest) => Promise<HttpResponse>;

const MEDIA_TYPE = 'application/secevent+jwt';

/** When to deliver again, in seconds, after an answer that asks for it. */
const RETRY_AFTER_SECONDS = '5';

/**
 * Makes a receiver of pushed SETs, for every runtime that has `Request` and `Response`; `toNodeListener` fits it to Node's servers.
 *
 * | answer | when |
 * |---|---|
 * | `successStatus` | the handler has finished, or had finished with this SET before |
 * | 400 with `err` and `description` | the SET is refused: see `DELIVERY_ERRORS` |
 * | 401 | `authenticate` says no |
 * | 405, 413, 415 | no POST; a body that is too large, or not declared as `application/secevent+jwt` |
 * | 500 | the handler failed, or something else here did |
 * | 503 with `Retry-After` | another delivery of the SET is being handled, its body came too slowly, or its keys or the store cannot be reached |
 *
 * @throws TypeError for a mistake in the options
 * @see RFC 8935 sections 2.1 to 2.4
 */
export function createPushReceiver(options: PushReceiverOptions): PushReceiver {
  const { verify, onSet, authenticate, onError, replay = memoryReplayStore() } = options;
  const { maxBodyBytes = 1_048_576, bodyTimeoutMs = 30_000, successStatus = 202 } = options;
  for (const [name, value] of Object.entries({ verify, onSet, authenticate, onError })) {
    const isOptional = name === 'authenticate' || name === 'onError';
    if (typeof value !== 'function' && !(isOptional && value === undefined)) throw new TypeError(`${name} must be a function`);
  }
  for (const name of ['begin', 'commit', 'abort'] as const) {
    if (typeof replay?.[name] !== 'function') throw new TypeError(`replay must be a store, with the function ${name}`);
  }
  checkAmount('maxBodyBytes', maxBodyBytes);
  checkTimeout('bodyTimeoutMs', bodyTimeoutMs);
  checkChoice('successStatus', successStatus, [200, 202, 204]);

  /** What becomes of a request, and what there is to report of it. Throws what is an error of the receiver's own. */
  async function receive(request: HttpRequest, report: (error: unknown) => void): Promise<HttpResponse> {
    if (request.method !== 'POST') return answer(405, { allow: 'POST' });
    if (authenticate && (await authenticate(plain(request))) !== true) {
      return refuse(401, { err: 'authentication_failed', description: 'The transmitter is not authenticated' }, { 'www-authenticate': 'Bearer' });
    }
    if (mediaTypeOf(request) !== MEDIA_TYPE) return refuse(415, { err: 'invalid_request', description: `The content type must be ${MEDIA_TYPE}` });
    let set: VerifiedSet;
    try {
      set = await verify(await readToken(request, maxBodyBytes, bodyTimeoutMs));
    } catch (error) {
      if (!isSetError(error)) throw error;
      report(error);
      const refusal = deliveryErrorOf(error);
      // What is left of a body that was not read to its end must not be taken for the next request.
      const more: Record<string, string> = isUnread(error) ? { connection: 'close' } : {};
      return refusal ? refuse(statusOf(error), refusal, more) : later(more);
    }
    return handle(set, request, report);
  }

  async function handle(set: VerifiedSet, request: HttpRequest, report: (error: unknown) => void): Promise<HttpResponse> {
    const key = replayKey(set.payload);
    let state: 'new' | 'busy' | 'done';
    const beginning = Promise.resolve().then(() => replay.begin(key));
    try {
      state = await inTime(beginning, 'begin');
    } catch (error) {
      report(error);
      // Nobody will handle what is taken after all.
      void attempt(async () => (await beginning) === 'new' && replay.abort(key), () => undefined);
      return later();
    }
    if (state === 'done') return answer(successStatus);
    // Also for what no store should say: a success must not rest on it.
    if (state !== 'new') return later();
    try {
      // Most handlers take the SET alone.
      await onSet(set, onSet.length > 1 ? plain(request) : request);
    } catch (error) {
      // A store that fails now holds the SET back for as long as its lease.
      await attempt(() => inTime(replay.abort(key), 'abort'), report);
      throw error;
    }
    // It was handled, which is what the transmitter asks. A store that fails now can only let a duplicate through.
    await attempt(() => inTime(replay.commit(key), 'commit'), report);
    return answer(successStatus);
  }

  return async (request) => {
    // Whoever reports cannot change the answer, be it by throwing or by rejecting.
    const report = (error: unknown): void => void attempt(async () => onError?.(error, onError.length > 1 ? plain(request) : request), () => undefined);
    try {
      return await receive(request, report);
    } catch (error) {
      report(error);
      return answer(500);
    }
  };
}

/** The platform's own request, where this is one that looks like it. */
function plain(request: HttpRequest): HttpRequest {
  return directOf(request)?.platform() ?? request;
}

/** How long a store may take for a step. Some clients of databases wait for minutes when nobody answers them. */
const STORE_TIMEOUT_MS = 5_000;

/** Waits for a step of a store, and not for ever. */
async function inTime<Result>(step: Promise<Result>, name: string): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The replay store did not ${name} within ${STORE_TIMEOUT_MS} ms`)), STORE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([step, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

/** Does something whose failure changes nothing but is to be told. */
async function attempt(work: () => unknown, tell: (error: unknown) => void): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell(error);
  }
}

/** Media types compare without case, and their parameters do not count here. */
function mediaTypeOf(request: HttpRequest): string | undefined {
  return request.headers.get('content-type')?.split(';', 1)[0]!.trim().toLowerCase();
}

function isUnread({ code }: SetError): boolean {
  return code === 'ERR_SET_TOO_LARGE' || code === 'ERR_SET_DELIVERY';
}

/** Some refusals of a body have a status of their own in HTTP; all others are RFC 8935's. */
function statusOf({ code }: SetError): number {
  return code === 'ERR_SET_TOO_LARGE' ? 413 : 400;
}

function answer(status: number, headers: Record<string, string> = {}, body: string | null = null): HttpResponse {
  return new Response(body, { status, headers }) as HttpResponse;
}

function refuse(status: number, error: DeliveryError, headers?: Record<string, string>): HttpResponse {
  return answer(status, { 'content-type': 'application/json', 'content-language': 'en', ...headers }, JSON.stringify(error));
}

/** The SET is to be delivered again. */
function later(headers?: Record<string, string>): HttpResponse {
  return answer(503, { 'retry-after': RETRY_AFTER_SECONDS, ...headers });
}
