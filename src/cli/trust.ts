/** Whom and what a command trusts: the options for keys, issuer, audience and the rest of a policy. */
import { parseArgs } from 'node:util';
import { algorithmOf, type SignatureAlgorithm } from '../algorithms.js';
import type { VerifyOptions } from '../policy.js';

export const TRUST_OPTIONS = {
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

/** The values of these options. */
export type Trust = ReturnType<typeof parseArgs<{ options: typeof TRUST_OPTIONS }>>['values'];

/** What is wrong with the options as such, with what to do about each. */
export function findFaults(values: Trust): string[] {
  const faults: string[] = [];
  const isAkamai = values.akamai !== undefined;
  const sources = [...(values.jwks ?? []), ...(values.key ?? [])].length;
  if (sources === 0 && !isAkamai) faults.push('say where the keys are, with --jwks URL|FILE or --key FILE');
  if (sources > 1) faults.push('give one --jwks or one --key, not several');
  for (const name of ['jwks', 'key', 'issuer', 'any-issuer', 'algorithm'] as const) {
    if (isAkamai && values[name] !== undefined) faults.push(`leave out --${name}, which follows from --akamai`);
  }
  for (const name of ['issuer', 'audience'] as const) {
    if (isAkamai && name === 'issuer') continue;
    const isGiven = values[name] !== undefined;
    const isAny = values[`any-${name}`] === true;
    if (!isGiven && !isAny)
      faults.push(`say which ${name} you expect, with --${name}, or do without that check with --any-${name}`);
    if (isGiven && isAny) faults.push(`give --${name} or --any-${name}, not both`);
  }
  if (values.typ !== undefined && values['any-typ']) faults.push('give --typ or --any-typ, not both');
  if (!algorithmsOf(values).every(algorithmOf)) {
    faults.push(
      '--algorithm takes an algorithm with a public key, such as RS256, PS256, ES256 or EdDSA, and never none or HS256',
    );
  }
  for (const name of ['clock-tolerance', 'max-age'] as const) {
    // Number() takes an empty text for 0.
    if (!/^\d+(?:\.\d+)?$/.test(values[name] ?? '0')) faults.push(`--${name} takes a number of seconds, 0 or more`);
  }
  return faults;
}

/** The algorithms that were named, known or not. */
export function algorithmsOf({ algorithm = ['RS256'] }: Trust): readonly SignatureAlgorithm[] {
  return algorithm as SignatureAlgorithm[];
}

/** What the options demand of a token. */
export function policyOf(values: Trust): VerifyOptions {
  const { issuer, audience, typ, 'clock-tolerance': tolerance, 'max-age': maxAge } = values;
  return {
    issuer: values['any-issuer'] ? null : issuer!,
    audience: values['any-audience'] ? null : audience!,
    algorithms: algorithmsOf(values),
    ...(values['any-typ'] ? { typ: null } : typ !== undefined && { typ }),
    ...(tolerance !== undefined && { clockToleranceSeconds: Number(tolerance) }),
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
  };
}
