/** `secevent stream`: sets up and looks after the streams of a receiver at one transmitter (OpenID SSF 1.0 section 8). */
import { parseArgs } from 'node:util';
import { isSetError, type SetError } from '../errors.js';
import type { StreamClient } from '../ssf/stream-client-api.js';
import { escapeControls } from '../text/controls.js';
import { HELP, HINT } from './help.js';
import { printNotice, reportUsageError, write } from './output.js';
import { createCallClient } from './stream-access.js';
import { readStreamCall, runStreamAction, type StreamCall } from './stream-actions.js';
import {
  findArgumentFaults,
  findStreamFaults,
  isStreamAction,
  optionsOf,
  STREAM_ACTIONS,
  STREAM_ALTERNATIVES,
  STREAM_OPTIONS,
} from './stream-options.js';
import { printable } from './table.js';
import { wantsColor } from './terminal.js';
import { fillFromVariables } from './variables.js';

/** Runs the subcommand and returns the exit status. */
export async function stream(args: string[]): Promise<number> {
  const {
    values: { help, ...given },
    positionals: [action, ...operands],
  } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...STREAM_OPTIONS, help: { type: 'boolean', short: 'h' } },
  });
  if (help) {
    await write(process.stdout, HELP);
    return 0;
  }
  // The word is not quoted: it may be a secret in the wrong place.
  if (!isStreamAction(action))
    return reportUsageError(
      `${action === undefined ? 'missing' : 'unknown'} action: use one of ${Object.keys(STREAM_ACTIONS).join(', ')}\n${HINT}`,
    );
  const { env } = process;
  const { values, faults } = fillFromVariables(optionsOf(action), given, env, STREAM_ALTERNATIVES);
  const all = [
    ...findArgumentFaults(action, operands, given),
    ...faults,
    ...findStreamFaults(action, operands, values),
  ];
  if (all.length > 0) return reportUsageError(`${all.join('; ')}\n${HINT}`);
  const call = await readStreamCall(action, operands, values, env);
  if (typeof call === 'string') return reportUsageError(`${call}\n${HINT}`);
  const client = await createCallClient(values, env);
  return typeof client === 'string' ? reportUsageError(`${client}\n${HINT}`) : run(client, call);
}

async function run(client: StreamClient, call: StreamCall): Promise<number> {
  // Whether the configuration or the action failed decides the advice.
  let isFound = false;
  try {
    const metadata = await client.metadata();
    isFound = true;
    const result = await runStreamAction(client, metadata, call);
    if (typeof result === 'string') return reportUsageError(result);
    const { document, format, notice } = result;
    const text = call.values.json ? toJsonLine(document) : format(wantsColor(process.stdout, process.env));
    if (text === undefined) return reportFailure('the response nests too deeply');
    await write(process.stdout, text);
    if (notice !== undefined) printNotice(notice);
    return 0;
  } catch (error) {
    if (!isSetError(error)) throw error;
    const { code, message, retryAfterSeconds } = error;
    const advice = [
      isFound ? adviceFor(error, call) : configurationAdviceFor(error),
      retryAfterSeconds !== undefined && `try again in ${retryAfterSeconds} s`,
    ].filter((each) => each !== undefined && each !== false);
    return reportFailure([`${code}: ${printable(message)}`, ...advice].join('; '));
  }
}

/** Returns a document as JSON on one line, or undefined if it nests more deeply than the engine can write. */
function toJsonLine(document: object): string | undefined {
  try {
    return `${escapeControls(JSON.stringify(document))}\n`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

function reportFailure(reason: string): number {
  printNotice(reason);
  return 1;
}

function configurationAdviceFor({ code, status }: SetError): string | undefined {
  if (code === 'ERR_SET_ISSUER')
    return 'pass the issuer to --ssf as the transmitter writes it, with or without a / at the end';
  return status === 404
    ? 'is --ssf the issuer? If so, say where its configuration is with --configuration URL'
    : undefined;
}

/** Returns what to do about a status. */
function adviceFor({ status }: SetError, { action, values }: StreamCall): string | undefined {
  const isClient = values['client-id'] !== undefined;
  switch (status) {
    case 400:
      return action === 'create' ? 'if the transmitter requires other members, pass them with --extra JSON' : undefined;
    case 401:
      return isClient
        ? 'check --client-id, its secret or key, and the authorization server'
        : '--authorization is the whole value of the header, such as "Bearer TOKEN", and the token may have expired';
    case 403:
      return `the authorization does not allow this: ${isClient ? 'ask for a scope with --scope' : 'it may lack a scope'}, such as ssf.manage`;
    case 404:
      return 'see the streams of this receiver with secevent stream list';
    case 409:
      return 'the transmitter allows no other stream: see the existing one with secevent stream list, and use it or delete it';
    default:
      return undefined;
  }
}
