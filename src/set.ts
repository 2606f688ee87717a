/**
 * Decoding a SET (RFC 8417): what a token says, whoever wrote it. Leaves out every question of trust.
 */
import { checkBase64url, decodeBytes } from './base64url.js';
import { checkEnvelope } from './envelope.js';
import { parsePart } from './json.js';
import { cutToken, readHeader } from './jws.js';
import type { DecodedSet, SetHeader, SetPayload } from './model.js';

/** How {@link decodeSet} reads a token. */
export interface DecodeOptions {
  /** The longest token that is accepted, in characters. Default 1,048,576. */
  readonly maxTokenLength?: number;
}

declare const verified: unique symbol;

/**
 * A SET whose signature and claims were verified.
 *
 * A type of its own, which only verification gives: code that asks for it cannot be handed a set that was merely
 * decoded.
 */
export interface VerifiedSet extends DecodedSet {
  /** In the type alone. There is no such member. */
  readonly [verified]: true;
}

/**
 * Decodes a Security Event Token **without verifying it**.
 *
 * Checked are the compact form, canonical base64url of all three parts, fatal UTF-8, JSON objects, the header's `alg`,
 * `typ` and `kid`, and the envelope: `iss`, `iat`, `jti`, `events` and the types of the optional claims. Values stay as
 * they were sent; event names are opaque. Nothing about the result can be trusted: the signature is not looked at.
 *
 * @param token the token in compact serialization, without a `Bearer ` prefix or white space around it
 * @throws SetError `ERR_SET_INPUT`, `ERR_SET_TOO_LARGE`, `ERR_SET_FORMAT`, `ERR_SET_BASE64URL`, `ERR_SET_JSON`,
 * `ERR_SET_HEADER`, `ERR_SET_CLAIM_MISSING`, `ERR_SET_CLAIM_INVALID`
 * @throws TypeError when `maxTokenLength` is not a finite number from 0 up
 * @see RFC 8417 section 2, RFC 7515 section 5.2
 */
export function decodeSet(token: string, options?: DecodeOptions): DecodedSet {
  const [header, payload, signature] = cutToken(token, options?.maxTokenLength);
  const parameters = readHeader(header);
  const claims = parsePart(payload, 'payload');
  checkBase64url(signature, 'signature');
  checkEnvelope(claims);
  return makeSet(parameters, claims, signature);
}

/** Puts together what has been checked. */
export function makeSet(header: SetHeader, payload: SetPayload, signature: string): DecodedSet {
  // Made from a prototype, and no literal with a getter of its own, which takes V8 as long as half of all checks
  // together.
  const set: Decoded = Object.create(prototype);
  set.header = header;
  set.payload = payload;
  set[SIGNATURE] = signature;
  return set as Decoded;
}

// A symbol and no private field, so that a set works behind a Proxy, as reactive frontends use it.
const SIGNATURE = /* @__PURE__ */ Symbol('signature');

interface Decoded {
  header: SetHeader;
  payload: SetPayload;
  [SIGNATURE]: string;
  readonly signature: Uint8Array;
}

// Beside the set and not in it: reading a set does not change it, and a frozen one can be read.
let octets: WeakMap<Decoded, Uint8Array> | undefined;

const prototype = /* @__PURE__ */ Object.freeze({
  get signature(): Uint8Array {
    const set = this as unknown as Decoded;
    octets ??= new WeakMap();
    let bytes = octets.get(set);
    if (bytes === undefined) octets.set(set, (bytes = decodeBytes(set[SIGNATURE], 'signature')));
    return bytes;
  },
});
