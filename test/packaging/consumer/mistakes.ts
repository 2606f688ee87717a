/**
 * One mistake per line, with the error that TypeScript must report there. A second code is the one that TypeScript 7.0
 * reports. No other line has an error.
 */
import { decodeSet, readEvent, readEvents, type SetErrorCode, verifySet, type VerifiedSet } from 'secevent';
import { parseV2Notifications } from 'secevent/akamai';
import { credentialChange } from 'secevent/caep';
import { createPushReceiver } from 'secevent/receiver';
import { createSsfVerifier } from 'secevent/ssf';

const set = decodeSet('');
const act = (verified: VerifiedSet): string => verified.payload.jti;

import { splitToken } from 'secevent'; // TS2305
import * as inside from 'secevent/dist/index.js'; // TS2307
export const iss: number = set.payload.iss; // TS2322
set.payload.iss = 'me'; // TS2540
set.payload = { iss: 'me', iat: 0, jti: '1', events: {} }; // TS2540
decodeSet(new Uint8Array()); // TS2345
decodeSet('', { maxLength: 1 }); // TS2353
set.payload.sub.length; // TS18048
export const claim: string = set.payload['anything']; // TS2322
export const code: SetErrorCode = 'ERR_OTHER'; // TS2322
export const verified: VerifiedSet = set; // TS2741
act(set); // TS2345 TS2741
verifySet('', 'secret', { issuer: null, audience: null }); // TS2345
verifySet('', { keys: [] }, { issuer: null }); // TS2345 TS2741
verifySet('', { keys: [] }, { issuer: null, audience: null, algorithms: ['HS256'] }); // TS2820
verifySet('', { keys: [] }, { issuer: null, audience: null, algorithms: ['none'] }); // TS2322
readEvent(set, credentialChange).change_type; // TS2532
readEvent(set, credentialChange)!.change_type === 'rotate'; // TS2367
readEvents(set, [credentialChange])[0]!.type === 'entityCreated'; // TS2367
act(parseV2Notifications('')[0]!); // TS2345 TS2739
createPushReceiver({ verify: async (token: string) => decodeSet(token), onSet: () => {} }); // TS2322
createSsfVerifier({ issuer: 'https://a.example', audience: null, exp: 'never' }); // TS2322
