/**
 * Push delivery (RFC 8935): one SET in a POST, answered only when it has been handled.
 *
 * The response decides what becomes of a SET: after a success the transmitter never sends it again, after a 400 it
 * gives it up, and after anything else it tries later. So a success comes last, and a 400 is only ever about the SET
 * itself.
 */
import { isSetError, SetError } from '../errors.js';
import { checkTimeout, type HttpRequest, type HttpResponse } from '../http.js';
import type { DecodedSet } from '../model.js';
import { checkAmount, checkChoice, checkFunction, requireFunction, requireMethods, requireObject } from '../options.js';
import type { VerifiedSet } from '../set.js';
import type { SetVerifier } from '../verify.js';
import { CORE, type Delivery, deliveryOf, readText, type ReceiverCore } from './delivery.js';
import { type DeliveryError, deliveryErrorOf, handlerRefusalOf } from './delivery-error.js';
import { abortHandling, attempt, beginHandling, commitHandling } from './handling.js';
import { createMemoryReplayStore, replayKey, type ReplayStore } from './replay.js';
import { type Reply, reply, replyWithError, responseOf, retryLater } from './reply.js';

/** How {@link createPushReceiver} receives. */
export interface PushReceiverOptions {
  /** Verifies each token, as `createVerifier` and the named verifiers do. */
  readonly verify: SetVerifier;
  /**
   * Handles a SET. The transmitter hears of a success once this has ended.
   *
   * It should store the SET and end: transmitters wait for seconds only. The body of `request` has been read.
   *
   * To refuse the SET for good, throw a SetError with `ERR_SET_EVENT`, `ERR_SET_SUBJECT`, `ERR_SET_CLAIM_MISSING`,
   * `ERR_SET_CLAIM_INVALID`, `ERR_SET_CLAIM_FORBIDDEN`, `ERR_SET_STATE` or `ERR_SET_ACCESS`. Anything else that it
   * throws is a 500, and the SET will be delivered again. Store first, then read events: an outdated definition would
   * otherwise refuse SETs for good.
   */
  readonly onSet: (set: VerifiedSet, request: HttpRequest) => void | Promise<void>;
  /** What remembers the SETs that were handled. Default: `createMemoryReplayStore()`. */
  readonly replay?: ReplayStore;
  /**
   * Whether a request may deliver at all, before its body is read: anything but `true` is answered with 401. Default:
   * any may.
   */
  readonly authenticate?: (request: HttpRequest) => boolean | Promise<boolean>;
  /** The largest body, in bytes. Default 1,048,576. */
  readonly maxBodyBytes?: number;
  /** How long a body may take to arrive, in milliseconds. Default 30,000. */
  readonly bodyTimeoutMs?: number;
  /** The status of a success. Default 202, as RFC 8935 requires; some transmitters accept only 200 or 204. */
  readonly successStatus?: 200 | 202 | 204;
  /**
   * Hears why a response is not a success: a SetError when the SET was refused; `ERR_SET_DELIVERY` with the `status`
   * when the request was turned away before its SET was looked at (401, 405, 413, 415) or is to come later (503); or
   * what a callback or the store threw. The set comes with it if its signature is valid. For logs: what it throws
   * itself is ignored.
   */
  readonly onError?: (error: unknown, request: HttpRequest, set?: DecodedSet) => void;
}

/** Receives one delivery: a handler of the Fetch kind. It never throws. */
export type PushReceiver = (request: HttpRequest) => Promise<HttpResponse>;

const MEDIA_TYPE = 'application/secevent+jwt';
/**
 * Media types compare without case, and their parameters do not matter here. Without the flag u, `i` folds ASCII
 * letters only.
 */
const IS_MEDIA_TYPE = /^[\t ]*application\/secevent\+jwt[\t ]*(?:;|$)/i;

type Report = (error: unknown, set?: DecodedSet) => void;

/**
 * Creates a receiver of pushed SETs, for every runtime that has `Request` and `Response`; `toNodeListener` adapts it to
 * Node's servers.
 *
 * | response | when |
 * |---|---|
 * | `successStatus` | the handler has finished, or had finished with this SET before |
 * | 400 with `err` and `description` | the SET is refused: see `deliveryErrorOf` |
 * | 401 | `authenticate` does not return true |
 * | 405, 413, 415 | not a POST; a body that is too large; one that is not declared as `application/secevent+jwt`, or is
 * compressed |
 * | 500 | the handler failed, or something else here did |
 * | 503 with `Retry-After` | another delivery of the SET is being handled; its keys or the store cannot be reached, or
 * may not be asked yet; its time is less than a day ahead; its body came too slowly |
 *
 * @throws TypeError for a mistake in the options
 * @see RFC 8935 sections 2.1 to 2.4
 * @example
 * ```ts
 * const receive = createPushReceiver({
 *   verify,
 *   async onSet(set) {
 *     await store(set); // once it is stored, the transmitter may forget it
 *   },
 *   onError: (error) => console.error(error),
 * });
 * ```
 */
