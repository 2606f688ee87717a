/**
 * Reads what a transmitter says about itself and its streams: whether members have their types, and whose stream it is
 * (OpenID SSF 1.0 sections 7.1 and 8.1).
 *
 * Leaves out what the members mean to a receiver.
 */
import { rejectClaim } from '../envelope.js';
import type { JsonObject } from '../model.js';
import { describeMismatch } from '../policy.js';
import { type ConfigurationPlace, readEndpoint } from './discovery.js';
import { checkMembers } from './stream-members.js';
import { isPollMethod } from './stream-request.js';
import type { StreamConfiguration, StreamStatus, TransmitterMetadata } from './stream-types.js';

/**
 * Reads the configuration of a transmitter.
 *
 * @throws SetError `ERR_SET_STREAM`
 */
export function readMetadata(configuration: JsonObject): TransmitterMetadata {
  return checkMembers(configuration, [], wrongMember) as TransmitterMetadata;
}

/**
 * Reads the status of a stream.
 *
 * @throws SetError `ERR_SET_STREAM`
 */
export function readStatus(document: unknown, streamId?: string): StreamStatus {
  return readDocument(document, 'status', streamId) as unknown as StreamStatus;
}

/**
 * Reads the configuration of a stream, and checks whose it is and where its SETs are polled.
 *
 * @param document the configuration
 * @param place names the accepted issuers
 * @param audience the accepted audiences; undefined accepts any
 * @param streamId the ID that it must have; undefined accepts any
 * @throws SetError `ERR_SET_STREAM`; `ERR_SET_ISSUER` or `ERR_SET_AUDIENCE` when it is the stream of another issuer or
 * audience
 */
export function readStream(
  document: unknown,
  place: ConfigurationPlace,
  audience: readonly string[] | undefined,
  streamId?: string,
): StreamConfiguration {
  const stream = readDocument(document, 'delivery', streamId) as unknown as StreamConfiguration;
  const { iss, aud, delivery } = stream;
  if (!place.issuers.includes(iss)) rejectClaim('ERR_SET_ISSUER', 'iss', describeMismatch(iss, place.issuers));
  if (audience && ![aud].flat().some((each) => audience.includes(each!)))
    rejectClaim('ERR_SET_AUDIENCE', 'aud', describeMismatch(aud, audience));
  if (isPollMethod(delivery.method))
    readEndpoint({ ...delivery, issuer: iss }, 'endpoint_url', { ...place, name: 'delivery of the stream' });
  return stream;
}

/** Leaves out the members that have a meaning of their own in this client. */
function readDocument(document: unknown, required: string, streamId: string | undefined): JsonObject {
  const { extra: _, pending: __, ...members } = Object(document) as JsonObject;
  const checked = checkMembers(members, ['stream_id', required], wrongMember);
  if (streamId !== undefined && checked.stream_id !== streamId) wrongMember('stream_id', '', 'that of the request');
  return checked;
}

function wrongMember(name: string, _: unknown, expected: string): never {
  rejectClaim('ERR_SET_STREAM', name, `must be ${expected}`);
}
