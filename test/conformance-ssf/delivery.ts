/**
 * The SETs of one stream: pushed one after the other (RFC 8935), or polled (RFC 8936). As in the conformance suite, each
 * is delivered once.
 */
import { type Outgoing, PUSH, type Stream } from './protocol.js';
import type { Received, Reply } from './server.js';

/** A SET that was signed. */
export interface Queued extends Outgoing {
  readonly jti: string;
  readonly token: string;
}

/** What became of a SET. */
export type Outcome = 'acknowledged' | 'refused';

/** What a delivery tells its transmitter. */
export interface Watcher {
  readonly fail: (reason: string) => void;
  readonly warn: (reason: string) => void;
  readonly onOutcome: (set: Queued, outcome: Outcome) => void;
}

/** The delivery of a stream. */
export interface Delivery {
  add(set: Queued): void;
  poll(request: Received): Promise<Reply>;
  setEnabled(isEnabled: boolean): void;
  /** Ends everything when the stream is deleted. Returns the SETs that were delivered, and never settled. */
  end(): readonly Queued[];
}

/** As many as the suite returns unless a request says otherwise. */
const DEFAULT_MAX_EVENTS = 16;

/** Creates the delivery of a stream, whose configuration may change. */
export function createDelivery(stream: () => Stream, { fail, warn, onOutcome }: Watcher): Delivery {
  const queue: Queued[] = [];
  const delivered = new Map<string, Queued>();
  const waiting = new Set<() => void>();
  let isEnabled = true;
  let isEnded = false;
  let isPushing = false;

  function settle(set: Queued, outcome: Outcome, err?: unknown): void {
    const { jti, type, expectedErr, isDoubtful } = set;
    if (outcome === 'acknowledged') {
      if (expectedErr !== undefined) fail(`acknowledged an invalid SET: ${type}`);
      if (isDoubtful) warn(`acknowledged a doubtful SET: ${type}`);
    } else if (expectedErr === undefined && !isDoubtful) fail(`refused a SET with ${err}: ${type}`);
    else if (expectedErr !== undefined && err !== expectedErr)
      warn(`refused an invalid SET with ${err}, not ${expectedErr}: ${type}`);
    delivered.delete(jti);
    onOutcome(set, outcome);
  }

  async function push(): Promise<void> {
    if (isPushing) return;
    isPushing = true;
    while (isEnabled && !isEnded && queue.length) await pushOne(queue.shift()!);
    isPushing = false;
  }

  async function pushOne(set: Queued): Promise<void> {
    const { endpoint_url, authorization_header } = stream().delivery;
    const headers = {
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      ...(authorization_header !== undefined && { authorization: authorization_header }),
    };
    const response = await fetch(endpoint_url, { method: 'POST', headers, body: set.token });
    const body = await response.text();
    if (response.status === 202) return settle(set, 'acknowledged');
    const mayBeRefused = set.expectedErr !== undefined || set.isDoubtful;
    const expected = mayBeRefused ? 400 : 202;
    if (response.status !== 400 || !mayBeRefused)
      return fail(`a push got the response ${response.status}, not ${expected}: ${set.type}`);
    const { err, description } = JSON.parse(body) as Record<string, unknown>;
    if (response.headers.get('content-type')?.split(';')[0] !== 'application/json' || typeof description !== 'string')
      fail(`the error response lacks a description or is not application/json: ${set.type}`);
    settle(set, 'refused', err);
  }

  const isPush = (): boolean => stream().delivery.method === PUSH;

  function wake(): void {
    waiting.forEach((resume) => resume());
    waiting.clear();
    if (isPush()) void push();
  }

  async function waitForSets({ closed }: Received): Promise<void> {
    while (isEnabled && !queue.length && !isEnded && !closed.aborted) {
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        closed.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  return {
    add(set) {
      queue.push(set);
      wake();
    },
    async poll(request) {
      if (isPush()) fail('a poll of a stream that is pushed');
      let message: Record<string, unknown>;
      try {
        message = JSON.parse(request.body) as Record<string, unknown>;
      } catch {
        fail('a poll without a JSON body');
        return { status: 400 };
      }
      // As in the suite: a stream that is not enabled takes no acknowledgements.
      if (!isEnabled) return { status: 200, json: { sets: {} } };
      const { ack = [], setErrs = {}, maxEvents = DEFAULT_MAX_EVENTS, returnImmediately = false } = message;
      for (const jti of ack as string[]) {
        const set = delivered.get(jti);
        if (set) settle(set, 'acknowledged');
      }
      for (const [jti, error] of Object.entries(setErrs as Record<string, { err: unknown }>)) {
        const set = delivered.get(jti);
        if (set) settle(set, 'refused', error.err);
      }
      if (maxEvents !== 0 && returnImmediately !== true) await waitForSets(request);
      // A client that has gone gets nothing, and the SETs stay.
      const sets = request.closed.aborted || isEnded || !isEnabled ? [] : queue.splice(0, maxEvents as number);
      for (const set of sets) delivered.set(set.jti, set);
      return {
        status: 200,
        json: {
          sets: Object.fromEntries(sets.map(({ jti, token }) => [jti, token])),
          ...(queue.length && { moreAvailable: true }),
        },
      };
    },
    setEnabled(value) {
      isEnabled = value;
      wake();
    },
    end() {
      isEnded = true;
      wake();
      return [...delivered.values()].filter(({ expectedErr }) => expectedErr === undefined);
    },
  };
}
