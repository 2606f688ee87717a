export { decodeBase64url, encodeBase64url } from './base64url.js';
export { audiences, occurredAt, type SetPayload } from './claims.js';
export { isSetError, SetError, type SetErrorCode } from './errors.js';
export type { JsonObject } from './json.js';
export { type SetHeader, splitJws } from './jws.js';
export { type DecodedSet, decodeSet, type DecodeOptions } from './set.js';
export { toDate } from './time.js';
