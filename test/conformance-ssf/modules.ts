/** The seven modules of the conformance suite's receiver plans. */
import { EMAIL, EVENT_TYPES, exampleOf, INTEROP_EVENT_TYPES, ISS_SUB } from './event-examples.js';
import { type Module, type Outgoing, type Stage, VERIFICATION } from './protocol.js';

const nowInSeconds = (): number => Math.floor(Date.now() / 1000);

/** Sends an event about a user. */
export function sendEvent({ stream, send }: Stage, more: Partial<Outgoing> = {}): Promise<void> {
  const type = stream.events_delivered[0]!;
  return send({ type, payload: exampleOf(type, nowInSeconds()), sub_id: EMAIL, ...more });
}

/** Sends one event of each type that a stream delivers, about each subject. */
async function sendEvents({ stream, send }: Stage, subjects: readonly object[], timestamp: number): Promise<void> {
  for (const type of stream.events_delivered)
    for (const sub_id of subjects) await send({ type, payload: exampleOf(type, timestamp), sub_id });
}

export const happyPath: Module = {
  name: 'happy path',
  profile: 'default',
  expects: ['create the stream', 'read the stream', 'update the stream', 'replace the stream', 'delete the stream'],
};

export const createDelete: Module = {
  name: 'create and delete',
  profile: 'default',
  expects: ['create the stream', 'delete the stream'],
};

export const statusUpdate: Module = {
  name: 'status update',
  profile: 'default',
  expects: ['create the stream', 'update the status', 'delete the stream'],
};

export const verification: Module = {
  name: 'verification',
  profile: 'default',
  expects: ['create the stream', 'request a verification', 'acknowledge the verification', 'delete the stream'],
};

/** The transmitter starts the verification itself, so the event has no state. */
export const unsolicitedVerification: Module = {
  name: 'unsolicited verification',
  profile: 'default',
  expects: ['create the stream', 'acknowledge the verification'],
  afterCreation: ({ stream, send }) =>
    send({ type: VERIFICATION, payload: {}, sub_id: { format: 'opaque', id: stream.stream_id } }),
};

export const supportedEvents: Module = {
  name: 'supported events',
  profile: 'default',
  expects: ['create the stream', 'acknowledge every event'],
  afterCreation: (stage) => sendEvents(stage, [EMAIL], nowInSeconds()),
};

/** Its events have an `event_timestamp` in milliseconds, as in the suite. */
export const caepInterop: Module = {
  name: 'CAEP interop',
  profile: 'caep_interop',
  expects: [
    'create the stream',
    'read the stream',
    'read the status',
    'request a verification',
    'acknowledge the verification',
    'acknowledge every event',
    'delete the stream',
  ],
  afterVerification: (stage) => sendEvents(stage, [EMAIL, ISS_SUB], Date.now()),
};

export const MODULES = [
  happyPath,
  createDelete,
  statusUpdate,
  verification,
  unsolicitedVerification,
  supportedEvents,
  caepInterop,
] as const;

/** The event types that a receiver of a module requests. */
export const requestedTypes = ({ profile }: Module): readonly string[] =>
  profile === 'caep_interop' ? INTEROP_EVENT_TYPES : EVENT_TYPES;
