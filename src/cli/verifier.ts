/** Creates the verifier that the options of a call describe. */
import { createAkamaiVerifier } from '../akamai/verifier.js';
import { createSsfVerifier } from '../ssf/verifier.js';
import { createAppleVerifier } from '../transmitters/apple.js';
import { createGoogleVerifier } from '../transmitters/google.js';
import { createVerifier, type SetVerifier } from '../verify.js';
import { readKeys } from './keys.js';
import { toVerifyOptions, type Transmitter, transmitterOf, type VerificationValues } from './trust.js';

/** Creates the verifier of a call, or returns what is wrong with the options. */
export async function createCallVerifier(values: VerificationValues): Promise<SetVerifier | string> {
  const transmitter = transmitterOf(values);
  try {
    if (transmitter) return createNamedVerifier(transmitter, values);
    const keys = await readKeys(values);
    return typeof keys === 'string' ? keys : createVerifier(keys, toVerifyOptions(values));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const usage = transmitter && USAGE[transmitter];
    return usage ? `${usage}: ${error.message}` : error.message;
  }
}

/** What the value of an option must be. */
const USAGE: Partial<Record<Transmitter, string>> = {
  akamai: '--akamai takes HOST/CUSTOMER, such as v1.api.us.janrain.com/01234567-89ab-cdef-0123-456789abcdef',
  ssf: '--ssf takes the issuer of the transmitter, an https URL',
};

function createNamedVerifier(transmitter: Transmitter, values: VerificationValues): SetVerifier | string {
  const { issuer: _, algorithms, ...options } = toVerifyOptions(values);
  const { akamai = '', ssf = '', configuration, audience = [] } = values;
  switch (transmitter) {
    case 'akamai': {
      const [host = '', customerId = '', ...others] = akamai.split('/');
      return others.length ? USAGE.akamai! : createAkamaiVerifier({ ...options, host, customerId });
    }
    case 'ssf':
      return createSsfVerifier({
        ...options,
        issuer: ssf,
        ...(algorithms && { algorithms }),
        ...(configuration !== undefined && { configurationUrl: configuration }),
      });
    case 'apple':
      return createAppleVerifier({ ...options, clientIds: audience });
    case 'google':
      return createGoogleVerifier({ ...options, clientIds: audience });
  }
}
