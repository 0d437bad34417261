import type { InvalidField } from "./problem.ts";

/** The part of JSON Schema that model schemas and request bodies are written in. */
export interface JsonSchema {
  /** The JSON type, or several. */
  readonly type?: string | readonly string[];
  /** The fields of an object. */
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** The fields that must be there. */
  readonly required?: readonly string[];
  /** `false` refuses fields without a schema. */
  readonly additionalProperties?: boolean | JsonSchema;
  /** The values allowed. */
  readonly enum?: readonly unknown[];
  /** The least number allowed. */
  readonly minimum?: number;
  /** The greatest number allowed. */
  readonly maximum?: number;
  /** The greatest length of a text. */
  readonly maxLength?: number;
  /** `uri` makes a text a URL. */
  readonly format?: string;
  /** The schema of each element of an array. */
  readonly items?: JsonSchema;
  /** Schemas that hold too. */
  readonly allOf?: readonly JsonSchema[];
  /** Another schema, as `#/components/schemas/Name`. */
  readonly $ref?: string;
  /** Whether null is allowed. */
  readonly nullable?: boolean;
  /** The value when none is given. */
  readonly default?: unknown;
  /** Whatever else a schema says. */
  readonly [keyword: string]: unknown;
}

/** Named schemas, as in `components.schemas`. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Everything that is wrong with a value, as the API would list it. */
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
