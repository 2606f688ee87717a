/**
 * The body of a delivery: the token and nothing else, read with a limit of size and of time.
 */
import { isSetError, SetError } from '../errors.js';
import type { FetchStream, HttpRequest } from '../http.js';

/** A body that is being read. */
export interface BodyReader {
  /** All octets; or a rejection when they are more than the limit, or when they break off. */
  readonly octets: Promise<Uint8Array>;
  /** Reads no further, and lets go of what was read. */
  stop(): void;
}

/** Under this symbol a request may have ways of its own, cheaper than those of the platform: see node-request.ts. */
export const DIRECT = /* @__PURE__ */ Symbol('direct');

/** The ways of such a request. */
export interface Direct {
  /** Reads the body, unless the platform's request is at it. */
  read(maxBytes: number): BodyReader | undefined;
  /** The platform's own request, for those who are not content with one that looks like it. */
  platform(): HttpRequest;
}

/** The ways of its own that a request has, or nothing. */
export function directOf(request: HttpRequest): Direct | undefined {
  return (request as { readonly [DIRECT]?: Direct })[DIRECT];
}

/**
 * Reads the body of a request as text.
 *
 * @throws SetError as a rejection: `ERR_SET_TOO_LARGE`; `ERR_SET_DELIVERY` when it does not come in time, or breaks off; `ERR_SET_INPUT`
 * when it is not UTF-8
 * @throws TypeError as a rejection when something has read it before
 */
export async function readToken(request: HttpRequest, maxBytes: number, timeoutMs: number): Promise<string> {
  if (request.bodyUsed) throw new TypeError('The body of the request was read before the receiver got it, perhaps by a body parser');
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
  const reader = directOf(request)?.read(maxBytes) ?? readStream(request.body as CancellableStream | null, maxBytes);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SetError('ERR_SET_DELIVERY', `The body did not arrive within ${timeoutMs} ms`)), timeoutMs);
  });
  let octets: Uint8Array;
  try {
    octets = await Promise.race([reader.octets, expiry]);
  } catch (error) {
    reader.stop();
    throw isSetError(error) ? error : new SetError('ERR_SET_DELIVERY', 'The body broke off', { cause: error });
  } finally {
    clearTimeout(timer);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (error) {
    throw new SetError('ERR_SET_INPUT', 'The body is not UTF-8', { cause: error });
  }
}

interface CancellableStream extends FetchStream {
  getReader(): ReturnType<FetchStream['getReader']> & { cancel(): Promise<void> };
}

function readStream(stream: CancellableStream | null, maxBytes: number): BodyReader {
  const reader = stream?.getReader();
  return {
    octets: collect(reader, maxBytes),
    stop() {
      void reader?.cancel().catch(() => {
        // It broke off by itself.
      });
    },
  };
}

async function collect(reader: ReturnType<FetchStream['getReader']> | undefined, maxBytes: number): Promise<Uint8Array> {
  const gathering = gather(maxBytes);
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) return gathering.join();
    gathering.take(value);
  }
}

/** Pieces of a body on their way to one. */
export interface Gathering {
  /** @throws SetError `ERR_SET_TOO_LARGE` */
  take(chunk: Uint8Array): void;
  join(): Uint8Array;
}

/** Gathers pieces up to a limit. */
export function gather(maxBytes: number): Gathering {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    take(chunk) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    },
    join() {
      if (chunks.length === 1) return chunks[0]!;
      const all = new Uint8Array(size);
      let at = 0;
      for (const chunk of chunks) {
        all.set(chunk, at);
        at += chunk.length;
      }
      return all;
    },
  };
}

function tooLarge(maxBytes: number): SetError {
  return new SetError('ERR_SET_TOO_LARGE', `The body has more than ${maxBytes} bytes`);
}
