/** `secevent verify`: checks a token with keys that the caller trusts, and shows it only when it holds. */
import { parseArgs } from 'node:util';
import { algorithmOf, type SignatureAlgorithm } from '../algorithms.js';
import { isSetError, SetError } from '../errors.js';
import { createRemoteJwks } from '../jwks/remote.js';
import { importSpki, isKeySet, type JsonWebKey, type JsonWebKeySet, type KeySource, selectKeys, toCryptoKey } from '../keys.js';
import type { VerifyOptions } from '../policy.js';
import { createVerifier, type SetVerifier } from '../verify.js';
import { HELP } from './help.js';
import { readInput } from './input.js';
import { misuse, say, write } from './output.js';
import { toRecord } from './record.js';
import { type Headline, show } from './show.js';
import { escapeControls, wantsColour } from './terminal.js';
import { readToken, refuse } from './token.js';

const OPTIONS = {
  jwks: { type: 'string', multiple: true },
  key: { type: 'string', multiple: true },
  issuer: { type: 'string', multiple: true },
  'any-issuer': { type: 'boolean' },
  audience: { type: 'string', multiple: true },
  'any-audience': { type: 'boolean' },
  algorithm: { type: 'string', multiple: true },
  typ: { type: 'string' },
  'any-typ': { type: 'boolean' },
  'clock-tolerance': { type: 'string' },
  'max-age': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** Runs the subcommand and gives the exit status. */
export async function verify(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.help) {
    await write(process.stdout, HELP);
    return 0;
  }
  const faults = findFaults(values);
  if (faults.length > 0) return misuse(`${faults.join('; ')}\n${HINT}`);
  // Before the token is read: nobody shall paste one in vain.
  const keys = await readKeys(values);
  if (typeof keys === 'string') return misuse(keys);
  const verifier = makeVerifier(keys, values);
  if (typeof verifier === 'string') return misuse(`${verifier}\n${HINT}`);

  const given = await readToken('verify', positionals);
  if (typeof given === 'number') return given;
  const { token } = given;
  try {
    const set = await verifier(token);
    const headline = headlineOf(values);
    if (values.json) {
      await write(process.stdout, `${toRecord(token)}\n`);
      if (process.stderr.isTTY) say(headline.map(([line]) => line).join('. '));
    } else {
      await write(process.stdout, show(token, set, wantsColour(process.stdout, process.env), headline));
    }
    return 0;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return refuse(given, error.code === 'ERR_SET_JWKS' ? withCause(error) : error);
  }
}

const HINT = 'Try: secevent --help';

/** What is wrong with the options as such, with what to do about each. */
function findFaults(values: Values): string[] {
  const faults: string[] = [];
  const sources = [...(values.jwks ?? []), ...(values.key ?? [])].length;
  if (sources === 0) faults.push('say where the keys are, with --jwks URL|FILE or --key FILE');
  if (sources > 1) faults.push('give one --jwks or one --key, not several');
  for (const name of ['issuer', 'audience'] as const) {
    const isGiven = values[name] !== undefined;
    const isAny = values[`any-${name}`] === true;
    if (!isGiven && !isAny) faults.push(`say which ${name} you expect, with --${name}, or do without that check with --any-${name}`);
    if (isGiven && isAny) faults.push(`give --${name} or --any-${name}, not both`);
  }
  if (values.typ !== undefined && values['any-typ']) faults.push('give --typ or --any-typ, not both');
  if (!algorithmsOf(values).every(algorithmOf)) {
    faults.push('--algorithm takes an algorithm with a public key, such as RS256, PS256, ES256 or EdDSA, and never none or HS256');
  }
  for (const name of ['clock-tolerance', 'max-age'] as const) {
    // Number() takes an empty text for 0.
    if (!/^\d+(?:\.\d+)?$/.test(values[name] ?? '0')) faults.push(`--${name} takes a number of seconds, 0 or more`);
  }
  return faults;
}

/** The algorithms that were named, known or not. */
function algorithmsOf({ algorithm = ['RS256'] }: Values): readonly SignatureAlgorithm[] {
  return algorithm as SignatureAlgorithm[];
}

