/** The input of a model as a Standard Schema, for libraries that know nothing of this one. */

import { checkInput } from "./input.ts";
import { isRecord } from "../base/record.ts";
import { type JsonSchema, resolve, type Schemas } from "./json_schema.ts";
import type { ModelShape } from "./shape.ts";

/** A value that does not fit, and why, by the Standard Schema. */
export interface StandardFailure {
  /** Everything that is wrong. */
  readonly issues: readonly {
    /** The problem in words. */
    readonly message: string;
    /** The keys that lead to the place. */
    readonly path: readonly (string | number)[];
  }[];
}

/** A value that fits, by the Standard Schema. */
export interface StandardSuccess<T> {
  /** The value, without nulls. */
  readonly value: T;
  /** Absent: nothing is wrong. */
  readonly issues?: undefined;
}

/**
 * The input of a model as a Standard Schema (version 1.1): it fits where tools of the AI SDK, MCP, Hono,
 * tRPC and others take a schema.
 *
 * @see https://standardschema.dev
 */
export interface InputSchema<I extends object = object> {
  /** The members that the Standard Schema asks for. */
  readonly "~standard": {
    /** The version of the specification. */
    readonly version: 1;
    /** The name of this library. */
    readonly vendor: "x-replicate";
    /** The types, for the compiler only: never there at run time. */
    readonly types?: { readonly input: I; readonly output: I } | undefined;
    /** Checks an input, and returns it without nulls, or all that is wrong with it. */
    readonly validate: (value: unknown) => StandardSuccess<I> | StandardFailure;
    /** The JSON schema of the input. */
    readonly jsonSchema: {
      /** Returns the JSON schema of what is given. */
      readonly input: (options: { readonly target: string }) => Record<string, unknown>;
      /** Returns the JSON schema of what comes out of `validate`, which is the same. */
      readonly output: (options: { readonly target: string }) => Record<string, unknown>;
    };
  };
}

/** The input of a model as a Standard Schema. */
export function inputSchema<I extends object>(shape: () => ModelShape): InputSchema<I> {
  const json = ({ target }: { readonly target: string }): Record<string, unknown> =>
    jsonSchema(shape(), target);
  return {
    "~standard": {
      version: 1,
      vendor: "x-replicate",
      validate: (value) => validate<I>(shape(), value),
      jsonSchema: { input: json, output: json },
    },
  };
}

function validate<I>(shape: ModelShape, value: unknown): StandardSuccess<I> | StandardFailure {
  if (!isRecord(value)) {
    return { issues: [{ message: "Invalid type. Expected: object", path: [] }] };
  }
  const { input, problems } = checkInput(shape, value);
  if (problems.length === 0) return { value: input as I };
  return {
    issues: problems.map(({ place, message, suggestion }) => ({
      message: suggestion === undefined ? message : `${message} (${suggestion})`,
      path: place,
    })),
  };
}

/** The drafts of JSON schema that there are, and the name that each goes by in a schema. */
const DRAFTS: Readonly<Record<string, string | undefined>> = {
  "draft-2020-12": "https://json-schema.org/draft/2020-12/schema",
  "draft-2019-09": "https://json-schema.org/draft/2019-09/schema",
  "draft-07": "http://json-schema.org/draft-07/schema#",
  "draft-06": "http://json-schema.org/draft-06/schema#",
  "draft-04": "http://json-schema.org/draft-04/schema#",
  "openapi-3.0": undefined,
};

/** The input as a plain JSON schema: what is used of it is the same in every draft. */
function jsonSchema({ input, schemas = {} }: ModelShape, target: string): Record<string, unknown> {
  if (!Object.hasOwn(DRAFTS, target)) {
    const known = Object.keys(DRAFTS).join(", ");
    throw new TypeError(`Cannot write the JSON schema as ${target}: give one of ${known}`);
  }
  const $schema = DRAFTS[target];
  const schema = resolve(input, schemas);
  const { properties = {}, additionalProperties = false } = schema;
  return {
    ...($schema && { $schema }),
    ...portable(schema, schemas),
    type: "object",
    properties: map(properties, (field) => portable(field, schemas)),
    additionalProperties,
  };
}

/** Keywords whose values are schemas, by the way in which they hold them. */
function portable(given: JsonSchema, schemas: Schemas, depth = 0): Record<string, unknown> {
  if (!isRecord(given) || depth > 32) return {};
  const schema = resolve(given, schemas);
  const plain: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    // Null is dropped before anything is sent, so that no schema needs to allow it.
    if (keyword.startsWith("x-") || keyword === "nullable" || keyword === "$ref") continue;
    const inner = (it: JsonSchema): unknown => portable(it, schemas, depth + 1);
    if (keyword === "ge") plain.minimum = value;
    else if (keyword === "le") plain.maximum = value;
    else if (keyword === "properties" && isRecord(value)) {
      plain[keyword] = map(value as Schemas, inner);
    } else if (Array.isArray(value) && /^(?:all|any|one)Of$/.test(keyword)) {
      if (value.length > 0) plain[keyword] = value.map(inner);
    } else if (keyword === "items" || keyword === "additionalProperties") {
      plain[keyword] = isRecord(value) ? inner(value) : value;
    } else plain[keyword] = value;
  }
  return plain;
}

function map(
  fields: Readonly<Record<string, JsonSchema>>,
  change: (field: JsonSchema) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, change(field)]));
}
