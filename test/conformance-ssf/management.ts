/**
 * The stream of the strict transmitter (OpenID SSF 1.0 section 8): it reports every request that makes a receiver fail a
 * module of the conformance suite.
 */
import { type Interaction, MANAGE, type Module, POLL, PUSH, READ, type Stream, type Variant } from './protocol.js';
import { EVENT_TYPES, INTEROP_EVENT_TYPES } from './event-examples.js';
import type { Received, Reply } from './server.js';

/** What the management of a stream tells its transmitter. */
export interface ManagementWatcher {
  readonly fail: (reason: string) => void;
  readonly see: (interaction: Interaction) => void;
  readonly onCreated: (stream: Stream) => unknown;
  readonly onDeleted: () => void;
  readonly onStatus: (status: string) => void;
  readonly onStatusRead: () => unknown;
  readonly onVerification: (state: unknown) => unknown;
  readonly onRemoval: (subject: object) => unknown;
}

/** The management of at most one stream. */
export interface Management {
  /** The stream, unless there is none. */
  stream(): Stream | undefined;
  /** Returns the scope that a request needs, and undefined for a path that is not an endpoint. */
  scopeOf(request: Received): string | undefined;
  handle(request: Received): Reply;
  setStatus(status: string): void;
}

const TRANSMITTERS_MEMBERS = [
  'stream_id',
  'iss',
  'aud',
  'events_supported',
  'events_delivered',
  'min_verification_interval',
  'inactivity_timeout',
];
const ENDPOINTS = ['/streams', '/status', '/verify', '/add_subject', '/remove_subject'];

