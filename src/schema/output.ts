/** Reads outputs by their schema where it fits, and by their value where it does not. */

import type { ReadLeaf } from "../base/model_check.ts";
import { fits } from "./check.ts";
import { isRecord } from "../base/record.ts";
import { hasType, type JsonSchema, resolve, type Schemas, typesOf } from "./json_schema.ts";

/** An output as the program gets it. Of 2,820 recorded ones, 33 contradict their own schema. */
export function readOutput(
  given: JsonSchema,
  value: unknown,
  schemas: Schemas,
  read: ReadLeaf,
): unknown {
  const schema = chosen(given, value, schemas);
  const isFitting = typesOf(schema).some((type) => hasType(value, type));
  if (!isFitting || value === null) return read(value, false);
  if (typeof value === "string") {
    // Text is text, whatever it looks like; a file is one, wherever it is.
    return schema.format === "uri" ? read(value, true) : value;
  }
  const { items, properties, additionalProperties: more } = schema;
  if (Array.isArray(value)) {
    if (isConcatenated(schema) && value.every((it) => typeof it === "string")) {
      return value.join("");
    }
    return value.map((item) => readOutput(isRecord(items) ? items : {}, item, schemas, read));
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const known = isRecord(properties) && Object.hasOwn(properties, name);
      const field = known ? properties[name]! : isRecord(more) ? more : {};
      return [name, readOutput(field, item, schemas, read)];
    }),
  );
}

/** One item of an output that is a list, as `job.events()` gives it. */
export function readChunk(
  given: JsonSchema,
  item: unknown,
  schemas: Schemas,
  read: ReadLeaf,
): unknown {
  const schema = resolve(given, schemas);
  const isList = typesOf(schema).includes("array");
  return readOutput(isList ? schema.items ?? {} : schema, item, schemas, read);
}

/** True if the items of a list are parts of one text. */
export function isConcatenated(schema: JsonSchema): boolean {
  return schema["x-cog-array-display"] === "concatenate";
}

/** The schema itself, or the first of several that fits the value. */
function chosen(given: JsonSchema, value: unknown, schemas: Schemas): JsonSchema {
  const schema = resolve(given, schemas);
  const { anyOf, allOf } = schema;
  if (Array.isArray(anyOf) && anyOf.length > 0) {
    const part = anyOf.find((part) => isRecord(part) && fits(part, value, schemas));
    return resolve(part ?? {}, schemas);
  }
  const [part, ...others] = Array.isArray(allOf) ? allOf : [];
  return isRecord(part) && others.length === 0 ? { ...resolve(part, schemas), ...schema } : schema;
}
