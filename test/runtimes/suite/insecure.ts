/** For a page on plain http, where WebCrypto is missing: decodes a token, and records the error of verifying it. */
import { isSetError } from '../../../src/errors.js';
import { decodeSet } from '../../../src/set.js';
import { verifySet } from '../../../src/verify.js';
import { readVector } from '../../support/vectors.js';

const token = readVector('akamai/documented-token.jwt');
Reflect.set(globalThis, 'jti', decodeSet(token).payload.jti);
const outcome: unknown = await verifySet(token, () => ({ keys: [] }), { issuer: null, audience: null }).catch(
  (error: unknown) => error,
);
Reflect.set(globalThis, 'code', isSetError(outcome) ? outcome.code : 'verified');
