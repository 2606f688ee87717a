/**
 * The documents of stream management, with the member names of the standard (OpenID SSF 1.0 sections 7.1 and 8.1).
 *
 * Types only. Each one claims no more than stream-documents.ts checks; members that it does not name are kept as they
 * were sent. In responses, a named member that is null is undefined.
 */
import type { OpenValue } from '../events/schema.js';
import type { JsonObject } from '../model.js';

/**
 * How a stream delivers its SETs: push (RFC 8935), poll (RFC 8936), or the names that both had before SSF 1.0 and that
 * some transmitters, such as authentik, still require.
 */
export type DeliveryMethod = OpenValue<
  | 'urn:ietf:rfc:8935'
  | 'urn:ietf:rfc:8936'
  | 'https://schemas.openid.net/secevent/risc/delivery-method/push'
  | 'https://schemas.openid.net/secevent/risc/delivery-method/poll'
>;

/**
 * The delivery of a stream.
 *
 * @see OpenID SSF 1.0 section 6.1
 */
export interface StreamDelivery {
  readonly method: DeliveryMethod;
  /**
   * For push, the receiver's URL. For poll, the transmitter's: it is in every response, may have a query, and is left
   * out of requests.
   */
  readonly endpoint_url?: string;
  /** For push: the value of the header `Authorization` that the transmitter sends with each SET. */
  readonly authorization_header?: string;
}

/**
 * What a receiver decides about its stream.
 *
 * A configuration that was read can be passed back: other members than these are not sent.
 *
 * @see OpenID SSF 1.0 section 8.1.1
 */
export interface StreamRequest {
  /** The event types to request. The transmitter ignores the ones that it does not know. */
  readonly events_requested?: readonly string[];
  /** Without it, a new stream is one to poll. */
  readonly delivery?: StreamDelivery;
  /** A description for people. */
  readonly description?: string;
  /** Members outside the standard that a transmitter requires, such as `{ format: 'iss_sub' }`. */
  readonly extra?: JsonObject | undefined;
}

/**
 * The configuration of a stream, as the transmitter returned it.
 *
 * @see OpenID SSF 1.0 section 8.1.1
 */
export interface StreamConfiguration extends JsonObject {
  /** The ID of the stream. */
  readonly stream_id: string;
  /** The issuer of its SETs. It has been compared with the issuer of the client. */
  readonly iss: string;
  /** The audience of its SETs. It has been compared with the audience of the client, if that has one. */
  readonly aud?: string | readonly string[];
  /** The event types that the transmitter can send. */
  readonly events_supported?: readonly string[];
  /** The event types that the receiver requested. */
  readonly events_requested?: readonly string[];
  /** The event types that will be sent. Rely on these. */
  readonly events_delivered?: readonly string[];
  readonly delivery: StreamDelivery & JsonObject;
  /** How often the stream may be verified: the time between two requests, in seconds. */
  readonly min_verification_interval?: number;
  /**
   * How long the receiver may be inactive, in seconds. After that, the transmitter may pause, disable or delete the
   * stream. Every request about the stream counts as activity, and so does every poll.
   */
  readonly inactivity_timeout?: number;
  readonly description?: string;
  /** Never present. In a {@link StreamRequest} it has a meaning of its own. */
  readonly extra?: undefined;
  /** Never present: see {@link PendingUpdate}. */
  readonly pending?: undefined;
}

/** The status of a stream: a transmitter may know others. */
export type StreamStatusValue = OpenValue<'enabled' | 'paused' | 'disabled'>;

/**
 * The status of a stream, as the transmitter returned it.
 *
 * @see OpenID SSF 1.0 section 8.1.2
 */
export interface StreamStatus extends JsonObject {
  readonly stream_id: string;
  /**
   * `enabled`: SETs are sent. `paused`: they are not sent, and may be sent later. `disabled`: they are not sent, and not
   * kept.
   */
  readonly status: StreamStatusValue;
  /** Why, for people. */
  readonly reason?: string;
  /** Never present: see {@link PendingUpdate}. */
  readonly pending?: undefined;
}

/** The transmitter accepted a request and has not fulfilled it yet (status 202). Send the same request again later. */
export interface PendingUpdate {
  readonly pending: true;
}

/**
 * The configuration of a transmitter.
 *
 * @see OpenID SSF 1.0 section 7.1
 */
export interface TransmitterMetadata extends JsonObject {
  /** The issuer of its SETs. It has been compared with the issuer of the client. */
  readonly issuer: string;
  /** The version of the standard, such as `1_0`. Absent for the first implementer's draft. */
  readonly spec_version?: string;
  /** Where its keys are. */
  readonly jwks_uri?: string;
  readonly delivery_methods_supported?: readonly DeliveryMethod[];
  /** Where streams are created, read, changed and deleted. */
  readonly configuration_endpoint?: string;
  readonly status_endpoint?: string;
  readonly add_subject_endpoint?: string;
  readonly remove_subject_endpoint?: string;
  readonly verification_endpoint?: string;
  /** The members of complex subjects that a receiver must understand: see `checkCriticalSubject`. */
  readonly critical_subject_members?: readonly string[];
  /** How requests are authorized, unchecked: a list of objects with a `spec_urn`; `urn:ietf:rfc:6749` is OAuth 2.0. */
  readonly authorization_schemes?: unknown;
  /** Which subjects a new stream has. */
  readonly default_subjects?: OpenValue<'ALL' | 'NONE'>;
}
