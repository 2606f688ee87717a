/** What each action of `secevent stream` asks the transmitter, and what it shows. */
import { isSetError, SetError } from '../errors.js';
import { readUrl } from '../http.js';
import { isJsonObject } from '../json.js';
import type { JsonObject } from '../model.js';
import type { StreamClient } from '../ssf/stream-client-api.js';
import { isPollMethod } from '../ssf/stream-request.js';
import type {
  PendingUpdate,
  StreamConfiguration,
  StreamDelivery,
  StreamRequest,
  TransmitterMetadata,
} from '../ssf/stream-types.js';
import { parseSubject, type SubjectIdentifier } from '../subject.js';
import { readHeaderSecret } from './secret.js';
import type { StreamAction, StreamValues } from './stream-options.js';
import { formatMembers, formatTable, printable } from './table.js';

/** A call of an action: its arguments have been checked. */
export interface StreamCall {
  readonly action: StreamAction;
  /** The stream that the call names. Empty if it names none. */
  readonly streamId: string;
  readonly values: StreamValues;
  /** What `create` sends. */
  readonly request: StreamRequest;
  /** Whom the actions on subjects are about. */
  readonly subject: SubjectIdentifier | undefined;
}

/** The result of an action. */
export interface StreamResult {
  /** The document for tools: members that were received or sent. */
  readonly document: object;
  /** The text for people. */
  format(inColor: boolean): string;
  /** What the document does not tell. */
  readonly notice?: string;
}

/** Reads the arguments that contain a value, or returns what is wrong with them. */
export async function readStreamCall(
  action: StreamAction,
  [streamId = '', subjectText]: readonly string[],
  values: StreamValues,
  environment: NodeJS.ProcessEnv,
): Promise<StreamCall | string> {
  const subject = subjectText === undefined ? undefined : readSubject(subjectText);
  if (typeof subject === 'string') return subject;
  const request = action === 'create' ? await readRequest(values, environment) : {};
  return typeof request === 'string' ? request : { action, streamId, values, request, subject };
}

function readSubject(text: string): SubjectIdentifier | string {
  const expected = `SUBJECT is JSON, such as '{"format":"email","email":"ada@example.com"}'`;
  const value = parseJson(text);
  if (value === undefined) return expected;
  try {
    return parseSubject(value);
  } catch (error) {
    if (!isSetError(error)) throw error;
    return `${expected}: ${error.message}`;
  }
}

async function readRequest(values: StreamValues, environment: NodeJS.ProcessEnv): Promise<StreamRequest | string> {
  const { push, 'push-authorization': reference, event, description, extra: extraText } = values;
  const extra = extraText === undefined ? undefined : parseJson(extraText);
  if (extraText !== undefined && !isJsonObject(extra))
    return `--extra takes a JSON object, such as '{"format":"iss_sub"}'`;
  const delivery = push === undefined ? { method: POLL } : await readPushDelivery(push, reference, environment);
  if (typeof delivery === 'string') return delivery;
  return {
    delivery,
    ...(event && { events_requested: event }),
    ...(description !== undefined && { description }),
    ...(isJsonObject(extra) && { extra }),
  };
}

const PUSH = 'urn:ietf:rfc:8935';
const POLL = 'urn:ietf:rfc:8936';

