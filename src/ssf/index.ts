/** The entry `secevent/ssf`: the OpenID Shared Signals Framework 1.0. */
export { ssfEvents, streamUpdated, verification } from './events.js';
export { createSsfVerifier, type SsfVerifierOptions } from './verifier.js';
