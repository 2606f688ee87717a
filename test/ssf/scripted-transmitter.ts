/** A transmitter on loopback whose every response a test decides. It serves its configuration by itself. */
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { startServer, type TestServer } from '../support/server.js';

/** A request that a test can inspect. */
export interface Received {
  /** The method and the path, such as `POST /streams`. */
  readonly target: string;
  /** The query, as it was sent. */
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
  /** The body: parsed JSON, or as it was sent if it is not JSON; undefined without one. */
  readonly body: unknown;
}

/** A response: its status, its document, and its headers. A string is sent as it is. */
export type Reply = readonly [status: number, document?: unknown, headers?: Record<string, string>];

/** A scripted transmitter. */
export interface ScriptedTransmitter {
  readonly issuer: string;
  /** The URL of its server, without a path. */
  readonly url: string;
  /** Its configuration. A test may change it. */
  metadata: Record<string, unknown>;
  /** The requests for anything but the configuration. */
  readonly requests: Received[];
  /** How often the configuration was fetched. */
  fetches: number;
  /** Decides every response. By default 500, so that a request that no test expects is noticed. */
  respond: (request: Received) => Reply;
  readonly server: TestServer;
  /** A configuration of a stream, as this transmitter would return it. */
  stream(members?: object): Record<string, unknown>;
  /** Forgets what happened. */
  reset(): void;
}

const PATH = '/tenant/1';

/** Starts a scripted transmitter. */
export async function startScripted(): Promise<ScriptedTransmitter> {
  const server = await startServer();
  const { url } = server;
  const issuer = url + PATH;
  const transmitter: ScriptedTransmitter = {
    issuer,
    url,
    metadata: {},
    requests: [],
    fetches: 0,
    respond: () => [500],
    server,
    stream: (members = {}) => ({
      stream_id: 's-1',
      iss: issuer,
      aud: 'https://rx.example/',
      events_delivered: [],
      delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://rx.example/events' },
      ...members,
    }),
    reset() {
      transmitter.metadata = {
        issuer,
        configuration_endpoint: `${url}/streams`,
        status_endpoint: `${url}/status`,
        verification_endpoint: `${url}/verify`,
        add_subject_endpoint: `${url}/subjects/add`,
        remove_subject_endpoint: `${url}/subjects/remove`,
      };
      transmitter.requests.length = 0;
      transmitter.fetches = 0;
      transmitter.respond = () => [500];
      server.answer = (response, request) => {
        void receive(request).then((received) => {
          const isConfiguration = received.target === `GET /.well-known/ssf-configuration${PATH}`;
          if (isConfiguration) transmitter.fetches++;
          else transmitter.requests.push(received);
          const [status, document, headers] = isConfiguration
            ? ([200, transmitter.metadata] as Reply)
            : transmitter.respond(received);
          response.writeHead(status, headers);
          response.end(typeof document === 'string' ? document : JSON.stringify(document));
        });
      };
    },
  };
  transmitter.reset();
  return transmitter;
}

async function receive(request: IncomingMessage): Promise<Received> {
  const [path, ...query] = request.url!.split('?');
  const sent = await text(request);
  return {
    target: `${request.method!} ${path!}`,
    query: query.join('?'),
    headers: request.headers,
    body: sent === '' ? undefined : parse(sent),
  };
}

function parse(sent: string): unknown {
  try {
    return JSON.parse(sent);
  } catch {
    return sent;
  }
}
