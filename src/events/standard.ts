/**
 * Standard Schema, version 1, as far as events need it: the interface by which schemas of Zod, Valibot, ArkType and
 * others are used alike. Declared here, so that the types of this package need no other.
 */

/** A path to a member: names and indices, bare or in an object. */
export type SchemaPath = readonly (PropertyKey | { readonly key: PropertyKey })[];

/** What does not fit, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: SchemaPath | undefined;
}

/** What a schema makes of a value: the value as its type says, or at least one issue. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/**
 * A schema of any library that follows Standard Schema, version 1.
 *
 * @see Standard Schema, https://standardschema.dev
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** In the types alone: what goes in and what comes out. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}
