/**
 * Whom and what a verification accepts: what a caller demands, and the claims held against it.
 *
 * The envelope has been checked before (envelope.ts). Issuer and audience have to be said, so that nobody leaves them out
 * unawares.
 */
import { type Algorithm, readAlgorithms, type SignatureAlgorithm } from './algorithms.js';
import { audiences } from './envelope.js';
import { SetError, type SetErrorCode } from './errors.js';
import type { SetHeader, SetPayload } from './model.js';
import { checkAmount, checkChoice, listOf, requireFunction } from './options.js';
import { clock, readClock } from './time.js';

/** Whether a claim may be, must not be, or must be there. */
export type ClaimRule = 'allow' | 'forbid' | 'require';

/**
 * What a verification demands. `issuer` and `audience` are required; `null` skips one on purpose.
 *
 * @see RFC 8417 section 4, RFC 8725 section 3
 */
export interface VerifyOptions {
  /** The expected `iss`, or several of which one has to match exactly. `null` accepts any. */
  readonly issuer: string | readonly string[] | null;
  /** The expected audience, or several: one in common with `aud` is enough. `null` accepts any, and none. */
  readonly audience: string | readonly string[] | null;
  /** The signature algorithms to allow. Default `['RS256']`. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /**
   * The expected media type in the header's `typ`, with or without `application/`. Default `secevent+jwt`; `null`
   * accepts any, and none.
   */
  readonly typ?: string | null;
  /** How far the clocks of both sides may differ, in seconds. Default 60. */
  readonly clockToleranceSeconds?: number;
  /** How old a SET may be since its `iat`, in seconds. Default: any age, since transmitters deliver again for days. */
  readonly maxAgeSeconds?: number;
  /** Whether `exp` may be there. Where it is, it counts. Default `allow`. */
  readonly exp?: ClaimRule;
  /** Whether `sub` may be there. Default `allow`. */
  readonly sub?: ClaimRule;
  /** The longest token that is accepted, in characters. Default 1,048,576. */
  readonly maxTokenLength?: number;
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/** The options of a verification, checked and complete. */
export interface Policy {
  readonly issuers: readonly string[] | null;
  readonly audiences: readonly string[] | null;
  readonly algorithms: readonly Algorithm[];
  readonly mediaType: string | null;
  readonly tolerance: number;
  readonly maxAge: number;
  readonly exp: ClaimRule;
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
    typ = 'secevent+jwt',
    exp = 'allow',
    sub = 'allow',
    now = clock,
    maxTokenLength,
    algorithms,
  } = options ?? {};
  const { clockToleranceSeconds: tolerance = 60, maxAgeSeconds: maxAge } = options ?? {};
  checkAmount('clockToleranceSeconds', tolerance);
  checkAmount('maxAgeSeconds', maxAge);
  checkAmount('maxTokenLength', maxTokenLength);
  checkChoice('exp', exp, RULES);
  checkChoice('sub', sub, RULES);
  requireFunction('now', now);
  readClock(now);
  return {
    issuers: issuer === null ? null : listOf('issuer', issuer),
    audiences: audience === null ? null : listOf('audience', audience),
    algorithms: readAlgorithms(algorithms),
    mediaType: typ === null ? null : mediaTypeOf(listOf('typ', [typ])[0]!),
    tolerance,
    maxAge: maxAge ?? Infinity,
    exp,
    sub,
    maxTokenLength,
    now,
  };
}

const RULES: readonly ClaimRule[] = ['allow', 'forbid', 'require'];

/** Media types compare without case, and one without a slash is short for `application/` (RFC 7515 section 4.1.9). */
function mediaTypeOf(typ: string): string {
  // Of all characters these alone: toLowerCase makes a k of the sign for kelvin.
  const lower = typ.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return lower.includes('/') ? lower : `application/${lower}`;
}

/**
 * Checks the `typ` of a header.
 *
 * @throws SetError `ERR_SET_TYP`
 */
