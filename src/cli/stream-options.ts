/** The options and operands of `secevent stream`: which action takes which, and what is missing or conflicting. */
import type { parseArgs } from 'node:util';
import { describeLiteral, isReference } from './secret.js';
import type { OptionTable } from './variables.js';

/** All options, in the form that `parseArgs` takes. */
export const STREAM_OPTIONS = {
  ssf: { type: 'string' },
  configuration: { type: 'string' },
  authorization: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret': { type: 'string' },
  'client-key': { type: 'string' },
  scope: { type: 'string' },
  'token-endpoint': { type: 'string' },
  'token-issuer': { type: 'string' },
  json: { type: 'boolean' },
  poll: { type: 'boolean' },
  push: { type: 'string' },
  'push-authorization': { type: 'string' },
  event: { type: 'string', multiple: true },
  description: { type: 'string' },
  extra: { type: 'string' },
  set: { type: 'string' },
  reason: { type: 'string' },
  state: { type: 'string' },
  verified: { type: 'boolean' },
  unverified: { type: 'boolean' },
} as const;

type OptionName = keyof typeof STREAM_OPTIONS;

/** The values that `parseArgs` returns for these options. */
export type StreamValues = ReturnType<typeof parseArgs<{ options: typeof STREAM_OPTIONS }>>['values'];

interface ActionRule {
  /** What follows the action. */
  readonly operands: readonly ('STREAM' | 'SUBJECT')[];
  /** How many of them are required. */
  readonly required: 0 | 1 | 2;
  /** The options that only some actions have. */
  readonly options: readonly OptionName[];
}

/** The actions. Those that change something require the stream. */
export const STREAM_ACTIONS = {
  show: { operands: ['STREAM'], required: 0, options: [] },
  create: {
    operands: [],
    required: 0,
    options: ['poll', 'push', 'push-authorization', 'event', 'description', 'extra'],
  },
  list: { operands: [], required: 0, options: [] },
  status: { operands: ['STREAM'], required: 0, options: ['set', 'reason'] },
  verify: { operands: ['STREAM'], required: 1, options: ['state'] },
  'add-subject': { operands: ['STREAM', 'SUBJECT'], required: 2, options: ['verified', 'unverified'] },
  'remove-subject': { operands: ['STREAM', 'SUBJECT'], required: 2, options: [] },
  delete: { operands: ['STREAM'], required: 1, options: [] },
} as const satisfies Readonly<Record<string, ActionRule>>;

/** The name of an action. */
export type StreamAction = keyof typeof STREAM_ACTIONS;

/** Groups of options of which a call uses one. */
export const STREAM_ALTERNATIVES = [
  [['authorization'], ['client-id', 'client-secret', 'client-key', 'scope', 'token-endpoint', 'token-issuer']],
  [['client-secret'], ['client-key']],
  [['poll'], ['push', 'push-authorization']],
  [['verified'], ['unverified']],
] as const;

/** Reports whether a word is the name of an action. */
export function isStreamAction(word: string | undefined): word is StreamAction {
  return word !== undefined && Object.hasOwn(STREAM_ACTIONS, word);
}

/** Returns the options of an action. */
export function optionsOf(action: StreamAction): OptionTable {
  const others = Object.entries(STREAM_ACTIONS).flatMap(([name, { options }]) => (name === action ? [] : options));
  return Object.fromEntries(Object.entries(STREAM_OPTIONS).filter(([name]) => !others.includes(name as never)));
}

/** Returns a message for each argument that is not for this action, or contains a secret. */
export function findArgumentFaults(action: StreamAction, operands: readonly string[], given: StreamValues): string[] {
  const faults: string[] = [];
  const rule: ActionRule = STREAM_ACTIONS[action];
  const usage = rule.operands.map((name, index) => (index < rule.required ? name : `[${name}]`)).join(' ');
  const isCounted = operands.length >= rule.required && operands.length <= rule.operands.length;
  // No operand is quoted: it may be a part of a secret.
  if (!isCounted || operands.includes(''))
    faults.push(`the usage is: secevent stream ${[action, usage].filter(Boolean).join(' ')}, then options`);
  const known = optionsOf(action);
  for (const name of Object.keys(given)) {
    if (known[name]) continue;
    const owner = Object.entries(STREAM_ACTIONS).find(([, { options }]) => options.includes(name as never))![0];
    faults.push(`leave out --${name}, which is for ${owner}`);
  }
  for (const name of ['authorization', 'client-secret', 'push-authorization'] as const) {
    const value = given[name];
    if (value !== undefined && !isReference(value)) faults.push(describeLiteral(name));
  }
  return faults;
}

/** Returns a message for each option that is missing, conflicting or invalid, and says what to pass. */
export function findStreamFaults(action: StreamAction, operands: readonly string[], values: StreamValues): string[] {
  const faults: string[] = [];
  if (!values.ssf) faults.push('specify the transmitter with --ssf ISSUER');
  // The configuration of a transmitter is public.
  const isPublic = action === 'show' && operands.length === 0;
  if (values.authorization === undefined && values['client-id'] === undefined && !isPublic)
    faults.push(
      'specify how requests are authorized with --authorization env:NAME|file:PATH, or with --client-id ID for OAuth client credentials',
    );
  faults.push(...findClientFaults(values), ...findActionFaults(action, operands, values));
  return faults;
}

function findClientFaults(values: StreamValues): string[] {
  const faults: string[] = [];
  const [[[own], clients]] = STREAM_ALTERNATIVES;
  const used = clients.filter((name) => values[name] !== undefined);
  if (used.length === 0) return faults;
  if (values[own] !== undefined) return [`use --${own} or --${used[0]}, not both`];
  if (!values['client-id']) faults.push(`specify the client with --client-id ID when you use --${used[0]}`);
  const isBoth = values['client-secret'] !== undefined && values['client-key'] !== undefined;
  if (isBoth) faults.push('use --client-secret or --client-key, not both');
  if (values['client-secret'] === undefined && values['client-key'] === undefined)
    faults.push('specify how the client authenticates with --client-secret env:NAME|file:PATH or --client-key FILE');
  if (values['token-endpoint'] === undefined && values['token-issuer'] === undefined)
    faults.push('specify the authorization server with --token-issuer URL or --token-endpoint URL');
  return faults;
}

function findActionFaults(action: StreamAction, operands: readonly string[], values: StreamValues): string[] {
  const { poll, push, 'push-authorization': pushAuthorization, set, reason, state, verified, unverified } = values;
  const faults: string[] = [];
  if (action === 'create') {
    if (!poll && push === undefined) faults.push('specify the delivery with --push URL or --poll');
    if (poll && push !== undefined) faults.push('use --poll or --push, not both');
    if (pushAuthorization !== undefined && push === undefined) faults.push('use --push-authorization only with --push');
  }
  if (action === 'status') {
    if (set !== undefined && !['enabled', 'paused', 'disabled'].includes(set))
      faults.push('--set takes enabled, paused or disabled');
    if (set !== undefined && operands.length === 0) faults.push('name the stream whose status to set: status STREAM');
    if (reason !== undefined && set === undefined) faults.push('use --reason only with --set');
    if (reason === '') faults.push('--reason takes a text');
  }
  if (state === '') faults.push('--state takes a text');
  if (verified && unverified) faults.push('use --verified or --unverified, not both');
  return faults;
}
