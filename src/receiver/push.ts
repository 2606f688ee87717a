/**
 * Push delivery (RFC 8935): one SET in a POST. The response is sent only after the SET has been handled or refused.
 *
 * The response decides what the transmitter does next. After a success it never sends the SET again, after a 400 it
 * gives up on the SET, and after anything else it tries again later. So a success comes last, and a 400 is only ever
 * about the SET itself.
 */
import { isSetError, SetError } from '../errors.js';
import type { HttpRequest, HttpResponse } from '../http.js';
import type { DecodedSet } from '../model.js';
import { checkAmount, checkChoice, checkFunction, requireFunction, requireMethods, requireObject } from '../options.js';
import type { VerifiedSet } from '../set.js';
import type { SetVerifier } from '../verify.js';
import { CORE, type Delivery, deliveryOf, isMediaType, readText, type ReceiverCore } from './delivery.js';
import { type DeliveryError, deliveryErrorOf, handlerRefusalOf } from './delivery-error.js';
import { abortHandling, beginHandling, commitHandling, type ErrorReporter, ignoreFailureOf } from './handling.js';
import { createMemoryReplayStore, replayKey, type ReplayStore } from './replay.js';
import { type Reply, reply, replyWithError, responseOf, retryLater } from './reply.js';
import type { TokenReader } from './token-readers.js';
import { readTokenWith, type TokenReading } from './token-reading.js';

/** The options of {@link createPushReceiver}. */
export interface PushReceiverOptions {
  /** Verifies each token, as `createVerifier` and the named verifiers do. */
  readonly verify: SetVerifier;
  /**
   * Handles a SET. The transmitter gets a success once this has finished.
   *
   * It should store the SET and return: transmitters wait only a few seconds. The body of `request` has been read.
   *
   * To refuse the SET for good, throw a SetError with `ERR_SET_EVENT`, `ERR_SET_SUBJECT`, `ERR_SET_CLAIM_MISSING`,
   * `ERR_SET_CLAIM_INVALID`, `ERR_SET_CLAIM_FORBIDDEN`, `ERR_SET_STATE` or `ERR_SET_ACCESS`. After any other error, the
   * response is 500 and the SET will be redelivered. Store first, then read events: an outdated definition would
   * otherwise refuse valid SETs for good.
   */
  readonly onSet: (set: VerifiedSet, request: HttpRequest) => void | Promise<void>;
  /** Remembers which SETs were handled. Default: `createMemoryReplayStore()`. */
  readonly replay?: ReplayStore;
  /**
   * Decides whether a request may deliver, before its body is read. For anything but `true` the response is 401.
   * Default: every request may.
   */
  readonly authenticate?: (request: HttpRequest) => boolean | Promise<boolean>;
  /**
   * Takes the token from a delivery that is not of the form of RFC 8935, such as `tokenFromJson('payload')`. It is also
   * where the content type is checked: if it returns undefined, the response is 415. If it fails with anything but a
   * SetError, or returns something else, the response is 500.
   *
   * Default: the body is the token and nothing else, and its content type is `application/secevent+jwt`.
   */
  readonly readToken?: TokenReader;
  /** The largest body, in bytes. Default 1,048,576. */
  readonly maxBodyBytes?: number;
  /** How long a body may take to arrive, and `readToken` to finish, in milliseconds. Default 30,000. */
  readonly bodyTimeoutMs?: number;
  /**
   * The status of a successful response. Default 202, as RFC 8935 requires; some transmitters accept only 200 or 204.
   */
  readonly successStatus?: 200 | 202 | 204;
  /**
   * Receives the reason for every response that is not a success, and each failure of the store: the SetError of a SET
   * that is refused or cannot be verified now; `ERR_SET_DELIVERY` with the `status` if the request was turned away
   * before its SET was read (401, 405, 413, 415), its body did not arrive, or another delivery of the SET is being
   * handled (503); or what a callback or the store threw. `set` is present if its signature is valid. For logs:
   * anything that it throws is ignored.
   */
  readonly onError?: (error: unknown, request: HttpRequest, set?: DecodedSet) => void;
}

/** Receives one delivery: a function from `Request` to `Response`. It never rejects. */
export type PushReceiver = (request: HttpRequest) => Promise<HttpResponse>;

const MEDIA_TYPE = 'application/secevent+jwt';

