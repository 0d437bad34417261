/** The choices of a schema as types, in the type that the schema has. */

import { isRecord } from "../../base/record.ts";
import { type JsonSchema, typesOf } from "../json_schema.ts";
import { quoted } from "./print.ts";

/** The choices as literal types; `undefined` if there are none. */
export function choiceTypes(schema: JsonSchema): string[] | undefined {
  if (!Array.isArray(schema.enum) || schema.enum.length === 0) return undefined;
  const types = typesOf(schema);
  const literals = schema.enum.map((value) => choiceType(value, types));
  const all = [...new Set(literals)];
  // Two literals that are all of a type are written as that.
  if (!all.includes("true") || !all.includes("false")) return all;
  return ["boolean", ...all.filter((it) => it !== "true" && it !== "false")];
}

/** A choice: old schemas have `["512", "256"]` for an integer, and `["true"]` for a boolean. */
function choiceType(value: unknown, types: readonly string[]): string {
  if (Array.isArray(value) || isRecord(value)) return "unknown";
  const only = types.length === 1 ? types[0] : undefined;
  if (typeof value !== "string") return only === "string" ? quoted(String(value)) : String(value);
  const isNumeric = value.trim() !== "" && Number.isFinite(Number(value));
  if ((only === "integer" || only === "number") && isNumeric) return String(Number(value));
  if (only === "boolean" && /^(?:true|false)$/i.test(value)) return value.toLowerCase();
  return quoted(value);
}
