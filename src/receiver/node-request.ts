/**
 * A request of Node's server as a `Request` of the platform.
 *
 * To make one, with a stream of the web for its body, costs as much as the check of a signature. So it is made only when somebody asks
 * for what it alone can give; method, address, headers and body have ways of their own.
 */
import type { HttpRequest } from '../http.js';
import { encodeUtf8 } from '../json.js';
import { type BodyReader, DIRECT, type Direct, gather } from './body.js';

/** A request of Node's server, as far as it is read here. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The whole path, where Express has cut `url` for a router. */
  readonly originalUrl?: string | undefined;
  readonly headers: { readonly [name: string]: string | readonly string[] | string[] | undefined };
  readonly httpVersionMajor?: number;
  readonly readableEnded?: boolean;
  readonly destroyed?: boolean;
  /** What a body parser has read, if one ran before. */
  readonly body?: unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** A request that was fitted, and whether its body was read to its end. */
export interface FittedRequest {
  readonly request: HttpRequest;
  isAtEnd(): boolean;
}

/** Fits a request of Node. A body that a parser has read is taken from where parsers leave it. */
export function fromNode(node: NodeRequest): FittedRequest {
  const { body, readableEnded = false, headers } = node;
  // Parsers that do not know the type leave an empty object, and the stream as it was.
  const parsed = typeof body === 'string' ? encodeUtf8(body) : body instanceof Uint8Array ? body : undefined;
  const hadBody = Number(headers['content-length']) > 0 || headers['transfer-encoding'] !== undefined;
  const isLost = readableEnded && parsed === undefined && hadBody;
  // In HTTP/2 a body needs no header that says so.
  const isEmpty = readableEnded || (!hadBody && node.httpVersionMajor !== 2);
  const known = parsed ?? (isEmpty ? new Uint8Array() : undefined);
  const state: State = { node, parsed: known, isAtEnd: known !== undefined, isRead: isLost };
  const request = Object.create((prototype ??= makePrototype()), { [STATE]: { value: state } }) as HttpRequest;
  return { request, isAtEnd: () => state.isAtEnd };
}

interface State {
  readonly node: NodeRequest;
  /** What is known of the body without reading: what a parser made of it, or that it is empty. */
  readonly parsed: Uint8Array | undefined;
  isAtEnd: boolean;
  /** The body was read here, or by somebody who did not leave it; so that the platform's request has none. */
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
  for (const [name, { value, enumerable = false }] of Object.entries(Object.getOwnPropertyDescriptors(Request.prototype))) {
    if (name === 'constructor') continue;
    members[name] =
      typeof value === 'function'
        ? { enumerable, value(this: Fitted, ...args: unknown[]) { return value.apply(platformOf(this[STATE]), args); } }
        : { enumerable, get(this: Fitted) { return (CHEAP[name] ?? memberOf)(this[STATE], name); } };
  }
  return Object.create(Request.prototype, { ...members, [DIRECT]: { get(this: Fitted) { return directOf(this[STATE]); } } });
}

function memberOf(state: State, name: string): unknown {
  return platformOf(state)[name as keyof Request];
}

/** The members that need no request of the platform. */
const CHEAP: { readonly [name: string]: (state: State) => unknown } = {
  method: ({ node }) => node.method,
  url: ({ node }) => hrefOf(node),
  headers: headersOf,
  bodyUsed: ({ platform, isRead }) => platform?.bodyUsed ?? isRead,
};

function directOf(state: State): Direct {
  return {
    read: (maxBytes) => (state.platform || state.isRead ? undefined : readOctets(state, maxBytes)),
    platform: () => platformOf(state) as HttpRequest,
  };
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
  const request = new Request(hrefOf(state.node), { method, headers: headersOf(state), body, duplex: 'half' } as RequestInit);
  // Whoever asks for a body that was read here is told so, as by any request.
  if (state.isRead && body !== undefined) void request.text();
  state.headers = request.headers;
  return (state.platform = request);
}

/**
 * The address that was asked for, as the client says. Nobody knows here whether it came by https, or through whom.
 *
 * What the client says of the host decides nothing about the path.
 */
function hrefOf({ url = '/', originalUrl = url, headers }: NodeRequest): string {
  const { host, ':authority': authority = host } = headers;
  // A proxy is asked for a whole address.
  const whole = /^https?:/i.test(originalUrl) && URL.canParse(originalUrl) ? new URL(originalUrl) : undefined;
  const path = whole ? whole.pathname + whole.search : originalUrl.startsWith('/') ? originalUrl : '/';
  const said = `http://${String(whole ? whole.host : authority)}`;
  const origin = /^http:\/\/([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i.test(said) && URL.canParse(said) ? said : 'http://localhost';
  return new URL(origin + path).href;
}

/** Reads the body without a stream of the web. */
function readOctets(state: State, maxBytes: number): BodyReader {
  state.isRead = true;
  const gathering = gather(maxBytes);
  if (state.parsed) {
    const { parsed } = state;
    return { octets: Promise.resolve().then(() => (gathering.take(parsed), gathering.join())), stop() {} };
  }
  let stop = (): void => {};
  const octets = new Promise<Uint8Array>((resolve, reject) => {
    stop = listen(state, {
      data(chunk) {
        try {
          gathering.take(chunk);
        } catch (error) {
          reject(error);
        }
      },
      end: () => resolve(gathering.join()),
      fail: reject,
    });
  });
  return { octets, stop };
}

function streamOf(state: State): ReadableStream<Uint8Array> {
  let stop = (): void => {};
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
  // It may have been aborted before anybody listened.
  if (node.destroyed) broken();
  return () => settle(() => node.pause());
}
