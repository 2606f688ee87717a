/**
 * A request of Node's server as a `Request` of the platform.
 *
 * To make one, with a stream of the web for its body, costs as much as the check of a signature. So it is made only when somebody asks
 * for what it alone can give; method, headers and body have ways of their own.
 */
import type { HttpRequest } from '../http.js';
import { encodeUtf8 } from '../json.js';
import { type DirectRequest, READ_TEXT, tooLarge } from './body.js';

/** A request of Node's server, as far as it is read here. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The whole path, where Express has cut `url` for a router. */
  readonly originalUrl?: string | undefined;
  readonly headers: { readonly [name: string]: string | readonly string[] | string[] | undefined };
  readonly httpVersionMajor?: number;
  readonly readableEnded?: boolean;
  /** What a body parser has read, if one ran before. */
  readonly body?: unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** A request that was fitted, and whether its body has come to its end. */
export interface FittedRequest {
  readonly request: HttpRequest;
  isAtEnd(): boolean;
}

/** Fits a request of Node. A body that a parser has read is taken from where parsers leave it. */
export function fromNode(node: NodeRequest): FittedRequest {
  const { body, readableEnded } = node;
  // Parsers that do not know the type leave an empty object, and the stream as it was.
  const parsed = typeof body === 'string' || body instanceof Uint8Array ? body : readableEnded ? '' : undefined;
  const state: State = { node, parsed, isAtEnd: parsed !== undefined, isRead: false };
  const request = Object.create((prototype ??= makePrototype()), { [STATE]: { value: state } }) as HttpRequest;
  return { request, isAtEnd: () => state.isAtEnd };
}

interface State {
  readonly node: NodeRequest;
  /** What a parser made of the body, if one did. */
  readonly parsed: string | Uint8Array | undefined;
  isAtEnd: boolean;
  /** The body was read here, so that the platform's request has none. */
  isRead: boolean;
  headers?: Headers;
  platform?: Request;
}

const STATE = /* @__PURE__ */ Symbol('state');

interface Fitted {
  readonly [STATE]: State;
}

let prototype: object | undefined;

/** All members that a request has, taken from the platform's, which is made then; but for those that need none. */
function makePrototype(): object {
  const members: PropertyDescriptorMap = {};
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Request.prototype))) {
    if (name === 'constructor') continue;
    members[name] =
      typeof value === 'function'
        ? { value(this: Fitted, ...args: unknown[]) { return value.apply(platformOf(this[STATE]), args); } }
        : { get(this: Fitted) { return platformOf(this[STATE])[name as keyof Request]; } };
  }
  return Object.create(Request.prototype, {
    ...members,
    method: { get(this: Fitted) { return this[STATE].node.method; } },
    url: { get(this: Fitted) { return hrefOf(this[STATE].node); } },
    headers: { get(this: Fitted) { return headersOf(this[STATE]); } },
    bodyUsed: { get(this: Fitted) { return this[STATE].platform?.bodyUsed ?? this[STATE].isRead; } },
    [READ_TEXT]: { get(this: Fitted) { return readerOf(this[STATE]); } },
  });
}

function headersOf(state: State): Headers {
  return (state.headers ??= new Headers(
    Object.entries(state.node.headers).flatMap(([name, value]) => {
      // HTTP/2 has method and path among its headers.
      if (name.startsWith(':')) return [];
      return (Array.isArray(value) ? value : [value]).map((each): [string, string] => [name, String(each)]);
    }),
  ));
}

function platformOf(state: State): Request {
  if (state.platform) return state.platform;
  const { method = 'GET' } = state.node;
  const body = method === 'GET' || method === 'HEAD' ? undefined : state.isRead ? '' : (state.parsed ?? streamOf(state));
  // A stream needs `duplex`, which the types of some platforms do not know.
  const init = { method, headers: headersOf(state), body, duplex: 'half' } as RequestInit;
  const request = new Request(hrefOf(state.node), init);
  // Whoever asks for a body that was read here is told so, as by any request.
  if (state.isRead) void request.text();
  return (state.platform = request);
}

/** The address that was asked for, as the client says. Nobody knows here whether it came by https, or through whom. */
function hrefOf({ url = '/', originalUrl = url, headers }: NodeRequest): string {
  const { host, ':authority': authority = host } = headers;
  const href = `http://${String(authority)}${originalUrl}`;
  return authority !== undefined && originalUrl.startsWith('/') && URL.canParse(href) ? new URL(href).href : 'http://localhost/';
}

/** The way to the body without a stream of the web, while nobody has taken that. */
function readerOf(state: State): DirectRequest[typeof READ_TEXT] {
  if (state.platform || state.isRead) return undefined;
  return async (maxBytes) => {
    state.isRead = true;
    const { parsed } = state;
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    if (parsed === undefined) return decoder.decode(await readAll(state, maxBytes));
    const bytes = typeof parsed === 'string' ? encodeUtf8(parsed) : parsed;
    if (bytes.length > maxBytes) throw tooLarge(maxBytes);
    return typeof parsed === 'string' ? parsed : decoder.decode(bytes);
  };
}

/** All octets of the body, unless they are more than the limit: then the rest stays where it is. */
function readAll(state: State, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const stop = listen(state, {
      data(chunk) {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= maxBytes) return;
        stop();
        reject(tooLarge(maxBytes));
      },
      end: () => resolve(join(chunks, size)),
      fail: reject,
    });
  });
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function streamOf(state: State): ReadableStream<Uint8Array> {
  let stop: () => void;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      stop = listen(state, {
        data(chunk) {
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) state.node.pause();
        },
        end: () => controller.close(),
        fail: (error) => controller.error(error),
      });
    },
    pull: () => void state.node.resume(),
    cancel: () => stop(),
  });
}

interface Listeners {
  data(chunk: Uint8Array): void;
  end(): void;
  fail(error: Error): void;
}

/** Listens to the body as it comes, until one of `end` and `fail` is called, or until it is stopped: then the rest stays where it is. */
function listen(state: State, { data, end, fail }: Listeners): () => void {
  const { node } = state;
  let isOpen = true;
  const settle = (how: () => void): void => {
    if (isOpen) how();
    isOpen = false;
  };
  const broken = (): void => settle(() => fail(new TypeError('The request was aborted')));
  node.on('data', (chunk: Uint8Array) => {
    if (isOpen) data(chunk);
  });
  node.on('end', () => {
    state.isAtEnd = true;
    settle(end);
  });
  node.on('error', broken);
  node.on('close', broken);
  return () => settle(() => node.pause());
}
