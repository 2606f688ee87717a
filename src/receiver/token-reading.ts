/**
 * Running a token reader: its request has a body within the limits, and however the reading ends, the rest of the body
 * is canceled.
 */
import type { OpenBody } from '../body.js';
import { SetError } from '../errors.js';
import { withTimeout } from '../http.js';
import { bodyFailureOf, bodyTooSlow, type Delivery, openBounded } from './delivery.js';
import type { TokenReader } from './token-readers.js';

/** What a reader returned, which may be anything; or why the body could not be read. */
export type TokenReading = { readonly token: unknown } | { readonly bodyError: unknown };

/**
 * Runs a token reader within the size and time limits of a body.
 *
 * A body that fails ends the reading at once, even if the reader catches the error.
 *
 * @throws what the reader throws, as a rejection
 */
export async function readTokenWith(
  readToken: TokenReader,
  delivery: Delivery,
  maxBytes: number,
  timeoutMs: number,
): Promise<TokenReading> {
  const body = createLazyBody(delivery, maxBytes);
  let timeoutError: SetError | undefined;
  const createTimeoutError = (): SetError => {
    timeoutError = body.isArriving()
      ? bodyTooSlow(timeoutMs)
      : new SetError('ERR_SET_DELIVERY', `readToken did not finish within ${timeoutMs} ms`, { status: 503 });
    body.fail(timeoutError);
    return timeoutError;
  };
  const read = async (): Promise<TokenReading> => ({ token: await readToken(await delivery.requestWith(body.read)) });
  try {
    return await withTimeout(timeoutMs, createTimeoutError, () => Promise.race([body.failed, read()]));
  } catch (error) {
    if (error === timeoutError) return { bodyError: error };
    throw error;
  } finally {
    body.discard();
  }
}

/** A body that is read whole when a reader first asks for it. */
interface LazyBody {
  /**
   * Called at most once. If the body is discarded while it arrives, the promise stays pending: a reader that ended
   * before must not cause an unhandled rejection.
   */
  read(): Promise<Uint8Array>;
  isArriving(): boolean;
  /** Resolves once the body has failed. */
  readonly failed: Promise<TokenReading>;
  /** Makes the body fail, also for the reader. */
  fail(error: unknown): void;
  /** Cancels the rest. */
  discard(): void;
}

function createLazyBody(delivery: Delivery, maxBytes: number): LazyBody {
  let opened: OpenBody | undefined;
  let isArriving = false;
  let isDiscarded = false;
  let resolveFailed: (failure: TokenReading) => void;
  const failed = new Promise<TokenReading>((resolve) => (resolveFailed = resolve));
  let rejectRead: ((error: unknown) => void) | undefined;
  const fail = (bodyError: unknown): void => {
    // First, before the reader can react.
    resolveFailed({ bodyError });
    rejectRead?.(bodyError);
  };
  async function readAll(): Promise<Uint8Array> {
    opened = openBounded(delivery, maxBytes);
    isArriving = true;
    try {
      return await opened.read();
    } catch (error) {
      throw bodyFailureOf(error);
    } finally {
      isArriving = false;
    }
  }
  return {
    read: () =>
      new Promise((resolve, reject) => {
        if (isDiscarded) return reject(new TypeError('The body can be read only while readToken runs'));
        rejectRead = reject;
        // A source that was told to stop may pass for one that has ended.
        readAll().then((octets) => isDiscarded || resolve(octets), fail);
      }),
    isArriving: () => isArriving,
    failed,
    fail,
    discard() {
      isDiscarded = true;
      try {
        (opened ?? delivery.open(maxBytes)).cancel();
      } catch {
        // Something else has read the body.
      }
    },
  };
}
