/**
 * The stream of a test transmitter (OpenID SSF 1.0 section 8): one at a time, for any caller.
 *
 * Leaves out authorization, and what a status changes: SETs are polled whatever it is. Nothing is pushed.
 */
import type { HttpResponse } from '../http.js';
import { isJsonObject } from '../json.js';
import type { JsonObject } from '../model.js';
import { type Endpoint, type EndpointHandler, readObject, respond } from './exchange.js';

/** What a stream needs of its transmitter. */
export interface StreamHost {
  readonly issuer: string;
  readonly audience: string;
  readonly pollUrl: string;
  /** Adds a SET to those that are polled. */
  enqueue(payload: object): Promise<unknown>;
}

/** The endpoints by the names that they have in a transmitter's configuration (OpenID SSF 1.0 section 7.1). */
export type StreamEndpoints = Readonly<
  Record<
    | 'configuration_endpoint'
    | 'status_endpoint'
    | 'verification_endpoint'
    | 'add_subject_endpoint'
    | 'remove_subject_endpoint',
    Endpoint
  >
>;

/** The delivery methods (OpenID SSF 1.0 section 6.1): push, and poll. */
export const DELIVERY_METHODS = ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'] as const;
const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

interface Stream {
  readonly stream_id: string;
  readonly [member: string]: unknown;
}

/** Creates the endpoints, without a stream. */
export function createStreamEndpoints({ issuer, audience, pollUrl, enqueue }: StreamHost): StreamEndpoints {
  let stream: Stream | undefined;
  let status: JsonObject = {};

  /** Completes a configuration. Returns undefined if its delivery is wrong. */
  function complete(stream_id: string, members: JsonObject): Stream | undefined {
    const { events_requested = [], delivery: requested = { method: DELIVERY_METHODS[1] } } = members;
    if (!isJsonObject(requested)) return undefined;
    const delivery = requested.method === DELIVERY_METHODS[1] ? { ...requested, endpoint_url: pollUrl } : requested;
    if (typeof delivery.method !== 'string' || typeof delivery.endpoint_url !== 'string') return undefined;
    return {
      ...members,
      stream_id,
      iss: issuer,
      aud: [audience],
      events_requested,
      events_delivered: events_requested,
      delivery,
    };
  }

  /** Handles a request whose body names the stream. */
  function withStream(handle: (stream: Stream, body: JsonObject) => ReturnType<EndpointHandler>): EndpointHandler {
    return (request) => {
      const body = readObject(request);
      if (typeof body?.stream_id !== 'string') return respond(400);
      return stream?.stream_id === body.stream_id ? handle(stream, body) : respond(404);
    };
  }

  /** Handles a request whose query names the stream. */
  function atStream(handle: (stream: Stream) => HttpResponse): EndpointHandler {
    return ({ query }) => {
      const streamId = query.get('stream_id');
      if (streamId === null) return respond(400);
      return stream?.stream_id === streamId ? handle(stream) : respond(404);
    };
  }

  function keep(changed: Stream | undefined, success: number): HttpResponse {
    if (!changed) return respond(400);
    stream = changed;
    return respond(success, stream);
  }

  const read = atStream((current) => respond(200, current));
  return {
    configuration_endpoint: {
      GET: (request) =>
        request.query.get('stream_id') === null ? respond(200, stream ? [stream] : []) : read(request),
      POST(request) {
        const body = readObject(request);
        if (!body) return respond(400);
        if (stream) return respond(409);
        const response = keep(complete(crypto.randomUUID(), body), 201);
        status = { status: 'enabled' };
        return response;
      },
      PATCH: withStream((current, body) => keep(complete(current.stream_id, { ...current, ...body }), 200)),
      PUT: withStream((current, body) => keep(complete(current.stream_id, body), 200)),
      DELETE: atStream(() => {
        stream = undefined;
        return respond(204);
      }),
    },
    status_endpoint: {
      GET: atStream(({ stream_id }) => respond(200, { stream_id, ...status })),
      POST: withStream((_, body) => {
        if (typeof body.status !== 'string') return respond(400);
        status = body;
        return respond(200, status);
      }),
    },
    verification_endpoint: {
      POST: withStream(async ({ stream_id }, { state }) => {
        await enqueue({
          sub_id: { format: 'opaque', id: stream_id },
          events: { [VERIFICATION]: { ...(state !== undefined && { state }) } },
        });
        return respond(204);
      }),
    },
    add_subject_endpoint: { POST: withStream(() => respond(200)) },
    remove_subject_endpoint: { POST: withStream(() => respond(204)) },
  };
}
