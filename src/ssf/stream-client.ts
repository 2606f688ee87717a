/**
 * The client of a transmitter's stream management (OpenID SSF 1.0 sections 7 and 8.1).
 *
 * One closure, because it is much smaller than its parts would be. Leaves out what documents and requests contain: see
 * stream-documents.ts and stream-request.ts.
 */
import { SetError } from '../errors.js';
import { exchange, withTimeout } from '../http.js';
import { parseBytes } from '../json.js';
import { checkChoice, listOf, requireMethods, requireObject } from '../options.js';
import { retryAfterOf } from '../post.js';
import { clock } from '../time.js';
import { readFetchLimits, requireHeaderValue, requireText } from './client-options.js';
import { fetchConfiguration, headersFor, locateConfiguration, readEndpoint } from './discovery.js';
import { VERIFICATION_TYPE } from './events.js';
import { createMemoryStateStore, createUnguessable } from './state-store.js';
import type { StreamClient, StreamClientOptions } from './stream-client-api.js';
import { readMetadata, readStatus, readStream } from './stream-documents.js';
import { checkMembers } from './stream-members.js';
import { findStream, toRequestBody } from './stream-request.js';
import type { StreamConfiguration, StreamRequest, TransmitterMetadata } from './stream-types.js';

/**
 * Creates a client that sets up streams at one transmitter, watches and verifies them, and adds subjects.
 *
 * Nothing is fetched before the first call. The configuration of the transmitter is kept until a request fails.
 * Redirects are not followed.
 *
 * @returns a client. Its calls reject with SetError `ERR_SET_STREAM` when they fail: with the `status` of the response,
 * if there was one, and with `retryAfterSeconds`, if the transmitter said when to try again. They reject with
 * `ERR_SET_ISSUER` or `ERR_SET_AUDIENCE` when the configuration or a stream has another issuer or audience, and with a
 * TypeError for a mistake in their arguments
 * @throws TypeError for a mistake in the options
 * @see OpenID SSF 1.0 sections 7 and 8.1
 * @example
 * ```ts
 * const client = createStreamClient({
 *   issuer: 'https://transmitter.example/',
 *   audience: 'https://rx.example/',
 *   authorization: createClientCredentials({ issuer: 'https://login.example/', clientId, clientSecret, scope }),
 * });
 * const { stream_id } = await client.ensure({
 *   events_requested: [sessionRevoked.type],
 *   delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://rx.example/events' },
 * });
 * await client.verify(stream_id);
 * ```
 */
