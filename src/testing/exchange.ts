/**
 * The requests that a test transmitter gets through its `fetch`, and the responses that it creates. Nothing is sent over
 * a network.
 */
import type { FetchSignal, HttpResponse } from '../http.js';
import { isJsonObject, parseText } from '../json.js';
import type { JsonObject } from '../model.js';

/** A request to an endpoint. */
export interface EndpointRequest {
  readonly method: string;
  readonly query: { get(name: string): string | null };
  readonly body: string;
  readonly signal: FetchSignal | undefined;
}

/** Responds to the requests of one method. */
export type EndpointHandler = (request: EndpointRequest) => HttpResponse | Promise<HttpResponse>;

/** The handlers of an endpoint by method. */
export type Endpoint = Readonly<Record<string, EndpointHandler>>;

/** Responds with a JSON document, or without a body. */
export function respond(status: number, document?: unknown): HttpResponse {
  // The function Response.json is newer than some supported engines.
  const response =
    document === undefined
      ? new Response(null, { status })
      : new Response(JSON.stringify(document), { status, headers: { 'content-type': 'application/json' } });
  return response as HttpResponse;
}

/** Reads a JSON object. Returns undefined if the body is anything else. */
export function readObject({ body }: EndpointRequest): JsonObject | undefined {
  try {
    const document = parseText(body, 'The request');
    return isJsonObject(document) ? document : undefined;
  } catch {
    // Not JSON: the endpoint responds with 400.
    return undefined;
  }
}
