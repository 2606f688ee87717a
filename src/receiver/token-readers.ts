/**
 * Token readers take the SET from deliveries that differ from RFC 8935, where the body is the token and nothing else.
 *
 * Apple sends JSON, OpenID Connect Back-Channel Logout a form, and Mozilla an Authorization header. Each reader uses
 * only the members of `Request`. Leaves out the responses: see push.ts.
 */
import { SetError } from '../errors.js';
import type { HttpRequest } from '../http.js';
import { isJsonObject, parseBytes } from '../json.js';
import { wrongOption } from '../options.js';
import { isMediaType } from './delivery.js';

/**
 * Returns the token of a delivery, or undefined if the delivery is not of the expected form, such as one with another
 * content type.
 *
 * A SetError that it throws has the effect of one from the verifier. The body of `request` is read when the reader asks
 * for it, and fails with `ERR_SET_TOO_LARGE` beyond `maxBodyBytes`, and with `ERR_SET_DELIVERY` after `bodyTimeoutMs`.
 * Await what you read: if the body fails, a promise that nobody waits for yet is an unhandled rejection.
 */
export type TokenReader = (request: HttpRequest) => string | undefined | Promise<string | undefined>;

/**
 * Creates a reader that takes the token from a member of a JSON object, such as Apple's `{"payload":"eyJ…"}`.
 *
 * It reads deliveries with the content type `application/json`. A body that is not JSON in UTF-8 is refused with
 * `ERR_SET_JSON`, and one without the member, or with anything but a string in it, with `ERR_SET_INPUT`.
 *
 * @param member the name of the member, such as `payload`
 * @throws TypeError if the name is not a non-empty string
 * @see RFC 8259
 * @example
 * ```ts
 * // Sign in with Apple. Apple expects 200.
 * const receive = createPushReceiver({ verify, onSet, readToken: tokenFromJson('payload'), successStatus: 200 });
 * ```
 */
export function tokenFromJson(member: string): TokenReader {
  checkName('member', member);
  return async (request) => {
    if (!hasMediaType(request, 'application/json')) return undefined;
    const octets = new Uint8Array(await request.arrayBuffer());
    if (countValues(octets) > MAX_MEMBERS) throw tooMany();
    const body = parseBytes(octets, 'The body');
    const token = isJsonObject(body) && Object.prototype.hasOwnProperty.call(body, member) ? body[member] : undefined;
    if (typeof token !== 'string') {
      throw new SetError('ERR_SET_INPUT', `The body must be a JSON object whose member "${member}" is a string`);
    }
    return token;
  };
}

/**
 * Creates a reader that takes the token from a field of a form, such as `logout_token`.
 *
 * It reads deliveries with the content type `application/x-www-form-urlencoded`. A form without the field, or with
 * several of that name, is refused with `ERR_SET_INPUT`.
 *
 * @param field the name of the field, such as `logout_token`
 * @throws TypeError if the name is not a non-empty string
 * @see OpenID Connect Back-Channel Logout 1.0 section 2.5
 * @example
 * ```ts
 * // OpenID Connect Back-Channel Logout expects 200.
 * const verify = createLogoutVerifier(keys, { issuer: 'https://op.example', audience: 'my-client' });
 * const readToken = tokenFromForm('logout_token');
 * const receive = createPushReceiver({ verify, onSet, readToken, successStatus: 200 });
 * ```
 */
export function tokenFromForm(field: string): TokenReader {
  checkName('field', field);
  return async (request) => {
    if (!hasMediaType(request, 'application/x-www-form-urlencoded')) return undefined;
    const text = await request.text();
    // Escaped characters count too: decoding a form of nothing else takes as much.
    if (text.split(/[&+%]/, MAX_MEMBERS + 1).length > MAX_MEMBERS) throw tooMany();
    // URLSearchParams drops a leading question mark, so an empty pair precedes the body.
    const [token, ...others] = new URLSearchParams(`&${text}`).getAll(field);
    if (token === undefined || others.length) {
      throw new SetError('ERR_SET_INPUT', `The body must be a form with exactly one field "${field}"`);
    }
    return token;
  };
}

/**
 * Creates a reader that takes the token from the header `Authorization: Bearer …`, as Mozilla accounts sends it, without
 * a body.
 *
 * A delivery without that header, or with another scheme, gets a 415.
 *
 * @see RFC 6750 section 2.1
 * @example
 * ```ts
 * const receive = createPushReceiver({ verify, onSet, readToken: tokenFromAuthorization() });
 * ```
 */
export function tokenFromAuthorization(): TokenReader {
  return ({ headers }) => {
    const credentials = /^bearer(?: +([^ ].*)?)?$/i.exec(headers.get('authorization') ?? '');
    return credentials ? (credentials[1] ?? '') : undefined;
  };
}

/** Parsing takes up to 40 times the size of a body that consists of tiny members, and anyone can send one. */
const MAX_MEMBERS = 1_000;

/** Counts at least the values of a JSON text: a comma, a bracket or a brace comes before each but the first. */
function countValues(octets: Uint8Array): number {
  let count = 0;
  for (const octet of octets) if (octet === 0x2c || octet === 0x5b || octet === 0x7b) count++;
  return count;
}

function tooMany(): SetError {
  return new SetError('ERR_SET_INPUT', `The body has more than ${MAX_MEMBERS} members or escaped characters`);
}

function checkName(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw wrongOption(name, value, 'a non-empty string');
}

function hasMediaType({ headers }: HttpRequest, mediaType: string): boolean {
  return isMediaType(headers.get('content-type'), mediaType);
}
