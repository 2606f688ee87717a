/** The options that decide which tokens are accepted: keys, issuer, audience and the other checks. */
import type { parseArgs } from 'node:util';
import { algorithmOf, type SignatureAlgorithm } from '../algorithms.js';
import type { VerifyOptions } from '../policy.js';

/** The options of `verify` and `listen`, in the form that `parseArgs` takes. */
export const VERIFICATION_OPTIONS = {
  akamai: { type: 'string' },
  apple: { type: 'boolean' },
  google: { type: 'boolean' },
  ssf: { type: 'string' },
  configuration: { type: 'string' },
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
} as const;

/** The values that `parseArgs` returns for these options. */
export type VerificationValues = ReturnType<typeof parseArgs<{ options: typeof VERIFICATION_OPTIONS }>>['values'];

const TRANSMITTERS = ['akamai', 'apple', 'google', 'ssf'] as const;

/** The named transmitter of a call, which implies the issuer and the keys. */
export type Transmitter = (typeof TRANSMITTERS)[number];

/** Returns the named transmitter of a call, if there is one. */
export function transmitterOf(values: VerificationValues): Transmitter | undefined {
  return TRANSMITTERS.find((name) => values[name]);
}

/** Returns a message for each option that is missing, conflicting or invalid, and says what to pass. */
export function findOptionFaults(values: VerificationValues): string[] {
  const faults: string[] = [];
  const transmitter = transmitterOf(values);
  const sources = [...(values.jwks ?? []), ...(values.key ?? [])].length;
  if (sources === 0 && !transmitter)
    faults.push(
      'specify the keys with --jwks URL|FILE or --key FILE, or the transmitter with --akamai HOST/CUSTOMER, --ssf ISSUER, --apple or --google',
    );
  if (sources > 1) faults.push('use one --jwks or one --key, not several');
  const implied = [...TRANSMITTERS, 'jwks', 'key', 'issuer', 'any-issuer'] as const;
  for (const name of transmitter === 'ssf' ? implied : ([...implied, 'algorithm'] as const)) {
    if (transmitter && name !== transmitter && values[name] !== undefined)
      faults.push(`leave out --${name} when you use --${transmitter}`);
  }
  if (values.configuration !== undefined && transmitter !== 'ssf') faults.push('use --configuration only with --ssf');
  for (const name of ['apple', 'google'] as const) {
    if (transmitter === name && values['any-audience'])
      faults.push(`leave out --any-audience when you use --${name}: specify your client ID with --audience`);
  }
  for (const name of ['issuer', 'audience'] as const) {
    if (transmitter && name === 'issuer') continue;
    const isGiven = values[name] !== undefined;
    const isAny = values[`any-${name}`] === true;
    if (!isGiven && !isAny)
      faults.push(`specify the expected ${name} with --${name}, or skip this check with --any-${name}`);
    if (isGiven && isAny) faults.push(`use --${name} or --any-${name}, not both`);
  }
  if (values.typ !== undefined && values['any-typ']) faults.push('use --typ or --any-typ, not both');
  if (!allowedAlgorithms(values).every(algorithmOf)) {
    faults.push(
      '--algorithm takes a public-key algorithm, such as RS256, PS256, ES256 or EdDSA, but never none or HS256',
    );
  }
  for (const name of ['clock-tolerance', 'max-age'] as const) {
    // Not just Number(), which reads an empty string as 0.
    if (!/^\d+(?:\.\d+)?$/.test(values[name] ?? '0')) faults.push(`--${name} takes a non-negative number of seconds`);
  }
  return faults;
}

/** Returns the allowed algorithms as given. They may be unknown until {@link findOptionFaults} has checked them. */
export function allowedAlgorithms({ algorithm = ['RS256'] }: VerificationValues): readonly SignatureAlgorithm[] {
  return algorithm as SignatureAlgorithm[];
}

/** Converts the values to the options of a verifier. {@link findOptionFaults} must have found nothing. */
export function toVerifyOptions(values: VerificationValues): VerifyOptions {
  const { issuer, audience, typ, 'clock-tolerance': tolerance, 'max-age': maxAge } = values;
  return {
    issuer: values['any-issuer'] ? null : issuer!,
    audience: values['any-audience'] ? null : audience!,
    algorithms: allowedAlgorithms(values),
    ...(values['any-typ'] ? { typ: null } : typ !== undefined && { typ }),
    ...(tolerance !== undefined && { clockToleranceSeconds: Number(tolerance) }),
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
  };
}
