/** The part of JSON Schema that the fake knows, and the check of a value against it. */

import type { InvalidField } from "./error_answer.ts";

/** A JSON schema, as far as the fake checks it. Other keywords are allowed. */
export interface JsonSchema {
  /** The JSON type, or several types. */
  readonly type?: string | readonly string[];
  /** The fields of an object. */
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** The names of the required fields. */
  readonly required?: readonly string[];
  /** `false` refuses fields that `properties` does not name. */
  readonly additionalProperties?: boolean | JsonSchema;
  /** The allowed values. */
  readonly enum?: readonly unknown[];
  /** The smallest allowed number. */
  readonly minimum?: number;
  /** The largest allowed number. */
  readonly maximum?: number;
  /** The largest allowed length of a string. */
  readonly maxLength?: number;
  /** The format of a string; only `uri` is checked. */
  readonly format?: string;
  /** The schema of each element of an array. */
  readonly items?: JsonSchema;
  /** Schemas that the value must fit as well. */
  readonly allOf?: readonly JsonSchema[];
  /** A reference to a named schema, such as `#/components/schemas/Name`. */
  readonly $ref?: string;
  /** `true` allows null. */
  readonly nullable?: boolean;
  /** The value of a field that is not given. */
  readonly default?: unknown;
  /** Any other keyword. */
  readonly [keyword: string]: unknown;
}

/** Schemas by name, as in `components.schemas`. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

/** Tells whether a value is an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lists the complaints about a value, as the API words them. */
export function check(
  schema: JsonSchema,
  value: unknown,
  path = "",
  schemas: Schemas = {},
): InvalidField[] {
  const complain = (type: string, description: string, field = path): InvalidField[] => [
    { type, field, description },
  ];
  if (schema.$ref !== undefined) return check(lookup(schema.$ref, schemas), value, path, schemas);
  if (value === null && schema.nullable) return [];
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => hasType(value, type))) {
    const given = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
    return complain("invalid_type", `Invalid type. Expected: ${types.join("/")}, given: ${given}`);
  }
  const problems = (schema.allOf ?? []).flatMap((part) => check(part, value, path, schemas));
  if (schema.enum && !schema.enum.includes(value)) {
    const choices = schema.enum.map((item) => JSON.stringify(item)).join(", ");
    problems.push(...complain("enum", `${path} must be one of the following: ${choices}`));
  }
  if (typeof value === "number") {
    if (schema.minimum !== undefined && value < schema.minimum) {
      problems.push(
        ...complain("number_gte", `Must be greater than or equal to ${schema.minimum}`),
      );
    }
    if (schema.maximum !== undefined && value > schema.maximum) {
      problems.push(...complain("number_lte", `Must be less than or equal to ${schema.maximum}`));
    }
  }
  if (typeof value === "string") {
    if (schema.maxLength !== undefined && value.length > schema.maxLength) {
      const limit = `String length must be less than or equal to ${schema.maxLength}`;
      problems.push(...complain("string_lte", limit));
    }
    if (schema.format === "uri" && !URL.canParse(value)) {
      problems.push(...complain("format", "Does not match format 'uri'"));
    }
  }
  const { items } = schema;
  if (Array.isArray(value) && items) {
    problems.push(
      ...value.flatMap((item, index) => check(items, item, `${path}.${index}`, schemas)),
    );
  }
  if (isRecord(value)) problems.push(...checkFields(schema, value, path, schemas));
  return problems;
}

function checkFields(
  schema: JsonSchema,
  value: Record<string, unknown>,
  path: string,
  schemas: Schemas,
): InvalidField[] {
  const missing = (schema.required ?? []).filter((name) => value[name] === undefined);
  const problems: InvalidField[] = missing.map((name) => (
    { type: "required", field: path, description: `${name} is required` }
  ));
  for (const [name, item] of Object.entries(value)) {
    const field = schema.properties?.[name];
    if (field) {
      problems.push(...check(field, item, path === "" ? name : `${path}.${name}`, schemas));
    } else if (schema.additionalProperties === false) {
      const description = `Additional property ${name} is not allowed`;
      problems.push({ type: "additional_property_not_allowed", field: path, description });
    }
  }
  return problems;
}

function lookup(ref: string, schemas: Schemas): JsonSchema {
  return schemas[ref.slice(ref.lastIndexOf("/") + 1)] ?? {};
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isRecord(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    default:
      return typeof value === "string";
  }
}
