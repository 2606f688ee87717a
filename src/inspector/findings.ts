/**
 * What is odd about a token that decodes: what verification would refuse, what the standards advise against, and what
 * is merely good to know. Rules are asked of the library where it has them.
 */
import { algorithmOf } from '../algorithms.js';
import { decodeOctets } from '../base64url.js';
import { audiences } from '../envelope.js';
import { isSetError } from '../errors.js';
import { checkDuplicates } from '../json.js';
import { viewEvents } from './event.js';
import { viewSubject } from './subject-words.js';
import { viewTime } from './time-words.js';
import type { DecodedSet, JsonObject } from '../model.js';

/** `refused`: no verifier should take it. `odd`: against the standard, or a trap. `note`: good to know. */
export type Severity = 'refused' | 'odd' | 'note';

/** One thing that was found, in a sentence, with the section that says so. */
export interface Finding {
  readonly severity: Severity;
  readonly text: string;
  readonly section?: string;
}

const SEVERITIES: readonly Severity[] = ['refused', 'odd', 'note'];

/** All that is odd about a set, the worst first. */
export function findOddities(token: string, set: DecodedSet, now: number): Finding[] {
  const found = [
    ...ofHeader(set),
    ...ofTimes(set, now),
    ...ofClaims(set),
    ...ofEvents(set),
    ...ofDuplicates(token, set),
  ];
  return found.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

function found(severity: Severity, text: string, section?: string): Finding {
  return section === undefined ? { severity, text } : { severity, text, section };
}

const TYPES_KNOWN = /^(?:application\/)?(?:secevent|logout)\+jwt$/i;

function* ofHeader({ header, signature }: DecodedSet): Generator<Finding> {
  const { alg, typ, kid } = header;
  if (alg === 'none')
    yield found('refused', 'alg is none: the token is not signed, and anyone can change it.', 'RFC 8725 §3.2');
  else if (/^HS\d+$/.test(alg))
    yield found(
      'refused',
      `alg is ${alg}: whoever can verify with the shared secret can forge with it.`,
      'RFC 8725 §3.1',
    );
  else if (!algorithmOf(alg))
    yield found('refused', 'alg names a signature algorithm that is not known here.', 'RFC 7518 §3.1');
  if (signature.length === 0 && alg !== 'none')
    yield found('refused', 'The signature is empty, and alg says that there is one.', 'RFC 7515 §5.2');
  if (typ === undefined)
    yield found(
      'odd',
      'typ is missing: nothing tells this token from one of another kind. Akamai sent such in 2020.',
      'RFC 8417 §2.3',
    );
  else if (!TYPES_KNOWN.test(typ))
    yield found('odd', 'typ is not secevent+jwt, so this may be a token of another kind.', 'RFC 8417 §2.3');
  if (kid === undefined && alg !== 'none')
    yield found('note', 'kid is missing: every key of the issuer has to be tried.', 'RFC 7515 §4.1.4');
  for (const name of ['crit', 'b64']) {
    if (header[name] !== undefined)
      yield found('refused', `${name} demands an extension that verification here does not know.`, 'RFC 7515 §4.1.11');
  }
  const named = ['jku', 'jwk', 'x5u', 'x5c'].filter((name) => header[name] !== undefined);
  if (named.length > 0)
    yield found(
      'note',
      `${named.join(', ')} in the header offers a key. Anyone could write that: take keys from the issuer only.`,
      'RFC 8725 §3.10',
    );
}

/** How far the clocks of two sides may differ. */
const TOLERANCE_MS = 60_000;

function* ofTimes({ payload }: DecodedSet, now: number): Generator<Finding> {
  const { iat, toe, exp, nbf } = payload;
  for (const [name, value] of Object.entries({ iat, toe, exp, nbf })) {
    if (value === undefined) continue;
    const time = viewTime(value, now);
    if (!time) yield found('refused', `${name} is a time that no calendar reaches.`, 'RFC 7519 §2');
    else if (time.isMilliseconds) {
      // Taken for seconds it lies far in the future: until then such an iat or nbf is refused.
      const severity = name === 'iat' || name === 'nbf' ? 'refused' : 'odd';
      yield found(
        severity,
        `${name} is in milliseconds, where the standard has seconds. Read as ${time.date}.`,
        'RFC 7519 §2',
      );
    } else if (value < 0) yield found('refused', `${name} lies before 1970.`, 'RFC 7519 §2');
  }
  const issued = viewTime(iat, now);
  const happened = toe === undefined ? undefined : viewTime(toe, now);
  if (issued && issued.milliseconds > now + TOLERANCE_MS)
    yield found('refused', 'iat lies in the future.', 'RFC 7519 §4.1.6');
  if (issued && happened && happened.milliseconds > issued.milliseconds + TOLERANCE_MS) {
    yield found('odd', 'toe lies after iat: the event happened after it was reported.', 'RFC 8417 §2.2');
  }
  if (exp !== undefined) {
    const hasPassed = exp * 1000 + TOLERANCE_MS <= now;
    yield found(
      hasPassed ? 'refused' : 'odd',
      `exp is there${hasPassed ? ', and has passed' : ''}. A SET states a fact, which does not expire.`,
      'RFC 8417 §2.2',
    );
  }
  const begins = nbf === undefined ? undefined : viewTime(nbf, now);
  if (begins && begins.milliseconds > now + TOLERANCE_MS)
    yield found('refused', 'nbf lies in the future.', 'RFC 7519 §4.1.5');
}

const ALL_ZEROS = /^[0-]+$/;

function* ofClaims(set: DecodedSet): Generator<Finding> {
  const { aud, txn, sub, sub_id, iss } = set.payload;
  const list = audiences(set);
  if (aud === undefined)
    yield found('note', 'aud is missing: nothing says for whom the token is meant.', 'RFC 8417 §2.2');
  else if (list.length === 0)
    yield found('refused', 'aud is an empty list: the token is meant for nobody.', 'RFC 7519 §4.1.3');
  else if (typeof aud !== 'string') {
    yield found(
      'note',
      `aud is an array${list.length > 1 ? ` of ${list.length}` : ''}, which is allowed: code that expects a string fails.`,
      'RFC 7519 §4.1.3',
    );
  }
  if (sub !== undefined && sub_id !== undefined)
    yield found('odd', 'sub and sub_id are both there. Rely on one of them only.', 'RFC 9493 §4.1');
  if (txn !== undefined && ALL_ZEROS.test(txn))
    yield found('note', 'txn is all zeros and ties no events together.', 'RFC 8417 §2.2');
  if (iss === 'Akamai Identity Cloud')
    yield found('note', 'iss is the name in old Akamai documentation. Real tokens have a URL that ends in /webhooks.');
  try {
    if (!viewSubject(set.payload)) yield found('note', 'The token names no subject.', 'RFC 8417 §3');
  } catch (error) {
    if (!isSetError(error)) throw error;
    yield found('odd', `The subject is malformed: ${error.message}.`, 'RFC 9493 §3');
  }
}

function* ofEvents({ payload }: DecodedSet): Generator<Finding> {
  const events = viewEvents(payload);
  if (events.length > 1)
    yield found(
      'odd',
      `There are ${events.length} events. They should be views of one fact, and not several facts.`,
      'RFC 8417 §2.2',
    );
  for (const { type, vocabulary, fault, payload: event } of events) {
    if (vocabulary === undefined) {
      yield found(
        'odd',
        `“${type}” is an unknown event: no vocabulary here defines it${type.includes(':') ? '' : ', and its name is no URI'}.`,
        'RFC 8417 §2.2',
      );
    }
    if (fault !== undefined) yield found('odd', `An event does not fit its definition: ${fault}.`);
    if (isOther(event.globalSub, event.sub)) yield found('odd', 'globalSub and sub name different records.');
    if (type.endsWith('/backchannel-logout') && payload.nonce !== undefined) {
      // Refused by the verifier of logout tokens, and not by that of SETs in general.
      yield found('odd', 'nonce must not be in a logout token.', 'OIDC Back-Channel Logout §2.4');
    }
  }
}

function isOther(globalSub: unknown, sub: unknown): boolean {
  return typeof globalSub === 'string' && typeof sub === 'string' && !globalSub.endsWith(`/${sub}`);
}

function* ofDuplicates(token: string, { header, payload }: DecodedSet): Generator<Finding> {
  const parts: readonly (readonly [name: string, segment: string | undefined, value: JsonObject])[] = [
    ['header', token.split('.')[0], header],
    ['payload', token.split('.')[1], payload],
  ];
  for (const [name, segment, value] of parts) {
    try {
      checkDuplicates(decodeOctets(segment ?? '', name), value, name);
    } catch (error) {
      if (!isSetError(error)) throw error;
      yield found('refused', `${error.message}: readers may differ in which one counts.`, 'RFC 7515 §4');
    }
  }
}
