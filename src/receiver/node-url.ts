/**
 * The URL of a request of Node's servers, as the client says: whether it came by https, or through whom, is not known
 * here.
 */

/** What a URL is made from. */
export interface NodeTarget {
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly headers: { readonly [name: string]: unknown };
}

/**
 * The URL that was requested, not yet in its normal form. What the client says of the host has no influence on the
 * path.
 */
export function urlOf({ url = '/', originalUrl = url, headers }: NodeTarget): string {
  const { host, ':authority': authority = host } = headers;
  // A proxy is asked for a whole URL.
  const whole = /^https?:/i.test(originalUrl) ? parse(originalUrl) : undefined;
  const path = whole ? whole.pathname + whole.search : originalUrl.startsWith('/') ? originalUrl : '/';
  const said = String(whole ? whole.host : authority);
  return `http://${said === knownHost || isHost(said) ? (knownHost = said) : 'localhost'}${path}`;
}

/**
 * The last host that was checked: nearly all requests of a server have the same, and a check takes as long as all else
 * here.
 */
let knownHost: string | undefined;

/** Reports whether a text is a host and nothing else. */
function isHost(text: string): boolean {
  return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(text) && parse(`http://${text}`) !== undefined;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    // Not a URL, whatever the client means by it.
    return undefined;
  }
}
