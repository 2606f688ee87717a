/** The options that decide which tokens are accepted: keys, issuer, audience and the other checks. */
import type { parseArgs } from 'node:util';
import { algorithmOf, type SignatureAlgorithm } from '../algorithms.js';
import type { VerifyOptions } from '../policy.js';

/** The options of `verify` and `listen`, in the form that `parseArgs` takes. */
export const VERIFICATION_OPTIONS = {
  akamai: { type: 'string' },
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

/** Returns a message for each option that is missing, conflicting or invalid, and says what to pass. */
export function findOptionFaults(values: VerificationValues): string[] {
  const faults: string[] = [];
  const isAkamai = values.akamai !== undefined;
  const sources = [...(values.jwks ?? []), ...(values.key ?? [])].length;
  if (sources === 0 && !isAkamai)
    faults.push('specify the keys with --jwks URL|FILE or --key FILE, or use --akamai HOST/CUSTOMER');
  if (sources > 1) faults.push('use one --jwks or one --key, not several');
  for (const name of ['jwks', 'key', 'issuer', 'any-issuer', 'algorithm'] as const) {
    if (isAkamai && values[name] !== undefined) faults.push(`leave out --${name} when you use --akamai`);
  }
  for (const name of ['issuer', 'audience'] as const) {
    if (isAkamai && name === 'issuer') continue;
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
