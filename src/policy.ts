/**
 * The policy of a verification: what the caller requires, and the checks of claims against it.
 *
 * The envelope has been checked before (envelope.ts). Issuer and audience are mandatory, so that leaving one unchecked
 * is a decision.
 */
import { type Algorithm, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { audiences, rejectClaim } from './envelope.js';
import { SetError } from './errors.js';
import type { SetHeader, SetPayload } from './model.js';
import { checkAmount, checkChoice, checkNames, listOf } from './options.js';
import { clock, readClock } from './time.js';

const CLAIM_RULES = ['allow', 'forbid', 'require'] as const;

/** Whether a claim may, must not, or must be present. */
export type ClaimRule = (typeof CLAIM_RULES)[number];

/**
 * What a verification requires. `issuer` and `audience` are required; `null` deliberately skips one.
 *
 * @see RFC 8417 section 4, RFC 8725 section 3
 */
export interface VerifyOptions {
  /** The expected `iss`, or several: one must match exactly. `null` accepts any. */
  readonly issuer: string | readonly string[] | null;
  /** The expected audience, or several: any match with `aud` passes. `null` accepts any `aud`, and its absence. */
  readonly audience: string | readonly string[] | null;
  /** The signature algorithms to allow. Default `['RS256']`. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /**
   * The expected media type in the header's `typ`, or several, with or without `application/`. Default `secevent+jwt`;
   * `null` accepts any `typ`, and its absence.
   */
  readonly typ?: string | readonly string[] | null;
  /** The allowed difference between both clocks, in seconds. Default 60. */
  readonly clockToleranceSeconds?: number;
  /** The maximum age since `iat`, in seconds. Default: any age, since transmitters redeliver for days. */
  readonly maxAgeSeconds?: number;
  /**
   * Whether `exp` may be present. If it is, it is checked, except with `ignore`: a redelivered SET is still true after
   * its `exp`. The replay store then is the only protection from repetition, for as long as it remembers a SET, so set
   * a shorter `maxAgeSeconds`. Default `allow`.
   *
   * @see RFC 8417 section 2.2
   */
  readonly exp?: ClaimRule | 'ignore';
  /** Whether `sub` may be present. Default `allow`. */
  readonly sub?: ClaimRule;
  /** The longest token that is accepted, in characters. Default 1,048,576. */
  readonly maxTokenLength?: number;
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/** The options of a verification, checked and complete. */
export interface Policy {
  readonly issuer: readonly string[] | null;
  readonly audience: readonly string[] | null;
  readonly algorithms: readonly Algorithm[];
  /** Whole media types, in lower case. */
  readonly typ: readonly string[] | undefined;
  readonly clockToleranceSeconds: number;
  readonly maxAgeSeconds: number;
  readonly exp: ClaimRule | 'ignore';
  readonly sub: ClaimRule;
  readonly maxTokenLength: number | undefined;
  readonly now: () => number;
}

/**
 * Reads the options of a verification.
 *
 * @throws TypeError for each mistake in them
 */
export function readPolicy(options: VerifyOptions): Policy {
  const {
    issuer,
    audience,
    algorithms,
    typ = 'secevent+jwt',
    clockToleranceSeconds = 60,
    maxAgeSeconds,
    exp = 'allow',
    sub = 'allow',
    maxTokenLength,
    now = clock,
  } = options ?? {};
  checkNames(options);
  checkAmount('clockToleranceSeconds', clockToleranceSeconds);
  checkAmount('maxAgeSeconds', maxAgeSeconds);
  checkAmount('maxTokenLength', maxTokenLength);
  checkChoice('exp', exp, [...CLAIM_RULES, 'ignore']);
  checkChoice('sub', sub, CLAIM_RULES);
  readClock(now);
  const listOrNull = (name: string, value: string | readonly string[] | null): readonly string[] | null =>
    value === null ? null : listOf(name, value);
  return {
    issuer: listOrNull('issuer', issuer),
    audience: listOrNull('audience', audience),
    algorithms: readAlgorithms(algorithms),
    typ: listOrNull('typ', typ)?.map(mediaTypeOf),
    clockToleranceSeconds,
    maxAgeSeconds: maxAgeSeconds ?? Infinity,
    exp,
    sub,
    maxTokenLength,
    now,
  };
}

/** Returns the media type that a `typ` stands for, in lower case (RFC 7515 section 4.1.9). */
function mediaTypeOf(typ: string): string {
  // ASCII only: toLowerCase would also turn the Kelvin sign into k.
  const lower = typ.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return lower.includes('/') ? lower : `application/${lower}`;
}

/**
 * Checks the `typ` of a header.
 *
 * @throws SetError `ERR_SET_TYP`
 */
export function checkTyp({ typ }: SetHeader, { typ: expected }: Policy): void {
  if (expected && !expected.includes(mediaTypeOf(typ ?? ''))) {
    throw new SetError('ERR_SET_TYP', `"typ" ${describeMismatch(typ, expected)}`);
  }
}

/** Names the expected values: they are the caller's own, so they may be logged. */
export function describeMismatch(value: unknown, expected: readonly string[]): string {
  return `is ${value === undefined ? 'missing' : 'not expected'}: it must be "${expected.join('" or "')}"`;
}

/**
 * Checks the claims of an envelope, in this order: issuer, audience, times, subject.
 *
 * @throws SetError `ERR_SET_ISSUER`, `ERR_SET_AUDIENCE`, `ERR_SET_CLAIM_INVALID`, `ERR_SET_CLAIM_MISSING`,
 * `ERR_SET_CLAIM_FORBIDDEN`, `ERR_SET_EXPIRED`, `ERR_SET_NOT_YET_VALID`, `ERR_SET_TOO_OLD`, each with the claim
 * @throws TypeError when the clock does not return a time
 */
export function checkClaims(payload: SetPayload, policy: Policy): void {
  const { issuer, audience, clockToleranceSeconds: tolerance, maxAgeSeconds } = policy;
  const { iss, aud, iat, exp, nbf } = payload;
  if (issuer && !issuer.includes(iss)) rejectClaim('ERR_SET_ISSUER', 'iss', describeMismatch(iss, issuer));
  if (audience && !audiences({ payload }).some((each) => audience.includes(each))) {
    rejectClaim('ERR_SET_AUDIENCE', 'aud', describeMismatch(aud, audience));
  }
  // An empty `aud` names no recipient (RFC 7519 section 4.1.3), so it fails even with `audience: null`.
  if (aud?.length === 0) rejectClaim('ERR_SET_CLAIM_INVALID', 'aud', 'is empty');
  for (const name of ['iat', 'exp', 'nbf', 'toe'] as const) {
    if (payload[name]! < 0) rejectClaim('ERR_SET_CLAIM_INVALID', name, 'is before 1970');
  }
  checkPresence(payload, 'exp', policy.exp);
  const now = readClock(policy.now) / 1000;
  if (policy.exp !== 'ignore' && now >= exp! + tolerance) rejectClaim('ERR_SET_EXPIRED', 'exp', 'has passed');
  if (nbf !== undefined) checkNotFuture('nbf', nbf - now, tolerance);
  checkNotFuture('iat', iat - now, tolerance);
  if (now - iat > maxAgeSeconds + tolerance) {
    rejectClaim('ERR_SET_TOO_OLD', 'iat', `is more than ${maxAgeSeconds} seconds ago`);
  }
  checkPresence(payload, 'sub', policy.sub);
}

function checkPresence(payload: SetPayload, name: 'exp' | 'sub', rule: Policy['exp']): void {
  const isPresent = payload[name] !== undefined;
  if (rule === 'forbid' && isPresent) rejectClaim('ERR_SET_CLAIM_FORBIDDEN', name, 'is forbidden');
  if (rule === 'require' && !isPresent) rejectClaim('ERR_SET_CLAIM_MISSING', name, 'is missing');
}

/** A time less than a day ahead means that a clock is off, perhaps ours: the SET may be valid later. */
function checkNotFuture(claim: 'iat' | 'nbf', aheadSeconds: number, tolerance: number): void {
  if (aheadSeconds <= tolerance) return;
  // A time that is further ahead is not a matter of clocks: it is wrong, or in milliseconds.
  const daySeconds = 86_400;
  const isClock = aheadSeconds < daySeconds;
  throw new SetError(
    'ERR_SET_NOT_YET_VALID',
    `"${claim}" is in the future: ${isClock ? 'compare both clocks' : 'it must be in seconds'}`,
    { claim, ...(isClock && { retryAfterSeconds: Math.ceil(aheadSeconds - tolerance) }) },
  );
}