/**
 * Creates a receiver of pushed SETs, for every runtime with `Request` and `Response`. `toNodeListener` adapts it to
 * Node's servers.
 *
 * | response | when |
 * |---|---|
 * | `successStatus` | `onSet` has finished, now or for an earlier delivery of this SET |
 * | 400 with `err` and `description` | the SET is refused for good: see `deliveryErrorOf` |
 * | 401 | `authenticate` did not return `true` |
 * | 405 | the method is not POST |
 * | 413 | the body or the token is too large |
 * | 415 | the content type is not `application/secevent+jwt`, or `readToken` found no token; or the body is compressed |
 * | 500 | `onSet` or another callback failed, or something else had read the body |
 * | 503 with `Retry-After` | the SET cannot be handled now |
 *
 * A 503 means that another delivery of the SET is being handled, its keys or the store cannot be reached, its key may not
 * be looked up yet, its `iat` or `nbf` is less than a day ahead, its body arrived too slowly or broke off, or `readToken`
 * took too long.
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
  const { verify, onSet, authenticate, readToken, onError, replay = createMemoryReplayStore() } = options;
  const { maxBodyBytes = 1_048_576, bodyTimeoutMs = 30_000, successStatus = 202 } = options;
  requireFunction('verify', verify);
  requireFunction('onSet', onSet);
  checkFunction('authenticate', authenticate);
  checkFunction('readToken', readToken);
  checkFunction('onError', onError);
  requireMethods('replay', replay, ['begin', 'commit', 'abort']);
  checkAmount('maxBodyBytes', maxBodyBytes);
  checkAmount('bodyTimeoutMs', bodyTimeoutMs);
  checkChoice('successStatus', successStatus, [200, 202, 204]);

  /** Decides on the response, and reports why it is not a success. Throws if the receiver itself fails. */
  async function receive(delivery: Delivery, report: ErrorReporter): Promise<Reply> {
    if (delivery.method !== 'POST') {
      report(new SetError('ERR_SET_DELIVERY', 'The method is not POST', { status: 405 }));
      return reply(405, { allow: 'POST' });
    }
    if (authenticate && (await authenticate(delivery.request())) !== true) {
      const error: DeliveryError = {
        err: 'authentication_failed',
        description: 'The transmitter is not authenticated',
      };
      return turnAway(report, 401, error, { 'www-authenticate': 'Bearer' });
    }
    if (!readToken && !isMediaType(delivery.header('content-type'), MEDIA_TYPE)) {
      return turnAway(report, 415, invalidRequest(`The content type must be ${MEDIA_TYPE}`));
    }
    if (
      !(delivery.header('content-encoding') ?? '')
        .split(',')
        .every((encoding) => /^[\t ]*(?:identity[\t ]*)?$/i.test(encoding))
    ) {
      const headers = { 'accept-encoding': 'identity' };
      return turnAway(report, 415, invalidRequest('The body must not be compressed'), headers);
    }
    const token = await takeToken(delivery, report);
    // The response to a delivery without a token.
    if (typeof token !== 'string') return token;
    let set: VerifiedSet;
    try {
      set = await verify(token);
    } catch (error) {
      return replyToTokenError(error, report);
    }
    return handle(set, delivery, (error) => report(error, set));
  }

  async function takeToken(delivery: Delivery, report: ErrorReporter): Promise<string | Reply> {
    if (!readToken) {
      try {
        return await readText(delivery, maxBodyBytes, bodyTimeoutMs);
      } catch (error) {
        return replyToBodyError(error, report);
      }
    }
    let reading: TokenReading;
    try {
      reading = await readTokenWith(readToken, delivery, maxBodyBytes, bodyTimeoutMs);
    } catch (error) {
      return replyToTokenError(error, report);
    }
    if ('bodyError' in reading) return replyToBodyError(reading.bodyError, report);
    const { token } = reading;
    if (token === undefined) {
      return turnAway(report, 415, invalidRequest('The request does not contain a token in an accepted form'));
    }
    if (typeof token !== 'string') throw new TypeError('readToken must return a string or undefined');
    return token;
  }

  async function handle(set: VerifiedSet, delivery: Delivery, report: ErrorReporter): Promise<Reply> {
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
    // onError cannot change the response, whether it throws or rejects.
    const report: ErrorReporter = (error, set) =>
      void (onError && ignoreFailureOf(() => onError(error, delivery.request(), set)));
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

function invalidRequest(description: string): DeliveryError {
  return { err: 'invalid_request', description };
}

/** Turns a request away before its SET is read. */
function turnAway(
  report: ErrorReporter,
  status: number,
  error: DeliveryError,
  headers?: Record<string, string>,
  message = error.description,
): Reply {
  report(new SetError('ERR_SET_DELIVERY', message, { status }));
  return replyWithError(status, error, headers);
}

/** Responds to a body that cannot be read. Rethrows anything else: the receiver's own failure. */
function replyToBodyError(error: unknown, report: ErrorReporter): Reply {
  if (!isSetError(error)) throw error;
  // The unread rest of the body must not be taken for the next request.
  const headers = { connection: 'close' };
  if (error.code === 'ERR_SET_TOO_LARGE') {
    return turnAway(report, 413, invalidRequest('The body is too large'), headers, error.message);
  }
  report(error);
  const refusal = deliveryErrorOf(error);
  return refusal ? replyWithError(400, refusal) : retryLater(undefined, headers);
}

/** Responds to a token that cannot be read or verified. Rethrows anything else: the receiver's own failure. */
function replyToTokenError(error: unknown, report: ErrorReporter): Reply {
  if (!isSetError(error)) throw error;
  report(error, error.set);
  const refusal = deliveryErrorOf(error);
  return refusal
    ? replyWithError(error.code === 'ERR_SET_TOO_LARGE' ? 413 : 400, refusal)
    : retryLater(error.retryAfterSeconds);
}
