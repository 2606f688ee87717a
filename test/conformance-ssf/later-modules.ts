/** The modules that the conformance suite's receiver plans gained later. */
import { sendEvent } from './modules.js';
import { type Module, STREAM_UPDATED } from './protocol.js';

const VERIFIED = ['create the stream', 'request a verification', 'acknowledge the verification'] as const;

export const invalidSets: Module = {
  name: 'invalid SET rejection',
  profile: 'default',
  expects: [...VERIFIED, 'refuse every invalid SET', 'delete the stream'],
  async afterVerification(stage) {
    await sendEvent(stage, { forgery: 'a broken signature', expectedErr: 'invalid_key' });
    await sendEvent(stage, { claims: { iss: 'https://invalid-issuer.example.com' }, expectedErr: 'invalid_issuer' });
    await sendEvent(stage, {
      claims: { aud: 'https://invalid-audience.example.com' },
      expectedErr: 'invalid_audience',
    });
    await sendEvent(stage, { forgery: 'an unpublished key', expectedErr: 'invalid_key' });
  },
};

export const wrongState: Module = {
  name: 'verification with a wrong state',
  profile: 'default',
  expects: [...VERIFIED, 'refuse every invalid SET', 'delete the stream'],
  changeVerification: (set, count) =>
    count === 1 ? { ...set, payload: { state: crypto.randomUUID() }, expectedErr: 'invalid_state' } : set,
};

/** A receiver that accepts it gets a warning: the standard does not say what to do. */
export const wrongSubject: Module = {
  name: 'verification with a wrong subject',
  profile: 'default',
  expects: [...VERIFIED, 'delete the stream'],
  changeVerification: (set, count) =>
    count === 1 ? { ...set, sub_id: { format: 'opaque', id: crypto.randomUUID() }, isDoubtful: true } : set,
};

export const issuerMismatch: Module = {
  name: 'stream of another issuer',
  profile: 'default',
  expects: ['create the stream'],
  foreignIssuer: 'https://not-this-transmitter.example',
};

/** The stream is paused until its status is read. */
export const statusChange: Module = {
  name: 'status change by the transmitter',
  profile: 'default',
  expects: [...VERIFIED, 'read the status', 'acknowledge every event', 'delete the stream'],
  afterVerification: ({ stream, send }) =>
    send({
      type: STREAM_UPDATED,
      payload: { status: 'paused', reason: 'Maintenance' },
      sub_id: { format: 'opaque', id: stream.stream_id },
    }),
  async afterAcknowledgement(stage, _, count) {
    if (count > 1) return;
    stage.setStatus('paused');
    await sendEvent(stage);
  },
  async afterStatusRead({ stream, send, setStatus }) {
    setStatus('enabled');
    await send({
      type: STREAM_UPDATED,
      payload: { status: 'enabled' },
      sub_id: { format: 'opaque', id: stream.stream_id },
    });
  },
};

export const queuedEvents: Module = {
  name: 'verification behind queued events',
  profile: 'default',
  expects: [...VERIFIED, 'acknowledge every event', 'delete the stream'],
  async afterCreation(stage) {
    await Promise.all([sendEvent(stage), sendEvent(stage), sendEvent(stage)]);
  },
};

export const redeliveredSet: Module = {
  name: 'redelivered SET',
  profile: 'default',
  expects: [...VERIFIED, 'acknowledge every event', 'delete the stream'],
  afterVerification: (stage) => sendEvent(stage),
  afterAcknowledgement(stage, _, count) {
    if (count === 1) stage.redeliver();
  },
};

export const removedSubject: Module = {
  name: 'event about a removed subject',
  profile: 'default',
  expects: [...VERIFIED, 'remove a subject', 'acknowledge every event', 'delete the stream'],
  afterRemoval: (stage, sub_id) => sendEvent(stage, { sub_id }),
};

/** Only for receivers that obtain tokens. */
export const tokenExpiry: Module = {
  name: 'access token expiry',
  profile: 'default',
  expects: [...VERIFIED, 'obtain a new token', 'acknowledge every event', 'delete the stream'],
  async afterVerification(stage) {
    stage.expireTokens();
    await sendEvent(stage);
  },
};
