/**
 * Critical members of complex subjects: a receiver that cannot process one must discard the event (OpenID SSF 1.0
 * section 3.6).
 */
import { SetError } from '../errors.js';
import { isJsonObject } from '../json.js';
import type { JsonObject } from '../model.js';
import { requireObject, wrongOption } from '../options.js';
import type { VerifiedSet } from '../set.js';
import type { TransmitterMetadata } from './stream-types.js';

/**
 * Checks that no subject of a set has a critical member that the caller does not support. For the handler of a receiver,
 * which then refuses the set.
 *
 * It checks `sub_id`, the `subject` of each event, and the identifiers in aliases. A member that is null counts as
 * absent.
 *
 * @param set a verified set
 * @param supported the members of complex subjects that the caller processes, such as `['user', 'session']`
 * @param metadata the configuration of the transmitter, which names the critical members
 * @throws SetError `ERR_SET_SUBJECT`
 * @throws TypeError for a mistake in the other arguments
 * @see OpenID SSF 1.0 section 3.6
 * @example
 * ```ts
 * checkCriticalSubject(set, ['user', 'device'], await client.metadata());
 * ```
 */
export function checkCriticalSubject(
  set: VerifiedSet,
  supported: readonly string[],
  metadata: TransmitterMetadata,
): void {
  if (!Array.isArray(supported as unknown)) throw wrongOption('supported', supported, 'a list of member names');
  requireObject('metadata', metadata);
  const unsupported = new Set(metadata.critical_subject_members);
  for (const name of supported) unsupported.delete(name);
  if (!unsupported.size) return;
  for (const subject of subjectsOf(set)) {
    // In the form of older drafts, a complex subject has no format.
    if ((subject.format ?? subject.subject_type ?? 'complex') !== 'complex') continue;
    for (const name of Object.keys(subject)) {
      if (unsupported.has(name) && subject[name] !== null)
        throw new SetError(
          'ERR_SET_SUBJECT',
          'The subject has a critical member that is not in the list of supported ones',
        );
    }
  }
}

/** Returns every subject that a set names, and those in aliases. */
function subjectsOf({ payload: { sub_id, events } }: VerifiedSet): readonly JsonObject[] {
  const named = [
    sub_id,
    ...Object.values(events)
      .filter(isJsonObject)
      .map(({ subject }) => subject),
  ].filter(isJsonObject);
  return named.flatMap((subject) => [subject, ...[subject.identifiers].flat().filter(isJsonObject)]);
}
