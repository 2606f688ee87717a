/** set.ts: decodeSet on published and on hostile tokens, and the guarantees about its result. */
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { SetError } from '../src/errors.js';
import type { DecodedSet } from '../src/model.js';
import { decodeSet } from '../src/set.js';
import { octetsOf, segment, textOf } from './support/octets.js';
import { refusalOf } from './support/refusals.js';
import { CLAIMS, HEADER, makeToken, tokenWith } from './support/tokens.js';
import { encodeVector, listVectors, readVector } from './support/vectors.js';

describe('published tokens', () => {
  test('the documented Akamai token', () => {
    const token = readVector('akamai/documented-token.jwt');
    const set = decodeSet(token);
    expect(set.header).toEqual(HEADER);
    expect(set.payload).toEqual({
      iss: 'Akamai Identity Cloud',
      iat: 1563488631,
      jti: 'b70046bd-44c7-4575-b1a2-9b8556d1f040',
      aud: 'https://example.com/path/to/endpoint',
      txn: '00000000-0000-0000-0000-000000000000',
      toe: 1559372400,
      events: {
        userCredentialUpdated: {
          captureApplicationId: 'zzyn9gy9r8xdy5zkru4y54syk6',
          captureClientId: 'elrrniux51a3nrhfwzklvz3t46lb5n2m',
          entityType: 'user',
          globalSub:
            'capture-v1://us.janraincapture.com/zzyn9gy9r8xdy5zkru4y54syk6/user/6b004bc5-179c-45c2-815d-31b06169371d',
          sub: '6b004bc5-179c-45c2-815d-31b06169371d',
          credentialType: 'password',
          id: '00000000-0000-0000-0000-000000000000',
        },
      },
    });
    expect(segment(set.signature)).toBe(token.split('.')[2]);
  });

  test('the real Akamai token of 2020: no typ, toe in milliseconds, no event id', () => {
    const { token, header, payload } = encodeVector('akamai/captured-2020.json');
    const set = decodeSet(token);
    expect(set.header).toEqual(header);
    expect(set.header.typ).toBeUndefined();
    expect(set.payload).toEqual(payload);
    expect(set.payload.toe).toBe(1_580_144_030_739);
  });

  test('the real Akamai token of 2021: aud is a list, iss a URL, jku in the header', () => {
    const set = decodeSet(`${readVector('akamai/captured-2021-eu.header-payload.txt')}.`);
    expect(set.header['jku']).toBe('https://v1.api.eu.janrain.com/b18fc81d-457e-4a40-ac87-2b78bd946fa2/login/jwk');
    expect(set.payload.aud).toEqual(['https://webhook.site/a39c8b84-a4c5-4eb2-858a-28c4e1139914']);
    expect(Object.keys(set.payload.events)).toEqual(['entityCreated']);
  });

  const claims = ['akamai', 'rfc8417', 'ssf', 'caep', 'risc', 'scim-events', 'oidc-backchannel-logout'].flatMap(
    (name) => listVectors(name, '.json'),
  );
  test.each([...claims, 'vendors/google-risc-account-disabled.json'])('%s, encoded', (name) => {
    const { token, header, payload } = encodeVector(name);
    expect(decodeSet(token)).toMatchObject({ header, payload });
  });

  test.each(['rfc8417', 'rfc8935', 'rfc8936'].flatMap((name) => listVectors(name, '.jwt')))('%s', (name) => {
    const token = readVector(name);
    const set = decodeSet(token);
    expect(set.header).toEqual(decodeProtectedHeader(token));
    expect(set.payload).toEqual(decodeJwt(token));
  });

  test('an unsecured token has an empty signature', () => {
    expect(decodeSet(readVector('rfc8417/fig6-unsecured.jwt'))).toMatchObject({
      header: { alg: 'none' },
      signature: new Uint8Array(),
    });
  });

  test.each([
    ['rfc9493/fig3-message-interception.json', 'ERR_SET_CLAIM_MISSING', 'jti'],
    ['vendors/apple-siwa-consent-revoked.json', 'ERR_SET_CLAIM_INVALID', 'events'],
  ])('%s is not a SET: %s %s', (name, code, claim) => {
    expect(refusalOf(() => decodeSet(encodeVector(name).token))).toMatchObject({ code, claim });
  });

  test.each(listVectors('jose', '.jwt'))('%s is a JWS but not a SET', (name) => {
    const token = readVector(name);
    expect(refusalOf(() => decodeSet(token), token).code).toMatch(/^ERR_SET_(JSON|CLAIM_MISSING|HEADER)$/);
  });
});

