/**
 * Decoding a SET (RFC 8417): what a token says, no matter who wrote it. Leaves out every question of trust.
 */
import { checkBase64url, decodeBytes } from './base64url.js';
import { checkEnvelope } from './envelope.js';
import { parsePart } from './json.js';
import { splitToken, readHeader } from './jws.js';
import type { DecodedSet, SetHeader, SetPayload } from './model.js';

/** How {@link decodeSet} reads a token. */
export interface DecodeOptions {
  /** The longest token that is accepted, in characters. Default 1,048,576. */
  readonly maxTokenLength?: number;
}

/**
 * A SET whose signature and claims were verified.
 *
 * Only verification creates one: code that requires this type cannot be passed a set that was merely decoded.
 */
export interface VerifiedSet extends DecodedSet {
  /** Exists only in the type: the compiler shows its name when a decoded set is passed instead. */
  readonly [verifyTheTokenWithVerifySetOrCreateVerifier]: true;
}

declare const verifyTheTokenWithVerifySetOrCreateVerifier: unique symbol;

/**
 * Decodes a Security Event Token **without verifying it**.
 *
 * It checks the compact form, canonical base64url of all three parts, fatal UTF-8, JSON objects, the header's `alg`,
 * `typ` and `kid`, and the envelope: `iss`, `iat`, `jti`, `events` and the types of the optional claims. Values stay as
 * they were sent; event names are opaque. Nothing about the result can be trusted: the signature is not checked.
 *
 * @example
 * ```ts
 * const set = decodeSet(token);
 * console.log(set.payload.iss, Object.keys(set.payload.events));
 * ```
 *
 * @param token the token in compact serialization, without a `Bearer ` prefix or surrounding white space
 * @throws SetError `ERR_SET_INPUT`, `ERR_SET_TOO_LARGE`, `ERR_SET_FORMAT`, `ERR_SET_BASE64URL`, `ERR_SET_JSON`,
 * `ERR_SET_HEADER`, `ERR_SET_CLAIM_MISSING`, `ERR_SET_CLAIM_INVALID`
 * @throws TypeError when `maxTokenLength` is not a non-negative finite number
 * @see RFC 8417 section 2, RFC 7515 section 5.2
 */
export function decodeSet(token: string, options?: DecodeOptions): DecodedSet {
  const [header, payload, signature] = splitToken(token, options?.maxTokenLength);
  const parameters = readHeader(header);
  const claims = parsePart(payload, 'payload');
  checkBase64url(signature, 'signature');
  checkEnvelope(claims);
  return createSet(parameters, claims, signature);
}

/** Creates a set from parts that have been checked. */
export function createSet(header: SetHeader, payload: SetPayload, signature: string): DecodedSet {
  // A shared prototype: a getter per object would cost half as much as all checks together. Created on first use,
  // because an object with a method under a symbol is one that bundlers cannot drop.
  prototype ??= createPrototype();
  const set = Object.create(prototype) as Decoded;
  set.header = header;
  set.payload = payload;
  set[SIGNATURE] = signature;
  return set;
}

// A symbol instead of a private field, so that a set works behind a Proxy, as reactive frontends wrap it.
const SIGNATURE = /* @__PURE__ */ Symbol();

interface Decoded {
  header: SetHeader;
  payload: SetPayload;
  [SIGNATURE]: string;
  readonly signature: Uint8Array;
}

let prototype: object | undefined;

function createPrototype(): object {
  // Outside the set, so that reading the signature does not change it, and works on a frozen one.
  const decoded = new WeakMap<object, Uint8Array>();
  return Object.freeze({
    get signature(): Uint8Array {
      const set = this as unknown as Decoded;
      // On first use: decoding a token takes 1.6 to 2 times as long otherwise.
      if (!decoded.has(set)) decoded.set(set, decodeBytes(set[SIGNATURE], 'signature'));
      return decoded.get(set)!;
    },
    /** What console.log shows in Node, Deno and Bun. */
    [Symbol.for('nodejs.util.inspect.custom')](): object {
      const { header, payload, signature } = this as unknown as Decoded;
      return { header, payload, signature };
    },
  });
}
