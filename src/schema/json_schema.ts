/** JSON schemas, as far as models on Replicate use them. */

import { isRecord } from "../base/record.ts";

/** A JSON schema, as far as it is checked. Other keywords are allowed. */
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
  /** The shortest allowed length of a string. */
  readonly minLength?: number;
  /** The largest allowed length of a string. */
  readonly maxLength?: number;
  /** The least number of items of an array. */
  readonly minItems?: number;
  /** The largest number of items of an array. */
  readonly maxItems?: number;
  /** The format of a string; only `uri` is checked. */
  readonly format?: string;
  /** The schema of each element of an array. */
  readonly items?: JsonSchema;
  /** Schemas that the value must fit as well. */
  readonly allOf?: readonly JsonSchema[];
  /** Schemas of which the value must fit one. */
  readonly anyOf?: readonly JsonSchema[];
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

/** The schema that a `$ref` leads to; one without rules where it leads nowhere. */
export function resolve(schema: JsonSchema, schemas: Schemas): JsonSchema {
  let found = schema;
  // A ref that leads back to itself ends here too.
  for (let steps = 0; steps < 20 && typeof found.$ref === "string"; steps++) {
    const name = found.$ref.slice(found.$ref.lastIndexOf("/") + 1);
    const next = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    found = isRecord(next) ? next : {};
  }
  return typeof found.$ref === "string" ? {} : found;
}

/** The JSON types that a schema names; an empty list stands for all of them. */
export function typesOf({ type }: JsonSchema): readonly string[] {
  const types = typeof type === "string" ? [type] : Array.isArray(type) ? type : [];
  // A schema was seen with the name of a class as its type: it says nothing of the JSON.
  return types.every((it) => JSON_TYPES.test(it)) ? types : [];
}

const JSON_TYPES = /^(?:string|integer|number|boolean|array|object|null)$/;

/** True if a value has a JSON type. */
export function hasType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isRecord(value);
  return type === "integer" ? Number.isInteger(value) : String(typeof value) === type;
}

/** True if the schema's values are secrets, such as keys of other services. */
export function isSecret(schema: JsonSchema): boolean {
  return schema.format === "password" || schema["x-cog-secret"] === true;
}
