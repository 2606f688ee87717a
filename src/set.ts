/**
 * Decoding a SET (RFC 8417): what a token says, whoever wrote it. Leaves out every question of trust.
 */
import { checkBase64url, decodeBytes } from './base64url.js';
import { checkEnvelope, type SetPayload } from './claims.js';
import { cutToken, readHeader, readPart, type SetHeader } from './jws.js';

/** How {@link decodeSet} reads a token. */
export interface DecodeOptions {
  /** The longest token that is accepted, in characters. Default 1,048,576. */
  readonly maxTokenLength?: number;
}

/**
 * A SET that was decoded and **not** verified: anyone can have written it.
 *
 * Its form was checked, its signature was not. It belongs to the caller: changing it changes no later result.
 */
export interface DecodedSet {
  /** The header of the token. */
  readonly header: SetHeader;
  /** The claims of the token, as they were sent. */
  readonly payload: SetPayload;
  /** The octets of the signature, empty for `alg` none. They are decoded on first use. */
  readonly signature: Uint8Array;
}

/**
 * Decodes a Security Event Token **without verifying it**.
 *
 * Checked are the compact form, canonical base64url of all three parts, fatal UTF-8, JSON objects, the header's `alg`, `typ`
 * and `kid`, and the envelope: `iss`, `iat`, `jti`, `events` and the types of the optional claims. Values stay as they were
 * sent; event names are opaque. Nothing about the result can be trusted: the signature is not looked at.
 *
 * @param token the token in compact serialization, without a `Bearer ` prefix or white space around it
 * @throws SetError `ERR_SET_INPUT`, `ERR_SET_TOO_LARGE`, `ERR_SET_FORMAT`, `ERR_SET_BASE64URL`, `ERR_SET_JSON`, `ERR_SET_HEADER`,
 * `ERR_SET_CLAIM_MISSING`, `ERR_SET_CLAIM_INVALID`
 * @throws TypeError when `maxTokenLength` is not a finite number from 0 up
 * @see RFC 8417 section 2, RFC 7515 section 5.2
 */
export function decodeSet(token: string, options?: DecodeOptions): DecodedSet {
  const [header, payload, signature] = cutToken(token, options?.maxTokenLength);
  // Not an object literal with a getter of its own: that takes V8 as long as half of all checks together.
  const set = Object.create(prototype);
  set.header = readHeader(header);
  set.payload = readPart(payload, 'payload');
  checkBase64url((set[SEGMENT] = signature), 'signature');
  checkEnvelope(set.payload);
  return set;
}

// A symbol and no private field, so that a set works behind a Proxy, as reactive frontends use it.
const SEGMENT = /* @__PURE__ */ Symbol('signature');

const prototype = {
  get signature(): Uint8Array {
    const set = this as unknown as { [SEGMENT]: string | Uint8Array };
    const value = set[SEGMENT];
    if (typeof value !== 'string') return value;
    const bytes = decodeBytes(value, 'signature');
    // Not an assignment, which would throw on a set that its owner has frozen.
    Reflect.set(set, SEGMENT, bytes);
    return bytes;
  },
};
