/**
 * The options and the methods of a stream client, as callers see them.
 */
import type { FetchOptions } from '../jwks/remote-options.js';
import type { VerifiedSet } from '../set.js';
import type { SubjectIdentifier } from '../subject.js';
import type { StateStore } from './state-store.js';
import type {
  PendingUpdate,
  StreamConfiguration,
  StreamRequest,
  StreamStatus,
  TransmitterMetadata,
} from './stream-types.js';

/**
 * The value of the header `Authorization`, such as `Bearer …`, or a function that returns it.
 *
 * The function is called for each request. After a response with status 401 it is called once more, with the value that
 * was refused, and the request is sent again. What it throws is passed on.
 */
export type Authorization = string | ((refused?: string) => string | Promise<string>);

/** The options of {@link createStreamClient}. */
export interface StreamClientOptions extends FetchOptions {
  /** The issuer of the transmitter, as for `createSsfVerifier`: one or several. */
  readonly issuer: string | readonly string[];
  /** The URL of the transmitter's configuration, as for `createSsfVerifier`. */
  readonly configurationUrl?: string | { readonly href: string };
  /** The accepted audiences: each stream must have one of them. Default: any. */
  readonly audience?: string | readonly string[];
  /** How requests are authorized: see `createClientCredentials`. Default: not at all. */
  readonly authorization?: Authorization;
  /**
   * Where the states of requested verifications are remembered. Default: in the memory of this client. If several
   * processes request verifications or receive events, see `createRedisStateStore`.
   */
  readonly states?: StateStore;
  /** Additional headers for the configuration, and for endpoints on the same origin. */
  readonly headers?: Record<string, string>;
}

/** Manages the streams of a receiver at one transmitter, as {@link createStreamClient} returns it. */
export interface StreamClient {
  /**
   * Returns the configuration of the transmitter.
   *
   * @see OpenID SSF 1.0 section 7.1
   */
  metadata(): Promise<TransmitterMetadata>;
  /**
   * Creates a stream. Rejects with status 409 when the transmitter allows no other: see `ensure`.
   *
   * @see OpenID SSF 1.0 section 8.1.1.1
   */
  create(stream: StreamRequest): Promise<StreamConfiguration>;
  /**
   * Creates a stream, or updates the existing one if the transmitter allows no other: the only one, or else the one
   * with the same delivery. Rejects with status 202 when the update is pending: call it again later.
   */
  ensure(stream: StreamRequest): Promise<StreamConfiguration>;
  /**
   * Returns a stream, or undefined if it does not exist. Calling it regularly, at least twice per `inactivity_timeout`,
   * keeps a stream alive.
   *
   * @see OpenID SSF 1.0 section 8.1.1.2
   */
  get(streamId: string): Promise<StreamConfiguration | undefined>;
  /**
   * Returns all streams of this receiver.
   *
   * @see OpenID SSF 1.0 section 8.1.1.2
   */
  list(): Promise<readonly StreamConfiguration[]>;
  /**
   * Changes the members that are present, and leaves the others as they are.
   *
   * @see OpenID SSF 1.0 section 8.1.1.3
   */
  update(streamId: string, stream: StreamRequest): Promise<StreamConfiguration | PendingUpdate>;
  /**
   * Replaces all members. Those that are absent are deleted: without a `delivery`, the stream becomes one to poll.
   *
   * @see OpenID SSF 1.0 section 8.1.1.4
   */
  replace(streamId: string, stream: StreamRequest): Promise<StreamConfiguration | PendingUpdate>;
  /**
   * Deletes a stream. Returns `false` if it does not exist.
   *
   * @see OpenID SSF 1.0 section 8.1.1.5
   */
  delete(streamId: string): Promise<boolean>;
  /**
   * Returns the status of a stream.
   *
   * @see OpenID SSF 1.0 section 8.1.2.1
   */
  getStatus(streamId: string): Promise<StreamStatus>;
  /**
   * Changes the status of a stream.
   *
   * @param reason why, for people
   * @see OpenID SSF 1.0 section 8.1.2.2
   */
  setStatus(
    streamId: string,
    status: 'enabled' | 'paused' | 'disabled',
    reason?: string,
  ): Promise<StreamStatus | PendingUpdate>;
  /**
   * Asks for events about a subject. A success does not promise any.
   *
   * @param streamId the `stream_id` in its configuration
   * @param subject a subject identifier; `parseSubject` accepts any format
   * @param options `verified`: whether the receiver has verified that the subject uses it
   * @see OpenID SSF 1.0 section 8.1.3.2
   */
  addSubject(streamId: string, subject: SubjectIdentifier, options?: { readonly verified?: boolean }): Promise<void>;
  /**
   * Asks for no more events about a subject. Some may still arrive.
   *
   * @see OpenID SSF 1.0 section 8.1.3.3
   */
  removeSubject(streamId: string, subject: SubjectIdentifier): Promise<void>;
  /**
   * Requests a verification event, and remembers its state: see `checkVerification`. The event arrives like any other.
   *
   * Rejects with `retryAfterSeconds`, without a request, when it is too early for the `min_verification_interval` of
   * the stream, if this client has seen its configuration.
   *
   * @param streamId the `stream_id` in its configuration
   * @param options `state`: the state to use. Default: 128 random bits
   * @see OpenID SSF 1.0 section 8.1.4.2
   */
  verify(streamId: string, options?: { readonly state?: string }): Promise<{ readonly state: string }>;
  /**
   * Checks the verification event of a set, if it has one: for the handler of a receiver, which then refuses the set
   * with `invalid_state`. A state that was requested is valid for nine days, however often it returns. An event without
   * a state is valid: the transmitter may start a verification itself.
   *
   * Rejects with SetError `ERR_SET_STATE` for a state that was not requested, and with the error of the state store
   * when that fails.
   *
   * @see OpenID SSF 1.0 section 8.1.4.1
   */
  checkVerification(set: VerifiedSet): Promise<void>;
}