export function createStreamClient(options: StreamClientOptions): StreamClient {
  requireObject('options', options);
  const { issuer, configurationUrl, audience, authorization, states = createMemoryStateStore() } = options;
  const place = locateConfiguration(issuer, configurationUrl, 'ERR_SET_STREAM', 'ERR_SET_ISSUER');
  const audiences = audience === undefined ? audience : listOf('audience', audience);
  const isDynamic = typeof authorization === 'function';
  if (authorization !== undefined && !isDynamic) requireHeaderValue('authorization', authorization);
  requireMethods('states', states, ['add', 'has']);
  const limits = readFetchLimits(options);

  let known: TransmitterMetadata | undefined;
  const metadata = async (): Promise<TransmitterMetadata> =>
    (known ??= readMetadata(await fetchConfiguration(place, limits)));

  /**
   * Sends a request, and a second one with a new authorization if the first is refused.
   *
   * @param streamIds one that goes into the body if there is a body, and otherwise into the query; or none
   * @param readDocument reads the document in the response
   * @param members those of the body; undefined ones are left out
   * @returns what `readDocument` returns, or true without it; undefined when the stream to read or delete does not exist
   */
  async function call<Result>(
    method: 'GET' | 'DELETE' | 'POST' | 'PATCH' | 'PUT',
    endpoint: `${'configuration' | 'status' | 'verification' | 'add_subject' | 'remove_subject'}_endpoint`,
    streamIds: readonly [streamId?: string],
    readDocument?: (document: unknown, streamId?: string) => unknown,
    members?: object,
    refused?: string,
  ): Promise<Result> {
    // A request without an ID concerns all streams, so a forgotten one must not be sent.
    for (const each of streamIds) requireText('streamId', each);
    const [streamId] = streamIds;
    const body = members && JSON.stringify({ ...members, stream_id: streamId });
    const url = new URL(readEndpoint(await metadata(), endpoint, place));
    // Appended, since `searchParams` would rewrite a query of the endpoint's own.
    if (streamId && !body) url.search += `${url.search && '&'}${new URLSearchParams({ stream_id: streamId })}`;
    const value = isDynamic
      ? await withTimeout(
          30_000,
          () => new SetError('ERR_SET_STREAM', 'authorization() took longer than 30 s'),
          // It may take several requests of its own.
          async () => authorization(refused),
        )
      : authorization;
    if (authorization) requireHeaderValue('authorization', value);
    const [status, retryAfterSeconds, json] = await exchange(
      url.href,
      'ERR_SET_STREAM',
      {
        ...limits,
        headers: {
          ...headersFor(url.href, place, limits.headers),
          ...(body && { 'content-type': 'application/json' }),
          ...(value && { authorization: value }),
        },
      },
      { method, body: body! },
      async (response, content) =>
        [
          response.status,
          retryAfterOf(response),
          readDocument && response.status < 202 && parseBytes(await content.read(), 'The response'),
        ] as const,
    );
    if (status === 401 && isDynamic && !refused) return call(method, endpoint, streamIds, readDocument, members, value);
    if (status === 404 && !body && endpoint === 'configuration_endpoint') return undefined as Result;
    if (status === 202 && body && streamId) return { pending: true } as Result;
    if (status >= 200 && status < (readDocument ? 202 : 300))
      return (readDocument ? readDocument(json, streamId) : true) as Result;
    // The endpoint may have moved.
    known = undefined;
    const reason = `${method} ${endpoint} failed: status ${status}`;
    throw new SetError('ERR_SET_STREAM', reason, { status, retryAfterSeconds });
  }

  /** How often streams may be verified, in seconds, and when they were verified. */
  const intervals = new Map<string, number | undefined>();
  const verifiedAtMs = new Map<string, number>();
  const keyOf = (state: string): string => `${place.issuers[0]} ${state}`;

  function read(document: unknown, streamId?: string): StreamConfiguration {
    const stream = readStream(document, place, audiences, streamId);
    intervals.set(stream.stream_id, stream.min_verification_interval);
    return stream;
  }

  async function create(stream: StreamRequest): Promise<StreamConfiguration> {
    return call('POST', 'configuration_endpoint', [], read, toRequestBody(stream));
  }

  async function list(): Promise<readonly StreamConfiguration[]> {
    // Some transmitters return the only stream, and null or status 404 when there are none.
    const readList = (documents: unknown): unknown => {
      // These are all streams: a transmitter that always names others must not fill the memory.
      intervals.clear();
      return [documents ?? []].flat().map((each) => read(each));
    };
    return (await call('GET', 'configuration_endpoint', [], readList)) ?? [];
  }

  const changeBy =
    (method: 'PATCH' | 'PUT'): StreamClient['update'] =>
    async (streamId, stream) =>
      call(method, 'configuration_endpoint', [streamId], read, toRequestBody(stream));
  const update = changeBy('PATCH');

  const changeSubjectAt =
    (endpoint: 'add_subject_endpoint' | 'remove_subject_endpoint'): StreamClient['addSubject'] =>
    async (streamId, subject, { verified } = {}) => {
      await call('POST', endpoint, [streamId], undefined, checkMembers({ subject, verified }, ['subject']));
    };

  return {
    metadata,
    create,
    list,
    update,
    replace: changeBy('PUT'),
    addSubject: changeSubjectAt('add_subject_endpoint'),
    removeSubject: changeSubjectAt('remove_subject_endpoint'),

    async ensure(stream) {
      try {
        return await create(stream);
      } catch (error) {
        if ((error as Partial<SetError> | undefined)?.status !== 409) throw error;
        const existing = findStream(await list(), toRequestBody(stream));
        if (!existing) throw error;
        const updated = await update(existing.stream_id, stream);
        if (!updated.pending) return updated;
        throw new SetError('ERR_SET_STREAM', 'The update is pending', { status: 202 });
      }
    },

    get: (streamId) => call('GET', 'configuration_endpoint', [streamId], read),

    delete: async (streamId) => !!(await call('DELETE', 'configuration_endpoint', [streamId])),

    getStatus: (streamId) => call('GET', 'status_endpoint', [streamId], readStatus),

    async setStatus(streamId, status, reason) {
      checkChoice('status', status, ['enabled', 'paused', 'disabled']);
      return call('POST', 'status_endpoint', [streamId], readStatus, checkMembers({ status, reason }, []));
    },

    async verify(streamId, { state = createUnguessable() } = {}) {
      requireText('state', state);
      const intervalMs = intervals.get(streamId)! * 1000;
      const waitMs = verifiedAtMs.get(streamId)! + intervalMs - clock();
      // Not a number if one of them is unknown. A longer wait means the clock was set back.
      if (waitMs > 0 && waitMs <= intervalMs)
        throw new SetError('ERR_SET_STREAM', 'The stream may not be verified yet', {
          retryAfterSeconds: Math.ceil(waitMs / 1000),
        });
      // The event may arrive before the response.
      await states.add(keyOf(state));
      await call('POST', 'verification_endpoint', [streamId], undefined, { state });
      verifiedAtMs.set(streamId, clock());
      return { state };
    },

    async checkVerification({ payload }) {
      const state = payload.events[VERIFICATION_TYPE]?.state;
      // The transmitter may start a verification itself. Some then send null.
      if (state === undefined || state === null) return;
      const isOurs =
        typeof state === 'string' && place.issuers.includes(payload.iss) && (await states.has(keyOf(state)));
      if (!isOurs) throw new SetError('ERR_SET_STATE', 'The state is not expected');
    },
  };
}