/** Makes the verifier, or says what is wrong with the options. */
function makeVerifier(keys: KeySource, values: Values): SetVerifier | string {
  const { issuer, audience, typ, 'clock-tolerance': tolerance, 'max-age': maxAge } = values;
  const options: VerifyOptions = {
    issuer: values['any-issuer'] ? null : issuer!,
    audience: values['any-audience'] ? null : audience!,
    algorithms: algorithmsOf(values),
    ...(values['any-typ'] ? { typ: null } : typ !== undefined && { typ }),
    ...(tolerance !== undefined && { clockToleranceSeconds: Number(tolerance) }),
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
  };
  try {
    return createVerifier(keys, options);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

/** What was checked, and what on purpose was not. */
function headlineOf(values: Values): Headline {
  const checked = (['issuer', 'audience'] as const).filter((name) => !values[`any-${name}`]);
  const skipped = (['issuer', 'audience', 'typ'] as const).filter((name) => values[`any-${name}`]);
  const line = `VERIFIED: signed by a key of ${sourceOf(values)}${checked.length > 0 ? `, for this ${checked.join(' and ')}` : ''}`;
  return [[line, 'green'], ...(skipped.length > 0 ? [[`NOT checked: ${skipped.join(', ')}`, 'yellow'] as const] : [])];
}

function sourceOf({ jwks: [place] = [], key: [file] = [] }: Values): string {
  if (place === undefined || !isUrl(place)) return nameOf(place ?? file!);
  // A query may hold a secret, and what is printed gets passed on.
  const { origin, pathname } = new URL(place);
  return `${origin}${pathname}`;
}

function isUrl(place: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(place);
}

/** The name of a file for a message. What was put in its place by mistake may be a token or a key, and is not repeated. */
function nameOf(file: string): string {
  return /^(?!.*eyJ)[^\x00-\x1f{]{1,200}$/.test(file) ? escapeControls(file) : 'what was given as a file';
}

/** The error with what the network said, in one line. */
function withCause(error: SetError): SetError {
  let last: unknown = error;
  while (last instanceof Error && last.cause instanceof Error) last = last.cause;
  if (last === error) return error;
  const { code = '', message } = last as NodeJS.ErrnoException;
  // Of several addresses that all failed there is only the code.
  const text = message.includes(code) ? message : `${code}: ${message}`.replace(/: $/, '');
  const line = escapeControls(text.replace(/[\x00-\x20]+/g, ' ').trim().slice(0, MAX_CAUSE));
  return new SetError(error.code, `${error.message} (${line})`, { cause: error });
}

/** What a server has a hand in is not printed at any length. */
const MAX_CAUSE = 200;

const IN_JWKS = 'a URL with https://, or a file with a JWK Set as JSON, {"keys":[...]}, or one JWK';
const IN_KEY = 'a file with a public key in PEM (BEGIN PUBLIC KEY), or one JWK as JSON';

/** Gives the keys, or says what is wrong with where they are. Which key fits a token is decided later. */
async function readKeys(values: Values): Promise<KeySource | string> {
  const { jwks: [place] = [], key: [keyFile] = [] } = values;
  if (place !== undefined && isUrl(place)) return readRemote(place);
  const [option, file, expected] = place !== undefined ? ['--jwks', place, IN_JWKS] : ['--key', keyFile!, IN_KEY];
  if (file === '-') return `${option} takes a file, since standard input is for the token`;
  if (isUrl(file)) return 'a URL belongs to --jwks; --key takes a file';
  const name = nameOf(file);
  const wrong = (fault: string): string => `${name} ${fault}: ${option} takes ${expected}`;

  let text: string | undefined;
  try {
    text = await readInput(file, '');
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    return wrong(`cannot be read (${code})`);
  }
  if (text === undefined) return wrong('is too large');
  if (text.includes('-----BEGIN ')) return option === '--key' ? readPem(text, name, values) : wrong('holds PEM, which belongs to --key');
  const keys = parseKeys(text);
  if (keys === undefined) return wrong('holds something else');
  if (!isKeySet(keys)) return checkJwk(keys, name, values);
  return option === '--jwks' ? keys : wrong('holds a JWK Set, which belongs to --jwks');
}

function readRemote(url: string): KeySource | string {
  try {
    return createRemoteJwks(url);
  } catch (error) {
    // Its message may repeat the URL, and with it a password.
    if (error instanceof TypeError) return '--jwks takes a URL with https (http only on this machine) and without a password, or a file';
    throw error;
  }
}

/** Gives what a text holds as JSON, when that is a key or a set of keys. */
function parseKeys(text: string): JsonWebKey | JsonWebKeySet | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own message quotes the text.
    return undefined;
  }
  if (isKeySet(value)) return value as JsonWebKeySet;
  return typeof (value as JsonWebKey | null)?.kty === 'string' ? (value as JsonWebKey) : undefined;
}

async function readPem(pem: string, name: string, values: Values): Promise<KeySource | string> {
  if (pem.includes('PRIVATE KEY-----')) return `${name} holds a private key: --key takes the public one, as openssl pkey -pubout makes it`;
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    return `${name} holds PEM of another kind: --key takes BEGIN PUBLIC KEY, as openssl x509 -pubkey -noout makes it from a certificate`;
  }
  // The verifier has found the alg among those that are allowed before it asks for a key.
  const resolver = ({ alg }: { readonly alg: string }): ReturnType<typeof importSpki> => importSpki(pem, alg as SignatureAlgorithm);
  return (await servesAny(values, (alg) => resolver({ alg }))) ? resolver : unfit(name, values);
}

async function checkJwk(key: JsonWebKey, name: string, values: Values): Promise<KeySource | string> {
  if (key.kty === 'oct') return `${name} holds a secret key: give a public one, since whoever can verify with a secret can forge with it`;
  const isFit = await servesAny(values, async (alg) => {
    const algorithm = algorithmOf(alg)!;
    for (const candidate of selectKeys(key, algorithm, undefined)) await toCryptoKey(candidate, algorithm);
  });
  return isFit ? key : unfit(name, values);
}

function unfit(name: string, values: Values): string {
  const algorithms = algorithmsOf(values).join(' or ');
  return `${name} holds no public key that can serve ${algorithms} (RSA from 2048 bits): name the key's own algorithm with --algorithm`;
}

/** Whether a key can be imported for one of the algorithms that are allowed. */
async function servesAny(values: Values, load: (algorithm: SignatureAlgorithm) => Promise<unknown>): Promise<boolean> {
  for (const algorithm of algorithmsOf(values)) {
    try {
      await load(algorithm);
      return true;
    } catch (error) {
      if (!isSetError(error)) throw error;
    }
  }
  return false;
}
