/** Runs `secevent verify`: valid tokens, rejected tokens with their codes, and wrong usage. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { JsonWebKey } from '../../src/keys.js';
import { createTestTransmitter } from '../../src/testing/transmitter.js';
import { secevent } from '../support/command.js';
import { CLAIMS, HEADER, makeToken } from '../support/tokens.js';

const transmitter = await createTestTransmitter();
const elliptic = await createTestTransmitter({ algorithm: 'ES256' });
const stranger = await createTestTransmitter();
const token = await transmitter.sign();
const untyped = await transmitter.sign({}, { typ: undefined });
const now = Math.floor(Date.now() / 1000);

const folder = mkdtempSync(join(tmpdir(), 'secevent-test-'));
const servers: Server[] = [];
afterAll(() => {
  rmSync(folder, { recursive: true });
  for (const server of servers) server.close();
});

function store(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  return path;
}

/** Converts a key to PEM with Node, not with this library. */
function pemOf(key: JsonWebKey): string {
  return createPublicKey({ key: { ...key }, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const [jwk] = transmitter.jwks.keys as [JsonWebKey];
const [ellipticJwk] = elliptic.jwks.keys as [JsonWebKey];
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const SECRET = 'c2VjcmV0LW9mLXRoZS10ZXN0';
const files = {
  set: store('keys.json', transmitter.jwks),
  strangers: store('strangers.json', stranger.jwks),
  mixed: store('mixed.json', { keys: [{ kty: 'oct', k: SECRET }, ...stranger.jwks.keys, jwk] }),
  secretSet: store('secret-set.json', { keys: [{ kty: 'oct', k: SECRET, kid: jwk.kid, alg: 'HS256' }] }),
  jwk: store('key.json', jwk),
  unnamed: store('unnamed.json', { ...stranger.jwks.keys[0], kid: undefined }),
  pem: store('key.pem', pemOf(jwk)),
  ellipticPem: store('ec.pem', pemOf(ellipticJwk)),
  ellipticJwk: store('ec.json', ellipticJwk),
  weakPem: store('weak.pem', weak.publicKey.export({ type: 'spki', format: 'pem' })),
  privatePem: store('private.pem', weak.privateKey.export({ type: 'pkcs8', format: 'pem' })),
  oldPem: store('old.pem', weak.publicKey.export({ type: 'pkcs1', format: 'pem' })),
  brokenPem: store('broken.pem', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'),
  secret: store('secret.json', { kty: 'oct', k: SECRET, alg: 'HS256' }),
  utf16: store('utf16.json', Buffer.from(`\ufeff${JSON.stringify(transmitter.jwks)}`, 'utf16le')),
  text: store('text.txt', `not a key ${SECRET}`),
  list: store('list.json', [jwk]),
  null: store('null.json', 'null'),
  large: store('large.json', ' '.repeat(4 * 1_048_576 + 1)),
  token: store('token.jwt', `${token}\n`),
};

const ISSUER = ['--issuer', transmitter.issuer];
const AUDIENCE = ['--audience', transmitter.audience];
const PARTIES = [...ISSUER, ...AUDIENCE];
const KEYS = ['--jwks', files.set];
const CALL = [...KEYS, ...PARTIES];

function verify(...args: readonly string[]): ReturnType<typeof secevent> {
  return secevent(['verify', ...args]);
}

/** Expects status 1, one line with the code on standard error, and no output. */
async function expectRefusal(args: readonly string[], code: string, reason = /./): Promise<void> {
  const { status, output, errors } = await verify(...args);
  expect({ status, output, code: /^secevent: (\w+): /.exec(errors)?.[1] }).toEqual({ status: 1, output: '', code });
  expect(errors).toMatch(/^[^\n]+\n$/);
  expect(errors).toMatch(reason);
}

/** Expects status 2, and advice that shows neither the token nor a key. */
async function expectMisuse(args: readonly string[], advice: RegExp): Promise<void> {
  const { status, output, errors } = await verify(...args);
  expect({ status, output }).toEqual({ status: 2, output: '' });
  expect(errors).toMatch(advice);
  expect(errors).not.toMatch(/\n\s+at /);
  for (const secret of [SECRET, token.slice(20, 60), jwk.n!.slice(0, 20)]) expect(errors).not.toContain(secret);
}

describe('a valid token', () => {
  test.each([
    ['as an argument', [token], ''],
    ['in a file', [files.token], ''],
    ['on standard input', [], `${token}\n`],
    ['on standard input, named', ['-'], token],
  ])('is printed as verified: %s', async (_, args, input) => {
    const { status, output, errors } = await secevent(['verify', ...CALL, ...args], input);
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output.split('\n')[0]).toBe(`VERIFIED: signed with a key from ${files.set}; issuer and audience match`);
    for (const part of [
      '\n\nHeader\n{\n  "typ"',
      `\nPayload\n{\n  "iss": "${transmitter.issuer}"`,
      `Signature (256 bytes)\n${token.split('.')[2]}\n`,
    ]) {
      expect(output).toContain(part);
    }
    expect(output).not.toMatch(/UNVERIFIED|NOT checked|\u001b/);
  });

  test.each([
    ['FORCE_COLOR', { FORCE_COLOR: '1' }, true],
    ['NO_COLOR', { NO_COLOR: '1' }, false],
    ['FORCE_COLOR over NO_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('has a colored headline according to %s', async (_, environment, isColored) => {
    const { output } = await secevent(['verify', ...CALL, '--any-typ', token], '', environment);
    expect(output.includes('\u001b[')).toBe(isColored);
    expect(output.startsWith(isColored ? '\u001b[32mVERIFIED: ' : 'VERIFIED: ')).toBe(true);
    expect(output.includes('\u001b[33mNOT checked: typ\u001b[39m\n')).toBe(isColored);
  });

  test.each([
    ['a Bearer prefix', [`Bearer ${token}`], '', 'removed a "Bearer" prefix'],
    ['a Bearer prefix that the shell split off', ['Bearer', token], '', 'removed a "Bearer" prefix'],
    ['line wraps', [], token.replace(/.{76}/g, '$&\n'), 'removed line breaks and spaces'],
  ])('is repaired with a notice: %s', async (_, args, input, repairs) => {
    const { status, output, errors } = await secevent(['verify', ...CALL, ...args], input);
    expect({ status, errors }).toEqual({ status: 0, errors: `secevent: repaired the pasted text: ${repairs}\n` });
    expect(output).toMatch(/^VERIFIED: /);
  });

  test('cannot act on the terminal', async () => {
    const signed = await transmitter.sign({ name: 'c1\u009b31m reversed\u202e' });
    for (const format of [[], ['--json']]) {
      const { status, output } = await verify(...CALL, ...format, signed);
      expect(status).toBe(0);
      expect(output).toContain('c1\\u009b31m reversed\\u202e');
    }
  });

  test('is printed by --json as decode does', async () => {
    const outcome = await verify(...CALL, '--json', token);
    expect(outcome).toEqual(await secevent(['decode', '--json', token]));
    expect(outcome).toMatchObject({ status: 0, errors: '' });
    expect(JSON.parse(outcome.output)).toMatchObject({
      header: { alg: 'RS256' },
      payload: { iss: transmitter.issuer },
      signature: token.split('.')[2],
    });
  });
});

describe('keys', () => {
  test.each([
    ['a set with other keys', ['--jwks', files.mixed]],
    ['a single JWK as --jwks', ['--jwks', files.jwk]],
    ['a single JWK as --key', ['--key', files.jwk]],
    ['an RSA key in PEM', ['--key', files.pem]],
    [
      'an RSA key in PEM for one of several algorithms',
      ['--key', files.pem, '--algorithm', 'ES256', '--algorithm', 'RS256'],
    ],
    ['a file that PowerShell wrote as UTF-16', ['--jwks', files.utf16]],
  ])('are read from %s', async (_, args) => {
    expect(await verify(...args, ...PARTIES, token)).toMatchObject({ status: 0, errors: '' });
  });

  test.each([
    ['PEM', ['--key', files.ellipticPem]],
    ['a JWK', ['--key', files.ellipticJwk]],
  ])('of an elliptic curve are read from %s with their algorithm', async (_, args) => {
    const signed = await elliptic.sign();
    expect(await verify(...args, ...PARTIES, '--algorithm', 'ES256', signed)).toMatchObject({ status: 0, errors: '' });
  });

  test('are fetched from a URL, whose query is not printed', async () => {
    const paths: (string | undefined)[] = [];
    const origin = await serve(({ url }, response) => {
      paths.push(url);
      response.end(JSON.stringify(transmitter.jwks));
    });
    const { status, output, errors } = await verify('--jwks', `${origin}/login/jwk?secret=1`, ...PARTIES, token);
    expect({ status, errors, paths }).toEqual({ status: 0, errors: '', paths: ['/login/jwk?secret=1'] });
    expect(output.split('\n')[0]).toBe(
      `VERIFIED: signed with a key from ${origin}/login/jwk; issuer and audience match`,
    );
  });

  test('fail with the status of a server that does not return them', async () => {
    const origin = await serve((_, response) => response.writeHead(500).end('no'));
    await expectRefusal(['--jwks', origin, ...PARTIES, token], 'ERR_SET_JWKS', /status 500/);
  });

  test('fail if the response is not a JWK Set', async () => {
    const origin = await serve((_, response) => response.end('{}'));
    await expectRefusal(['--jwks', origin, ...PARTIES, token], 'ERR_SET_JWKS', /not a JWK Set/);
  });

  test('fail with the cause if the server cannot be reached', async () => {
    const origin = await serve(() => undefined);
    await new Promise((resolve) => servers.at(-1)!.close(resolve));
    await expectRefusal(
      ['--akamai', `${new URL(origin).host}/0123`, ...AUDIENCE, token],
      'ERR_SET_JWKS',
      /ECONNREFUSED/,
    );
    await expectRefusal(['--jwks', origin, ...PARTIES, token], 'ERR_SET_JWKS', /ECONNREFUSED/);
  });

  test('fail in one line if an https URL leads to an http server', async () => {
    const origin = await serve(() => undefined);
    await expectRefusal(
      ['--jwks', origin.replace('http:', 'https:'), ...PARTIES, token],
      'ERR_SET_JWKS',
      /GET https:.+ failed: [^\n]+\n$/,
    );
  });

  test('are found through the configuration of an SSF transmitter', async () => {
    const paths: unknown[] = [];
    const origin: string = await serve(({ url }, response) => {
      paths.push(url);
      const isKeys = url === '/keys';
      response.end(JSON.stringify(isKeys ? ssf.jwks : { issuer: origin, jwks_uri: `${origin}/keys` }));
    });
    const ssf = await createTestTransmitter({ issuer: origin });
    const signed = await ssf.sign();
    const { status, output } = await secevent(['verify', '--ssf', origin, '--audience', ssf.audience, signed]);
    expect({ status, line: output.split('\n')[0] }).toEqual({
      status: 0,
      line: `VERIFIED: signed with a key from ${origin}; issuer and audience match`,
    });
    const elsewhere = ['--ssf', origin, '--configuration', `${origin}/elsewhere`, '--audience', ssf.audience];
    expect((await secevent(['verify', ...elsewhere, signed])).status).toBe(0);
    expect(paths).toEqual(['/.well-known/ssf-configuration', '/keys', '/elsewhere', '/keys']);
  });

  test.each(['--apple', '--google'])('of %s are fetched only for RS256', async (option) => {
    const unsecured = makeToken({ ...HEADER, alg: 'none' }, CLAIMS);
    await expectRefusal([option, ...AUDIENCE, unsecured], 'ERR_SET_ALGORITHM', /must be "RS256"/);
  });

  test('are never taken from a header', async () => {
    await expectRefusal([...CALL, await stranger.sign({}, { jwk: stranger.jwks.keys[0] })], 'ERR_SET_KEY_NOT_FOUND');
  });
});

describe('each check', () => {
  const valid: readonly [string, readonly string[], object?, object?][] = [
    ['one of several issuers', [...KEYS, '--issuer', 'other', ...PARTIES]],
    ['one of several audiences', [...KEYS, '--audience', 'other', ...PARTIES]],
    ['one of several algorithms', [...CALL, '--algorithm', 'ES256', '--algorithm', 'RS256']],
    ['another typ if it is given', [...CALL, '--typ', 'logout+jwt'], {}, { typ: 'logout+jwt' }],
    ['an expiry within the tolerance', [...CALL, '--clock-tolerance', '600'], { exp: now - 300 }],
    ['an age below the maximum', [...CALL, '--max-age', '86400'], { iat: now - 3_600 }],
    ['any age', CALL, { iat: now - 1_000_000 }],
  ];
  test.each(valid)('accepts %s', async (_, args, payload, header) => {
    expect(await verify(...args, await transmitter.sign(payload, header))).toMatchObject({ status: 0, errors: '' });
  });

  const invalid: readonly [string, string, readonly string[], object?, object?][] = [
    ['another issuer', 'ERR_SET_ISSUER', [...KEYS, '--issuer', 'other', ...AUDIENCE]],
    ['another audience', 'ERR_SET_AUDIENCE', [...KEYS, ...ISSUER, '--audience', 'other']],
    ['no audience', 'ERR_SET_AUDIENCE', CALL, { aud: undefined }],
    ['another algorithm', 'ERR_SET_ALGORITHM', CALL, {}, { alg: 'RS384' }],
    ['an HS256 token', 'ERR_SET_ALGORITHM', CALL, {}, { alg: 'HS256' }],
    ['another typ', 'ERR_SET_TYP', [...CALL, '--typ', 'logout+jwt']],
    ['no typ', 'ERR_SET_TYP', CALL, {}, { typ: undefined }],
    ['an expiry beyond the tolerance', 'ERR_SET_EXPIRED', [...CALL, '--clock-tolerance', '0'], { exp: now - 30 }],
    ['an age above the maximum', 'ERR_SET_TOO_OLD', [...CALL, '--max-age', '60.5'], { iat: now - 3_600 }],
    ['a key that is not in the set', 'ERR_SET_KEY_NOT_FOUND', ['--jwks', files.strangers, ...PARTIES]],
    ['another key', 'ERR_SET_SIGNATURE', ['--key', files.unnamed, ...PARTIES]],
    [
      'a PEM key for another of the allowed algorithms',
      'ERR_SET_KEY_INVALID',
      ['--key', files.ellipticPem, '--algorithm', 'ES256', '--algorithm', 'RS256', ...PARTIES],
    ],
    ['another issuer if any audience is accepted', 'ERR_SET_ISSUER', [...KEYS, '--issuer', 'other', '--any-audience']],
    [
      'another audience if any issuer is accepted',
      'ERR_SET_AUDIENCE',
      [...KEYS, '--any-issuer', '--audience', 'other'],
    ],
    [
      'another signature if everything else is accepted',
      'ERR_SET_SIGNATURE',
      ['--key', files.unnamed, '--any-issuer', '--any-audience', '--any-typ'],
    ],
  ];
  test.each(invalid)('rejects %s', async (_, code, args, payload, header) => {
    await expectRefusal([...args, await transmitter.sign(payload, header)], code);
    await expectRefusal([...args, '--json', await transmitter.sign(payload, header)], code);
  });

  test.each([
    ['the issuer', [...KEYS, '--any-issuer', ...AUDIENCE], token, '; audience matches', 'issuer'],
    ['the audience', [...KEYS, ...ISSUER, '--any-audience'], token, '; issuer matches', 'audience'],
    ['the typ', [...CALL, '--any-typ'], untyped, '; issuer and audience match', 'typ'],
    ['all three', [...KEYS, '--any-issuer', '--any-audience', '--any-typ'], untyped, '', 'issuer, audience, typ'],
  ])('of %s can be skipped, and the headline says so', async (_, args, signed, checked, skipped) => {
    const { status, output, errors } = await verify(...args, signed);
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output.split('\n').slice(0, 3)).toEqual([
      `VERIFIED: signed with a key from ${files.set}${checked}`,
      `NOT checked: ${skipped}`,
      '',
    ]);
  });
});

describe('a token that fails is reported in one line', () => {
  test.each([
    ['a changed payload', token.replace(/\../, '.X'), 'ERR_SET_SIGNATURE'],
    [
      'a forged token',
      makeToken({ ...HEADER, kid: jwk.kid }, { ...CLAIMS, iss: transmitter.issuer }),
      'ERR_SET_SIGNATURE',
    ],
    ['an unsecured token', makeToken({ ...HEADER, alg: 'none' }, CLAIMS, new Uint8Array()), 'ERR_SET_ALGORITHM'],
    ['a cut token', token.slice(0, 100), 'ERR_SET_FORMAT'],
    ['a word', 'webhook', 'ERR_SET_FORMAT'],
  ])('%s', async (_, damaged, code) => {
    await expectRefusal([...CALL, damaged], code);
  });

  test('empty input', async () => {
    expect(await verify(...CALL)).toEqual({
      status: 1,
      output: '',
      errors: 'secevent: ERR_SET_FORMAT: no token in the input\n',
    });
  });

  test('a repaired token, after the notice', async () => {
    const { status, output, errors } = await verify('--jwks', files.strangers, ...PARTIES, `Bearer ${token}`);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(/^secevent: repaired [^\n]+\nsecevent: ERR_SET_KEY_NOT_FOUND: [^\n]+\n$/);
  });

  test('text after a token', async () => {
    expect(await secevent(['verify', ...CALL], `${token} hello`)).toMatchObject({
      status: 1,
      output: '',
      errors: expect.stringContaining('text after the token'),
    });
  });
});

describe('wrong usage exits with status 2 and says what to do', () => {
  const calls: readonly [string, readonly string[], RegExp][] = [
    ['no options', [], /--jwks URL\|FILE or --key FILE.*--issuer.*--any-issuer.*--audience.*--any-audience/],
    ['no keys', PARTIES, /--jwks URL\|FILE or --key FILE/],
    ['both --jwks and --key', [...CALL, '--key', files.pem], /one --jwks or one --key/],
    ['--jwks twice', [...CALL, ...KEYS], /one --jwks or one --key/],
    ['--key twice', ['--key', files.pem, '--key', files.pem, ...PARTIES], /one --jwks or one --key/],
    ['no issuer', [...KEYS, ...AUDIENCE], /--issuer, or .*--any-issuer/],
    ['no audience', [...KEYS, ...ISSUER], /--audience, or .*--any-audience/],
    ['--issuer and --any-issuer', [...CALL, '--any-issuer'], /--issuer or --any-issuer, not both/],
    ['--audience and --any-audience', [...CALL, '--any-audience'], /--audience or --any-audience, not both/],
    ['--typ and --any-typ', [...CALL, '--typ', 'JWT', '--any-typ'], /--typ or --any-typ, not both/],
    ['keys for another algorithm', [...CALL, '--algorithm', 'ES256'], /has no public key for ES256/],
    ['a JWK Set with only a secret', ['--jwks', files.secretSet, ...PARTIES], /has no public key for RS256/],
    ['an empty issuer', [...KEYS, '--issuer=', ...AUDIENCE], /issuer is .* must be a non-empty string/],
    ['an empty audience', [...KEYS, ...ISSUER, '--audience='], /audience is .* must be a non-empty string/],
    ['an empty typ', [...CALL, '--typ='], /typ is .* must be a non-empty string/],
    ['an option without its value', ['--issuer', ...KEYS, ...AUDIENCE], /'--issuer.*argument is ambiguous/],
    ['an unknown option', [...CALL, '--isuer', 'x'], /--isuer/],
    ['HS256', [...CALL, '--algorithm', 'HS256'], /--algorithm takes .*never none or HS256/],
    ['none as the algorithm', [...CALL, '--algorithm', 'none'], /--algorithm takes/],
    [
      'a valid and an unknown algorithm',
      [...CALL, '--algorithm', 'RS256', '--algorithm', 'rs256'],
      /--algorithm takes/,
    ],
    [
      'a tolerance that is not a number',
      [...CALL, '--clock-tolerance', '1m'],
      /--clock-tolerance takes a non-negative number/,
    ],
    ['an empty tolerance', [...CALL, '--clock-tolerance='], /--clock-tolerance takes a non-negative number/],
    ['a negative tolerance', [...CALL, '--clock-tolerance=-1'], /--clock-tolerance takes a non-negative number/],
    ['an infinite tolerance', [...CALL, '--clock-tolerance', '9'.repeat(400)], /finite/],
    ['an age that is not a number', [...CALL, '--max-age', 'x'], /--max-age takes a non-negative number/],
    ['plain http', ['--jwks', 'http://transmitter.example/jwk', ...PARTIES], /--jwks takes an https URL/],
    ['a URL with another scheme', ['--jwks', 'file:///keys.json', ...PARTIES], /--jwks takes an https URL/],
    ['a malformed URL', ['--jwks', 'https://', ...PARTIES], /--jwks takes an https URL/],
    [
      'a URL with a password',
      ['--jwks', `https://me:${SECRET}@transmitter.example/`, ...PARTIES],
      /--jwks takes an https URL .* without a user name or password/,
    ],
    ['a URL as a key file', ['--key', 'https://transmitter.example/', ...PARTIES], /use --jwks for a URL/],
    ['Akamai with an issuer', ['--akamai', 'a.example/1', ...PARTIES], /leave out --issuer when you use --akamai/],
    ['Akamai without a customer', ['--akamai', 'a.example', ...AUDIENCE], /--akamai takes HOST\/CUSTOMER/],
    ['Akamai with more', ['--akamai', 'a.example/1/2', ...AUDIENCE], /--akamai takes HOST\/CUSTOMER/],
    ['two transmitters', ['--apple', '--google', ...AUDIENCE], /leave out --google when you use --apple/],
    ['Apple with an algorithm', ['--apple', '--algorithm', 'ES256', ...AUDIENCE], /leave out --algorithm/],
    ['Google for any audience', ['--google', '--any-audience'], /specify your client ID with --audience/],
    [
      'SSF with keys',
      ['--ssf', 'https://a.example', '--jwks', 'x', ...AUDIENCE],
      /leave out --jwks when you use --ssf/,
    ],
    [
      'SSF without a URL',
      ['--ssf', 'a.example', ...AUDIENCE],
      /--ssf takes the issuer .*: issuer must be an https URL/,
    ],
    ['a configuration alone', [...CALL, '--configuration', 'https://a.example'], /only with --ssf/],
    [
      'a host without https',
      ['--jwks', 'transmitter.example/jwk', ...PARTIES],
      /jwk cannot be read \(ENOENT\).*https:\/\/ URL/,
    ],
    [
      'a missing key file',
      ['--key', join(folder, 'gone.pem'), ...PARTIES],
      /gone\.pem cannot be read \(ENOENT\): --key takes a file with a public key in PEM/,
    ],
    [
      'a missing key set file',
      ['--jwks', join(folder, 'gone.json'), ...PARTIES],
      /gone\.json cannot be read \(ENOENT\): --jwks takes/,
    ],
    ['a folder as a key file', ['--key', folder, ...PARTIES], /cannot be read \(EISDIR\)/],
    ['standard input as a key file', ['--key', '-', ...PARTIES], /not standard input/],
    ['a token as a key file', ['--key', token, ...PARTIES], /the given file cannot be read/],
    ['a key instead of its file', ['--key', JSON.stringify(jwk), ...PARTIES], /the given file cannot be read/],
    [
      'text as a key file',
      ['--key', files.text, ...PARTIES],
      /text\.txt is neither a key nor a key set: --key takes a file with a public key/,
    ],
    [
      'text as a key set',
      ['--jwks', files.text, ...PARTIES],
      /text\.txt is neither a key nor a key set: --jwks takes .*JWK Set/,
    ],
    ['a list of keys', ['--jwks', files.list, ...PARTIES], /list\.json is neither a key nor a key set/],
    ['null as a key', ['--key', files.null, ...PARTIES], /null\.json is neither a key nor a key set/],
    ['a huge key file', ['--key', files.large, ...PARTIES], /large\.json is too large/],
    ['a set as --key', ['--key', files.set, ...PARTIES], /keys\.json is a JWK Set; use --jwks for it/],
    ['PEM as --jwks', ['--jwks', files.pem, ...PARTIES], /key\.pem is PEM; use --key for it/],
    ['a private key', ['--key', files.privatePem, ...PARTIES], /private\.pem contains a private key.*-pubout/],
    [
      'PEM of another type',
      ['--key', files.oldPem, ...PARTIES],
      /old\.pem has no BEGIN PUBLIC KEY block.*openssl x509/,
    ],
    ['PEM without a key', ['--key', files.brokenPem, ...PARTIES], /broken\.pem has no public key for RS256/],
    [
      'a weak key',
      ['--key', files.weakPem, ...PARTIES],
      /weak\.pem has no public key for RS256 \(RSA needs 2048 bits or more\)/,
    ],
    [
      'PEM of an elliptic curve without its algorithm',
      ['--key', files.ellipticPem, ...PARTIES],
      /ec\.pem has no public key for RS256.*--algorithm/,
    ],
    [
      'a JWK of an elliptic curve without its algorithm',
      ['--key', files.ellipticJwk, ...PARTIES],
      /ec\.json has no public key for RS256.*--algorithm/,
    ],
    ['a secret key', ['--key', files.secret, ...PARTIES], /secret\.json is a shared secret.*use a public key/],
    [
      'a secret key as --jwks',
      ['--jwks', files.secret, ...PARTIES],
      /secret\.json is a shared secret.*use a public key/,
    ],
    ['two files', [...CALL, files.token], /verify takes one token/],
    ['a missing file', CALL, /no such file.*missing\.jwt/],
  ];
  test.each(calls)('%s', async (name, args, advice) => {
    await expectMisuse([...args, name === 'a missing file' ? 'missing.jwt' : files.token], advice);
  });

  test('several tokens', async () => {
    const outcome = await secevent(['verify', ...CALL], `${token}\n${token}\n`);
    expect(outcome).toMatchObject({ status: 2, output: '', errors: expect.stringContaining('verify takes one') });
  });

  test('input that is too large for a token', async () => {
    expect(await secevent(['verify', ...CALL], 'A'.repeat(5_000_000))).toMatchObject({ status: 2, output: '' });
  });
});

test.each([[['--help']], [['-h', ...CALL]]])('prints the help for %j', async (args) => {
  const { status, output, errors } = await verify(...args);
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  for (const option of [
    'jwks',
    'key',
    'issuer',
    'any-issuer',
    'audience',
    'any-audience',
    'algorithm',
    'typ',
    'any-typ',
    'clock-tolerance',
    'max-age',
    'json',
  ]) {
    expect(output).toContain(`  --${option} `);
  }
});