describe('hostile tokens', () => {
  const payload = segment(JSON.stringify(CLAIMS));
  const header = segment(JSON.stringify(HEADER));

  test.each([
    ['a line break at the end', `${makeToken()}\n`, 'ERR_SET_BASE64URL'],
    ['a space before it', ` ${makeToken()}`, 'ERR_SET_BASE64URL'],
    ['quotes around it', `"${makeToken()}"`, 'ERR_SET_BASE64URL'],
    ['padding in the header', `${segment('{"alg":"RS256" }')}=.${payload}.AAAA`, 'ERR_SET_BASE64URL'],
    ['padding in the payload', `${header}.${payload}=.AAAA`, 'ERR_SET_BASE64URL'],
    ['padding in the signature', `${header}.${payload}.AA==`, 'ERR_SET_BASE64URL'],
    ['a stray bit in the signature', `${header}.${payload}.AB`, 'ERR_SET_BASE64URL'],
    ['a plus in the signature', `${header}.${payload}.AA+A`, 'ERR_SET_BASE64URL'],
    ['an escaped underscore', `${header}.${payload}.AAA\\_`, 'ERR_SET_BASE64URL'],
    ['a signature cut to one character', `${header}.${payload}.A`, 'ERR_SET_BASE64URL'],
    ['nothing between the dots', '..', 'ERR_SET_JSON'],
    ['a detached payload', `${header}..AAAA`, 'ERR_SET_JSON'],
    ['no header', `.${payload}.AAAA`, 'ERR_SET_JSON'],
    ['a header that is null', makeToken('null'), 'ERR_SET_JSON'],
    ['a header that is a list', makeToken('["RS256"]'), 'ERR_SET_JSON'],
    ['a header with text after it', makeToken('{"alg":"RS256"}x'), 'ERR_SET_JSON'],
    ['a payload that is null', makeToken(HEADER, 'null'), 'ERR_SET_JSON'],
    ['a payload that is a list', makeToken(HEADER, '[1]'), 'ERR_SET_JSON'],
    ['a payload that is a string', makeToken(HEADER, '"text"'), 'ERR_SET_JSON'],
    ['a payload with a byte order mark', makeToken(HEADER, `\ufeff${JSON.stringify(CLAIMS)}`), 'ERR_SET_JSON'],
    ['a header with a byte order mark', makeToken(`\ufeff${JSON.stringify(HEADER)}`), 'ERR_SET_JSON'],
    ['a payload in UTF-16', makeToken(HEADER, octetsOf(JSON.stringify(CLAIMS).replace(/./g, '$&\0'))), 'ERR_SET_JSON'],
    ['a payload in Latin-1', makeToken(HEADER, octetsOf(JSON.stringify({ ...CLAIMS, name: 'José' }))), 'ERR_SET_JSON'],
    ['an overlong form', makeToken(HEADER, octetsOf('{"a":"\xc0\xaf"}')), 'ERR_SET_JSON'],
    ['a surrogate in UTF-8', makeToken(HEADER, octetsOf('{"a":"\xed\xa0\x80"}')), 'ERR_SET_JSON'],
    ['no-break spaces between members', makeToken(HEADER, '{\u00a0"iss":"i"}'), 'ERR_SET_JSON'],
    ['two tokens', `${makeToken()}\n${makeToken()}`, 'ERR_SET_FORMAT'],
  ])('refuses %s', (_, token, code) => {
    expect(refusalOf(() => decodeSet(token), token).code).toBe(code);
  });

  test.each([
    ['lists', '['],
    ['objects', '{"a":'],
  ])('refuses %s nested without an end', (_, open) => {
    expect(refusalOf(() => decodeSet(makeToken(HEADER, open.repeat(100_000)))).code).toBe('ERR_SET_JSON');
  });

  test('accepts deep nesting that ends', () => {
    const depth = 50_000;
    const deep = `{"iss":"i","iat":1,"jti":"j","events":{"e":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}}`;
    expect(Object.keys(decodeSet(makeToken(HEADER, deep)).payload.events)).toEqual(['e']);
  });

  test('throws only SetError, whatever part of a token is damaged', () => {
    const good = makeToken(HEADER, { ...CLAIMS, name: 'Zoë 😀', aud: ['a'] });
    const damage = fc.tuple(
      fc.nat(good.length),
      fc.nat(12),
      fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('.', '=', '-', '', 'A', 'e30')),
    );
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const token = damages.reduce(
          (text, [at, cut, insert]) => text.slice(0, at) + insert + text.slice(at + cut),
          good,
        );
        try {
          decodeSet(token);
        } catch (error) {
          expect(error).toBeInstanceOf(SetError);
          return;
        }
        // jose accepts every token that is accepted here, and reads the same from it.
        expect(decodeSet(token)).toMatchObject({ header: decodeProtectedHeader(token), payload: decodeJwt(token) });
      }),
      { numRuns: 3_000 },
    );
  });

  test('throws only SetError, for any JSON in header and payload', () => {
    const members = fc.constantFrom(
      'iss',
      'iat',
      'jti',
      'events',
      'aud',
      'txn',
      'toe',
      'sub',
      'sub_id',
      'exp',
      'nbf',
      'alg',
      'typ',
      'kid',
      '__proto__',
    );
    const json = fc.oneof(fc.jsonValue(), fc.dictionary(members, fc.jsonValue()));
    fc.assert(
      fc.property(json, fc.oneof(json, fc.constant(HEADER)), (payload, header) => {
        try {
          decodeSet(makeToken(header, payload));
        } catch (error) {
          expect(error).toBeInstanceOf(SetError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('preserves any text in a claim as sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.jsonValue(), (text, value) => {
        const claims = { ...CLAIMS, name: text, value };
        const token = tokenWith(claims);
        expect(decodeSet(token).payload).toEqual(JSON.parse(JSON.stringify(claims)));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('maxTokenLength', () => {
  test('is 1,048,576 characters by default', () => {
    // `text` makes the length of the signature valid: that of base64url is never 1 mod 4.
    const start = makeToken(HEADER, { ...CLAIMS, text: 'x' }, new Uint8Array());
    const longest = start + 'A'.repeat(1_048_576 - start.length);
    expect(decodeSet(longest).signature).toHaveLength(Math.floor(((1_048_576 - start.length) * 3) / 4));
    expect(refusalOf(() => decodeSet(`${longest}A`)).code).toBe('ERR_SET_TOO_LARGE');
  });

  test('can be smaller or larger', () => {
    const token = makeToken();
    expect(decodeSet(token, { maxTokenLength: token.length }).payload).toEqual(CLAIMS);
    expect(refusalOf(() => decodeSet(token, { maxTokenLength: token.length - 1 })).code).toBe('ERR_SET_TOO_LARGE');
    const long = makeToken(HEADER, { ...CLAIMS, text: 'x'.repeat(1_000_000) });
    expect(long.length).toBeGreaterThan(1_048_576);
    expect(decodeSet(long, { maxTokenLength: 2_000_000 }).payload['text']).toHaveLength(1_000_000);
  });

  test('is checked before anything else in the token', () => {
    expect(refusalOf(() => decodeSet('not a token', { maxTokenLength: 3 })).code).toBe('ERR_SET_TOO_LARGE');
  });

  test.each([NaN, Infinity, -1, '100', null, {}])('%j is a TypeError', (maxTokenLength) => {
    expect(() => decodeSet(makeToken(), { maxTokenLength: maxTokenLength as number })).toThrow(TypeError);
  });

  test('is not read from an index, which map passes in JavaScript', () => {
    const decode = decodeSet as (token: string, index: number) => ReturnType<typeof decodeSet>;
    expect([makeToken(), makeToken()].map(decode).map((set) => set.payload.jti)).toEqual(['b70046bd', 'b70046bd']);
  });
});

describe('the result', () => {
  test('belongs to the caller: changing it does not affect later calls', () => {
    const token = readVector('akamai/documented-token.jwt');
    const untouched = JSON.stringify([
      decodeSet(token).header,
      decodeSet(token).payload,
      [...decodeSet(token).signature],
    ]);
    const mine = decodeSet(token);
    Object.assign(mine.header, { alg: 'none', kid: 'changed' });
    Object.assign(mine.payload, { iss: 'changed' });
    Object.assign(mine.payload.events['userCredentialUpdated']!, { entityType: 'changed' });
    mine.signature.fill(0);
    const next = decodeSet(token);
    expect(JSON.stringify([next.header, next.payload, [...next.signature]])).toBe(untouched);
  });

  test('has a signature that is decoded once', () => {
    const set = decodeSet(makeToken());
    expect(set.signature).toBeInstanceOf(Uint8Array);
    expect(set.signature).toBe(set.signature);
    expect(textOf(set.signature)).toBe('signature');
  });

  test('can be frozen deeply before the signature is read', () => {
    const freeze = <T>(value: T): T => {
      if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
      for (const key of Reflect.ownKeys(value)) freeze(Reflect.get(value, key));
      return Object.freeze(value);
    };
    expect(textOf(freeze(decodeSet(makeToken())).signature)).toBe('signature');
  });

  test('is not changed by reading it, and shares no mutable state', () => {
    const [read, unread] = [decodeSet(makeToken()), decodeSet(makeToken())];
    expect(read.signature).toHaveLength(9);
    expect(read).toStrictEqual(unread);
    expect(Object.isFrozen(Object.getPrototypeOf(read))).toBe(true);
  });

  // The symbol that Node, Deno and Bun look for in console.log.
  test('is shown with header, payload and signature', () => {
    const set = decodeSet(makeToken()) as DecodedSet & { [inspect: symbol]: () => object };
    const { header, payload, signature } = set;
    expect(set[Symbol.for('nodejs.util.inspect.custom')]!()).toEqual({ header, payload, signature });
  });

  test('works behind a Proxy, as in reactive frontends', () => {
    const set = new Proxy(decodeSet(makeToken()), {});
    expect(textOf(set.signature)).toBe('signature');
    expect(set.payload.jti).toBe('b70046bd');
  });
});
