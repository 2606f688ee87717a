/** The entry `secevent/akamai`: Akamai Identity Cloud, Webhooks v3. */
export { type AkamaiVerifierOptions, createAkamaiVerifier } from './verifier.js';
