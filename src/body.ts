/**
 * The body of a request or a response: octets from a stream of any kind, never more than a limit, in one growing
 * buffer.
 *
 * A list of chunks would cost a hundred octets and more per chunk, and a sender chooses how many there are: a million
 * chunks of one octet took 197 MB. Leaves out time limits: see http.ts.
 */
import { SetError } from './errors.js';
import { encodeUtf8 } from './json.js';

/** A body that is being read. */
export interface OpenBody {
  /**
   * Reads the body, once. Rejects with the error of its stream if that fails.
   *
   * @throws SetError `ERR_SET_TOO_LARGE` when there is more than the limit; as a rejection
   */
  read(): Promise<Uint8Array>;
  /** Stops reading, and tells the source that the rest is not wanted. Does nothing once everything was read. */
  cancel(): void;
}

/** Collects chunks up to a size limit. */
export interface GrowingBuffer {
  /** @throws SetError `ERR_SET_TOO_LARGE` */
  append(chunk: Uint8Array): void;
  /** Returns what was collected. Nothing may be appended afterwards. */
  octets(): Uint8Array;
}

/**
 * Creates a buffer that grows fourfold up to the limit as it fills, so that a body costs at most 1.3 times its limit
 * however it is chunked.
 *
 * Doubling would leave three times as much for the collector. A single chunk, as most bodies are, is kept uncopied.
 */
export function createGrowingBuffer(maxBytes: number): GrowingBuffer {
  let buffer = new Uint8Array();
  let size = 0;
  return {
    append(chunk) {
      if (Object.prototype.toString.call(chunk) !== '[object Uint8Array]') {
        throw new TypeError('A chunk of the body is not a Uint8Array');
      }
      const needed = size + chunk.length;
      if (needed > maxBytes) throw bodyTooLarge(maxBytes);
      if (!size) buffer = chunk as Uint8Array<ArrayBuffer>;
      else {
        if (needed > buffer.length) {
          // Never by a declared length: a sender can declare what it does not send.
          const larger = new Uint8Array(Math.min(Math.max(needed, buffer.length * 4), maxBytes));
          larger.set(buffer.subarray(0, size));
          buffer = larger;
        }
        buffer.set(chunk, size);
      }
      size = needed;
    },
    octets: () => buffer.subarray(0, size),
  };
}

/** Creates the error for a body that exceeds its limit. */
export function bodyTooLarge(maxBytes: number): SetError {
  return new SetError('ERR_SET_TOO_LARGE', `The body is larger than ${maxBytes} bytes`);
}

/** A message with a body, in the form of any platform or library. */
export interface BodySource {
  readonly headers?: { get(name: string): string | null } | undefined;
  /** A web stream, an async iterable (node-fetch), null without a body, or undefined without streams (React Native). */
  readonly body?: unknown;
  readonly bodyUsed?: boolean;
  text?(): Promise<string>;
}

interface Chunk {
  readonly done?: boolean | undefined;
  readonly value?: unknown;
}

/** Reads a web stream by `read`, and an async iterable by `next`. */
interface Reader {
  read?(): Promise<Chunk>;
  next?(): Promise<Chunk>;
  cancel?(): Promise<unknown>;
  return?(): Promise<unknown>;
}

/** The members of web streams and of Node streams that are used. */
interface AnyStream {
  getReader?(): Reader;
  [Symbol.asyncIterator]?(): Reader;
  destroy?(): unknown;
  on?(event: 'error', listener: () => void): unknown;
}

/** Opens a body: its stream if it has one, and otherwise `text()`, whose size is known only once it was read. */
export function openBody(source: BodySource, maxBytes: number): OpenBody {
  const { headers, bodyUsed: isUsed } = source;
  const stream = Object(source.body) as AnyStream;
  const reader = stream.getReader?.() ?? stream[Symbol.asyncIterator]?.() ?? (textOf(source) as unknown as Reader);
  let isOpen = true;
  return {
    async read() {
      if (isUsed) throw new TypeError('The body has already been read');
      if (Number(headers?.get('content-length')) > maxBytes) throw bodyTooLarge(maxBytes);
      const buffer = createGrowingBuffer(maxBytes);
      for (;;) {
        const { done, value } = await (reader.read ? reader.read() : reader.next!());
        if (done) break;
        buffer.append(typeof value === 'string' ? encodeUtf8(value) : (value as Uint8Array));
      }
      isOpen = false;
      return buffer.octets();
    },
    cancel() {
      if (!isOpen) return;
      isOpen = false;
      const ignore = (): void => {
        // The stream has failed on its own.
      };
      (async () => {
        // A stream of Node may end with an error that would crash the process without a listener.
        stream.on?.('error', ignore);
        // `return` of an iterator waits for the pending chunk, which may never come, so it is the last resort.
        return reader.cancel?.() ?? stream.destroy?.() ?? reader.return?.();
      })().catch(ignore);
    },
  };
}

async function* textOf(source: BodySource): AsyncGenerator<string> {
  if (source.body === null) return;
  if (!source.text) throw new TypeError('The body is not readable');
  yield source.text();
}
