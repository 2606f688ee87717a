/**
 * What a receiver sends about its streams: its own members and no others (OpenID SSF 1.0 section 8.1.1). Transmitters
 * refuse a request with one of theirs, such as `iss`.
 */
import { readUrl } from '../http.js';
import type { JsonObject } from '../model.js';
import { requireObject } from '../options.js';
import { requireHeaderValue } from './client-options.js';
import { checkMembers } from './stream-members.js';
import type { StreamConfiguration, StreamDelivery, StreamRequest } from './stream-types.js';

/** Reports whether SETs are polled with a delivery method, by its name since SSF 1.0 or the one before it. */
export function isPollMethod(method: string): boolean {
  return /:8936$|\/poll$/.test(method);
}

/** The body of a request. */
export interface RequestBody extends JsonObject {
  /** Without the URL to poll, which is the transmitter's own. */
  readonly delivery: { readonly [Name in keyof StreamDelivery]: StreamDelivery[Name] | undefined } | undefined;
}

/**
 * Creates the body of a request from what the caller wants. Members that are absent from it are undefined.
 *
 * @throws TypeError
 */
export function toRequestBody(stream: StreamRequest): RequestBody {
  requireObject('stream', stream);
  const { events_requested, description, delivery, extra } = checkMembers(stream, []) as StreamRequest;
  return { ...extra, events_requested, description, delivery: delivery && toDelivery(delivery) };
}

function toDelivery({ method, endpoint_url, authorization_header }: StreamDelivery): RequestBody['delivery'] {
  // The endpoint to poll is the transmitter's own.
  if (isPollMethod(method)) return { method };
  readUrl(endpoint_url!, false, 'endpoint_url');
  if (authorization_header !== undefined) requireHeaderValue('authorization_header', authorization_header);
  return { method, endpoint_url, authorization_header };
}

/** Finds the stream that a request is about: the only one, or else the first one with the same delivery. */
export function findStream(
  streams: readonly StreamConfiguration[],
  { delivery }: RequestBody,
): StreamConfiguration | undefined {
  return streams[1]
    ? streams.find(
        ({ delivery: { method, endpoint_url } }) =>
          (isPollMethod(method) ? undefined : endpoint_url) === delivery?.endpoint_url,
      )
    : streams[0];
}
