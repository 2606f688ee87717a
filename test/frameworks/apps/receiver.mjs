import { createRemoteJwks, createVerifier } from 'secevent';
import { createPushReceiver } from 'secevent/receiver';

const { JWKS_URL, ISSUER, AUDIENCE } = process.env;

export const receive = createPushReceiver({
  verify: createVerifier(createRemoteJwks(JWKS_URL), { issuer: ISSUER, audience: AUDIENCE }),
  onSet({ payload: { jti } }) {
    if (jti.startsWith('fail')) throw new Error('This one cannot be handled');
    console.log(`handled ${jti}`);
  },
});