export function checkTyp({ typ }: SetHeader, { mediaType }: Policy): void {
  if (mediaType !== null && mediaTypeOf(typ ?? '') !== mediaType) {
    throw new SetError(
      'ERR_SET_TYP',
      `"typ" ${typ === undefined ? 'is missing' : 'is not expected'}: it must be ${mediaType}`,
    );
  }
}

/**
 * Checks the claims of an envelope, in this order: issuer, audience, times, subject.
 *
 * @throws SetError `ERR_SET_ISSUER`, `ERR_SET_AUDIENCE`, `ERR_SET_CLAIM_INVALID`, `ERR_SET_CLAIM_MISSING`,
 * `ERR_SET_CLAIM_FORBIDDEN`, `ERR_SET_EXPIRED`, `ERR_SET_NOT_YET_VALID`, `ERR_SET_TOO_OLD`, each with the claim
 * @throws TypeError when the clock gives no time
 */
export function checkClaims(payload: SetPayload, policy: Policy): void {
  const { issuers, audiences: expected, tolerance, maxAge } = policy;
  const { iss, aud, iat, exp, nbf } = payload;
  if (issuers && !issuers.includes(iss)) refuse('ERR_SET_ISSUER', 'iss', 'is not expected');
  if (expected && !audiences({ payload }).some((audience) => expected.includes(audience))) {
    refuse('ERR_SET_AUDIENCE', 'aud', aud === undefined ? 'is missing' : 'is not expected');
  }
  // Nobody is no audience (RFC 7519 section 4.1.3), also where any is accepted.
  if (aud?.length === 0) refuse('ERR_SET_CLAIM_INVALID', 'aud', 'is empty');
  for (const name of ['iat', 'exp', 'nbf', 'toe'] as const) {
    if (payload[name]! < 0) refuse('ERR_SET_CLAIM_INVALID', name, 'lies before 1970');
  }
  checkPresence(payload, 'exp', policy.exp);
  const now = readClock(policy.now) / 1000;
  if (exp !== undefined && now >= exp + tolerance) refuse('ERR_SET_EXPIRED', 'exp', 'has passed');
  if (nbf !== undefined && nbf - tolerance > now) refuseFuture('nbf', nbf - now, tolerance);
  if (iat > now + tolerance) refuseFuture('iat', iat - now, tolerance);
  if (now - iat > maxAge + tolerance) refuse('ERR_SET_TOO_OLD', 'iat', `lies more than ${maxAge} seconds back`);
  checkPresence(payload, 'sub', policy.sub);
}

function checkPresence(payload: SetPayload, name: 'exp' | 'sub', rule: ClaimRule): void {
  const isThere = payload[name] !== undefined;
  if (rule === 'forbid' && isThere) refuse('ERR_SET_CLAIM_FORBIDDEN', name, 'is forbidden');
  if (rule === 'require' && !isThere) refuse('ERR_SET_CLAIM_MISSING', name, 'is missing');
}

/** From here on a time in the future is not a matter of clocks: it is wrong, or in milliseconds. */
const DAY_SECONDS = 86_400;

/** A time less than a day ahead means that somebody's clock is off, perhaps ours: the SET may be valid later. */
function refuseFuture(claim: 'iat' | 'nbf', aheadSeconds: number, tolerance: number): never {
  const isClock = aheadSeconds < DAY_SECONDS;
  throw new SetError(
    'ERR_SET_NOT_YET_VALID',
    `"${claim}" is in the future: ${isClock ? 'compare both clocks' : 'it must be in seconds'}`,
    {
      claim,
      ...(isClock && { retryAfterSeconds: Math.ceil(aheadSeconds - tolerance) }),
    },
  );
}

/** Refuses a claim, with its name in the error. */
export function refuse(code: SetErrorCode, claim: string, reason: string): never {
  throw new SetError(code, `"${claim}" ${reason}`, { claim });
}
