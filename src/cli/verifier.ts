/** Creates the verifier that the options of a call describe. */
import { createAkamaiVerifier } from '../akamai/verifier.js';
import { createVerifier, type SetVerifier } from '../verify.js';
import { readKeys } from './keys.js';
import { toVerifyOptions, type VerificationValues } from './trust.js';

/** Creates the verifier of a call, or returns what is wrong with the options. */
export async function createCallVerifier(values: VerificationValues): Promise<SetVerifier | string> {
  const options = toVerifyOptions(values);
  try {
    if (values.akamai === undefined) {
      const keys = await readKeys(values);
      return typeof keys === 'string' ? keys : createVerifier(keys, options);
    }
    const [host = '', customerId = '', ...others] = values.akamai.split('/');
    if (others.length > 0) return AKAMAI_USAGE;
    return createAkamaiVerifier({ ...options, host, customerId });
  } catch (error) {
    if (error instanceof TypeError)
      return values.akamai === undefined ? error.message : `${AKAMAI_USAGE}: ${error.message}`;
    throw error;
  }
}

const AKAMAI_USAGE = '--akamai takes HOST/CUSTOMER, such as v1.api.us.janrain.com/01234567-89ab-cdef-0123-456789abcdef';
