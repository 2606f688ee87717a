export type { SignatureAlgorithm } from './algorithms.js';
export { decodeBase64url, encodeBase64url } from './base64url.js';
export type { BodySource } from './body.js';
export { audiences, occurredAt } from './envelope.js';
export { isSetError, SetError, type SetErrorCode, type SetErrorOptions } from './errors.js';
export { defineEvent, type EventDefinition, type EventOf, type PayloadOf } from './events/define.js';
export { readEvent, readEvents, type UnknownEvent } from './events/read.js';
export type { OpenValue } from './events/schema.js';
export type { SchemaIssue, SchemaPath, SchemaResult, StandardSchemaV1 } from './events/standard.js';
export type { FetchInit, FetchLike, FetchResponse, FetchSignal } from './http.js';
export type {
  FetchOptions,
  JwksCache,
  JwksCacheEntry,
  JwksOptions,
  RemoteJwks,
  RemoteJwksOptions,
} from './jwks/remote-options.js';
export { createRemoteJwks } from './jwks/remote.js';
export { splitJws } from './jws.js';
export { importSpki } from './key-import.js';
export type { JsonWebKey, JsonWebKeySet, KeyResolver, Keys, KeySource, PublicCryptoKey } from './keys.js';
export type { DecodedSet, JsonObject, SetHeader, SetPayload } from './model.js';
export type { ClaimRule, VerifyOptions } from './policy.js';
export { decodeSet, type DecodeOptions, type VerifiedSet } from './set.js';
export {
  type AliasesSubject,
  type ComplexSubject,
  type IdTokenClaimsSubject,
  type IpAddressesSubject,
  type OAuthTokenSubject,
  parseSubject,
  type SimpleSubject,
  type SubjectIdentifier,
  subjectOf,
  type TextSubject,
  type UnknownFormat,
  type UnknownSubject,
} from './subject.js';
export { toDate } from './time.js';
export {
  createVerifier,
  type SetVerifier,
  type VerifiedJws,
  verifyJws,
  type VerifyJwsOptions,
  verifySet,
} from './verify.js';
