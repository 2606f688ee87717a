/**
 * A strict transmitter on loopback. It runs one module of the OpenID conformance suite's receiver plans, as
 * openid-certification/conformance-suite describes them in net.openid.conformance.openid.ssf, and reports why a receiver
 * fails.
 *
 * Leaves out the suite's waits: a module acts when the receiver has done what the suite waits for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAuthorizationServer } from './authorization.js';
import { createDelivery, type Delivery, type Outcome, type Queued } from './delivery.js';
import { createManagement } from './management.js';
import {
  type Interaction,
  type Module,
  type Outgoing,
  POLL,
  PUSH,
  READ,
  type Stage,
  type Stream,
  type Variant,
  VERIFICATION,
} from './protocol.js';
import { listen, type Received, type Reply, respondWith } from './server.js';
import { JWKS, signSet } from './signing.js';

/** Responds in the place of the transmitter. It may leave the response unfinished. */
export interface Fault {
  /** The path, without the part that all URLs share. */
  readonly path: string;
  respond(response: ServerResponse, request: IncomingMessage): void;
}

/** A run of one module. */
export interface StrictTransmitter {
  readonly issuer: string;
  readonly audience: string;
  /** Why the receiver fails. */
  readonly failures: readonly string[];
  /** What the suite would warn about. */
  readonly warnings: readonly string[];
  /** The `jti` of each SET that was acknowledged, in order. */
  readonly acknowledged: readonly string[];
  /** The `jti` of each SET that was refused, in order. */
  readonly refused: readonly string[];
  /** Replaces the responses at one path, until it is removed. */
  fault: Fault | undefined;
  /** Returns the failures, and what the module still waits for. Empty if the receiver passes. */
  verdict(): readonly string[];
  close(): Promise<void>;
}

/** The path that all URLs share, so that the well-known path must be inserted before it. */
const TENANT = '/test/a/secevent';
const AUDIENCE = 'https://receiver.example/';