async function readPushDelivery(
  url: string,
  reference: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<StreamDelivery | string> {
  try {
    readUrl(url);
  } catch {
    // Its message would name a parameter, not the option.
    return '--push takes an https URL (http only for loopback hosts) without a user name or password';
  }
  const delivery: StreamDelivery = { method: PUSH, endpoint_url: url };
  if (reference === undefined) return delivery;
  const secret = await readHeaderSecret('push-authorization', reference, environment);
  return typeof secret === 'string' ? secret : { ...delivery, authorization_header: secret.text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Reported by the caller, without the text.
    return undefined;
  }
}

/** Runs an action. Returns its result, or what is wrong with the call. Rejects as the client does. */
export async function runStreamAction(
  client: StreamClient,
  metadata: TransmitterMetadata,
  { action, streamId: stream_id, values, request, subject }: StreamCall,
): Promise<StreamResult | string> {
  switch (action) {
    case 'show':
      if (stream_id === '') return resultOf(metadata);
      return resultOf(withoutSecrets((await client.get(stream_id)) ?? throwUnknownStream()));
    case 'create':
      return resultOf(withoutSecrets(await client.create(forTransmitter(request, metadata))));
    case 'list':
      return listResult(await client.list());
    case 'status':
      if (values.set !== undefined) return setStatus(client, stream_id, values.set, values.reason);
      return showStatus(client, stream_id);
    case 'verify': {
      const { state } = await client.verify(stream_id, values.state === undefined ? {} : { state: values.state });
      return resultOf({ stream_id, state }, 'the transmitter will send a verification event with this state');
    }
    case 'add-subject': {
      const verified = values.verified ? true : values.unverified ? false : undefined;
      await client.addSubject(stream_id, subject!, verified === undefined ? {} : { verified });
      return resultOf({ stream_id, subject, verified }, 'added; the transmitter may still not send events about it');
    }
    case 'remove-subject':
      await client.removeSubject(stream_id, subject!);
      return resultOf({ stream_id, subject }, 'removed; some events about it may still arrive');
    case 'delete':
      if (!(await client.delete(stream_id))) throwUnknownStream();
      return resultOf({ stream_id }, 'deleted');
  }
}

function resultOf(document: JsonObject, notice?: string): StreamResult {
  return { document, format: (inColor) => formatMembers(document, inColor), ...(notice !== undefined && { notice }) };
}

function throwUnknownStream(): never {
  throw new SetError('ERR_SET_STREAM', 'The transmitter does not have this stream', { status: 404 });
}

/** Leaves out the credentials of the transmitter at the receiver. Some transmitters return them. */
function withoutSecrets(stream: StreamConfiguration): StreamConfiguration {
  const { authorization_header: _, ...delivery } = stream.delivery;
  return { ...stream, delivery } as StreamConfiguration;
}

/** Names the delivery method as the transmitter does: some know only the name from before SSF 1.0. */
function forTransmitter(request: StreamRequest, { delivery_methods_supported }: TransmitterMetadata): StreamRequest {
  const delivery = request.delivery!;
  const supported: readonly string[] = delivery_methods_supported ?? [];
  const older = `https://schemas.openid.net/secevent/risc/delivery-method/${delivery.method === PUSH ? 'push' : 'poll'}`;
  const isOlder = !supported.includes(delivery.method) && supported.includes(older);
  return isOlder ? { ...request, delivery: { ...delivery, method: older as typeof delivery.method } } : request;
}

function listResult(streams: readonly StreamConfiguration[]): StreamResult {
  const document = streams.map(withoutSecrets);
  const rows = document.map(({ stream_id, delivery: { method, endpoint_url = '' }, description = '' }) => {
    const kind = isPollMethod(method) ? 'poll' : /(?:8935|\/push)$/.test(method) ? 'push' : method;
    return [stream_id, kind, endpoint_url, description];
  });
  const names = ['stream_id', 'delivery', 'endpoint_url', 'description'];
  if (rows.length === 0)
    return {
      document,
      format: () => '',
      notice: 'the transmitter has no stream for this receiver: create one with secevent stream create',
    };
  return { document, format: (inColor) => formatTable([names, ...rows], inColor) };
}

/** Shows the status of the named stream, or of the only one. */
async function showStatus(client: StreamClient, named: string): Promise<StreamResult | string> {
  if (named !== '') return resultOf(await client.getStatus(named));
  const streams = await client.list();
  const [first, second] = streams;
  if (!first) throw new SetError('ERR_SET_STREAM', 'The transmitter has no stream for this receiver');
  if (!second) return resultOf(await client.getStatus(first.stream_id));
  const ids = streams.slice(0, 10).map(({ stream_id }) => printable(stream_id).slice(0, 100));
  return `the receiver has ${streams.length} streams: name one of them, such as ${ids.join(', ')}`;
}

async function setStatus(
  client: StreamClient,
  stream_id: string,
  status: string,
  reason: string | undefined,
): Promise<StreamResult> {
  const result = await client.setStatus(stream_id, status as 'enabled' | 'paused' | 'disabled', reason);
  if (!isPending(result)) return resultOf(result);
  return resultOf({ stream_id, pending: true }, 'accepted, but not done yet: read the status again later');
}

function isPending(result: JsonObject | PendingUpdate): result is PendingUpdate {
  return result.pending === true;
}
