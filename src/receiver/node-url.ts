/** The URL of a request to a Node server, as the client states it. Leaves out TLS and proxies: the scheme is http. */

/** The parts of a Node request that its URL is made from. */
export interface NodeTarget {
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly headers: { readonly [name: string]: unknown };
}

/** Returns the requested URL, not normalized. The host that a client states never changes the path. */
export function urlOf({ url = '/', originalUrl = url, headers }: NodeTarget): string {
  const { host, ':authority': authority = host } = headers;
  // Clients send an absolute URL to a proxy.
  const absolute = /^https?:/i.test(originalUrl) ? tryParseUrl(originalUrl) : undefined;
  const path = absolute ? absolute.pathname + absolute.search : originalUrl.startsWith('/') ? originalUrl : '/';
  const stated = String(absolute ? absolute.host : authority);
  return `http://${stated === lastHost || isHost(stated) ? (lastHost = stated) : 'localhost'}${path}`;
}

/**
 * The last host that passed the check. Nearly all requests to a server have the same host, and a check takes as long as
 * everything else in this file.
 */
let lastHost: string | undefined;

/** Reports whether a string is a host, with or without a port, and nothing else. */
function isHost(text: string): boolean {
  return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(text) && tryParseUrl(`http://${text}`) !== undefined;
}

/** Returns undefined for a string that is not a URL. */
function tryParseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
