/**
 * The SETs of a test transmitter, as its poll endpoint delivers them (RFC 8936 sections 2.2 to 2.4): each one until it
 * is acknowledged or refused.
 */
import type { FetchSignal } from '../http.js';
import { isJsonObject } from '../json.js';
import type { JsonObject } from '../model.js';
import { type Endpoint, type EndpointRequest, readObject, respond } from './exchange.js';

/** Why a receiver refused a SET (RFC 8936 section 2.6). */
export interface Refusal {
  readonly err: string;
  readonly description?: string;
}

/** SETs by name, and what a receiver said about them. */
export interface PollQueue {
  readonly pending: ReadonlyMap<string, string>;
  readonly acknowledged: readonly string[];
  readonly refused: ReadonlyMap<string, Refusal>;
  readonly endpoint: Endpoint;
  add(name: string, token: string): void;
}

interface PollMessage {
  readonly maxEvents: number;
  readonly returnImmediately: boolean;
  readonly ack: readonly string[];
  readonly setErrs: readonly (readonly [name: string, refusal: Refusal])[];
}

/** Creates an empty queue. */
export function createPollQueue(): PollQueue {
  const pending = new Map<string, string>();
  const acknowledged: string[] = [];
  const refused = new Map<string, Refusal>();
  /** Resumes the long polls that wait for a SET. */
  const waiting = new Set<() => void>();

  function takeVerdicts({ ack, setErrs }: PollMessage): void {
    for (const name of ack) if (pending.delete(name)) acknowledged.push(name);
    for (const [name, refusal] of setErrs) if (pending.delete(name)) refused.set(name, refusal);
  }

  function nextSet(signal: FetchSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        waiting.delete(resolve);
        reject(new Error('The request was aborted'));
      };
      waiting.add(resolve);
      signal?.addEventListener('abort', stop);
      if (signal?.aborted) stop();
    });
  }

  return {
    pending,
    acknowledged,
    refused,
    add(name, token) {
      pending.set(name, token);
      waiting.forEach((resume) => resume());
      waiting.clear();
    },
    endpoint: {
      async POST(request) {
        const message = readMessage(request);
        if (!message) return respond(400);
        takeVerdicts(message);
        const { maxEvents, returnImmediately } = message;
        if (!pending.size && maxEvents && !returnImmediately) await nextSet(request.signal);
        const sets = Object.fromEntries([...pending].slice(0, maxEvents));
        return respond(200, { sets, ...(pending.size > maxEvents && { moreAvailable: true }) });
      },
    },
  };
}

/** Reads a poll request. Returns undefined if a member has the wrong type. */
function readMessage(request: EndpointRequest): PollMessage | undefined {
  const message = readObject(request);
  if (!message) return undefined;
  const { maxEvents = Infinity, returnImmediately = false, ack = [], setErrs = {} } = message;
  if (maxEvents !== Infinity && !(Number.isInteger(maxEvents) && (maxEvents as number) >= 0)) return undefined;
  if (typeof returnImmediately !== 'boolean' || !isListOfNames(ack) || !isJsonObject(setErrs)) return undefined;
  const refusals = Object.entries(setErrs);
  if (!refusals.every(([, refusal]) => isRefusal(refusal))) return undefined;
  return {
    maxEvents: maxEvents as number,
    returnImmediately,
    ack,
    setErrs: refusals as [string, Refusal][],
  };
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isRefusal(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { err, description = '' } = value as JsonObject;
  return typeof err === 'string' && typeof description === 'string';
}
