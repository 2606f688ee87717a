/**
 * JWS compact serialization (RFC 7515 section 3.1) and the header parameters that every use needs (section 4.1).
 *
 * Leaves out signatures and keys. Decoding shows what verification would refuse, so `crit` has a check of its own.
 */
import { checkBase64url, decodeOctets } from './base64url.js';
import { SetError } from './errors.js';
import { checkDuplicates, checkMember, parsePart } from './json.js';
import type { JsonObject, SetHeader } from './model.js';
import { checkAmount } from './options.js';

/** The parts of a compact token, still base64url-encoded. */
export type JwsSegments = readonly [header: string, payload: string, signature: string];

/**
 * Splits a compact JWS into its three base64url parts and its signing input (header, dot, payload).
 *
 * The parts are checked to be canonical base64url; what they hold is not looked at. Tokens of more than 1,048,576
 * characters are refused.
 *
 * @throws SetError `ERR_SET_INPUT`, `ERR_SET_TOO_LARGE`, `ERR_SET_FORMAT`, `ERR_SET_BASE64URL`
 * @see RFC 7515 sections 3.1 and 5.2
 */
export function splitJws(token: string): { header: string; payload: string; signature: string; signingInput: string } {
  const [header, payload, signature] = cutToken(token);
  checkBase64url(header, 'header');
  checkBase64url(payload, 'payload');
  checkBase64url(signature, 'signature');
  return { header, payload, signature, signingInput: token.slice(0, header.length + 1 + payload.length) };
}

/**
 * Cuts a token at its two dots. The parts are not checked.
 *
 * @throws SetError `ERR_SET_INPUT`, `ERR_SET_TOO_LARGE`, `ERR_SET_FORMAT`
 * @throws TypeError when `maxTokenLength` is not a finite number from 0 up
 */
export function cutToken(token: string, maxTokenLength = 1_048_576): JwsSegments {
  checkAmount('maxTokenLength', maxTokenLength);
  if (typeof token !== 'string' || token === '') {
    throw new SetError(
      token === '' ? 'ERR_SET_FORMAT' : 'ERR_SET_INPUT',
      `The token is ${token === '' ? 'empty' : `of type ${typeof token}`}: an HTTP body parser may leave the body empty`,
    );
  }
  if (token.length > maxTokenLength)
    throw new SetError('ERR_SET_TOO_LARGE', `The token has more than ${maxTokenLength} characters`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  // What begins as the base64url of "{" does is no guise. With no dot at all, `first` is -1, so that the search for the
  // second begins at the start and gives -1 as well.
  const guise = token.startsWith('e') ? undefined : /^\s*(bearer\s|{)/i.exec(token)?.[1];
  if (guise || second < 0 || token.includes('.', second + 1)) {
    // No further than it matters: a megabyte of dots would make a list of a million parts.
    const parts = token.split('.', 7).length;
    throw new SetError(
      'ERR_SET_FORMAT',
      'The token ' +
        (guise === '{'
          ? 'is JSON, not compact'
          : guise
            ? 'begins with "Bearer"'
            : parts === 5
              ? 'is encrypted (JWE)'
              : `must have 3 parts, not ${parts > 6 ? 'more than 6' : parts}`),
    );
  }
  return [token.slice(0, first), token.slice(first + 1, second), token.slice(second + 1)];
}

let recentSegment: string | undefined;
let recentHeader: JsonObject | undefined;
let recentCheck: HeaderCheck | undefined;

/** A further check of a header and its part. Its answer depends on nothing else. */
export type HeaderCheck = (header: SetHeader, segment: string) => void;

/**
 * Decodes and checks the header part.
 *
 * A transmitter sends the same header for as long as it uses a key, so the last one is remembered, by its whole text,
 * together with the further check that it passed. Callers get a copy of their own.
 *
 * @throws SetError `ERR_SET_BASE64URL`, `ERR_SET_JSON`, `ERR_SET_HEADER`, and what `check` throws
 */
export function readHeader(segment: string, check?: HeaderCheck): SetHeader {
  if (segment === recentSegment && (!check || check === recentCheck)) return { ...recentHeader } as SetHeader;
  const header = parsePart(segment, 'header') as SetHeader;
  for (const name of ['alg', 'typ', 'kid']) checkMember(name, header[name], 'string', name === 'alg', 'ERR_SET_HEADER');
  check?.(header, segment);
  // The shallow copy is a full copy only where no value is an object. A long header is not worth its memory.
  if (segment.length < 1000 && Object.values(header).every((value) => typeof value !== 'object')) {
    // Taken through a concatenation because a plain slice would keep the whole token in memory.
    recentSegment = (' ' + segment).slice(1);
    recentHeader = { ...header };
    recentCheck = check;
  }
  return header;
}

/**
 * What verification asks of a header besides: no member twice, and no `crit` or `b64`, since no extension is known here
 * that a token could demand (RFC 7515 section 4.1.11, RFC 7797 section 7).
 *
 * @throws SetError `ERR_SET_DUPLICATE_MEMBER`, `ERR_SET_HEADER`
 */
export function checkStrictly(header: SetHeader, segment: string): void {
  checkDuplicates(decodeOctets(segment, 'header'), header, 'header');
  for (const name of ['crit', 'b64']) {
    if (header[name] !== undefined)
      throw new SetError('ERR_SET_HEADER', `"${name}" demands an extension that is not supported`);
  }
}
