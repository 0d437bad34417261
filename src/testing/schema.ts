/** The check of what the fake is sent, as the API words it. */

import { problemsOf } from "../schema/check.ts";
import type { JsonSchema, Schemas } from "../schema/json_schema.ts";
import type { InvalidField } from "./error_answer.ts";

export type { JsonSchema, Schemas } from "../schema/json_schema.ts";

/** Lists the complaints about a value, as the API words them. */
export function check(
  schema: JsonSchema,
  value: unknown,
  path = "",
  schemas: Schemas = {},
): InvalidField[] {
  const place = path === "" ? [] : path.split(".");
  return problemsOf(schema, value, schemas, place).map(({ place, code, message }) => {
    // The API complains about the object that has the field, or lacks it.
    const isOfParent = code === "required" || code === "additional_property_not_allowed";
    const field = (isOfParent ? place.slice(0, -1) : place).join(".");
    return { type: code, field, description: message };
  });
}
