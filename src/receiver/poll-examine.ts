/**
 * What becomes of a SET before a loop gets it: it is handed out, settled, or left for later.
 *
 * Only a fault of the SET itself settles it as refused. Everything else can pass, also a verifier that breaks: then the
 * SET waits, and holds up none of those behind it.
 */
import { isSetError, SetError } from '../errors.js';
import type { StopSignal } from '../http.js';
import type { DecodedSet } from '../model.js';
import type { VerifiedSet } from '../set.js';
import type { SetVerifier } from '../verify.js';
import { deliveryErrorOf } from './delivery-error.js';
import { abortHandling, beginHandling } from './handling.js';
import type { WaitingSets } from './poll-later.js';
import type { Verdicts } from './poll-verdicts.js';
import { unlessStopped } from './poll-wait.js';
import { replayKey, type ReplayStore } from './replay.js';

/** What an examination needs. */
export interface Examiner {
  readonly verify: SetVerifier;
  readonly replay: ReplayStore | undefined;
  readonly signal: StopSignal | undefined;
  readonly verdicts: Verdicts;
  readonly waiting: WaitingSets;
  readonly report: (error: unknown, set?: DecodedSet) => void;
}

/** A SET to hand out, which a store has taken for handling if there is one; or what else has become of it. */
export type Examination = VerifiedSet | 'settled' | 'left';

/** Examines a SET of a response. After the signal has aborted, nothing is decided about it. */
export async function examine(examiner: Examiner, name: string, token: unknown): Promise<Examination> {
  const { verify, replay, signal, verdicts, waiting, report } = examiner;
  if (waiting.has(name)) return 'left';
  let set: VerifiedSet | undefined;
  try {
    if (typeof token !== 'string') throw new SetError('ERR_SET_INPUT', 'The token is not a string');
    set = await unlessStopped(signal, verify(token));
    if (signal?.aborted) return 'left';
    if (!set) throw new TypeError('verify returned nothing');
    if (set.payload.jti !== name)
      throw new SetError('ERR_SET_CLAIM_INVALID', '"jti" must be the name of the SET in the response', {
        claim: 'jti',
        set,
      });
  } catch (error) {
    // A verifier may end by the same signal.
    if (signal?.aborted) return 'left';
    report(error, isSetError(error) ? error.set : undefined);
    const refusal = deliveryErrorOf(error);
    if (!refusal) return leave(examiner, name, isSetError(error) ? error.retryAfterSeconds : undefined);
    verdicts.refuse(name, refusal);
    return 'settled';
  }
  return replay ? begin(examiner, replay, name, set) : set;
}

async function begin(examiner: Examiner, replay: ReplayStore, name: string, set: VerifiedSet): Promise<Examination> {
  const report = (error: unknown): void => examiner.report(error, set);
  const key = replayKey(set);
  const state = await beginHandling(replay, key, report);
  if (state === 'new') {
    if (!examiner.signal?.aborted) return set;
    // It will not be handed out, so that others may have it.
    await abortHandling(replay, key, report);
    return 'left';
  }
  if (state === 'done') {
    examiner.verdicts.acknowledge(name);
    return 'settled';
  }
  if (state === 'busy') report(new SetError('ERR_SET_DELIVERY', 'Another delivery of this SET is being handled'));
  return leave(examiner, name);
}

function leave({ waiting }: Examiner, name: string, seconds?: number): 'left' {
  waiting.add(name, seconds);
  return 'left';
}
