/** The verifier that the options of a call make, or what to do when they make none. */
import { createAkamaiVerifier } from '../akamai/verifier.js';
import { createVerifier, type SetVerifier } from '../verify.js';
import { readKeys } from './keys.js';
import { policyOf, type Trust } from './trust.js';

/** Makes the verifier of a call, or says what is wrong. */
export async function readVerifier(values: Trust): Promise<SetVerifier | string> {
  const policy = policyOf(values);
  try {
    if (values.akamai === undefined) {
      const keys = await readKeys(values);
      return typeof keys === 'string' ? keys : createVerifier(keys, policy);
    }
    const [host = '', customerId = '', ...others] = values.akamai.split('/');
    if (others.length > 0) return AKAMAI_FORM;
    return createAkamaiVerifier({ ...policy, host, customerId });
  } catch (error) {
    if (error instanceof TypeError)
      return values.akamai === undefined ? error.message : `${AKAMAI_FORM}: ${error.message}`;
    throw error;
  }
}

const AKAMAI_FORM = '--akamai takes HOST/CUSTOMER, such as v1.api.us.janrain.com/01234567-89ab-cdef-0123-456789abcdef';
