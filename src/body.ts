/**
 * The body of a request or a response: octets from a stream of any kind, never more than a limit, in one growing
 * buffer.
 *
 * A list of chunks would cost a hundred octets and more for each, and a sender chooses how many there are: a million
 * chunks of one octet took 197 MB. Leaves out time limits: see http.ts.
 */
import { SetError, type SetErrorCode } from './errors.js';
import { encodeUtf8 } from './json.js';

/** A body that is open. */
export interface OpenBody {
  /**
   * Reads it, once. Rejects with what its stream breaks with.
   *
   * @throws SetError with the code for a large body when there is more than the limit; as a rejection
   */
  read(): Promise<Uint8Array>;
  /** Stops reading, and tells the source that the rest is not wanted. Does nothing once all was read. */
  cancel(): void;
}

/** Collects chunks up to a size limit. */
export interface GrowingBuffer {
  /** @throws SetError with the code for a large body */
  append(chunk: Uint8Array): void;
  /** What was collected. Nothing may be appended afterwards. */
  octets(): Uint8Array;
}

/**
 * Creates a buffer that grows fourfold up to the limit as it fills, so that a body costs at most 1.3 times its limit
 * however it is chunked.
 *
 * Doubling would leave three times as much behind for the collector. A single chunk, as most bodies are, is kept and
 * not copied.
 */
export function createGrowingBuffer(maxBytes: number, code?: SetErrorCode): GrowingBuffer {
  let buffer = new Uint8Array();
  let size = 0;
  return {
    append(chunk) {
      if (Object.prototype.toString.call(chunk) !== '[object Uint8Array]')
        throw new TypeError('A chunk of the body is not a Uint8Array');
      const needed = size + chunk.length;
      if (needed > maxBytes) throw bodyTooLarge(maxBytes, code);
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

/** The error for a body that is larger than it may be, by default `ERR_SET_TOO_LARGE`. */
export function bodyTooLarge(maxBytes: number, code: SetErrorCode = 'ERR_SET_TOO_LARGE'): SetError {
  return new SetError(code, `The body is larger than ${maxBytes} bytes`);
}

/** The body of a message, in whatever form its platform or library has it. */
export interface BodySource {
  readonly headers?: { get(name: string): string | null } | undefined;
  /**
   * A web stream, an async iterable (node-fetch), null for none, or undefined where the platform has no streams (React
   * Native).
   */
  readonly body?: unknown;
  readonly bodyUsed?: boolean;
  text?(): Promise<string>;
}

/**
 * Opens a body: its stream if it has one, and else `text()`, whose size is known only afterwards unless it is declared.
 */
export function openBody(source: BodySource, maxBytes: number, code?: SetErrorCode): OpenBody {
  const { body, headers, bodyUsed: isUsed } = source;
  const reader = call(body, 'getReader') as WebReader | undefined;
  const chunks = reader ?? (call(body, Symbol.asyncIterator) as AsyncIterator<unknown> | undefined) ?? textOf(source);
  let isOpen = true;
  return {
    async read() {
      if (isUsed) throw new TypeError('The body was read before');
      if (Number(headers?.get('content-length')) > maxBytes) throw bodyTooLarge(maxBytes, code);
      const buffer = createGrowingBuffer(maxBytes, code);
      for (;;) {
        const { done, value } = await ('read' in chunks ? chunks.read() : chunks.next());
        if (done) break;
        buffer.append(typeof value === 'string' ? encodeUtf8(value) : (value as Uint8Array));
      }
      isOpen = false;
      return buffer.octets();
    },
    cancel() {
      if (!isOpen) return;
      isOpen = false;
      const broken = (): void => {
        // It has broken by itself.
      };
      // A stream of Node may end with an error that nothing else would hear.
      call(body, 'on', 'error', broken);
      // The return of an iterator waits for the chunk that is awaited, which may never come: only where there is
      // nothing better.
      (async () => call(reader, 'cancel') ?? call(body, 'destroy') ?? call(chunks, 'return'))().catch(broken);
    },
  };
}

interface WebReader {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
}

async function* textOf(source: BodySource): AsyncGenerator<string> {
  if (source.body === null) return;
  if (!source.text) throw new TypeError('There is no body to read');
  yield source.text();
}

/** Calls a method of a value that may have it. */
function call(value: unknown, name: string | symbol, ...args: unknown[]): unknown {
  const object = Object(value) as Record<string | symbol, (...args: unknown[]) => unknown>;
  return typeof object[name] === 'function' ? object[name](...args) : undefined;
}
