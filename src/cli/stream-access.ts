/** Creates the stream client of a call: the transmitter, and how requests are authorized. */
import { createClientCredentials } from '../ssf/client-credentials.js';
import type { StreamClient, StreamClientOptions } from '../ssf/stream-client-api.js';
import { createStreamClient } from '../ssf/stream-client.js';
import { readClientKey } from './client-key.js';
import { readHeaderSecret, readSecret } from './secret.js';
import type { StreamValues } from './stream-options.js';

type Authorization = NonNullable<StreamClientOptions['authorization']>;

/** Creates the client of a call, or returns what is wrong with the options. */
export async function createCallClient(
  values: StreamValues,
  environment: NodeJS.ProcessEnv,
): Promise<StreamClient | string> {
  const authorization = await readAuthorization(values, environment);
  if (typeof authorization === 'string') return authorization;
  const { ssf = '', configuration } = values;
  return explainMistake('--ssf takes the issuer of the transmitter, and --configuration the URL of its document', () =>
    createStreamClient({
      issuer: ssf,
      ...authorization,
      ...(configuration !== undefined && { configurationUrl: configuration }),
    }),
  );
}

/** Returns the option of the client, without a member for a call that needs none, or what is wrong. */
async function readAuthorization(
  values: StreamValues,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly authorization?: Authorization } | string> {
  if (values['client-id'] !== undefined) return readClientCredentials(values['client-id'], values, environment);
  if (values.authorization === undefined) return {};
  const secret = await readHeaderSecret('authorization', values.authorization, environment);
  return typeof secret === 'string' ? secret : { authorization: secret.text };
}

async function readClientCredentials(
  clientId: string,
  values: StreamValues,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly authorization: Authorization } | string> {
  const {
    scope,
    'client-secret': reference,
    'client-key': file = '',
    'token-endpoint': tokenEndpoint,
    'token-issuer': issuer,
  } = values;
  const proof =
    reference === undefined ? await readClientKey(file) : await readSecret('client-secret', reference, environment);
  if (typeof proof === 'string') return proof;
  return explainMistake(
    '--token-issuer takes the issuer of the authorization server, and --token-endpoint a URL',
    () => ({
      authorization: createClientCredentials({
        clientId,
        ...('text' in proof ? { clientSecret: proof.text } : proof),
        scope: scope ?? null,
        ...(issuer !== undefined && { issuer }),
        ...(tokenEndpoint !== undefined && { tokenEndpoint }),
      }),
    }),
  );
}

/** Returns what a function creates, or a message if its options are wrong. */
function explainMistake<Result>(usage: string, create: () => Result): Result | string {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return `${usage}: ${error.message}`;
  }
}
