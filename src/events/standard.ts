/**
 * The part of Standard Schema (version 1) that events use: the interface that Zod, Valibot, ArkType and other schema
 * libraries share. Declared here, so that the types of this package depend on no other package.
 */

/** A path to a member: names and indices, each bare or as the `key` of an object. */
export type SchemaPath = readonly (PropertyKey | { readonly key: PropertyKey })[];

/** A mismatch between a value and its schema, and where it is. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: SchemaPath | undefined;
}

/** The result of validating a value: the typed value, or at least one issue. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/**
 * A schema of any library that implements Standard Schema, version 1.
 *
 * @see Standard Schema, https://standardschema.dev
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** The input and output types. It exists only for the compiler. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}
