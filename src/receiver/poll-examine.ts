/**
 * Decides about a SET before the loop gets it: it is handed out, settled, or left for later.
 *
 * Only a fault of the SET itself settles it as refused. Every other failure may pass, even that of a broken verifier:
 * the SET is left for later, and does not hold up those behind it.
 */
import { isSetError, SetError } from '../errors.js';
import { type StopSignal, unlessStopped } from '../post.js';
import type { VerifiedSet } from '../set.js';
import type { SetVerifier } from '../verify.js';
import { deliveryErrorOf } from './delivery-error.js';
import { abortHandling, beginHandling, type ErrorReporter } from './handling.js';
import type { DeferredSets } from './poll-deferred.js';
import type { Verdicts } from './poll-verdicts.js';
import { replayKey, type ReplayStore } from './replay.js';

/** The dependencies of {@link examine}. */
export interface ExaminationContext {
  readonly verify: SetVerifier;
  readonly replay: ReplayStore | undefined;
  readonly signal: StopSignal | undefined;
  readonly verdicts: Verdicts;
  readonly deferred: DeferredSets;
  readonly report: ErrorReporter;
}

/**
 * The result for a SET: the verified set to hand out, which the store, if any, has taken; or `settled` if its verdict
 * only has to be reported; or `deferred` if it is left for later.
 */
export type Examination = VerifiedSet | 'settled' | 'deferred';

/** Examines a SET of a response. If the signal aborts during verification, nothing is decided about the SET. */
export async function examine(context: ExaminationContext, name: string, token: unknown): Promise<Examination> {
  const { verify, replay, signal, verdicts, deferred, report } = context;
  if (deferred.has(name)) return 'deferred';
  let set: VerifiedSet | undefined;
  try {
    if (typeof token !== 'string') throw new SetError('ERR_SET_INPUT', 'The token is not a string');
    set = await unlessStopped(signal, verify(token));
    if (signal?.aborted) return 'deferred';
    if (!set) throw new TypeError('verify returned nothing');
    if (set.payload.jti !== name)
      throw new SetError('ERR_SET_CLAIM_INVALID', '"jti" must be the name of the SET in the response', {
        claim: 'jti',
        set,
      });
  } catch (error) {
    // The same signal may have ended the verifier.
    if (signal?.aborted) return 'deferred';
    report(error, isSetError(error) ? error.set : undefined);
    const refusal = deliveryErrorOf(error);
    if (!refusal) return defer(context, name, isSetError(error) ? error.retryAfterSeconds : undefined);
    verdicts.refuse(name, refusal);
    return 'settled';
  }
  return replay ? takeForHandling(context, replay, name, set) : set;
}

/** Takes a SET for handling in the store, so that no other process handles it. */
async function takeForHandling(
  context: ExaminationContext,
  replay: ReplayStore,
  name: string,
  set: VerifiedSet,
): Promise<Examination> {
  const report: ErrorReporter = (error) => context.report(error, set);
  const key = replayKey(set);
  const state = await beginHandling(replay, key, report);
  if (state === 'new') {
    if (!context.signal?.aborted) return set;
    // It will not be handed out: release it for others.
    await abortHandling(replay, key, report);
    return 'deferred';
  }
  if (state === 'done') {
    context.verdicts.acknowledge(name);
    return 'settled';
  }
  if (state === 'busy') report(new SetError('ERR_SET_DELIVERY', 'Another delivery of this SET is being handled'));
  return defer(context, name);
}

function defer({ deferred }: ExaminationContext, name: string, seconds?: number): 'deferred' {
  deferred.add(name, seconds);
  return 'deferred';
}
