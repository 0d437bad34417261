/** Schemas without all that nobody checks: what goes into the generated file beside the types. */

import { isRecord } from "../../base/record.ts";
import {
  hasType,
  isSecret,
  type JsonSchema,
  resolve,
  type Schemas,
  typesOf,
} from "../json_schema.ts";
import { isConcatenated } from "../output.ts";
import { problemsOf } from "../check.ts";

/** Options for {@linkcode compact}. */
export interface CompactOptions {
  /** `true` keeps descriptions and defaults, for tools of language models. Default `false`. */
  readonly descriptions?: boolean | undefined;
}

/** Keywords whose number is a bound, and the ones that it is written as. */
const BOUNDS: Readonly<Record<string, string>> = {
  minimum: "minimum",
  ge: "minimum",
  maximum: "maximum",
  le: "maximum",
  minLength: "minLength",
  maxLength: "maxLength",
  minItems: "minItems",
  maxItems: "maxItems",
};

/** A schema with its refs in their place. What is within itself is left open there. */
export class Compactor {
  readonly #schemas: Schemas;
  readonly #options: CompactOptions;

  /** The schemas are those that refs name. */
  constructor(schemas: Schemas, options: CompactOptions = {}) {
    this.#schemas = schemas;
    this.#options = options;
  }

  /** The compact form of a schema. */
  compact(given: unknown, above: readonly unknown[] = []): JsonSchema {
    const schema = this.merged(given);
    if (above.includes(given) || above.length > 32) return {};
    const inside = [...above, given];
    const types = typesOf(schema);
    const result: Record<string, unknown> = {};
    if (types.length > 0) result.type = types.length === 1 ? types[0] : types;
    if (Array.isArray(schema.enum) && schema.enum.length > 0) result.enum = schema.enum;
    for (const [keyword, name] of Object.entries(BOUNDS)) {
      if (typeof schema[keyword] === "number") result[name] = schema[keyword];
    }
    const isText = types.length === 0 || types.includes("string");
    if (isSecret(schema)) result.format = "password";
    else if (isText && schema.format === "uri") result.format = "uri";
    if (schema.nullable === true) result.nullable = true;
    if (Array.isArray(schema.anyOf) && schema.anyOf.length > 0) {
      result.anyOf = schema.anyOf.map((part) => this.compact(part, inside));
    }
    this.#addInner(result, schema, inside);
    if (isConcatenated(schema)) result["x-cog-array-display"] = "concatenate";
    this.#addProse(result, schema);
    return result;
  }

  /** A schema with its `$ref`, and an `allOf` of parts that go together, merged into it. */
  merged(given: unknown, depth = 0): JsonSchema {
    if (!isRecord(given) || depth > 16) return {};
    const { allOf, ...schema } = resolve(given, this.#schemas);
    if (!Array.isArray(allOf)) return schema;
    const parts = allOf.map((part) => this.merged(part, depth + 1));
    return Object.assign({}, ...parts.map(withoutTitle), schema);
  }

  #addInner(
    result: Record<string, unknown>,
    { items, properties, required, additionalProperties: more }: JsonSchema,
    inside: readonly unknown[],
  ): void {
    if (isRecord(items)) {
      const inner = this.compact(items, inside);
      if (Object.keys(inner).length > 0) result.items = inner;
    }
    if (isRecord(properties)) {
      const fields = ordered(properties).map(([name, field]) =>
        [name, this.compact(field, inside)] as const
      );
      result.properties = Object.fromEntries(fields);
      if (Array.isArray(required) && required.length > 0) {
        const names = fields.map(([name]) => name);
        result.required = [...required].filter((it) => typeof it === "string")
          .sort((a, b) => names.indexOf(a) - names.indexOf(b));
      }
    }
    if (isRecord(more)) result.additionalProperties = this.compact(more, inside);
    else if (typeof more === "boolean") result.additionalProperties = more;
  }

  #addProse(result: Record<string, unknown>, schema: JsonSchema): void {
    const { default: usual, description } = schema;
    const { descriptions } = this.#options;
    if (usual !== undefined && usual !== null && !isSecret(schema)) {
      // A default that its own schema refuses is good all the same; the check has to know it.
      const isOdd = typeof usual !== "object" && problemsOf(result, usual).length > 0;
      if (descriptions || isOdd) result.default = usual;
    }
    if (descriptions && typeof description === "string" && description.trim() !== "") {
      result.description = description.trim();
    }
  }
}

/** The fields in the order that the author meant: by `x-order`, then by name. */
export function ordered(
  properties: Readonly<Record<string, unknown>>,
): [name: string, field: unknown][] {
  const rank = (field: unknown): number => {
    const order = isRecord(field) ? field["x-order"] : undefined;
    return hasType(order, "number") ? order as number : Infinity;
  };
  return Object.entries(properties).sort(([a, x], [b, y]) => {
    const [first, second] = [rank(x), rank(y)];
    return first === second ? (a < b ? -1 : 1) : first < second ? -1 : 1;
  });
}

/** The title and the text of a set of choices are not those of the field that has them. */
function withoutTitle({ title: _, description: __, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
