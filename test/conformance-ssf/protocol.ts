/**
 * The words of the protocol (OpenID SSF 1.0, CAEP Interoperability Profile 1.0), and those of the conformance suite:
 * variants, modules, and the interactions that a module waits for.
 */

export const PUSH = 'urn:ietf:rfc:8935';
export const POLL = 'urn:ietf:rfc:8936';
export const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';
export const STREAM_UPDATED = 'https://schemas.openid.net/secevent/ssf/event-type/stream-updated';

export const READ = 'ssf.read';
export const MANAGE = 'ssf.manage';

/** How a receiver authorizes its requests: one given token, or OAuth 2.0 with a way to authenticate the client. */
export const AUTHORIZATIONS = ['static', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
export type Authorization = (typeof AUTHORIZATIONS)[number];

/** What the suite lets a tester choose. */
export interface Variant {
  readonly delivery: 'push' | 'poll';
  readonly authorization: Authorization;
}

/** Every variant. */
export const VARIANTS: readonly Variant[] = (['push', 'poll'] as const).flatMap((delivery) =>
  AUTHORIZATIONS.map((authorization) => ({ delivery, authorization })),
);

/** What a module waits for. */
export type Interaction =
  | 'create the stream'
  | 'read the stream'
  | 'update the stream'
  | 'replace the stream'
  | 'delete the stream'
  | 'read the status'
  | 'update the status'
  | 'remove a subject'
  | 'request a verification'
  | 'acknowledge the verification'
  | 'acknowledge every event'
  | 'refuse every invalid SET'
  | 'obtain a new token';

/** A stream configuration (OpenID SSF 1.0 section 8.1.1). */
export interface Stream {
  readonly stream_id: string;
  readonly events_delivered: readonly string[];
  readonly delivery: { readonly method: string; readonly endpoint_url: string; readonly authorization_header?: string };
  readonly [member: string]: unknown;
}

/** A SET to send. */
export interface Outgoing {
  readonly type: string;
  readonly payload: object;
  readonly sub_id: object;
  /** Claims that replace others. */
  readonly claims?: object;
  /** What is wrong with its signature. */
  readonly forgery?: 'a broken signature' | 'an unpublished key';
  /** Set if a receiver must refuse it: the error that it should name. */
  readonly expectedErr?: string;
  /** Whether a receiver should refuse it, but may accept it. */
  readonly isDoubtful?: boolean;
}

/** What a module can do once a stream exists. */
export interface Stage {
  readonly stream: Stream;
  send(set: Outgoing): Promise<void>;
  /** Delivers the last SET again, as it is. */
  redeliver(): void;
  setStatus(status: string): void;
  /** Rejects all tokens that were issued so far. */
  expireTokens(): void;
}

/** A module of the suite. */
export interface Module {
  readonly name: string;
  readonly profile: 'default' | 'caep_interop';
  readonly expects: readonly Interaction[];
  /** The `iss` of the streams, if it is not the transmitter's issuer. The stream must then not be used. */
  readonly foreignIssuer?: string;
  /** Runs when the response to the creation of a stream was sent. */
  readonly afterCreation?: (stage: Stage) => Promise<void> | void;
  /** Changes the verification event. `count` is that of the requests, from 1. */
  readonly changeVerification?: (set: Outgoing, count: number) => Outgoing;
  /** Runs when the first verification event was acknowledged. */
  readonly afterVerification?: (stage: Stage) => Promise<void> | void;
  /** Runs when another SET was acknowledged. `count` is that of these acknowledgements, from 1. */
  readonly afterAcknowledgement?: (stage: Stage, type: string, count: number) => Promise<void> | void;
  /** Runs when the status was read. */
  readonly afterStatusRead?: (stage: Stage) => Promise<void> | void;
  /** Runs when a subject was removed. */
  readonly afterRemoval?: (stage: Stage, subject: object) => Promise<void> | void;
}
