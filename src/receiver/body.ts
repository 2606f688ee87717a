/**
 * The body of a delivery: the token and nothing else, read with a limit of size and of time.
 */
import { isSetError, SetError } from '../errors.js';
import { type FetchStream, type HttpRequest, readBody } from '../http.js';

/**
 * Under this symbol a request may have a function that reads its whole body as text, within the limit, and throws as {@link readBody}.
 *
 * Node's requests have it: to fit their streams to those of the web costs as much as the check of a signature.
 */
export const READ_TEXT = /* @__PURE__ */ Symbol('readText');

/** A request with a way of its own to its body. */
export interface DirectRequest {
  readonly [READ_TEXT]?: (maxBytes: number) => Promise<string>;
}

/**
 * Reads the body of a request.
 *
 * @throws SetError as a rejection: `ERR_SET_TOO_LARGE`; `ERR_SET_DELIVERY` when it does not come in time; `ERR_SET_INPUT` when it breaks
 * off or is not UTF-8
 * @throws TypeError as a rejection when something has read it before
 */
export async function readToken(request: HttpRequest, maxBytes: number, timeoutMs: number): Promise<string> {
  if (request.bodyUsed) throw new TypeError('The body of the request was read before the receiver got it');
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SetError('ERR_SET_DELIVERY', `The body did not arrive within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    const direct = (request as DirectRequest)[READ_TEXT]?.(maxBytes);
    return await Promise.race([direct ?? readBody(request.body as FetchStream | null, 'ERR_SET_TOO_LARGE', maxBytes, true), expiry]);
  } catch (error) {
    throw isSetError(error) ? error : new SetError('ERR_SET_INPUT', 'The body is not UTF-8, or it broke off', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** The refusal of a body beyond the limit. */
export function tooLarge(maxBytes: number): SetError {
  return new SetError('ERR_SET_TOO_LARGE', `The body has more than ${maxBytes} bytes`);
}