/** Starts a transmitter that runs a module. */
export async function startTransmitter(module: Module, variant: Variant): Promise<StrictTransmitter> {
  const failures: string[] = [];
  const warnings: string[] = [];
  const seen = new Set<Interaction>();
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const all: Queued[] = [];
  let verifications = 0;
  let isVerified = false;
  let others = 0;
  let sending = Promise.resolve();
  let delivery: Delivery | undefined;
  let issuer = '';

  const fail = (reason: string): void => void failures.push(reason);
  const see = (interaction: Interaction): void => void seen.add(interaction);

  const authorization = createAuthorizationServer(
    () => issuer,
    variant.authorization,
    fail,
    () => see('obtain a new token'),
  );

  /** SETs are delivered in the order in which they were sent, however long it takes to sign each. */
  function send(set: Outgoing): Promise<void> {
    return (sending = sending.then(() => signAndAdd(set)));
  }

  async function signAndAdd(set: Outgoing): Promise<void> {
    const jti = crypto.randomUUID();
    const claims = { iss: issuer, aud: AUDIENCE, iat: Math.floor(Date.now() / 1000), jti, txn: crypto.randomUUID() };
    const queued = { ...set, jti, token: await signSet(set, claims) };
    all.push(queued);
    delivery!.add(queued);
  }

  function stageOf(stream: Stream): Stage {
    return {
      stream,
      send,
      redeliver: () => delivery!.add(all[all.length - 1]!),
      setStatus(status) {
        management.setStatus(status);
        delivery!.setEnabled(status === 'enabled');
      },
      expireTokens: authorization.expireTokens,
    };
  }

  async function onOutcome(set: Queued, outcome: Outcome): Promise<void> {
    const stage = stageOf(management.stream()!);
    if (outcome === 'refused') {
      refused.push(set.jti);
      return;
    }
    acknowledged.push(set.jti);
    if (set.type === VERIFICATION) {
      see('acknowledge the verification');
      if (isVerified) return;
      isVerified = true;
      await module.afterVerification?.(stage);
    } else await module.afterAcknowledgement?.(stage, set.type, ++others);
  }

  const management = createManagement(module, variant, AUDIENCE, () => issuer, {
    fail,
    see,
    onCreated: (stream) => module.afterCreation?.(stageOf(stream)),
    onDeleted() {
      for (const { type } of delivery!.end()) fail(`delivered and never settled: ${type}`);
    },
    onStatus: (status) => delivery!.setEnabled(status === 'enabled'),
    onStatusRead: () => module.afterStatusRead?.(stageOf(management.stream()!)),
    async onVerification(state) {
      const { stream_id } = management.stream()!;
      const payload = { ...(state !== undefined && { state }) };
      const set: Outgoing = { type: VERIFICATION, payload, sub_id: { format: 'opaque', id: stream_id } };
      await send(module.changeVerification?.(set, ++verifications) ?? set);
    },
    onRemoval: (subject) => module.afterRemoval?.(stageOf(management.stream()!), subject),
  });

  const metadata = (): Reply => ({
    status: 200,
    json: {
      issuer,
      spec_version: '1_0',
      jwks_uri: `${issuer}/jwks`,
      delivery_methods_supported: [PUSH, POLL],
      configuration_endpoint: `${issuer}/streams`,
      status_endpoint: `${issuer}/status`,
      verification_endpoint: `${issuer}/verify`,
      ...(module.profile === 'default' && {
        add_subject_endpoint: `${issuer}/add_subject`,
        remove_subject_endpoint: `${issuer}/remove_subject`,
      }),
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
    },
  });

  function poll(request: Received): Reply | Promise<Reply> {
    const streamId = request.query.get('stream_id');
    if (request.method !== 'POST') return reject(405, request, 'the method is not POST');
    if (!streamId) return reject(400, request, 'no stream_id');
    if (streamId !== management.stream()?.stream_id) return reject(404, request, 'an unknown stream_id');
    if (module.foreignIssuer !== undefined) fail('POST /events: a stream of another issuer');
    return delivery!.poll(request);
  }

  function reject(status: number, { method, path }: Received, reason: string): Reply {
    fail(`${method} ${path}: ${reason}`);
    return { status };
  }

  async function handle(received: Received): Promise<Reply> {
    const { path: whole } = received;
    if (whole === `/.well-known/ssf-configuration${TENANT}`) return metadata();
    if (whole === `/.well-known/oauth-authorization-server${TENANT}`) return authorization.metadata();
    if (!whole.startsWith(`${TENANT}/`)) return { status: 404 };
    const request = { ...received, path: whole.slice(TENANT.length) };
    if (request.path === '/jwks') return { status: 200, json: JWKS };
    if (request.path === '/token') return authorization.issueToken(request);
    const isPoll = request.path === '/events';
    const scope = isPoll ? READ : management.scopeOf(request);
    if (scope === undefined) return reject(404, request, 'not an endpoint');
    const refusal = authorization.refuse(request, scope);
    if (refusal) return refusal;
    if (isPoll) return poll(request);
    const before = management.stream();
    const reply = management.handle(request);
    if (!before && management.stream())
      delivery = createDelivery(() => management.stream()!, {
        fail,
        warn: (reason) => void warnings.push(reason),
        onOutcome: (set, outcome) => void onOutcome(set, outcome),
      });
    return reply;
  }

  const listener = respondWith(handle);
  const { origin, close } = await listen((request, response) => {
    const { fault } = transmitter;
    const isAtFault = request.url!.split('?')[0]!.replace(TENANT, '') === fault?.path;
    if (isAtFault) fault.respond(response, request);
    else listener(request, response);
  });
  issuer = origin + TENANT;

  /** Reports whether every SET that must be acknowledged, or that must be refused, was. */
  const areSettled = (mustBeRefused: boolean): boolean => {
    const sets = all.filter(({ expectedErr }) => (expectedErr !== undefined) === mustBeRefused);
    const settled = mustBeRefused ? refused : acknowledged;
    return sets.length > 0 && sets.every(({ jti }) => settled.includes(jti));
  };
  const isDone = (interaction: Interaction): boolean => {
    if (interaction === 'acknowledge every event') return areSettled(false);
    if (interaction === 'refuse every invalid SET') return areSettled(true);
    return seen.has(interaction);
  };
  const transmitter: StrictTransmitter = {
    issuer,
    audience: AUDIENCE,
    fault: undefined,
    failures,
    warnings,
    acknowledged,
    refused,
    verdict: () => [
      ...failures,
      ...module.expects.filter((interaction) => !isDone(interaction)).map((interaction) => `not seen: ${interaction}`),
    ],
    close,
  };
  return transmitter;
}
