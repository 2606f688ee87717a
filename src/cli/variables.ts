/**
 * Every option of a command is also an environment variable: `--client-id` is SECEVENT_CLIENT_ID. An argument takes
 * precedence, and an empty variable counts as unset.
 */

/** Options in the form that `parseArgs` takes. */
export type OptionTable = Readonly<
  Record<string, { readonly type: 'string' | 'boolean'; readonly multiple?: boolean | undefined }>
>;

/** The values of options, and what is wrong with the variables. */
export interface FilledValues<Values> {
  readonly values: Values;
  readonly faults: readonly string[];
}

/** Returns the name of the variable for an option. */
export function variableOf(option: string): string {
  return `SECEVENT_${option.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Fills in options that are missing among the arguments from their variables. A variable for an option that can be
 * repeated contains its values separated by white space; one for a flag contains true or false.
 *
 * @param options the options to fill in
 * @param values the arguments, as `parseArgs` returned them
 * @param alternatives groups of options of which a call uses one: if an argument belongs to a group, the variables of
 * the others are ignored
 */
export function fillFromVariables<Values extends object>(
  options: OptionTable,
  values: Values,
  environment: NodeJS.ProcessEnv,
  alternatives: readonly (readonly (readonly string[])[])[],
): FilledValues<Values> {
  const faults: string[] = [];
  const given = new Set(Object.keys(values));
  const isGiven = (group: readonly string[]): boolean => group.some((name) => given.has(name));
  const ignored = new Set(
    alternatives.flatMap((groups) => (groups.some(isGiven) ? groups.filter((group) => !isGiven(group)) : [])).flat(),
  );
  const filled = { ...values } as Record<string, unknown>;
  for (const [name, { type, multiple }] of Object.entries(options)) {
    const variable = variableOf(name);
    const text = environment[variable];
    if (!text || given.has(name) || ignored.has(name)) continue;
    if (type === 'string') filled[name] = multiple ? text.split(/\s+/).filter(Boolean) : text;
    else if (/^(?:true|1)$/i.test(text)) filled[name] = true;
    else if (!/^(?:false|0)$/i.test(text)) faults.push(`${variable} takes true or false`);
  }
  return { values: filled as Values, faults };
}