/** Creates the management for a transmitter without a stream. */
export function createManagement(
  { profile, foreignIssuer }: Module,
  { delivery: method }: Variant,
  audience: string,
  issuer: () => string,
  watcher: ManagementWatcher,
): Management {
  const { fail, see, onCreated, onDeleted, onStatus, onStatusRead, onVerification, onRemoval } = watcher;
  const isInterop = profile === 'caep_interop';
  const supported = isInterop ? INTEROP_EVENT_TYPES : EVENT_TYPES;
  let stream: Stream | undefined;
  let status: Record<string, unknown> = {};

  function reject(code: number, { method: verb, path }: Received, reason: string): Reply {
    fail(`${verb} ${path}: ${reason}`);
    return { status: code };
  }

  function readBody({ body }: Received): Record<string, unknown> | undefined {
    try {
      const value = JSON.parse(body) as unknown;
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : undefined;
    } catch {
      return undefined;
    }
  }

  /** Returns what is wrong with the members of a create, an update or a replace, if anything. */
  function faultOf(body: Record<string, unknown>, allowed: readonly string[]): string | undefined {
    const foreign = TRANSMITTERS_MEMBERS.filter((name) => name in body && !allowed.includes(name));
    if (foreign.length) return `members of the transmitter: ${foreign.join(', ')}`;
    const { delivery, events_requested } = body;
    if (events_requested !== undefined && !Array.isArray(events_requested)) return 'events_requested is not a list';
    if (delivery === undefined) return undefined;
    const { method, endpoint_url } = Object(delivery) as Record<string, unknown>;
    if (method !== PUSH && method !== POLL) return 'an unsupported delivery method';
    if (method === PUSH && typeof endpoint_url !== 'string') return 'push without an endpoint_url';
    return undefined;
  }

  function complete(stream_id: string, members: Record<string, unknown>): Stream {
    const { events_requested = [], delivery = { method: POLL } } = members as {
      readonly events_requested?: readonly string[];
      readonly delivery?: { readonly method: string };
    };
    const pollUrl = `${issuer()}/events?stream_id=${encodeURIComponent(stream_id)}`;
    return {
      ...members,
      stream_id,
      iss: foreignIssuer ?? issuer(),
      aud: [audience],
      events_supported: supported,
      events_requested,
      events_delivered: events_requested.filter((type) => supported.includes(type)),
      delivery: delivery.method === POLL ? { ...delivery, endpoint_url: pollUrl } : delivery,
    } as Stream;
  }

  /** Returns the response if the stream that a request names is missing or unknown. */
  function refuseStream(request: Received, stream_id: unknown): Reply | undefined {
    if (typeof stream_id !== 'string' || stream_id === '') return reject(400, request, 'no stream_id');
    if (stream_id !== stream?.stream_id) return reject(404, request, 'an unknown stream_id');
    const isUse = !['GET', 'DELETE'].includes(request.method) || request.path !== '/streams';
    if (foreignIssuer !== undefined && isUse) fail(`${request.method} ${request.path}: a stream of another issuer`);
    return undefined;
  }

  function create(request: Received, body: Record<string, unknown>): Reply {
    const fault = faultOf(body, []);
    if (fault !== undefined) return reject(400, request, fault);
    if (stream) return reject(409, request, 'there is a stream already');
    // Characters that have a meaning in a query.
    const created = complete(`${crypto.randomUUID()}&a=b+c#é`, body);
    if (isInterop && !created.events_delivered.length) fail('no event type of the interoperability profile');
    if (isInterop && (created.delivery.method === PUSH) !== (method === 'push')) fail('another delivery method');
    stream = created;
    status = { status: 'enabled' };
    see('create the stream');
    return { status: 201, json: stream, afterwards: () => onCreated(created) };
  }

  function change(request: Received, body: Record<string, unknown>): Reply {
    const refusal = refuseStream(request, body.stream_id);
    if (refusal) return refusal;
    const fault = faultOf(body, ['stream_id']);
    if (fault !== undefined) return reject(400, request, fault);
    const isUpdate = request.method === 'PATCH';
    stream = complete(stream!.stream_id, isUpdate ? { ...stream, ...body } : body);
    see(isUpdate ? 'update the stream' : 'replace the stream');
    return { status: 200, json: stream };
  }

  function handleStreams(request: Received): Reply {
    const { method: verb, query } = request;
    if (verb === 'GET' && !query.has('stream_id')) return { status: 200, json: stream ? [stream] : [] };
    if (verb === 'GET') {
      const refusal = refuseStream(request, query.get('stream_id'));
      if (!refusal) see('read the stream');
      return refusal ?? { status: 200, json: stream };
    }
    if (verb === 'DELETE') {
      const refusal = refuseStream(request, query.get('stream_id'));
      if (refusal) return refusal;
      onDeleted();
      stream = undefined;
      see('delete the stream');
      return { status: 204 };
    }
    const body = readBody(request);
    if (!body) return reject(400, request, 'the body is not a JSON object');
    return verb === 'POST' ? create(request, body) : change(request, body);
  }

  function handleStatus(request: Received): Reply {
    if (request.method === 'GET') {
      const refusal = refuseStream(request, request.query.get('stream_id'));
      if (!refusal) see('read the status');
      return refusal ?? { status: 200, json: { stream_id: stream!.stream_id, ...status }, afterwards: onStatusRead };
    }
    const body = readBody(request);
    const refusal = refuseStream(request, body?.stream_id);
    if (refusal) return refusal;
    if (!['enabled', 'paused', 'disabled'].includes(String(body!.status)))
      return reject(400, request, 'an unknown status');
    status = body!;
    onStatus(String(status.status));
    see('update the status');
    return { status: 200, json: status };
  }

  function handleVerification(request: Received): Reply {
    const body = readBody(request);
    const refusal = refuseStream(request, body?.stream_id);
    if (refusal) return refusal;
    see('request a verification');
    return { status: 204, afterwards: () => onVerification(body!.state) };
  }

  function handleSubject(request: Received): Reply {
    const body = readBody(request);
    const refusal = refuseStream(request, body?.stream_id);
    if (refusal) return refusal;
    const { subject } = body as { readonly subject?: { readonly format?: unknown } };
    if (typeof subject?.format !== 'string') return reject(400, request, 'no subject with a format');
    if (request.path === '/add_subject') return { status: 200 };
    see('remove a subject');
    return { status: 204, afterwards: () => onRemoval(subject) };
  }

  /** What the interoperability profile leaves out. */
  const isLeftOut = ({ method: verb, path }: Received): boolean =>
    isInterop &&
    (verb === 'PATCH' || verb === 'PUT' || (verb === 'POST' && path === '/status') || path.endsWith('_subject'));
  const METHODS: Readonly<Record<string, readonly string[]>> = {
    '/streams': ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
    '/status': ['GET', 'POST'],
  };

  return {
    stream: () => stream,
    scopeOf: ({ method: verb, path }) => {
      if (!ENDPOINTS.includes(path)) return undefined;
      return verb === 'GET' ? READ : MANAGE;
    },
    handle(request) {
      const { method: verb, path } = request;
      if (isLeftOut(request) || !(METHODS[path] ?? ['POST']).includes(verb))
        return reject(405, request, 'the method is not allowed');
      if (path === '/streams') return handleStreams(request);
      if (path === '/status') return handleStatus(request);
      return path === '/verify' ? handleVerification(request) : handleSubject(request);
    },
    setStatus: (value) => (status = { status: value }),
  };
}