export function createPushReceiver(options: PushReceiverOptions): PushReceiver {
  requireObject('options', options);
  const { verify, onSet, authenticate, onError, replay = createMemoryReplayStore() } = options;
  const { maxBodyBytes = 1_048_576, bodyTimeoutMs = 30_000, successStatus = 202 } = options;
  requireFunction('verify', verify);
  requireFunction('onSet', onSet);
  checkFunction('authenticate', authenticate);
  checkFunction('onError', onError);
  requireMethods('replay', replay, ['begin', 'commit', 'abort']);
  checkAmount('maxBodyBytes', maxBodyBytes);
  checkTimeout('bodyTimeoutMs', bodyTimeoutMs);
  checkChoice('successStatus', successStatus, [200, 202, 204]);

  /** Decides on a delivery, and reports why it is not a success. Throws what is an error of the receiver's own. */
  async function receive(delivery: Delivery, report: Report): Promise<Reply> {
    if (delivery.method !== 'POST') {
      report(new SetError('ERR_SET_DELIVERY', 'The method is not POST', { status: 405 }));
      return reply(405, { allow: 'POST' });
    }
    const turnAway = (
      status: number,
      error: DeliveryError,
      headers?: Record<string, string>,
      cause?: SetError,
    ): Reply => {
      report(new SetError('ERR_SET_DELIVERY', cause?.message ?? error.description, { status }));
      return replyWithError(status, error, headers);
    };
    if (authenticate && (await authenticate(delivery.request())) !== true) {
      const error: DeliveryError = {
        err: 'authentication_failed',
        description: 'The transmitter is not authenticated',
      };
      return turnAway(401, error, { 'www-authenticate': 'Bearer' });
    }
    if (!isMediaType(delivery.header('content-type'))) {
      return turnAway(415, { err: 'invalid_request', description: `The content type must be ${MEDIA_TYPE}` });
    }
    if (
      !(delivery.header('content-encoding') ?? '')
        .split(',')
        .every((encoding) => /^[\t ]*(?:identity[\t ]*)?$/i.test(encoding))
    ) {
      return turnAway(
        415,
        { err: 'invalid_request', description: 'The body must not be compressed' },
        { 'accept-encoding': 'identity' },
      );
    }
    let token: string;
    try {
      token = await readText(delivery, maxBodyBytes, bodyTimeoutMs);
    } catch (error) {
      if (!isSetError(error)) throw error;
      // The rest of a body that was not read to its end must not be taken for the next request.
      const headers = { connection: 'close' };
      if (error.code === 'ERR_SET_TOO_LARGE') {
        return turnAway(413, { err: 'invalid_request', description: 'The body is too large' }, headers, error);
      }
      report(error);
      const refusal = deliveryErrorOf(error);
      return refusal ? replyWithError(400, refusal) : retryLater(undefined, headers);
    }
    let set: VerifiedSet;
    try {
      set = await verify(token);
    } catch (error) {
      if (!isSetError(error)) throw error;
      report(error, error.set);
      const refusal = deliveryErrorOf(error);
      return refusal
        ? replyWithError(error.code === 'ERR_SET_TOO_LARGE' ? 413 : 400, refusal)
        : retryLater(error.retryAfterSeconds);
    }
    return handle(set, delivery, (error) => report(error, set));
  }

  async function handle(set: VerifiedSet, delivery: Delivery, report: Report): Promise<Reply> {
    const key = replayKey(set);
    const state = await beginHandling(replay, key, report);
    if (state === 'done') return reply(successStatus);
    if (state !== 'new') {
      if (state === 'busy')
        report(new SetError('ERR_SET_DELIVERY', 'Another delivery of this SET is being handled', { status: 503 }));
      return retryLater();
    }
    try {
      await onSet(set, delivery.request());
    } catch (error) {
      await abortHandling(replay, key, report);
      report(error);
      const refusal = handlerRefusalOf(error);
      return refusal ? replyWithError(400, refusal) : reply(500);
    }
    await commitHandling(replay, key, report);
    return reply(successStatus);
  }

  const core: ReceiverCore = async (delivery) => {
    // A report cannot change the response, whether it throws or rejects.
    const report: Report = (error, set) =>
      void (
        onError &&
        attempt(
          () => onError(error, delivery.request(), set),
          () => undefined,
        )
      );
    try {
      return await receive(delivery, report);
    } catch (error) {
      report(error);
      return reply(500);
    }
  };
  const receiver: PushReceiver = async (request) => responseOf(await core(deliveryOf(request)));
  return Object.assign(receiver, { [CORE]: { core, receiver } });
}

/** Reports whether a content type is that of a SET, also when a proxy has doubled it to `a, a`. */
function isMediaType(value: string | null): boolean {
  if (value === MEDIA_TYPE) return true;
  // A comma in a quoted parameter does not separate types, and no proxy doubles such a one.
  return !!value && (value.includes('"') ? [value] : value.split(',')).every((type) => IS_MEDIA_TYPE.test(type));
}
