/**
 * Findings about a token that decodes: what a verifier must reject, what the standards advise against, and what is good
 * to know. A rule that the library has is checked by the library.
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

/** `reject`: no verifier should accept the token. `warning`: against a standard, or a pitfall. `note`: good to know. */
export type Severity = 'reject' | 'warning' | 'note';

/** A finding in one or two sentences, with the section that it is based on. */
export interface Finding {
  readonly severity: Severity;
  readonly text: string;
  readonly section?: string;
}

const SEVERITIES: readonly Severity[] = ['reject', 'warning', 'note'];

/** Returns the findings about a set, the most severe first. */
export function findingsOf(token: string, set: DecodedSet, now: number): Finding[] {
  const findings = [
    ...headerFindings(set),
    ...timeFindings(set, now),
    ...claimFindings(set),
    ...eventFindings(set, now),
    ...duplicateFindings(token, set),
  ];
  return findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

function finding(severity: Severity, text: string, section?: string): Finding {
  return section === undefined ? { severity, text } : { severity, text, section };
}

const KNOWN_TYPES = /^(?:application\/)?(?:secevent|logout)\+jwt$/i;

function* headerFindings({ header, signature }: DecodedSet): Generator<Finding> {
  const { alg, typ, kid } = header;
  if (alg === 'none')
    yield finding('reject', 'alg is none: the token is unsigned, so anyone could have written it.', 'RFC 8725 §3.2');
  else if (/^HS\d+$/.test(alg))
    yield finding(
      'reject',
      `alg is ${alg}: the shared secret that verifies tokens can also forge them.`,
      'RFC 8725 §3.1',
    );
  else if (!algorithmOf(alg)) yield finding('reject', 'alg is not a supported signature algorithm.', 'RFC 7518 §3.1');
  if (signature.length === 0 && alg !== 'none')
    yield finding('reject', 'The signature is empty, although alg names an algorithm.', 'RFC 7515 §5.2');
  if (typ === undefined)
    yield finding(
      'warning',
      'typ is missing, so another kind of JWT could pass for a SET. Akamai sent tokens without it in 2020.',
      'RFC 8417 §2.3',
    );
  else if (!KNOWN_TYPES.test(typ))
    yield finding('warning', 'typ is not secevent+jwt: this may be another kind of token.', 'RFC 8417 §2.3');
  if (kid === undefined && alg !== 'none')
    yield finding('note', 'kid is missing: a verifier has to try every key of the issuer.', 'RFC 7515 §4.1.4');
  for (const name of ['crit', 'b64']) {
    if (header[name] !== undefined)
      yield finding('reject', `${name} requires an extension that is not supported.`, 'RFC 7515 §4.1.11');
  }
  const offered = ['jku', 'jwk', 'x5u', 'x5c'].filter((name) => header[name] !== undefined);
  if (offered.length > 0)
    yield finding(
      'note',
      `The header offers a key (${offered.join(', ')}). Anyone could put it there: use only keys from the issuer.`,
      'RFC 8725 §3.10',
    );
}

/** The difference between two clocks that is tolerated. */
const TOLERANCE_MS = 60_000;

function* timeFindings({ payload }: DecodedSet, now: number): Generator<Finding> {
  const { iat, toe, exp, nbf } = payload;
  for (const [name, value] of Object.entries({ iat, toe, exp, nbf })) {
    if (value === undefined) continue;
    const time = viewTime(value, now);
    if (!time) yield finding('reject', `${name} is not a possible date.`, 'RFC 7519 §2');
    else if (time.isMilliseconds) {
      // Read as seconds, the time is far in the future, so a verifier rejects such an iat or nbf.
      const severity = name === 'iat' || name === 'nbf' ? 'reject' : 'warning';
      yield finding(
        severity,
        `${name} is in milliseconds, but the standard requires seconds. Read as ${time.date}.`,
        'RFC 7519 §2',
      );
    } else if (value < 0) yield finding('reject', `${name} is before 1970.`, 'RFC 7519 §2');
  }
  const issued = viewTime(iat, now);
  const happened = toe === undefined ? undefined : viewTime(toe, now);
  if (issued && issued.milliseconds > now + TOLERANCE_MS)
    yield finding('reject', 'iat is in the future.', 'RFC 7519 §4.1.6');
  if (issued && happened && happened.milliseconds > issued.milliseconds + TOLERANCE_MS) {
    yield finding('warning', 'toe is after iat: the event was reported before it happened.', 'RFC 8417 §2.2');
  }
  if (exp !== undefined) {
    const hasPassed = exp * 1000 + TOLERANCE_MS <= now;
    yield finding(
      hasPassed ? 'reject' : 'warning',
      `exp is present${hasPassed ? ' and has passed' : ''}. A SET states a fact, which does not expire.`,
      'RFC 8417 §2.2',
    );
  }
  const begins = nbf === undefined ? undefined : viewTime(nbf, now);
  if (begins && begins.milliseconds > now + TOLERANCE_MS)
    yield finding('reject', 'nbf is in the future.', 'RFC 7519 §4.1.5');
}

const ALL_ZEROS = /^[0-]+$/;

function* claimFindings(set: DecodedSet): Generator<Finding> {
  const { aud, txn, sub, sub_id, iss } = set.payload;
  const list = audiences(set);
  if (aud === undefined)
    yield finding('note', 'aud is missing: the token does not say who it is for.', 'RFC 8417 §2.2');
  else if (list.length === 0)
    yield finding('reject', 'aud is an empty list: the token has no recipient.', 'RFC 7519 §4.1.3');
  else if (typeof aud !== 'string') {
    const count = list.length > 1 ? ` of ${list.length}` : '';
    yield finding(
      'note',
      `aud is an array${count}. That is allowed, but code that expects a string fails.`,
      'RFC 7519 §4.1.3',
    );
  }
  if (sub !== undefined && sub_id !== undefined)
    yield finding('warning', 'sub and sub_id are both present. Rely on only one of them.', 'RFC 9493 §4.1');
  if (txn !== undefined && ALL_ZEROS.test(txn))
    yield finding('note', 'txn is all zeros, so it does not identify a transaction.', 'RFC 8417 §2.2');
  if (iss === 'Akamai Identity Cloud')
    yield finding('note', 'iss is the name from old Akamai documentation. Real tokens have a URL ending in /webhooks.');
  try {
    if (!viewSubject(set.payload)) yield finding('note', 'The token does not name a subject.', 'RFC 8417 §3');
  } catch (error) {
    if (!isSetError(error)) throw error;
    yield finding('warning', `The subject is malformed: ${error.message}.`, 'RFC 9493 §3');
  }
}

function* eventFindings({ payload }: DecodedSet, now: number): Generator<Finding> {
  const events = viewEvents(payload);
  if (events.length > 1)
    yield finding(
      'warning',
      `There are ${events.length} events. They should all describe the same occurrence.`,
      'RFC 8417 §2.2',
    );
  for (const { type, vocabulary, fault, payload: event } of events) {
    if (vocabulary === undefined) {
      const uriHint = type.includes(':') ? '' : ', and its name is not a URI';
      yield finding(
        'warning',
        `“${type}” is an unknown event: this page has no definition of it${uriHint}.`,
        'RFC 8417 §2.2',
      );
    }
    if (fault !== undefined) yield finding('warning', `An event does not match its definition: ${fault}.`);
    yield* eventTimeFindings(event, now);
    if (namesOtherRecord(event.globalSub, event.sub))
      yield finding('warning', 'globalSub and sub name different records.');
    if (type.endsWith('/backchannel-logout') && payload.nonce !== undefined) {
      // Only a warning: createLogoutVerifier rejects it, verifySet does not.
      yield finding('warning', 'nonce must not be in a logout token.', 'OIDC Back-Channel Logout §2.4');
    }
  }
}

function* eventTimeFindings({ event_timestamp: value }: JsonObject, now: number): Generator<Finding> {
  if (typeof value !== 'number') return;
  const time = viewTime(value, now);
  if (!time) yield finding('warning', 'event_timestamp is not a possible date.', 'CAEP §2');
  else if (time.isMilliseconds)
    yield finding(
      'warning',
      `event_timestamp is in milliseconds, but the standard requires seconds. Read as ${time.date}.`,
      'CAEP §2',
    );
}

function namesOtherRecord(globalSub: unknown, sub: unknown): boolean {
  return typeof globalSub === 'string' && typeof sub === 'string' && !globalSub.endsWith(`/${sub}`);
}

function* duplicateFindings(token: string, { header, payload }: DecodedSet): Generator<Finding> {
  const parts: readonly (readonly [name: string, segment: string | undefined, value: JsonObject])[] = [
    ['header', token.split('.')[0], header],
    ['payload', token.split('.')[1], payload],
  ];
  for (const [name, segment, value] of parts) {
    try {
      checkDuplicates(decodeOctets(segment ?? '', name), value, name);
    } catch (error) {
      if (!isSetError(error)) throw error;
      yield finding('reject', `${error.message}: parsers differ in which one they keep.`, 'RFC 7515 §4');
    }
  }
}
